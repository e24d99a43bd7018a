#include "server/deliveries/clamd.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "protocol/result.hpp"

namespace entente::deliveries {

using protocol::Fault;

namespace {

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

void wait_for(int socket, short events, std::chrono::milliseconds timeout) {
    pollfd one{.fd = socket, .events = events, .revents = 0};
    int ready = 0;
    do ready = ::poll(&one, 1, static_cast<int>(timeout.count()));
    while (ready < 0 && errno == EINTR);
    if (ready <= 0) throw Fault("the virus scanner does not answer");
}

bool connected(const Socket& socket, const sockaddr* address, socklen_t size, std::chrono::milliseconds timeout) {
    if (::connect(socket.number(), address, size) == 0) return true;
    if (errno != EINPROGRESS) return false;
    wait_for(socket.number(), POLLOUT, timeout);
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
        if (!path_.empty()) {
            Socket one(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::memcpy(address.sun_path, path_.data(), path_.size());
            if (connected(one, reinterpret_cast<const sockaddr*>(&address), sizeof address, timeout_)) return one;
            throw Fault("the virus scanner cannot be reached");
        }
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* list = nullptr;
        if (::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &list) != 0) throw Fault("the virus scanner's host is not known");
        const std::unique_ptr<addrinfo, void (*)(addrinfo*)> held(list, ::freeaddrinfo);
        for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
            Socket tried(::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
            if (connected(tried, one->ai_addr, one->ai_addrlen, timeout_)) return tried;
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
