#pragma once
// Private to this folder: what a listener, one of its threads and one of its connections hold. Everything in Loop and Connection
// belongs to the loop's thread, unless it says otherwise; the shared part is Rim.

#include <array>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/plan.hpp"
#include "server/clock.hpp"
#include "server/metrics.hpp"
#include "server/net/admission.hpp"
#include "server/net/http1.hpp"
#include "server/net/runtime.hpp"
#include "server/net/server.hpp"
#include "server/net/tls_session.hpp"

namespace entente::net {

// What new connections get; replaced whole by a reload, so a connection keeps what it began with.
struct Settings {
    Limits limits;
    std::shared_ptr<ssl_ctx_st> tls;
};

// The numbers of one listener.
struct RimMetrics {
    RimMetrics(Metrics& metrics, std::string_view listener);

    std::string listener;
    Gauge& connections;
    Counter& accepted;
    Metrics::Family<Counter> refused_connections;  // reason
    Metrics::Family<Counter> handshake_failures;   // reason
    Histogram& handshake_seconds;
    Metrics::Family<Counter> requests;           // route, status class
    Metrics::Family<Histogram> request_seconds;  // route
    Metrics::Family<Counter> refused_requests;   // code
    Counter& response_bytes;
    Metrics::Family<Counter> steps;           // kind, outcome
    Metrics::Family<Histogram> step_seconds;  // kind
};

// One listener with all its threads.
struct Rim {
    api::Api& api;
    store::Store& store;
    Workers& workers;
    const Clock& clock;
    Random& random;
    RimMetrics metrics;
    bool log_requests = true;
    Admission admission{};

    std::shared_ptr<const Settings> settings() const {
        const std::lock_guard lock(mutex);
        return settings_now;
    }
    void replace(std::shared_ptr<const Settings> next) {
        const std::lock_guard lock(mutex);
        settings_now = std::move(next);
    }
    mutable std::mutex mutex{};
    std::shared_ptr<const Settings> settings_now{};
};

struct Connection;

// The series of one route, found once a thread: finding them by label for each request would cost more than counting.
struct RouteNumbers {
    std::array<Counter*, 5> by_class;  // 2xx, 3xx, 4xx, 5xx, other
    Histogram* seconds;
};

// One network thread. Held by shared_ptr, because a step that comes back after the listener is gone still posts to it.
struct Loop : std::enable_shared_from_this<Loop> {
    explicit Loop(Rim& whole);

    // Runs `work` on this loop's thread. Any thread; after the listener is gone the work is dropped.
    template <class Work>
    void post(Work work) {
        asio::post(context, std::move(work));
    }

    std::string_view date();       // of the Date header, at most a second old
    std::string new_request_id();  // 32 hex digits
    const RouteNumbers& numbers_of(std::string_view route);

    Rim& rim;
    asio::io_context context{1};
    Guard guard;
    Acceptor acceptor;
    Timer backoff;
    Timer sweeper;
    std::list<Connection*> connections;
    bool sweeping = false;
    bool draining = false;
    std::vector<char> scratch;  // one read, used up before the coroutine suspends

  private:
    std::map<std::string, RouteNumbers, std::less<>> routes_;
    std::string date_;
    std::int64_t date_second_ = -1;
    std::array<std::uint8_t, 512> random_{};
    std::size_t random_left_ = 0;
};

struct Connection {
    Connection(Loop& on, Socket accepted, std::shared_ptr<const Settings> with, const AddressKey& key, std::string peer_address);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void set_deadline(std::chrono::milliseconds from_now);
    void no_deadline() { deadline = SteadyClock::time_point::max(); }
    // Ends the wait under way; the session sees `expired`. Called by the sweeper.
    void expire();
    void close_if_idle();
    // Ends everything now. The descriptor stays ours until the session is over: OpenSSL still knows its number.
    void cut_off();
    bool over(const error_code& ec) const { return ec || expired || cut; }

    // Gives the parser what is left over and what arrived.
    void take_in(std::string_view fresh);

    Loop& loop;
    Socket socket;
    TlsSession tls;
    std::shared_ptr<const Settings> settings;
    Http1 http;
    std::string pending;  // arrived and not used
    std::string peer;
    std::optional<api::PeerCertificate> certificate;
    SteadyClock::time_point deadline;
    bool expired = false;
    bool cut = false;
    bool idle = true;             // no byte of a request has come: a drain may close it
    Timer* step_timer = nullptr;  // while a step of a plan is awaited

  private:
    AddressKey key_;
    std::list<Connection*>::iterator place_;
};

// listener.cpp
Task<> accept_connections(std::shared_ptr<Loop> loop);
// session.cpp
Task<> serve(std::unique_ptr<Connection> connection);
// store_bridge.cpp: drives the plan of a request to its response.
Task<api::Response> answer(Connection& connection, std::shared_ptr<const api::Request> request);
// Drives one plan of an upload, made on the connection's thread.
Task<api::Response> drive_upload(Connection& connection, std::shared_ptr<const api::Request> request,
                                 std::function<api::Plan()> make);
// The same for the next piece of a streamed answer.
Task<api::Response> next_piece(Connection& connection, std::shared_ptr<const api::Request> request,
                               std::shared_ptr<api::Stream> stream);

inline Socket::wait_type direction(TlsSession::Status status) {
    return status == TlsSession::Status::wants_write ? Socket::wait_write : Socket::wait_read;
}

}  // namespace entente::net
