// One connection from its handshake to its end. The loop in `serve` is the whole story; what waits, waits under a deadline.

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "certs/secret.hpp"
#include "server/net/connection.hpp"
#include "server/net/response_text.hpp"

namespace entente::net {
namespace {

using Status = TlsSession::Status;

constexpr std::chrono::milliseconds linger_time{1000};
constexpr std::size_t linger_bytes_max = 1024 * 1024;
constexpr int requests_between_yields = 16;
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr std::size_t upload_piece = 128 * 1024;  // what is handed on at once; it must arrive within the limit of a request
constexpr int go_on = 100;

enum class Arrival { request, upload, refused, too_slow, gone };

Task<bool> shake_hands(Connection& c) {
    RimMetrics& metrics = c.loop.rim.metrics;
    const auto begun = SteadyClock::now();
    c.set_deadline(c.settings->limits.handshake);
    for (;;) {
        const Status status = c.tls.handshake();
        if (status == Status::done) break;
        std::string_view failure = c.tls.failure().empty() ? "closed" : c.tls.failure();
        if (status == Status::wants_read || status == Status::wants_write) {
            const auto [ec] = co_await c.socket.async_wait(direction(status), as_value);
            if (!c.over(ec)) continue;
            failure = c.loop.draining ? "draining" : c.expired ? "timeout" : "closed";
        }
        metrics.handshake_failures.with({metrics.listener, failure}).add();
        log::debug("tls.refused", {{"listener", metrics.listener}, {"reason", failure}});
        co_return false;
    }
    c.certificate = c.tls.peer();
    metrics.handshake_seconds.observe(std::chrono::duration<double>(SteadyClock::now() - begun).count());
    co_return true;
}

// True when all is written. `bytes` must outlive the call.
Task<bool> send(Connection& c, std::string_view bytes) {
    while (!bytes.empty()) {
        const TlsSession::Moved moved = c.tls.write(bytes);
        if (moved.status == Status::done) {
            bytes.remove_prefix(moved.bytes);
            continue;
        }
        if (moved.status == Status::closed || moved.status == Status::failed) co_return false;
        const auto [ec] = co_await c.socket.async_wait(direction(moved.status), as_value);
        if (c.over(ec)) co_return false;
    }
    co_return true;
}

// The loop's buffer outlives every request and upload: nothing of one stays there.
void take_from_scratch(Connection& c, std::size_t bytes) {
    c.take_in({c.loop.scratch.data(), bytes});
    certs::wipe({reinterpret_cast<std::uint8_t*>(c.loop.scratch.data()), bytes});
}

// Reads until a request is complete or refused. Between requests the idle limit holds; from a request's first byte on, the limit
// of a whole request, so that dripping bytes gains nothing.
Task<Arrival> next_request(Connection& c) {
    using State = Http1::State;
    c.idle = true;
    c.set_deadline(c.settings->limits.idle);
    c.take_in({});
    bool wait_first = !c.tls.has_pending();  // right after an answer there is rarely anything to read
    for (;;) {
        if (c.http.streamed()) co_return Arrival::upload;
        if (c.http.state() == State::complete) co_return Arrival::request;
        if (c.http.state() == State::refused) co_return Arrival::refused;
        if (c.http.state() == State::empty && c.loop.draining) co_return Arrival::gone;
        if (c.idle && c.http.state() != State::empty) {
            c.idle = false;
            c.set_deadline(c.settings->limits.request);
        }
        if (c.http.owes_continue()) {
            const bool sent = co_await send(c, continue_line);
            if (!sent) co_return Arrival::gone;
        }
        TlsSession::Moved got{Status::wants_read, 0};
        if (!wait_first) got = c.tls.read(c.loop.scratch);
        wait_first = false;
        if (got.status == Status::done) {
            take_from_scratch(c, got.bytes);
            continue;
        }
        if (got.status == Status::closed || got.status == Status::failed) co_return Arrival::gone;
        const auto [ec] = co_await c.socket.async_wait(direction(got.status), as_value);
        if (c.expired && !c.cut && c.http.state() != State::empty) co_return Arrival::too_slow;
        if (c.over(ec)) co_return Arrival::gone;
    }
}

// One request and what became of it, for the answer's framing, the log line and the numbers.
struct Exchange {
    SteadyClock::time_point begun = SteadyClock::now();
    api::Method method = api::Method::other;
    std::string request_id;
    bool keep_alive = false;
    bool strict_transport = true;
    std::size_t bytes = 0;
};

bool is_local_host(const api::Request& request) {
    const auto host = std::ranges::find_if(request.headers, [](const api::Header& h) { return same_header_name(h.name, "host"); });
    return host != request.headers.end() && (host->value == "localhost" || host->value.starts_with("localhost:"));
}

Exchange describe(Connection& c, const api::Request& request) {
    Exchange exchange;
    exchange.method = request.method;
    exchange.request_id = c.loop.new_request_id();
    exchange.keep_alive = c.http.keep_alive();
    exchange.strict_transport = !is_local_host(request);
    return exchange;
}

std::shared_ptr<api::Request> take_request(Connection& c, const Exchange& exchange) {
    auto request = c.http.take();
    request->peer_address = c.peer;
    request->certificate = c.certificate;
    request->request_id = exchange.request_id;
    return request;
}

api::Response refuse(Connection& c, const Exchange& exchange, const Refusal& why) {
    RimMetrics& metrics = c.loop.rim.metrics;
    metrics.refused_requests.with({metrics.listener, why.code}).add();
    api::Request known = c.http.request();
    known.request_id = exchange.request_id;
    api::Response response = c.loop.rim.api.rejected(why.status, why.code, why.detail, known.target.empty() ? nullptr : &known);
    if (response.reason.empty()) response.reason = why.code;
    response.close = true;
    return response;
}

// What the upload's header says, without its body.
std::shared_ptr<const api::Request> upload_request(Connection& c, const Exchange& exchange) {
    const api::Request& known = c.http.request();
    auto request = std::make_shared<api::Request>();
    request->method = known.method;
    request->target = known.target;
    request->headers = known.headers;
    request->peer_address = c.peer;
    request->certificate = c.certificate;
    request->request_id = exchange.request_id;
    return request;
}

// A body that is handed on as it comes. Nothing when the client is gone. Unless the answer came with the last byte, the connection
// ends with it.
Task<std::optional<api::Response>> take_upload(Connection& c, Exchange& exchange, std::shared_ptr<const api::Request> request) {
    using State = Http1::State;
    const std::shared_ptr<api::Upload> upload = c.loop.rim.api.upload(request);
    exchange.keep_alive = false;
    const std::function<api::Plan()> begin = [upload] { return upload->begin(); };
    const std::function<api::Plan()> end = [upload] { return upload->end(); };
    api::Response step = co_await drive_upload(c, request, begin);
    std::string piece;
    c.set_deadline(c.settings->limits.request);
    while (step.status == go_on) {
        if (c.http.state() == State::refused) co_return refuse(c, exchange, c.http.refusal());
        piece += c.http.take_body();
        const bool whole = c.http.state() == State::complete;
        if (piece.size() >= upload_piece || (whole && !piece.empty())) {
            c.no_deadline();
            auto shared = std::make_shared<std::string>(std::exchange(piece, {}));
            const std::function<api::Plan()> take = [upload, shared] { return upload->take(std::move(*shared)); };
            step = co_await drive_upload(c, request, take);
            c.set_deadline(c.settings->limits.request);
            continue;
        }
        if (whole) {
            c.no_deadline();
            exchange.keep_alive = c.http.keep_alive();
            c.http.take();
            step = co_await drive_upload(c, request, end);
            break;
        }
        if (c.http.owes_continue()) {
            const bool sent = co_await send(c, continue_line);
            if (!sent) co_return std::nullopt;
        }
        const TlsSession::Moved got = c.tls.read(c.loop.scratch);
        if (got.status == Status::done) {
            take_from_scratch(c, got.bytes);
            continue;
        }
        if (got.status == Status::closed || got.status == Status::failed) co_return std::nullopt;
        const auto [ec] = co_await c.socket.async_wait(direction(got.status), as_value);
        if (c.expired && !c.cut) co_return refuse(c, exchange, {408, "request_timeout", "the files did not arrive in time"});
        if (c.over(ec)) co_return std::nullopt;
    }
    co_return step;
}

// The place of a status in RouteNumbers::by_class.
std::size_t class_of(int status) {
    const int hundreds = status / 100;
    return hundreds >= 2 && hundreds <= 5 ? static_cast<std::size_t>(hundreds - 2) : 4;
}

// The one line and the numbers of a request. The route's name, never the raw path: a path may carry what does not belong in a log.
void note(Connection& c, const Exchange& exchange, const api::Response& response, bool sent) {
    const std::string_view route = response.route.empty() ? std::string_view("none") : std::string_view(response.route);
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - exchange.begun).count();
    const RouteNumbers& numbers = c.loop.numbers_of(route);
    numbers.by_class[class_of(response.status)]->add();
    numbers.seconds->observe(seconds);
    c.loop.rim.metrics.response_bytes.add(exchange.bytes);
    if (!c.loop.rim.log_requests) return;
    const auto level = response.status >= 500 ? log::warning : log::info;
    level("request", {{"request_id", exchange.request_id},
                      {"method", api::method_name(exchange.method)},
                      {"route", route},
                      {"caller", response.caller},
                      {"status", response.status},
                      {"reason", response.reason},
                      {"cause", response.cause},
                      {"ms", static_cast<double>(static_cast<std::int64_t>(seconds * 1e5)) / 100.0},
                      {"bytes", exchange.bytes},
                      {"sent", sent}});
}

Task<bool> reply(Connection& c, Exchange& exchange, const api::Response& response) {
    exchange.keep_alive = exchange.keep_alive && !response.close && !c.loop.draining;
    const std::string text = encode_response(response, {.date = c.loop.date(),
                                                        .request_id = exchange.request_id,
                                                        .keep_alive = exchange.keep_alive,
                                                        .head = exchange.method == api::Method::head,
                                                        .strict_transport = exchange.strict_transport});
    exchange.bytes = text.size();
    c.set_deadline(c.settings->limits.request);
    const bool sent = co_await send(c, text);
    note(c, exchange, response, sent);
    co_return sent;
}

// The rest of a streamed answer, until the client is gone, a piece says that it was the last, or the listener is drained.
Task<> pour(Connection& c, std::shared_ptr<const api::Request> request, std::shared_ptr<api::Stream> stream) {
    for (;;) {
        c.no_deadline();
        const api::Response piece = co_await next_piece(c, request, stream);
        if (piece.status != 200 || c.cut) co_return;
        c.set_deadline(c.settings->limits.request);
        const bool sent = co_await send(c, piece.body);
        if (!sent || piece.close || c.loop.draining) co_return;
    }
}

// Closing while unread bytes lie in the socket would reset the connection and could take our last answer with it: say goodbye,
// then read and forget for a moment until the other side has closed too (RFC 9112, section 9.6).
Task<> say_goodbye(Connection& c) {
    if (c.tls.failure().empty()) c.tls.close();
    ::shutdown(c.socket.native_handle(), SHUT_WR);
    c.set_deadline(linger_time);
    std::size_t forgotten = 0;
    while (forgotten < linger_bytes_max && !c.cut) {
        const ssize_t got = ::recv(c.socket.native_handle(), c.loop.scratch.data(), c.loop.scratch.size(), MSG_DONTWAIT);
        if (got > 0) {
            forgotten += static_cast<std::size_t>(got);
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) co_return;
        const auto [ec] = co_await c.socket.async_wait(Socket::wait_read, as_value);
        if (c.over(ec)) co_return;
    }
}

}  // namespace

