#include "server/net/server.hpp"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <latch>
#include <thread>
#include <utility>

#include "certs/tls.hpp"
#include "server/net/connection.hpp"

namespace entente::net {
namespace {

constexpr int backlog = 1024;
constexpr std::chrono::milliseconds cut_patience{5000};

std::shared_ptr<const Settings> settings_from(const ServerOptions& options) {
    certs::ServerTls files{.certificate_chain_pem_file = options.certificate, .private_key_file = options.key};
    const bool required = options.client_certificates == ClientCertificates::required;
    if (required && options.client_authorities.empty()) {
        throw protocol::Fault("client certificates are required, but no authority is named that may issue them");
    }
    if (!options.client_authorities.empty()) {
        files.client_ca_file = options.client_authorities;
        files.client_certificate = options.client_certificates;
    }
    return std::make_shared<const Settings>(Settings{.limits = options.limits, .tls = certs::server_context(files)});
}

tcp::endpoint endpoint_of(const ServerOptions& options) {
    error_code ec;
    const auto address = asio::ip::make_address(options.address, ec);
    if (ec) throw protocol::Fault("cannot listen on " + options.address + ": it is not an IP address");
    return {address, options.port};
}

[[noreturn]] void refuse_to_listen(const tcp::endpoint& endpoint, const error_code& ec) {
    throw protocol::Fault("cannot listen on " + endpoint.address().to_string() + " port " + std::to_string(endpoint.port()) + ": " +
                          ec.message());
}

void switch_on(int socket, int level, int option) {
    const int one = 1;
    ::setsockopt(socket, level, option, &one, sizeof one);
}

void bind_to(Acceptor& acceptor, const tcp::endpoint& endpoint, bool share) {
    error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    if (ec) refuse_to_listen(endpoint, ec);
    switch_on(acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR);
    if (share) switch_on(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT);
    acceptor.bind(endpoint, ec);
    if (ec) refuse_to_listen(endpoint, ec);
}

// With SO_REUSEPORT a second gateway on the same port would silently take half of the connections. Binding once without it shows
// whether anybody is there.
void prove_free(const tcp::endpoint& endpoint) {
    if (endpoint.port() == 0) return;
    asio::io_context context;
    Acceptor probe(context);
    bind_to(probe, endpoint, false);
}

void listen_on(Loop& loop, const tcp::endpoint& endpoint) {
    bind_to(loop.acceptor, endpoint, true);
    error_code ec;
    loop.acceptor.listen(backlog, ec);
    if (ec) refuse_to_listen(endpoint, ec);
}

std::chrono::milliseconds seconds(std::int64_t count) {
    return std::chrono::seconds{count};
}

}  // namespace

ServerOptions api_listener(const Config& config) {
    ServerOptions options;
    options.name = "api";
    options.address = config.listen.address;
    options.port = static_cast<std::uint16_t>(config.listen.port);
    options.threads = static_cast<unsigned>(config.listen.threads);
    options.certificate = config.tls.certificate;
    options.key = config.tls.key;
    options.client_authorities = config.tls.client_authorities;
    options.client_certificates = config.listen.client_certificates;
    options.limits = {.header_bytes = static_cast<std::size_t>(config.limits.header_bytes),
                      .body_bytes = static_cast<std::size_t>(config.limits.body_bytes),
                      .connections = static_cast<std::size_t>(config.limits.connections),
                      .connections_per_address = static_cast<std::size_t>(config.limits.connections_per_address),
                      .handshake = seconds(config.limits.handshake_seconds),
                      .request = seconds(config.limits.request_seconds),
                      .idle = seconds(config.limits.idle_seconds)};
    return options;
}

ServerOptions metrics_listener(const Config& config) {
    ServerOptions options = api_listener(config);
    options.name = "metrics";
    options.address = config.metrics.address;
    options.port = static_cast<std::uint16_t>(config.metrics.port);
    options.threads = 1;
    options.client_authorities.clear();
    options.client_certificates = ClientCertificates::none;
    options.limits.connections = 100;
    options.limits.connections_per_address = 100;
    options.log_requests = false;
    return options;
}

struct Server::Inside {
    ServerOptions options;
    Rim rim;
    std::vector<std::shared_ptr<Loop>> loops{};
    std::vector<std::thread> threads{};
    std::uint16_t port = 0;

