#include "server/net/http_client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "certs/tls.hpp"
#include "protocol/result.hpp"
#include "server/net/response_text.hpp"
#include "server/net/tls_session.hpp"

namespace entente::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;
using protocol::Fault;
using SteadyClock = std::chrono::steady_clock;
using Status = TlsSession::Status;

constexpr std::uint32_t answer_header_max = 64 * 1024;

// The connection ended before the first byte of an answer: on a kept connection that is how a server lets go.
class LetGo : public Fault {
  public:
    using Fault::Fault;
};

class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }

  private:
    int number_;
};

struct Base {
    bool tls = true;
    std::string host;
    std::string port = "443";
    std::string path;       // without a slash at its end
    std::string authority;  // as the Host header spells it
};

[[noreturn]] void refuse_base() {
    throw Fault("the server's address must look like https://host:port");
}

Base parse_base(std::string_view url, bool plain_allowed) {
    Base base;
    std::string_view scheme = "https://";
    if (plain_allowed && url.starts_with("http://")) {
        scheme = "http://";
        base.tls = false;
        base.port = "80";
    }
    if (!url.starts_with(scheme) || url.find_first_of(" \r\n\t?#@") != std::string_view::npos) refuse_base();
    url.remove_prefix(scheme.size());
    const auto slash = std::min(url.find('/'), url.size());
    base.path = url.substr(slash);
    while (base.path.ends_with('/')) base.path.pop_back();
    std::string_view authority = url.substr(0, slash);
    base.authority = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) refuse_base();
        base.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        base.host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (!port.empty()) {
        unsigned number = 0;
        const auto [end, problem] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
        if (!port.starts_with(':') || problem != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535)
            refuse_base();
        base.port = std::to_string(number);
    }
    if (base.host.empty()) refuse_base();
    return base;
}

std::string_view name_of(api::Method method) {
    switch (method) {
        case api::Method::get:
            return "GET";
        case api::Method::head:
            return "HEAD";
        case api::Method::post:
            return "POST";
        case api::Method::put:
            return "PUT";
        case api::Method::patch:
            return "PATCH";
        case api::Method::delete_:
            return "DELETE";
        case api::Method::options:
            return "OPTIONS";
        case api::Method::other:
            break;
    }
    throw Fault("this method cannot be sent");
}

bool repeatable(api::Method method) {
    return method == api::Method::get || method == api::Method::head || method == api::Method::options;
}

// Beast's grammar, writing straight into our answer.
class AnswerParser final : public http::basic_parser<false> {
  public:
    AnswerParser(api::Response& answer, std::size_t body_max, bool head) : answer_(answer) {
        header_limit(answer_header_max);
        body_limit(body_max);
        eager(true);
        skip(head);
    }

  private:
    void on_request_impl(http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
    void on_response_impl(int status, beast::string_view, int, error_code&) override { answer_.status = status; }
    void on_field_impl(http::field, beast::string_view name, beast::string_view value, error_code&) override {
        answer_.headers.push_back({std::string(name.data(), name.size()), std::string(value.data(), value.size())});
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
        answer_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& ec) override {
        return on_body_impl(bytes, ec);
    }
    void on_finish_impl(error_code&) override {}

    api::Response& answer_;
};

void wait_for(int socket, short events, SteadyClock::time_point deadline, const ClientOptions& options) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
        if (left <= 0) throw TimedOut("the server did not answer in time");
        pollfd one{.fd = socket, .events = events, .revents = 0};
        const int ready = ::poll(&one, 1, static_cast<int>(std::min<long long>(left, options.give_up ? 200 : 60'000)));
        if (ready > 0) return;
        if (ready == 0 && options.give_up && options.give_up()) throw TimedOut("the call was given up");
        if (ready < 0 && errno != EINTR) throw Fault("waiting for the server failed");
    }
}

// Tries each address of the host in turn.
Descriptor connect_to(const Base& base, const ClientOptions& options, SteadyClock::time_point deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(base.host.c_str(), base.port.c_str(), &hints, &found) != 0)
        throw Fault("the host " + base.host + " is not known");
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
    bool refused = false;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        const auto address = address_of(one->ai_addr);
        if (options.may_connect && (!address || !options.may_connect(*address))) {
            refused = true;
            continue;
        }
        Descriptor socket(::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
        if (socket.number() < 0) continue;
        if (::connect(socket.number(), one->ai_addr, one->ai_addrlen) != 0) {
            if (errno != EINPROGRESS) continue;
            wait_for(socket.number(), POLLOUT, deadline, options);
            int problem = 0;
            socklen_t size = sizeof problem;
            if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0 || problem != 0) continue;
        }
        const int on = 1;
        ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return socket;
    }
    if (refused) throw AddressRefused("the address of " + base.host + " is in a network that must not be called");
    throw Fault("nobody answers at " + base.authority);
}

