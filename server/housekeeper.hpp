#pragma once
// Upkeep beside the requests, on one thread: read counts every second, tallies of refused requests every ten, cases whose keys ran
// out or came, sessions and idempotency keys that are over. Each is a work of the store with its own record.

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "server/api/sights.hpp"
#include "server/automation.hpp"
#include "server/clock.hpp"
#include "server/operations/context.hpp"
#include "server/store/store.hpp"

namespace entente {

class Housekeeper {
  public:
    Housekeeper(store::Store& store, const operations::Tools& tools, const Clock& clock, api::Sights& sights, api::Tally& tally,
                api::Refusals& refusals);
    ~Housekeeper();

    void start();
    void stop();  // flushes what is counted, then ends
    // One round on the calling thread, for who does not start the other one. A step that fails is logged and keeps none of the
    // others from their turn; the first fault is thrown at the end.
    void round();

  private:
    void run();
    std::exception_ptr do_all();  // the first fault
    void flush_counts();
    void record_counts(std::int64_t before_hour);
    void flush_tally();
    void flush_refusals();
    void move_agreements();
    void move_rules();
    void move_cases();
    void fire_timers();
    void forget_old();

    store::Store& store_;
    const operations::Tools& tools_;
    const Clock& clock_;
    api::Sights& sights_;
    api::Tally& tally_;
    api::Refusals& refusals_;
    Automation automation_;
    std::int64_t recorded_hour_ = 0;  // counts of hours before it are in the log
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace entente
