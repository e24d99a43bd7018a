#include "server/net/connection.hpp"

#include <sys/socket.h>

#include "protocol/encoding.hpp"
#include "server/net/response_text.hpp"

namespace entente::net {

namespace {
constexpr std::size_t read_bytes = 16 * 1024 + 512;  // one TLS record
constexpr std::size_t kept_capacity = 4096;          // what an idle connection may hold on to
constexpr std::size_t id_bytes = 16;
}  // namespace

RimMetrics::RimMetrics(Metrics& metrics, std::string_view name)
    : listener(name),
      connections(metrics.gauges("entente_connections", "Open connections.", {"listener"}).with({name})),
      accepted(metrics.counters("entente_connections_accepted_total", "Connections accepted.", {"listener"}).with({name})),
      refused_connections(metrics.counters("entente_connections_refused_total",
                                           "Connections closed at once, by the limit they met.", {"listener", "reason"})),
      handshake_failures(metrics.counters("entente_tls_handshake_failures_total", "TLS handshakes that failed, by reason.",
                                          {"listener", "reason"})),
      handshake_seconds(
          metrics
              .histograms("entente_tls_handshake_seconds", "Time of TLS handshakes that succeeded.", {"listener"}, latency_bounds())
              .with({name})),
      requests(metrics.counters("entente_http_requests_total", "Requests answered, by route and class of status.",
                                {"listener", "route", "status"})),
      request_seconds(metrics.histograms("entente_http_request_seconds", "Time from a complete request to its written answer.",
                                         {"listener", "route"}, latency_bounds())),
      refused_requests(metrics.counters("entente_http_refused_total", "Requests refused before they reached the API, by reason.",
                                        {"listener", "code"})),
      response_bytes(
          metrics.counters("entente_http_response_bytes_total", "Bytes of answers before encryption.", {"listener"}).with({name})),
      steps(metrics.counters("entente_steps_total", "Steps of requests on workers and store, by outcome.", {"kind", "outcome"})),
      step_seconds(
          metrics.histograms("entente_step_seconds", "Time that requests waited for a step.", {"kind"}, latency_bounds())) {}

Loop::Loop(Rim& whole)
    : rim(whole), guard(context.get_executor()), acceptor(context), backoff(context), sweeper(context), scratch(read_bytes) {}

std::string_view Loop::date() {
    const protocol::Instant now = rim.clock.now();
    if (now.seconds() != date_second_) {
        date_second_ = now.seconds();
        date_ = http_date(now);
    }
    return date_;
}

const RouteNumbers& Loop::numbers_of(std::string_view route) {
    if (const auto known = routes_.find(route); known != routes_.end()) return known->second;
    const RimMetrics& metrics = rim.metrics;
    const auto count = [&](std::string_view status) { return &metrics.requests.with({metrics.listener, route, status}); };
    const RouteNumbers numbers{.by_class = {count("2xx"), count("3xx"), count("4xx"), count("5xx"), count("other")},
                               .seconds = &metrics.request_seconds.with({metrics.listener, route})};
    return routes_.emplace(route, numbers).first->second;
}

std::string Loop::new_request_id() {
    if (random_left_ < id_bytes) {
        rim.random.fill(random_);
        random_left_ = random_.size();
    }
    random_left_ -= id_bytes;
    return protocol::hex(std::span<const std::uint8_t>(random_).subspan(random_left_, id_bytes));
}

Connection::Connection(Loop& on, Socket accepted, std::shared_ptr<const Settings> with, const AddressKey& key,
                       std::string peer_address)
    : loop(on),
      socket(std::move(accepted)),
      tls(TlsSession::accepting(with->tls, socket.native_handle())),
      settings(std::move(with)),
      http(
          {.header_bytes = settings->limits.header_bytes,
           .body_bytes = settings->limits.body_bytes,
           .streamed = [&api = loop.rim.api](api::Method method, std::string_view target) { return api.streams(method, target); }}),
      peer(std::move(peer_address)),
      key_(key),
      place_(loop.connections.insert(loop.connections.end(), this)) {
    loop.rim.metrics.connections.add(1);
    no_deadline();
}

Connection::~Connection() {
    loop.connections.erase(place_);
    loop.rim.metrics.connections.add(-1);
    error_code ignored;
    socket.close(ignored);
    loop.rim.admission.leave(key_);
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
    expired = false;
    deadline = SteadyClock::now() + from_now;
}

void Connection::expire() {
    expired = true;
    no_deadline();
    error_code ignored;
    socket.cancel(ignored);
}

void Connection::close_if_idle() {
    if (idle) expire();
}

void Connection::cut_off() {
    cut = true;
    ::shutdown(socket.native_handle(), SHUT_RDWR);
    expire();
    if (step_timer != nullptr) step_timer->cancel();
}

void Connection::take_in(std::string_view fresh) {
    if (pending.empty()) {
        const std::size_t used = http.feed(fresh);
        pending.assign(fresh.substr(used));
        return;
    }
    pending.append(fresh);
    pending.erase(0, http.feed(pending));
    if (pending.empty() && pending.capacity() > kept_capacity) std::string().swap(pending);
}

}  // namespace entente::net
