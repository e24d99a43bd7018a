#pragma once
// Bytes to requests: HTTP/1.1 as RFC 9112 has it, without sockets, so that tests and the fuzzer feed it directly.
//
// Beast's parser does the grammar of lines and headers. On top of it this is strict where leniency lets two parsers disagree about
// where a request ends: refused are bare CR or LF, folded lines, blanks before a colon, any control character, Content-Length
// together with Transfer-Encoding, more than one of either, codings other than exactly `chunked`, chunk extensions, trailers, more
// than one Host, none in HTTP/1.1, and targets other than origin-form (and `*` for OPTIONS). One empty line before a request is
// skipped.
//
// The owner keeps what `feed` did not use and offers it again, in one piece, with what arrived next.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/api/message.hpp"

namespace entente::net {

struct Http1Limits {
    std::size_t header_bytes = 16 * 1024;  // request line and headers; beyond it 431
    std::size_t body_bytes = 1024 * 1024;  // beyond it 413, before the body when its length is announced
    // Requests whose body the owner takes away as it comes (take_body), so that no limit of ours holds for it; none: no request.
    std::function<bool(api::Method, std::string_view target)> streamed{};
};

// Why a request is answered here. The texts are constants.
struct Refusal {
    int status = 0;
    std::string_view code;
    std::string_view detail;
};

class Http1 {
  public:
    explicit Http1(Http1Limits limits);
    ~Http1();
    Http1(Http1&&) noexcept;
    Http1& operator=(Http1&&) noexcept;

    enum class State { empty, header, body, complete, refused };

    // Takes the next bytes; returns how many were used. Nothing is used once the request is complete or refused.
    std::size_t feed(std::string_view bytes);
    State state() const;

    // The headers are acceptable, the client waits for our word, and no byte of the body has come. True once a request.
    bool owes_continue();

    const Refusal& refusal() const;  // when refused

    // When complete: whether the client wants to go on with this connection, and whether it asked for headers alone.
    bool keep_alive() const;

    // What is known of the request: when refused perhaps only the method and target, or nothing.
    const api::Request& request() const;

    // The body is taken piece by piece: from the end of the header on, until the request is complete.
    bool streamed() const;
    std::string take_body();

    // When complete: hands out the request and begins the next one.
    std::shared_ptr<api::Request> take();

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace entente::net
