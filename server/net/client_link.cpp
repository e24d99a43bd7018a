#include "server/net/client_link.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace entente::net {

using protocol::Fault;
using Steady = std::chrono::steady_clock;
using Status = TlsSession::Status;

ClientLink::Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

void ClientLink::wait_for(int socket, short events, Deadline deadline, const LinkOptions& options) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
        if (left <= 0) throw TimedOut("the server did not answer in time");
        pollfd one{.fd = socket, .events = events, .revents = 0};
        const int ready = ::poll(&one, 1, static_cast<int>(std::min<long long>(left, options.give_up ? 200 : 60'000)));
        if (ready > 0) return;
        if (ready == 0 && options.give_up && options.give_up()) throw TimedOut("the call was given up");
        if (ready < 0 && errno != EINTR) throw Fault("waiting for the server failed");
    }
}

Steady::time_point end_of_try(Steady::time_point deadline, std::ptrdiff_t tries) {
    const auto now = Steady::now();
    if (tries <= 1) return deadline;
    return std::min(deadline, now + std::max<Steady::duration>((deadline - now) / tries, std::chrono::seconds(1)));
}

// Whether what was begun became a connection. An address that does not answer is like one that refuses, but for the last.
bool ClientLink::connects(int socket, const Deadline& until, const LinkOptions& options, bool last) {
    try {
        wait_for(socket, POLLOUT, until, options);
    } catch (const TimedOut&) {
        if (last || Steady::now() < until) throw;  // before its time: the call was given up
        return false;
    }
    int problem = 0;
    socklen_t size = sizeof problem;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
}

ClientLink::Descriptor ClientLink::connect_to(const Peer& peer, const LinkOptions& options, Deadline deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(peer.host.c_str(), peer.port.c_str(), &hints, &found) != 0)
        throw Fault("the host " + peer.host + " is not known");
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
    bool refused = false;
    std::ptrdiff_t left = 0;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) ++left;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next, --left) {
        const auto address = address_of(one->ai_addr);
        if (options.may_connect && (!address || !options.may_connect(*address))) {
            refused = true;
            continue;
        }
        Descriptor socket(::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
        if (socket.number() < 0) continue;
        if (::connect(socket.number(), one->ai_addr, one->ai_addrlen) != 0) {
            if (errno != EINPROGRESS) continue;
            const Deadline until = end_of_try(deadline, left);
            if (!connects(socket.number(), until, options, until == deadline)) continue;
        }
        const int on = 1;
        ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return socket;
    }
    if (refused) throw AddressRefused("the address of " + peer.host + " is in a network that must not be called");
    throw Fault("nobody answers at " + peer.authority);
}

ClientLink::ClientLink(const Peer& peer, LinkOptions options, const std::shared_ptr<ssl_ctx_st>& context, Deadline deadline)
    : options_(std::move(options)), socket_(connect_to(peer, options_, deadline)) {
    if (!peer.tls) return;
    tls_.emplace(TlsSession::connecting(context, socket_.number(), peer.host));
    for (;;) {
        const Status status = tls_->handshake();
        if (status == Status::done) return;
        if (status == Status::closed) throw Fault("the server ended the TLS handshake");
        if (status == Status::failed) throw Fault("TLS with " + peer.authority + " failed: " + tls_->failure_text());
        wait(status, deadline);
    }
}

void StreamGate::shut() {
    const std::lock_guard hold(mutex_);
    shut_ = true;
    if (socket_ < 0) return;
    // Disconnecting (connect(2), AF_UNSPEC) resets the connection and drops what was not sent; closing would still send it.
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    if (::connect(socket_, &nobody, sizeof nobody) != 0) ::shutdown(socket_, SHUT_RDWR);
}

bool StreamGate::is_shut() const {
    const std::lock_guard hold(mutex_);
    return shut_;
}

void ClientLink::guard(StreamGate* gate) {
    if (gate == nullptr) return;
    const std::lock_guard hold(gate->mutex_);
    gate_ = gate;
    gate_->socket_ = socket_.number();
}

ClientLink::~ClientLink() {
    if (gate_ != nullptr) {
        const std::lock_guard hold(gate_->mutex_);
        gate_->socket_ = -1;
    }
    if (tls_ && !finished_ && tls_->failure().empty()) tls_->close();
}