    // Returns when every thread has done it.
    template <class Work>
    void on_each_loop(Work work) {
        std::latch done(static_cast<std::ptrdiff_t>(loops.size()));
        for (const auto& loop : loops) {
            loop->post([loop = loop.get(), work, &done] {
                work(*loop);
                done.count_down();
            });
        }
        done.wait();
    }
};

Server::Server(ServerOptions options, api::Api& api, store::Store& store, Workers& workers, Metrics& metrics, const Clock& clock,
               Random& random)
    : inside_(new Inside{.options = options,
                         .rim = {.api = api,
                                 .store = store,
                                 .workers = workers,
                                 .clock = clock,
                                 .random = random,
                                 .metrics = RimMetrics(metrics, options.name),
                                 .log_requests = options.log_requests}}) {
    inside_->rim.replace(settings_from(options));
}

Server::~Server() {
    drain(std::chrono::milliseconds{0});
    for (const auto& loop : inside_->loops) loop->guard.reset();
    for (std::thread& thread : inside_->threads) thread.join();
}

void Server::start() {
    ENTENTE_ASSERT(inside_->loops.empty());
    tcp::endpoint endpoint = endpoint_of(inside_->options);
    prove_free(endpoint);
    const unsigned wanted = inside_->options.threads;
    const unsigned count = wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::shared_ptr<Loop>> loops;
    for (unsigned i = 0; i < count; ++i) {
        loops.push_back(std::make_shared<Loop>(inside_->rim));
        listen_on(*loops.back(), endpoint);
        endpoint.port(loops.back()->acceptor.local_endpoint().port());  // the first bind chooses, the others share its port
    }
    inside_->port = endpoint.port();
    for (const auto& loop : loops) {
        inside_->threads.emplace_back([loop = loop.get()] { loop->context.run(); });
        ::pthread_setname_np(inside_->threads.back().native_handle(), ("net-" + std::to_string(inside_->loops.size())).c_str());
        inside_->loops.push_back(loop);  // from here on drain waits for its thread
        spawn(loop->context.get_executor(), "listener", accept_connections(loop));
    }
    log::info("listening", {{"listener", inside_->options.name}, {"port", inside_->port}, {"threads", count}});
}

std::uint16_t Server::port() const {
    return inside_->port;
}

void Server::reload_tls() {
    inside_->rim.replace(settings_from(inside_->options));
}

void Server::reload(const ServerOptions& options) {
    inside_->rim.replace(settings_from(options));
    inside_->options.certificate = options.certificate;
    inside_->options.key = options.key;
    inside_->options.client_authorities = options.client_authorities;
    inside_->options.client_certificates = options.client_certificates;
    inside_->options.limits = options.limits;
}

void Server::drain(std::chrono::milliseconds patience) {
    inside_->on_each_loop([](Loop& loop) {
        loop.draining = true;
        error_code ignored;
        loop.acceptor.close(ignored);
        loop.backoff.cancel();
        for (Connection* connection : loop.connections) connection->close_if_idle();
    });
    if (inside_->rim.admission.wait_until_empty(SteadyClock::now() + patience)) return;
    inside_->on_each_loop([](Loop& loop) {
        for (Connection* connection : loop.connections) connection->cut_off();
    });
    if (inside_->rim.admission.wait_until_empty(SteadyClock::now() + cut_patience)) return;
    log::error("drain.stuck", {{"listener", inside_->options.name}, {"connections", inside_->rim.admission.open()}});
}

std::size_t Server::connections() const {
    return inside_->rim.admission.open();
}

}  // namespace entente::net
