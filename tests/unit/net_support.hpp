#pragma once
// What the tests of the rim share: certificates in a folder that goes away, a client that says exactly the bytes it is told, and an
// API and a store that do as the test says.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certs/authority.hpp"
#include "server/api/plan.hpp"
#include "server/net/tls_session.hpp"

namespace entente::net::tests {

// A development authority with a server certificate for this machine and a partner's certificate.
class Papers {
  public:
    Papers();
    ~Papers();
    Papers(const Papers&) = delete;
    Papers& operator=(const Papers&) = delete;

    std::filesystem::path file(std::string_view name) const { return folder_ / name; }
    void renew_server();  // another certificate from the same authority

    static constexpr std::string_view partner = "spiffe://partner.example/support";

  private:
    std::filesystem::path folder_;
    std::unique_ptr<certs::Authority> authority_;
};

// A TLS connection to 127.0.0.1. Every wait ends after a generous time that only a failure reaches.
class Caller {
  public:
    Caller(const Papers& papers, std::uint16_t port, bool with_certificate = false);
    Caller(const Papers& trusted, const Papers& own, std::uint16_t port);  // a certificate that another authority issued
    ~Caller();
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    bool shake_hands();  // false when the server ended it
    void say(std::string_view bytes);
    // Everything up to the end of the next response (by Content-Length), or what came before the connection ended.
    std::string hear(bool head = false);
    std::string hear_until(std::string_view end);
    bool ended();  // waits for the end of the connection; false when there are unread bytes
    bool ended_without_tls();
    std::string server_fingerprint() const;
    int socket() const { return socket_; }

  private:
    Caller(const Papers& trusted, const Papers* own, std::uint16_t port);
    bool receive();
    void wait(short events) const;
    void wait(TlsSession::Status status) const;

    int socket_ = -1;
    std::unique_ptr<TlsSession> tls_;
    std::string heard_;
    bool over_ = false;
};

// One thread runs what is queued. `hold` keeps it from starting; `refuse` fills the queue.
class FakeStore final : public store::Store {
  public:
    FakeStore();
    ~FakeStore() override;

    bool submit(store::Work work, store::Done done) override;
    bool read(store::ReadWork work, store::ReadDone done) override;
    void drain() override;
    bool healthy() const override { return true; }
    std::size_t queued() const override;

    void hold();
    void release();  // and waits until all that was queued has run
    void refuse(bool yes);
    void wait_for_queued(std::size_t count);
    int changes() const { return changes_.load(); }

  private:
    bool queue(std::function<void()> what);
    void run();

    mutable std::mutex mutex_;
    std::condition_variable moved_;
    std::deque<std::function<void()>> queue_;
    bool held_ = false;
    bool refusing_ = false;
    bool stopping_ = false;
    bool busy_ = false;
    std::atomic<int> changes_{0};
    std::thread thread_;
};

// Answers by path; see the source.
class FakeApi final : public api::Api {
  public:
    api::Plan plan(std::shared_ptr<const api::Request> request) override;
    api::Response unavailable(const api::Request& request) override;
    api::Response rejected(int status, std::string_view code, std::string_view detail, const api::Request* request) override;

    std::atomic<int> plans{0};
    std::atomic<int> works{0};
    // /gate waits on a worker until the test opens it.
    std::promise<void> gate_reached;
    std::promise<void> gate_opened;
};

}  // namespace entente::net::tests