Task<> serve(std::unique_ptr<Connection> connection) {
    Connection& c = *connection;
    const bool secure = co_await shake_hands(c);
    if (!secure) co_return;
    for (int served = 1;; ++served) {
        const Arrival arrival = co_await next_request(c);
        c.idle = false;
        c.no_deadline();
        if (arrival == Arrival::gone) {
            if (c.tls.failure().empty()) c.tls.close();
            co_return;
        }
        Exchange exchange = describe(c, c.http.request());
        api::Response response;
        std::shared_ptr<const api::Request> request;
        if (arrival == Arrival::upload) {
            request = upload_request(c, exchange);
            std::optional<api::Response> answered = co_await take_upload(c, exchange, request);
            if (!answered) co_return;
            response = std::move(*answered);
        } else if (arrival == Arrival::request) {
            request = take_request(c, exchange);
            response = co_await answer(c, request);
        } else if (arrival == Arrival::refused) {
            response = refuse(c, exchange, c.http.refusal());
        } else {
            response = refuse(c, exchange, {408, "request_timeout", "the request did not arrive in time"});
        }
        const bool sent = co_await reply(c, exchange, response);
        if (!sent) co_return;
        if (response.stream) co_await pour(c, std::move(request), response.stream);
        if (!exchange.keep_alive) break;
        if (served % requests_between_yields == 0) co_await asio::post(c.loop.context.get_executor(), as_value);
    }
    co_await say_goodbye(c);
}

}  // namespace entente::net
