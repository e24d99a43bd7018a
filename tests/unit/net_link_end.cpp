// How a stream to a log collector ends: only an end after everything was read counts as one.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>

#include "certs/tls.hpp"
#include "server/net/client_link.hpp"
#include "tests/unit/net_support.hpp"

namespace entente::net {
namespace {

using tests::Papers;
using Status = TlsSession::Status;

// The collector's side of one connection.
class Collector {
  public:
    Collector(const Papers& papers, int socket)
        : socket_(socket),
          tls_(TlsSession::accepting(certs::server_context({papers.file("server.pem"), papers.file("server.key")}), socket)) {
        ::fcntl(socket_, F_SETFL, O_NONBLOCK);
        for (Status status = tls_.handshake(); status != Status::done; status = tls_.handshake()) wait(POLLIN);
    }
    ~Collector() { ::close(socket_); }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    void wait(short events) const {
        pollfd one{.fd = socket_, .events = events, .revents = 0};
        if (::poll(&one, 1, 20'000) != 1) throw std::runtime_error("the sender is silent");
    }
    void read_to_the_end() {
        std::array<char, 4'096> bytes{};
        for (;;) {
            const auto moved = tls_.read(bytes);
            if (moved.status == Status::closed) return;
            if (moved.status == Status::wants_read) wait(POLLIN);
        }
    }
    void say_the_end() { tls_.close(); }

  private:
    int socket_;
    TlsSession tls_;
};

class NetLinkEnd : public testing::Test {
  protected:
    NetLinkEnd() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 1) != 0 || ::getsockname(listener_, plain, &size) != 0)
            throw std::runtime_error("cannot listen");
        peer_.host = "127.0.0.1";
        peer_.port = std::to_string(ntohs(address.sin_port));
        peer_.authority = peer_.host + ":" + peer_.port;
    }
    ~NetLinkEnd() override { ::close(listener_); }

    // What the sender hears of its page when the collector behaves like that.
    bool taken(const std::function<void(Collector&)>& behave) {
        std::latch ready(1);  // the page is no part of what the handshake reads
        const std::jthread beside([&] {
            Collector collector(papers_, ::accept(listener_, nullptr, nullptr));
            ready.count_down();
            behave(collector);
        });
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        ClientLink link(peer_, {}, certs::client_context(papers_.file("ca.pem"), {}), deadline);
        ready.wait();
        EXPECT_TRUE(link.send("a page", deadline));
        return link.finish(deadline);
    }

    Papers papers_;
    int listener_;
    Peer peer_;
};

TEST_F(NetLinkEnd, CountsWhenAllWasRead) {
    EXPECT_TRUE(taken([](Collector& collector) {
        collector.read_to_the_end();
        collector.say_the_end();
    }));
    EXPECT_TRUE(taken([](Collector& collector) {
        collector.read_to_the_end();
        collector.say_the_end();
        collector.wait(POLLRDHUP);  // its connection ends after ours
    }));
    EXPECT_TRUE(taken([](Collector& collector) { collector.read_to_the_end(); })) << "without a close_notify of its own";
}

TEST_F(NetLinkEnd, DoesNotCountWhenItCrossedThePage) {
    EXPECT_FALSE(taken([](Collector& collector) {
        collector.wait(POLLIN);  // the page is there, and nobody reads it
        collector.say_the_end();
        collector.wait(POLLRDHUP);
    }));
    EXPECT_FALSE(taken([](Collector& collector) { collector.wait(POLLIN); }));
}

}  // namespace
}  // namespace entente::net
