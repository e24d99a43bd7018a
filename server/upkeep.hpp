#pragma once
// Slow work of the gateway itself, on one thread of its own beside the housekeeper's quick rounds: orders to erase are carried out,
// key generations replaced and destroyed when their time has come, expired records erased. Each step is a work of the store with
// its own record; what a crash interrupts goes on at the next start.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "certs/keys.hpp"
#include "server/clock.hpp"
#include "server/operations/erasure.hpp"
#include "server/store/store.hpp"

namespace entente {

struct UpkeepOptions {
    std::int64_t generation_days = 30;  // life of a key generation; 0: replaced and destroyed by hand alone
    operations::Retention retention{};
    std::int64_t heartbeat_seconds = 60;  // an entry at least so often, as long as the thread runs
};

class Upkeep {
  public:
    Upkeep(store::Store& store, const operations::Tools& tools, const Clock& clock, UpkeepOptions options);
    ~Upkeep();

    void start();
    void stop();
    // One round on the calling thread, for who does not start the other one.
    void round();

  private:
    void run();
    void erase();
    void erase_one(std::int64_t order);
    bool unname(const store::ErasureOrder& order);
    void take_envelopes(std::int64_t order);
    void tend_keys();
    void tend_log_keys();
    void beat();
    void expire();
    // Runs a step of the gateway's own; false when it could not be made durable or left nothing.
    bool step(const std::function<std::vector<audit::Record>(store::Txn&, const operations::Context&)>& work);

    store::Store& store_;
    const operations::Tools& tools_;
    const Clock& clock_;
    UpkeepOptions options_;
    int rounds_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace entente
