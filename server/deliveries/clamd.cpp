#include "server/deliveries/clamd.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "protocol/result.hpp"
#include "server/net/client_link.hpp"

namespace entente::deliveries {

using protocol::Fault;

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t answer_max = 4'096;
constexpr std::string_view clean = "stream: OK";
constexpr std::string_view found = " FOUND";
constexpr std::string_view stream = "stream: ";

class Socket {
  public:
    explicit Socket(int number) : number_(number) {
        if (number_ < 0) throw Fault("the virus scanner cannot be reached");
    }
    ~Socket() {
        if (number_ >= 0) ::close(number_);
    }
    Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket& operator=(Socket&&) = delete;
    int number() const { return number_; }

  private:
    int number_;
};

bool ready(int socket, short events, std::chrono::milliseconds timeout) {
    pollfd one{.fd = socket, .events = events, .revents = 0};
    int seen = 0;
    do seen = ::poll(&one, 1, static_cast<int>(timeout.count()));
    while (seen < 0 && errno == EINTR);
    return seen > 0;
}

void wait_for(int socket, short events, std::chrono::milliseconds timeout) {
    if (!ready(socket, events, timeout)) throw Fault("the virus scanner does not answer");
}

bool connected(const Socket& socket, const sockaddr* address, socklen_t size, SteadyTime until) {
    if (::connect(socket.number(), address, size) == 0) return true;
    if (errno != EINPROGRESS) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (!ready(socket.number(), POLLOUT, std::max(left, std::chrono::milliseconds(0)))) return false;
    int problem = 0;
    socklen_t problem_size = sizeof problem;
    return ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &problem, &problem_size) == 0 && problem == 0;
}

void send_all(const Socket& socket, std::string_view bytes, std::chrono::milliseconds timeout) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            wait_for(socket.number(), POLLOUT, timeout);
        } else if (errno != EINTR) {
            throw Fault("the virus scanner ended the connection");
        }
    }
}

std::string length_of(std::size_t size) {
    std::string bytes;
    for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>((size >> (shift - 8)) & 0xff);
    return bytes;
}

}  // namespace

Clamd::Clamd(std::string_view address, std::chrono::milliseconds timeout) : timeout_(timeout) {
    constexpr std::string_view local = "unix:";
    if (address.starts_with(local)) {
        path_ = address.substr(local.size());
        if (!path_.starts_with('/') || path_.size() >= sizeof(sockaddr_un::sun_path))
            throw Fault("attachments.clamd: unix: is followed by the path of a socket");
        return;
    }
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size())
        throw Fault("attachments.clamd: must be unix:/path or host:port");
    host_ = address.substr(0, colon);
    port_ = address.substr(colon + 1);
}

std::optional<std::string> Clamd::find(const std::function<std::string_view()>& next) const {
    const Socket socket = [&]() -> Socket {
        const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
        if (!path_.empty()) {
            Socket one(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::memcpy(address.sun_path, path_.data(), path_.size());
            if (connected(one, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline)) return one;
            throw Fault("the virus scanner cannot be reached");
        }
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* list = nullptr;
        if (::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &list) != 0) throw Fault("the virus scanner's host is not known");
        const std::unique_ptr<addrinfo, void (*)(addrinfo*)> held(list, ::freeaddrinfo);
        std::ptrdiff_t left = 0;
        for (const addrinfo* one = list; one != nullptr; one = one->ai_next) ++left;
        for (const addrinfo* one = list; one != nullptr; one = one->ai_next, --left) {
            Socket tried(::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
            if (connected(tried, one->ai_addr, one->ai_addrlen, net::end_of_try(deadline, left))) return tried;
        }
        throw Fault("the virus scanner cannot be reached");
    }();
    send_all(socket, std::string_view("zINSTREAM\0", 10), timeout_);
    for (std::string_view piece = next(); !piece.empty(); piece = next()) {
        send_all(socket, length_of(piece.size()), timeout_);
        send_all(socket, piece, timeout_);
    }
    send_all(socket, length_of(0), timeout_);
    std::string answer;
    while (answer.find('\0') == std::string::npos) {
        std::array<char, 512> bytes{};
        wait_for(socket.number(), POLLIN, timeout_);
        const ssize_t got = ::recv(socket.number(), bytes.data(), bytes.size(), 0);
        if (got > 0) answer.append(bytes.data(), static_cast<std::size_t>(got));
        if (got == 0 || answer.size() > answer_max || (got < 0 && errno != EINTR && errno != EAGAIN)) break;
    }
    const std::size_t end = answer.find('\0');
    if (end == std::string::npos) throw Fault("the virus scanner's answer breaks off");
    answer.resize(end);
    if (answer == clean) return std::nullopt;
    if (answer.starts_with(stream) && answer.ends_with(found))
        return answer.substr(stream.size(), answer.size() - stream.size() - found.size());
    throw Fault("the virus scanner could not look at all of it");
}

}  // namespace entente::deliveries
