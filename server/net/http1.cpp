#include "server/net/http1.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "protocol/result.hpp"
#include "server/net/http1_framing.hpp"

namespace entente::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;

constexpr std::size_t header_count_max = 100;
constexpr std::size_t body_reserve_max = 64 * 1024;  // an announced length is a claim, not a reason to allocate

constexpr Refusal bad_line{400, "malformed_request", "the request line or a header line is not HTTP/1.1"};
constexpr Refusal bad_control{400, "control_character", "the header has a control character, a bare CR or a bare LF"};
constexpr Refusal folded{400, "folded_header", "a header line begins with a blank"};
constexpr Refusal bad_target{400, "bad_target", "the request target is not an absolute path with an optional query"};
constexpr Refusal bad_host{400, "bad_host", "exactly one Host header with a host name or address is needed"};
constexpr Refusal bad_length{400, "bad_content_length", "Content-Length is not one decimal number"};
constexpr Refusal two_lengths{400, "ambiguous_length", "Content-Length and Transfer-Encoding together, or one of them twice"};
constexpr Refusal bad_coding{400, "bad_transfer_encoding", "the only transfer coding is chunked, and only in HTTP/1.1"};
constexpr Refusal bad_chunk{400, "bad_chunk", "the chunked body is malformed, or has extensions or trailers"};
constexpr Refusal bad_expect{417, "expectation_failed", "the only expectation is 100-continue"};
constexpr Refusal repeated{400, "repeated_header", "Authorization, Content-Type, Idempotency-Key and Last-Event-ID are given once"};
constexpr Refusal encoded{415, "encoded_body", "a body is taken as it is: send it without Content-Encoding"};
constexpr Refusal bad_version{505, "http_version", "HTTP/1.1 is spoken here"};
constexpr Refusal large_header{431, "header_too_large", "the request line and headers are too large"};
constexpr Refusal large_body{413, "body_too_large", "the request body is too large"};

