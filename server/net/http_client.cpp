#include "server/net/http_client.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "certs/tls.hpp"
#include "protocol/result.hpp"
#include "server/net/client_link.hpp"
#include "server/net/response_text.hpp"

namespace entente::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;
using protocol::Fault;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t answer_header_max = 64 * 1024;

struct Base {
    Peer peer;
    std::string path;  // without a slash at its end
};

[[noreturn]] void refuse_base() {
    throw Fault("the server's address must look like https://host:port");
}

Base parse_base(std::string_view url, bool plain_allowed) {
    Base base;
    std::string_view scheme = "https://";
    if (plain_allowed && url.starts_with("http://")) {
        scheme = "http://";
        base.peer.tls = false;
        base.peer.port = "80";
    }
    if (!url.starts_with(scheme) || url.find_first_of(" \r\n\t?#@") != std::string_view::npos) refuse_base();
    url.remove_prefix(scheme.size());
    const auto slash = std::min(url.find('/'), url.size());
    base.path = url.substr(slash);
    while (base.path.ends_with('/')) base.path.pop_back();
    std::string_view authority = url.substr(0, slash);
    base.peer.authority = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) refuse_base();
        base.peer.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        base.peer.host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (!port.empty()) {
        unsigned number = 0;
        const auto [end, problem] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
        if (!port.starts_with(':') || problem != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535)
            refuse_base();
        base.peer.port = std::to_string(number);
    }
    if (base.peer.host.empty()) refuse_base();
    return base;
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

std::string request_head(const Base& base, api::Method method, std::string_view target, const std::vector<api::Header>& headers) {
    const auto breaks = [](std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; };
    if (!target.starts_with('/') || target.find_first_of(" \r\n") != std::string_view::npos)
        throw Fault("a target begins with / and has no blanks");
    std::string text;
    if (method == api::Method::other) throw Fault("this method cannot be sent");
    text += api::method_name(method);
    text += ' ';
    text += base.path;
    text += target;
    text += " HTTP/1.1\r\nHost: " + base.peer.authority + "\r\n";
    for (const api::Header& header : headers) {
        if (breaks(header.name) || breaks(header.value)) throw Fault("a header has a line break");
        text += header.name + ": " + header.value + "\r\n";
    }
    return text;
}

std::string request_text(const Base& base, api::Method method, std::string_view target, const std::vector<api::Header>& headers,
                         std::string_view body) {
    std::string text = request_head(base, method, target, headers);
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
    std::unique_ptr<ClientLink> link;

    api::Response exchange(api::Method method, const std::string& text, const std::function<bool()>& proceed) {
        const auto deadline = Steady::now() + options.timeout;
        if (!link)
            link = std::make_unique<ClientLink>(base.peer, LinkOptions{options.may_connect, options.give_up}, context, deadline);
        if (proceed && !proceed()) throw NotSent("the request must not be sent any more");
        link->send(text, deadline);
        std::string pending;
        for (;;) {
            api::Response answer;
            const bool keep = receive(*link, answer, method == api::Method::head, pending, deadline);
            if (answer.status / 100 == 1) continue;
            if (!keep || !pending.empty()) link.reset();
            answer.close = !keep;
            return answer;
        }
    }

    api::Response stream(const std::string& head, const BodyStream& body) {
        const auto whole = Steady::now() + body.whole;
        ClientLink one(base.peer, LinkOptions{options.may_connect, options.give_up}, context, Steady::now() + options.timeout);
        one.guard(body.gate);
        const auto soon = [&] { return std::min(whole, Steady::now() + body.stall); };
        bool open = one.send(head, soon());
        std::uint64_t sent = 0;
        while (open && sent < body.size) {
            const std::string_view piece = body.next();
            if (piece.empty()) throw Fault("the body is shorter than was announced");
            sent += piece.size();
            open = one.send(piece, soon());
        }
        const auto stopped = [&] { return body.gate != nullptr && body.gate->is_shut(); };
        if (stopped()) throw NotSent("the request must not go on");
        try {
            std::string pending;
            for (;;) {
                api::Response answer;
                receive(one, answer, false, pending, Steady::now() + options.timeout);
                if (answer.status / 100 != 1) return answer;
            }
        } catch (const Fault&) {
            if (stopped()) throw NotSent("the request must not go on");
            if (!open) throw Fault("the server ended the connection before it had everything");
            throw AnswerMissing("the server took everything and did not answer");
        }
    }

    // One answer; what follows it stays in `pending`. True when the connection may be kept.
    bool receive(ClientLink& from, api::Response& answer, bool head, std::string& pending, Steady::time_point deadline) {
        AnswerParser parser(answer, options.body_bytes_max, head);
        bool begun = !pending.empty();
        for (;;) {
            error_code ec;
            if (!pending.empty()) pending.erase(0, parser.put(boost::asio::const_buffer(pending.data(), pending.size()), ec));
            if (ec == http::error::body_limit) throw Fault("the server's answer is too large");
            if (ec && ec != http::error::need_more) throw Fault("the server's answer is not HTTP/1.1");
            if (parser.is_done()) return parser.keep_alive();
            const std::string_view more = from.receive(deadline);
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

api::Response HttpClient::stream(api::Method method, std::string_view target, const std::vector<api::Header>& headers,
                                 const BodyStream& body) {
    const std::string head = request_head(inside_->base, method, target, headers) + "Content-Length: " + std::to_string(body.size) +
                             "\r\nConnection: close\r\n\r\n";
    return inside_->stream(head, body);
}

std::string_view header_of(const api::Response& response, std::string_view name) {
    for (const api::Header& header : response.headers) {
        if (same_header_name(header.name, name)) return header.value;
    }
    return {};
}

}  // namespace entente::net
