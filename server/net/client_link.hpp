#pragma once
// One outgoing connection, plain or TLS, for who waits on his own thread: the HTTP client and the stream to a log collector.
//
// TLS is always verified: the certificate must chain to the context's authorities and name the host. Faults are thrown with a plain
// sentence. One thread at a time.

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/result.hpp"
#include "server/net/address_guard.hpp"
#include "server/net/tls_session.hpp"

struct ssl_ctx_st;

namespace entente::net {

// Every address of the host is one that must not be called. Nothing was sent.
class AddressRefused : public protocol::Fault {
  public:
    using Fault::Fault;
};
class TimedOut : public protocol::Fault {
  public:
    using Fault::Fault;
};
// The connection ended before the first byte of an answer: on a kept connection that is how a server lets go.
class LetGo : public protocol::Fault {
  public:
    using Fault::Fault;
};

// Somebody said no. Nothing was sent, or nothing more.
class NotSent : public protocol::Fault {
  public:
    using Fault::Fault;
};

// Stands between what is sent in many pieces and its socket. Once shut, nothing is handed to the socket any more, and what lies
// there unsent is thrown away with a reset of the connection: when shut() returns, no further byte leaves. Any thread; never waits
// for the peer.
class StreamGate {
  public:
    void shut();
    bool is_shut() const;

  private:
    friend class ClientLink;
    mutable std::mutex mutex_;
    bool shut_ = false;
    int socket_ = -1;
};

// The end of the first of so many tries in turn: each gets its part of the time that is left, a second at least.
std::chrono::steady_clock::time_point end_of_try(std::chrono::steady_clock::time_point deadline, std::ptrdiff_t tries);

struct Peer {
    bool tls = true;
    std::string host;  // DNS name or IP address
    std::string port = "443";
    std::string authority;  // host and port for messages, and as the Host header spells them
};

struct LinkOptions {
    std::function<bool(const IpAddress&)> may_connect{};  // asked right before the connection to exactly that address
    std::function<bool()> give_up{};                      // asked several times a second while waiting; true: TimedOut
};

class ClientLink {
  public:
    using Deadline = std::chrono::steady_clock::time_point;

    // Tries each address of the host in turn, also when one does not answer, then shakes hands.
    ClientLink(const Peer& peer, LinkOptions options, const std::shared_ptr<ssl_ctx_st>& context, Deadline deadline);
    ~ClientLink();
    ClientLink(const ClientLink&) = delete;
    ClientLink& operator=(const ClientLink&) = delete;

    // From here on nothing is sent that the gate does not let through: NotSent. The gate outlives this; none: no gate.
    void guard(StreamGate* gate);
    // True when everything was given to the kernel; false when the connection ended: what the other side still says tells why.
    bool send(std::string_view bytes, Deadline deadline);
    // At least one byte, or none at the end of the connection. The view dies with the next call.
    std::string_view receive(Deadline deadline);
    // Whether the other side said or ended something that nobody has received yet. Does not wait.
    bool has_news();
    // Says that nothing more comes and waits for the other side's end, of TLS and of the connection below. True when it ended in
    // order and everything had come to it: nothing was left unread in its kernel, nor on its way to a socket that was gone (both
    // reset the connection). An alert instead of an end is a Fault that says which.
    bool finish(Deadline deadline);

  private:
    class Descriptor {
      public:
        explicit Descriptor(int number = -1) : number_(number) {}
        Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
        Descriptor& operator=(Descriptor&& other) noexcept {
            std::swap(number_, other.number_);
            return *this;
        }
        ~Descriptor();
        int number() const { return number_; }

      private:
        int number_;
    };

    static bool connects(int socket, const Deadline& until, const LinkOptions& options, bool last);
    static Descriptor connect_to(const Peer& peer, const LinkOptions& options, Deadline deadline);
    static void wait_for(int socket, short events, Deadline deadline, const LinkOptions& options);
    void wait(TlsSession::Status status, Deadline deadline);
    bool ended_after_all_came(Deadline deadline);
    TlsSession::Moved write(std::string_view bytes);
    TlsSession::Moved write_plain(std::string_view bytes);
    TlsSession::Moved read_plain();

    LinkOptions options_;
    Descriptor socket_;
    std::optional<TlsSession> tls_;
    bool finished_ = false;
    StreamGate* gate_ = nullptr;
    std::array<char, 16 * 1024> buffer_{};
};

}  // namespace entente::net