api::Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get:
            return api::Method::get;
        case http::verb::head:
            return api::Method::head;
        case http::verb::post:
            return api::Method::post;
        case http::verb::put:
            return api::Method::put;
        case http::verb::patch:
            return api::Method::patch;
        case http::verb::delete_:
            return api::Method::delete_;
        case http::verb::options:
            return api::Method::options;
        default:
            return api::Method::other;
    }
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 3986: pchar, "/" and "?", percent signs only as escapes.
bool good_target(std::string_view target, api::Method method) {
    if (target == "*") return method == api::Method::options;
    if (!target.starts_with('/')) return false;
    constexpr std::string_view others = "-._~!$&'()*+,;=:@/?";
    for (std::size_t i = 0; i < target.size(); ++i) {
        const char c = target[i];
        if (c == '%') {
            if (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2])) return false;
            i += 2;
        } else if (!is_letter_or_digit(c) && others.find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

bool good_host(std::string_view host) {
    constexpr std::string_view others = "-._:[]";
    return !host.empty() &&
           std::ranges::all_of(host, [&](char c) { return is_letter_or_digit(c) || others.find(c) != std::string_view::npos; });
}

// Of two of them one parser takes the first and another the last. Host and what frames a body are checked for themselves.
bool decides(beast::string_view name) {
    constexpr std::array<std::string_view, 4> once{"authorization", "content-type", "idempotency-key", "last-event-id"};
    return std::ranges::any_of(once, [&](std::string_view one) { return beast::iequals(name, one); });
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Beast's grammar, writing straight into our request: no second copy of the headers.
class Parser final : public http::basic_parser<true> {
  public:
    Parser(api::Request& request, const Http1Limits& limits) : request_(request), limits_(limits) {
        header_limit(static_cast<std::uint32_t>(limits.header_bytes + 4));  // the scan before it is exact
        body_limit(limits.body_bytes);
        eager(true);
    }
    const std::optional<Refusal>& refusal() const { return refusal_; }
    int version() const { return version_; }
    bool expects() const { return expects_; }
    bool has_coding() const { return codings_ > 0; }
    bool streamed() const { return streamed_; }

  private:
    void refuse(const Refusal& why, error_code& ec) {
        if (!refusal_) refusal_ = why;
        ec = http::error::bad_value;
    }

    void on_request_impl(http::verb verb, beast::string_view, beast::string_view target, int version, error_code& ec) override {
        request_.method = method_of(verb);
        version_ = version;
        if (!good_target({target.data(), target.size()}, request_.method)) return refuse(bad_target, ec);
        request_.target.assign(target.data(), target.size());
        streamed_ = limits_.streamed && limits_.streamed(request_.method, request_.target);
        if (streamed_) body_limit(boost::none);
    }
    void on_response_impl(int, beast::string_view, int, error_code& ec) override { refuse(bad_line, ec); }

    void on_field_impl(http::field field, beast::string_view name, beast::string_view value, error_code& ec) override {
        if (++lines_ > header_count_max) return refuse(large_header, ec);
        const std::string_view text(value.data(), value.size());
        if (field == http::field::host && (++hosts_ > 1 || !good_host(text))) return refuse(bad_host, ec);
        if (field == http::field::content_length) {
            if (++lengths_ > 1 || codings_ > 0) return refuse(two_lengths, ec);
            if (!all_digits(text)) return refuse(bad_length, ec);
        }
        if (field == http::field::transfer_encoding) {
            if (++codings_ > 1 || lengths_ > 0) return refuse(two_lengths, ec);
            if (version_ < 11 || !beast::iequals(value, "chunked")) return refuse(bad_coding, ec);
        }
        if (field == http::field::expect) {
            if (!beast::iequals(value, "100-continue")) return refuse(bad_expect, ec);
            expects_ = version_ >= 11;
        }
        if (field == http::field::content_encoding && !text.empty() && !beast::iequals(value, "identity")) encoded_ = true;
        take_field(name, text, ec);
    }
    // Lines of one name are one list (RFC 9110, section 5.3), unless they can be none.
    void take_field(beast::string_view name, std::string_view text, error_code& ec) {
        const auto earlier =
            std::ranges::find_if(request_.headers, [&](const api::Header& header) { return beast::iequals(name, header.name); });
        if (earlier != request_.headers.end()) {
            if (decides(name)) return refuse(repeated, ec);
            earlier->value.append(", ").append(text);
            return;
        }
        if (request_.headers.empty()) request_.headers.reserve(16);
        request_.headers.push_back({std::string(name.data(), name.size()), std::string(text)});
    }
    void on_header_impl(error_code& ec) override {
        if (hosts_ == 0 && version_ >= 11) return refuse(bad_host, ec);
        // Only here, because Accept says what the answer looks like.
        if (encoded_) refuse(encoded, ec);
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length) request_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, body_reserve_max)));
    }
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
        request_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    // Chunks never reach Beast, see ChunkedBody.
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code& ec) override { refuse(bad_chunk, ec); }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code& ec) override {
        refuse(bad_chunk, ec);
        return 0;
    }
    void on_finish_impl(error_code&) override {}

    api::Request& request_;
    const Http1Limits& limits_;
    std::optional<Refusal> refusal_;
    int version_ = 11;
    std::size_t lines_ = 0;
    int hosts_ = 0;
    int lengths_ = 0;
    int codings_ = 0;
    bool expects_ = false;
    bool encoded_ = false;
    bool streamed_ = false;
};

}  // namespace

struct Http1::Inside {
    explicit Inside(Http1Limits given) : limits(std::move(given)) { begin(); }

    void begin() {
        request = std::make_shared<api::Request>();
        parser.emplace(*request, limits);
        scan = {};
        scanned = 0;
        state = State::empty;
        blank_seen = false;
        continue_owed = false;
        chunks = {};
    }

    void refuse(const Refusal& why) {
        refusal = why;
        state = State::refused;
    }

    // Refused by Beast, or by the parser's own checks.
    void refuse(const error_code& ec) {
        if (parser->refusal()) return refuse(*parser->refusal());
        if (ec == http::error::body_limit) return refuse(large_body);
        if (ec == http::error::header_limit) return refuse(large_header);
        if (ec == http::error::bad_version) return refuse(bad_version);
        // Beast reports the second of two headers before our own check sees it.
        if (ec == http::error::multiple_content_length || ec == http::error::bad_transfer_encoding) return refuse(two_lengths);
        if (ec == http::error::bad_content_length) return refuse(parser->has_coding() ? two_lengths : bad_length);
        refuse(bad_line);
    }

