#pragma once
// Sends what the outbox holds. One thread turns events into deliveries, leases those whose turn it is and writes down what became
// of them, all in one transaction a round; a pool of threads sends.
//
// A slow or dead target delays nobody else: at most `per_target` deliveries of one target are under way; a target that failed is
// left alone for a growing while (circuit breaker) and then probed with one; targets that were slow or failed lately share half of
// the threads, so that the other half is always there for the rest; the outbox of one target is bounded.
//
// Who stops it: stop() lets what is under way finish its answer for a moment. What it interrupts is sent again at the next start
// and costs no attempt; what is not settled even then is sent again as well.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/clock.hpp"
#include "server/deliveries/departures.hpp"
#include "server/metrics.hpp"
#include "server/operations/outbox.hpp"

namespace entente::deliveries {

struct DispatcherOptions {
    int threads = 32;
    int per_target = 4;
    operations::RetryPolicy retry;
    std::int64_t lease_seconds = 300;  // longer than any call may take
    std::int64_t log_days = 30;        // finished deliveries and their attempts are kept so long
};

class Dispatcher {
  public:
    // `senders` outlive it.
    Dispatcher(store::Store& store, const operations::Tools& tools, const Clock& clock, Metrics& metrics, Departures& departures,
               operations::Senders senders, DispatcherOptions options);
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    void start();
    void stop();
    // Something was committed that may be work: new events (`rows` false), or rows that somebody else put into the outbox. Any
    // thread.
    void wake(bool rows);

  private:
    using Target = store::Target;
    struct Standing {
        int under_way = 0;
        int failures = 0;  // in a row
        bool suspect = false;
        bool look = true;                       // may have something due
        std::optional<protocol::Instant> next;  // when the next one is due
        protocol::Instant closed_until;         // the breaker: nothing is sent before
    };
    struct Job {
        operations::Leased leased;
        std::shared_ptr<Departures::Pass> pass;
        bool suspect = false;
    };
    struct Finished {
        operations::Settled settled;
        std::int64_t took_ms = 0;
        bool suspect = false;
    };
    struct Round;

    void run();
    void recover();
    void work_loop();
    int room_for(const Standing& standing, protocol::Instant now) const;
    Round prepare(protocol::Instant now);
    bool carry_out(Round& round);
    void absorb(Round& round, protocol::Instant now);
    void judge(const Finished& finished, protocol::Instant now);
    void forget_idle(bool all);
    void give_up_jobs();
    std::chrono::milliseconds pause(protocol::Instant now) const;
    void forget_old(protocol::Instant now);

    store::Store& store_;
    const operations::Tools& tools_;
    const Clock& clock_;
    Departures& departures_;
    operations::Senders senders_;
    DispatcherOptions options_;
    Metrics::Family<Counter> outcomes_;  // sender, outcome
    Metrics::Family<Histogram> seconds_;
    Gauge& under_way_;
    Gauge& targets_;

    // The dispatcher's thread alone.
    std::map<Target, Standing> standings_;
    Target last_served_;
    std::int64_t planned_ = -1;
    bool plan_again_ = true;
    bool rescan_ = true;
    int healthy_under_way_ = 0;
    int suspect_under_way_ = 0;
    protocol::Instant forgot_at_;
    protocol::Instant recovered_at_;

    std::mutex mutex_;
    std::condition_variable wake_dispatcher_;
    std::condition_variable wake_workers_;
    bool stopping_ = false;
    bool new_events_ = true;
    bool new_rows_ = true;
    std::deque<Job> jobs_;
    std::vector<Finished> finished_;
    std::thread thread_;
    std::vector<std::thread> workers_;
};

}  // namespace entente::deliveries