bool ClientLink::send(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
        const TlsSession::Moved moved = write(bytes);
        if (moved.status == Status::done) {
            bytes.remove_prefix(moved.bytes);
        } else if (moved.status == Status::closed || moved.status == Status::failed) {
            return false;
        } else {
            wait(moved.status, deadline);
        }
    }
    return true;
}

std::string_view ClientLink::receive(Deadline deadline) {
    for (;;) {
        const TlsSession::Moved moved = tls_ ? tls_->read(buffer_) : read_plain();
        if (moved.status == Status::done) return {buffer_.data(), moved.bytes};
        if (moved.status == Status::closed) return {};
        if (moved.status == Status::failed)
            throw LetGo(tls_ ? "the TLS connection failed: " + tls_->failure_text() : "the connection failed");
        wait(moved.status, deadline);
    }
}

bool ClientLink::has_news() {
    pollfd one{.fd = socket_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&one, 1, 0) <= 0) return false;
    // Session tickets and the like are no news: TLS takes them and wants more.
    const TlsSession::Moved moved = tls_ ? tls_->read(buffer_) : read_plain();
    return moved.status != Status::wants_read && moved.status != Status::wants_write;
}

bool ClientLink::finish(Deadline deadline) {
    finished_ = true;
    if (tls_) {
        for (;;) {
            const Status status = tls_->close();
            if (status == Status::done) break;
            if (status == Status::closed || status == Status::failed) return false;
            wait(status, deadline);
        }
    } else if (::shutdown(socket_.number(), SHUT_WR) != 0) {
        return false;
    }
    while (!receive(deadline).empty()) {
    }
    if (tls_ && !tls_->failure().empty()) {
        // The connection ended without close_notify: in order, or by a reset because something was left unread.
        tcp_info info{};
        socklen_t size = sizeof info;
        if (::getsockopt(socket_.number(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state != TCP_CLOSE_WAIT)
            return false;
    }
    return ended_after_all_came(deadline);
}

// An end of TLS that crossed our bytes says nothing about them, and neither does the end of the connection before all of them are
// acknowledged: a side that is gone answers them with a reset.
bool ClientLink::ended_after_all_came(Deadline deadline) {
    ::shutdown(socket_.number(), SHUT_WR);  // for who waits with his end for ours
    for (ssize_t got = 1; got != 0;) {
        got = ::recv(socket_.number(), buffer_.data(), buffer_.size(), 0);
        if (got >= 0 || errno == EINTR) continue;
        if (errno != EAGAIN) return false;
        wait(Status::wants_read, deadline);
    }
    constexpr int look_again_ms = 10;
    for (;;) {
        int on_its_way = 0;
        if (::ioctl(socket_.number(), SIOCOUTQ, &on_its_way) != 0) return false;
        int problem = 0;
        socklen_t size = sizeof problem;
        if (::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0 || problem != 0) return false;
        if (on_its_way == 0) return true;
        if (Steady::now() >= deadline || (options_.give_up && options_.give_up())) return false;
        pollfd one{.fd = socket_.number(), .events = 0, .revents = 0};
        ::poll(&one, 1, look_again_ms);
    }
}

void ClientLink::wait(Status status, Deadline deadline) {
    wait_for(socket_.number(), status == Status::wants_write ? POLLOUT : POLLIN, deadline, options_);
}

TlsSession::Moved ClientLink::write(std::string_view bytes) {
    std::unique_lock<std::mutex> hold;
    if (gate_ != nullptr) {
        hold = std::unique_lock(gate_->mutex_);
        if (gate_->shut_) throw NotSent("the request must not go on");
    }
    return tls_ ? tls_->write(bytes) : write_plain(bytes);
}

TlsSession::Moved ClientLink::write_plain(std::string_view bytes) {
    const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) return {Status::done, static_cast<std::size_t>(sent)};
    return {errno == EAGAIN || errno == EINTR ? Status::wants_write : Status::failed, 0};
}

TlsSession::Moved ClientLink::read_plain() {
    const ssize_t got = ::recv(socket_.number(), buffer_.data(), buffer_.size(), 0);
    if (got > 0) return {Status::done, static_cast<std::size_t>(got)};
    if (got == 0) return {Status::closed, 0};
    return {errno == EAGAIN || errno == EINTR ? Status::wants_read : Status::failed, 0};
}

}  // namespace entente::net