class Link {
  public:
    Link(const Base& base, const ClientOptions& options, const std::shared_ptr<ssl_ctx_st>& context,
         SteadyClock::time_point deadline)
        : options_(options), socket_(connect_to(base, options, deadline)) {
        if (!base.tls) return;
        tls_.emplace(TlsSession::connecting(context, socket_.number(), base.host));
        for (;;) {
            const Status status = tls_->handshake();
            if (status == Status::done) return;
            if (status == Status::closed) throw Fault("the server ended the TLS handshake");
            if (status == Status::failed) throw Fault("TLS with " + base.authority + " failed: " + tls_->failure_text());
            wait(status, deadline);
        }
    }
    ~Link() {
        if (tls_ && tls_->failure().empty()) tls_->close();
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void send(std::string_view bytes, SteadyClock::time_point deadline) {
        while (!bytes.empty()) {
            const TlsSession::Moved moved = tls_ ? tls_->write(bytes) : write_plain(bytes);
            if (moved.status == Status::done) {
                bytes.remove_prefix(moved.bytes);
            } else if (moved.status == Status::closed || moved.status == Status::failed) {
                return;  // the answer, if there is one, says why
            } else {
                wait(moved.status, deadline);
            }
        }
    }

    // At least one byte, or none at the end of the connection.
    std::string_view receive(SteadyClock::time_point deadline) {
        for (;;) {
            const TlsSession::Moved moved = tls_ ? tls_->read(buffer_) : read_plain();
            if (moved.status == Status::done) return {buffer_.data(), moved.bytes};
            if (moved.status == Status::closed) return {};
            if (moved.status == Status::failed)
                throw LetGo(tls_ ? "the TLS connection failed: " + tls_->failure_text() : "the connection failed");
            wait(moved.status, deadline);
        }
    }

  private:
    void wait(Status status, SteadyClock::time_point deadline) {
        wait_for(socket_.number(), status == Status::wants_write ? POLLOUT : POLLIN, deadline, options_);
    }
    TlsSession::Moved write_plain(std::string_view bytes) {
        const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) return {Status::done, static_cast<std::size_t>(sent)};
        return {errno == EAGAIN || errno == EINTR ? Status::wants_write : Status::failed, 0};
    }
    TlsSession::Moved read_plain() {
        const ssize_t got = ::recv(socket_.number(), buffer_.data(), buffer_.size(), 0);
        if (got > 0) return {Status::done, static_cast<std::size_t>(got)};
        if (got == 0) return {Status::closed, 0};
        return {errno == EAGAIN || errno == EINTR ? Status::wants_read : Status::failed, 0};
    }

    const ClientOptions& options_;
    Descriptor socket_;
    std::optional<TlsSession> tls_;
    std::array<char, 16 * 1024> buffer_{};
};

