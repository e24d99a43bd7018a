#pragma once
// What the rim hands to the API and gets back: a request and a response as plain values. No sockets, no Boost.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace entente::api {

enum class Method { get, head, post, put, patch, delete_, options, other };
// As on the wire; OTHER for what this server does not know.
constexpr std::string_view method_name(Method method) {
    constexpr std::array<std::string_view, 8> names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};
    return names[static_cast<std::size_t>(method)];
}

struct Header {
    std::string name;  // as received; compare without regard to case
    std::string value;
};

// The verified certificate that a client presented in the TLS handshake.
struct PeerCertificate {
    std::string fingerprint_sha256;  // lower-case hex over the DER form
    std::string issuer_fingerprint;  // lower-case hex SHA-256 over the issuer's DER subject key (authority that signed it)
    std::string uri_san;             // the one URI subject alternative name, empty when it has none or several
    std::string serial;              // lower-case hex
};

struct Request {
    Method method = Method::other;
    std::string target;           // origin-form as received: path and query, percent-encoded
    std::vector<Header> headers;  // each name once: the rim joins lists and refuses every other repetition
    std::string body;
    std::string peer_address;  // textual, without port; personal data: audit actor section only, never logs
    std::optional<PeerCertificate> certificate;
    std::string request_id;  // 32 hex digits, made by the listener; names this request in logs and error bodies

    // The header of that name (ASCII case-insensitive), or nothing.
    std::optional<std::string_view> header(std::string_view name) const;
};

struct Stream;  // what comes after the body (plan.hpp)

struct Response {
    int status = 200;
    std::vector<Header> headers;  // without Content-Length, Date, Connection: those are the session's
    std::string body;
    bool close = false;  // end the connection after this answer
    // More body, piece by piece, until the client goes or a piece says `close`; the answer has no length and ends its connection.
    std::shared_ptr<Stream> stream = nullptr;
    // For the one log line and the metrics of the request; ids and codes only, never content.
    std::string route;   // the route's name, for example approveCollaborationRequest
    std::string caller;  // for example user:870 or client:12
    std::string reason;  // reason code of a refusal
    std::string cause;   // private cause of a failure, for the log alone
};

}  // namespace entente::api
