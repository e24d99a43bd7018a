#pragma once
// A TLS listener and everything behind it up to the API: bytes in, Request; Response, bytes out (RFC 9112, HTTP/1.1).
//
// One thread an io_context with its own listening socket (SO_REUSEPORT); a connection never changes thread. Every wait has a
// deadline, every buffer a size, every count a ceiling; the answer when one is hit is known beforehand (400, 408, 413, 431, 503, or
// close). Steps of a plan run on `workers` and `store`; one that is not back within `step` is answered by Api::unavailable, and if
// it had not begun by then it never runs.
//
// Order of destruction: drain the server, then drain the store and stop the workers, then destroy the server, then the API.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "server/api/plan.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"
#include "server/metrics.hpp"
#include "server/net/workers.hpp"
#include "server/random.hpp"

namespace entente::net {

struct Limits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t body_bytes = 1024 * 1024;
    std::size_t connections = 10'000;
    std::size_t connections_per_address = 200;  // an IPv6 /64 counts as one address
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds request{15'000};  // a whole request, from its first byte; also the writing of an answer
    std::chrono::milliseconds idle{60'000};     // between requests
    std::chrono::milliseconds step{2'000};      // one step of a plan
};

struct ServerOptions {
    std::string name = "api";  // label of this listener in logs and metrics
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free port, see port()
    unsigned threads = 0;    // 0: one a core
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::filesystem::path client_authorities;
    ClientCertificates client_certificates = ClientCertificates::none;
    Limits limits;
    bool log_requests = true;  // one line a request; a listener that is polled every few seconds does without
};

// The two listeners as the configuration wants them.
ServerOptions api_listener(const Config& config);
ServerOptions metrics_listener(const Config& config);

class Server {
  public:
    // Binds nothing yet. Throws Fault when the certificate or key cannot be used.
    Server(ServerOptions options, api::Api& api, store::Store& store, Workers& workers, Metrics& metrics, const Clock& clock,
           Random& random);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start();  // binds, listens, starts the threads; throws Fault with a plain sentence when the address is not to be had
    std::uint16_t port() const;

    // New connections get the certificate, key and authorities that the files hold now; open ones keep theirs. Throws Fault and
    // changes nothing when the files are no good.
    void reload_tls();
    // Likewise with new options: files, client certificates and limits. Address, port and threads stay until the next start.
    void reload(const ServerOptions& options);

    // Stops accepting, lets running requests finish (their answers say Connection: close), closes idle connections at once and
    // everything else when the time is over. Returns when no connection is left. Safe to call twice.
    void drain(std::chrono::milliseconds patience);

    std::size_t connections() const;

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace entente::net