std::string request_text(const Base& base, api::Method method, std::string_view target, const std::vector<api::Header>& headers,
                         std::string_view body) {
    const auto breaks = [](std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; };
    if (!target.starts_with('/') || target.find_first_of(" \r\n") != std::string_view::npos)
        throw Fault("a target begins with / and has no blanks");
    std::string text;
    text += name_of(method);
    text += ' ';
    text += base.path;
    text += target;
    text += " HTTP/1.1\r\nHost: " + base.authority + "\r\n";
    for (const api::Header& header : headers) {
        if (breaks(header.name) || breaks(header.value)) throw Fault("a header has a line break");
        text += header.name + ": " + header.value + "\r\n";
    }
    const bool sends_body =
        !body.empty() || method == api::Method::post || method == api::Method::put || method == api::Method::patch;
    if (sends_body) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    text += body;
    return text;
}

}  // namespace

struct HttpClient::Inside {
    Base base;
    ClientOptions options;
    std::shared_ptr<ssl_ctx_st> context;
    std::unique_ptr<Link> link;

    api::Response exchange(api::Method method, const std::string& text, const std::function<bool()>& proceed) {
        const auto deadline = SteadyClock::now() + options.timeout;
        if (!link) link = std::make_unique<Link>(base, options, context, deadline);
        if (proceed && !proceed()) throw NotSent("the request must not be sent any more");
        link->send(text, deadline);
        std::string pending;
        for (;;) {
            api::Response answer;
            const bool keep = receive(answer, method == api::Method::head, pending, deadline);
            if (answer.status / 100 == 1) continue;
            if (!keep || !pending.empty()) link.reset();
            answer.close = !keep;
            return answer;
        }
    }

    // One answer; what follows it stays in `pending`. True when the connection may be kept.
    bool receive(api::Response& answer, bool head, std::string& pending, SteadyClock::time_point deadline) {
        AnswerParser parser(answer, options.body_bytes_max, head);
        bool begun = !pending.empty();
        for (;;) {
            error_code ec;
            if (!pending.empty()) pending.erase(0, parser.put(boost::asio::const_buffer(pending.data(), pending.size()), ec));
            if (ec == http::error::body_limit) throw Fault("the server's answer is too large");
            if (ec && ec != http::error::need_more) throw Fault("the server's answer is not HTTP/1.1");
            if (parser.is_done()) return parser.keep_alive();
            const std::string_view more = link->receive(deadline);
            if (more.empty() && !begun) throw LetGo("the server closed the connection without an answer");
            if (more.empty()) {
                parser.put_eof(ec);
                if (ec) throw Fault("the server's answer broke off");
                return false;
            }
            begun = true;
            pending += more;
        }
    }
};

HttpClient::HttpClient(std::string_view base, ClientOptions options) : inside_(std::make_unique<Inside>()) {
    inside_->base = parse_base(base, options.plain_allowed);
    std::optional<certs::ClientIdentity> identity;
    if (!options.certificate.empty()) identity = certs::ClientIdentity{options.certificate, options.key};
    inside_->context = options.context ? options.context : certs::client_context(options.ca_file, identity);
    inside_->options = std::move(options);
}

HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

api::Response HttpClient::call(api::Method method, std::string_view target, const std::vector<api::Header>& headers,
                               std::string_view body, const std::function<bool()>& proceed) {
    const std::string text = request_text(inside_->base, method, target, headers, body);
    const bool kept = inside_->link != nullptr;
    try {
        return inside_->exchange(method, text, proceed);
    } catch (const LetGo&) {
        inside_->link.reset();
        if (!kept || (!repeatable(method) && !inside_->options.repeat_all)) throw;
    } catch (...) {
        inside_->link.reset();
        throw;
    }
    return inside_->exchange(method, text, proceed);
}

std::string_view header_of(const api::Response& response, std::string_view name) {
    for (const api::Header& header : response.headers) {
        if (same_header_name(header.name, name)) return header.value;
    }
    return {};
}

}  // namespace entente::net
