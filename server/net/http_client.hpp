#pragma once
// A blocking HTTPS client for tools: one server, one connection that is kept open between calls, TLS always verified.
//
// The server's certificate must chain to `ca_file` (empty: the system's authorities) and name the host or IP address of the base
// URL. A call that fails on a kept connection before any byte of the answer arrived is sent once more on a new one when the method
// is safe to repeat (GET, HEAD, OPTIONS). Faults are thrown with a plain sentence. One thread at a time.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/message.hpp"

namespace entente::net {

struct ClientOptions {
    std::filesystem::path ca_file;
    std::filesystem::path certificate;  // with `key`: the client certificate to present
    std::filesystem::path key;
    std::chrono::milliseconds timeout{30'000};  // for connecting, and for each call
    std::size_t body_bytes_max = 64 * 1024 * 1024;
};

class HttpClient {
  public:
    // `base` is https://host[:port] with an optional path that is put before every target. Throws Fault for anything else.
    HttpClient(std::string_view base, ClientOptions options);
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    api::Response call(api::Method method, std::string_view target, const std::vector<api::Header>& headers = {},
                       std::string_view body = {});

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

// The first header of that name in an answer (ASCII case-insensitive); empty when there is none.
std::string_view header_of(const api::Response& response, std::string_view name);

}  // namespace entente::net