    // Nothing is used before the whole header is there, save one blank line.
    std::size_t feed_header(std::string_view bytes) {
        std::size_t used = 0;
        if (!bytes.empty() && state == State::empty) state = State::header;
        auto found = scan.look(bytes.substr(0, limits.header_bytes), scanned);
        if (found == HeaderScan::Found::blank_line && !std::exchange(blank_seen, true)) {
            used = scanned;
            bytes.remove_prefix(used);
            scan = {};
            scanned = 0;
            if (bytes.empty()) state = State::empty;
            found = scan.look(bytes.substr(0, limits.header_bytes), scanned);
        }
        if (found == HeaderScan::Found::blank_line) refuse(bad_line);
        if (found == HeaderScan::Found::control) refuse(bad_control);
        if (found == HeaderScan::Found::folded) refuse(folded);
        if (state == State::refused) return used;
        if (found == HeaderScan::Found::nothing_yet) {
            if (scanned >= limits.header_bytes) refuse(large_header);  // no end within the limit
            return used;
        }
        parse_header(bytes.substr(0, scanned));
        return used + scanned;
    }

    void parse_header(std::string_view header) {
        error_code ec;
        const std::size_t used = parser->put(asio::const_buffer(header.data(), header.size()), ec);
        if (ec) return refuse(ec);
        if (used != header.size() || !parser->is_header_done()) return refuse(bad_line);
        state = parser->is_done() ? State::complete : State::body;
        continue_owed = state == State::body && parser->expects();
    }

    std::size_t feed_body(std::string_view bytes) {
        if (bytes.empty()) return 0;
        continue_owed = false;
        if (parser->chunked()) return feed_chunks(bytes);
        error_code ec;
        const std::size_t used = parser->put(asio::const_buffer(bytes.data(), bytes.size()), ec);
        if (ec) refuse(ec);
        if (parser->is_done()) state = State::complete;
        return used;
    }

    std::size_t feed_chunks(std::string_view bytes) {
        std::size_t used = 0;
        switch (chunks.take(bytes, used, request->body,
                            parser->streamed() ? std::numeric_limits<std::size_t>::max() : limits.body_bytes)) {
            case ChunkedBody::Found::nothing_yet:
                break;
            case ChunkedBody::Found::end:
                state = State::complete;
                break;
            case ChunkedBody::Found::malformed:
                refuse(bad_chunk);
                break;
            case ChunkedBody::Found::too_large:
                refuse(large_body);
                break;
        }
        return used;
    }

    Http1Limits limits;
    std::shared_ptr<api::Request> request;
    std::optional<Parser> parser;
    HeaderScan scan;
    ChunkedBody chunks;
    std::size_t scanned = 0;  // header bytes seen and not used
    State state = State::empty;
    bool blank_seen = false;
    bool continue_owed = false;
    Refusal refusal;
};

Http1::Http1(Http1Limits limits) : inside_(std::make_unique<Inside>(std::move(limits))) {}
Http1::~Http1() = default;
Http1::Http1(Http1&&) noexcept = default;
Http1& Http1::operator=(Http1&&) noexcept = default;

std::size_t Http1::feed(std::string_view bytes) {
    std::size_t used = 0;
    if (inside_->state == State::empty || inside_->state == State::header) used = inside_->feed_header(bytes);
    if (inside_->state == State::body) used += inside_->feed_body(bytes.substr(used));
    return used;
}

Http1::State Http1::state() const {
    return inside_->state;
}

bool Http1::owes_continue() {
    return std::exchange(inside_->continue_owed, false);
}

const Refusal& Http1::refusal() const {
    ENTENTE_ASSERT(inside_->state == State::refused);
    return inside_->refusal;
}

bool Http1::keep_alive() const {
    // Those who still speak HTTP/1.0 are answered and let go.
    return inside_->state == State::complete && inside_->parser->version() >= 11 && inside_->parser->keep_alive();
}

const api::Request& Http1::request() const {
    return *inside_->request;
}

bool Http1::streamed() const {
    return (inside_->state == State::body || inside_->state == State::complete) && inside_->parser->streamed();
}

std::string Http1::take_body() {
    return std::exchange(inside_->request->body, {});
}

std::shared_ptr<api::Request> Http1::take() {
    ENTENTE_ASSERT(inside_->state == State::complete);
    auto request = std::move(inside_->request);
    inside_->begin();
    return request;
}

}  // namespace entente::net
