#pragma once
// A blocking HTTPS client for tools and deliveries: one server, one connection that is kept open between calls, TLS always
// verified, redirects never followed.
//
// The server's certificate must chain to `ca_file` (empty: the system's authorities) and name the host or IP address of the base
// URL. A call that fails on a kept connection before any byte of the answer arrived is sent once more on a new one when the method
// is safe to repeat (GET, HEAD, OPTIONS). Faults are thrown with a plain sentence. One thread at a time.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/api/message.hpp"
#include "server/net/address_guard.hpp"
#include "server/net/client_link.hpp"

namespace entente::net {

struct ClientOptions {
    std::filesystem::path ca_file;
    std::filesystem::path certificate;  // with `key`: the client certificate to present
    std::filesystem::path key;
    std::shared_ptr<ssl_ctx_st> context;        // instead of the three above: one context shared by many clients (certs/tls)
    std::chrono::milliseconds timeout{30'000};  // for connecting, and for each call
    std::size_t body_bytes_max = 64 * 1024 * 1024;
    // Asked for the address of every connection, right before it is made to exactly that address; none: every address will do.
    std::function<bool(const IpAddress&)> may_connect;
    std::function<bool()> give_up;  // asked several times a second while waiting; true ends the call with TimedOut
    bool plain_allowed = false;     // http:// as well, for callbacks in a network of the operator's own
    bool repeat_all = false;        // the receiver tolerates repeats: on a kept connection that ended, any method is sent once more
};

// Everything of the body was handed over, but no answer came: whether it was taken cannot be known.
class AnswerMissing : public protocol::Fault {
  public:
    using Fault::Fault;
};

// A body that is never held whole.
struct BodyStream {
    std::uint64_t size = 0;
    std::function<std::string_view()> next;      // pieces, each valid until the next call; empty at the end
    StreamGate* gate = nullptr;                  // none: nobody may stop it
    std::chrono::milliseconds stall{30'000};     // the longest time without progress
    std::chrono::milliseconds whole{3'600'000};  // until the last byte was taken
};

class HttpClient {
  public:
    // `base` is https://host[:port] with an optional path that is put before every target. Throws Fault for anything else.
    HttpClient(std::string_view base, ClientOptions options);
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    // `proceed` is asked when everything is ready, before the first byte of the request.
    api::Response call(api::Method method, std::string_view target, const std::vector<api::Header>& headers = {},
                       std::string_view body = {}, const std::function<bool()>& proceed = {});
    // One request on a connection of its own, sent once. Throws NotSent when the gate was shut; the answer is awaited for the
    // client's timeout.
    api::Response stream(api::Method method, std::string_view target, const std::vector<api::Header>& headers,
                         const BodyStream& body);

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

// The first header of that name in an answer (ASCII case-insensitive); empty when there is none.
std::string_view header_of(const api::Response& response, std::string_view name);

}  // namespace entente::net
