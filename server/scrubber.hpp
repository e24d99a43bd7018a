#pragma once
// Reads the whole log and the whole file once a day, so that damage and tampering are found while the gateway runs and not when
// somebody asks: every entry, section, seal and tile, what the log tells about critical rows against the rows, and the
// authentication of every page (audit and crypto reference, section 16.3). On a thread and a connection of its own, in one
// snapshot, no faster than its rate. The result is a record of the log, a log line and metrics; nothing is repaired. A check that
// cannot run is a failed one, and is tried again soon.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "protocol/encoding.hpp"
#include "server/api/scrub_state.hpp"
#include "server/audit/log/verify.hpp"
#include "server/clock.hpp"
#include "server/metrics.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/vault.hpp"

namespace entente {

struct ScrubOptions {
    std::filesystem::path file;
    protocol::Bytes key;                       // outlives the scrubber
    std::int64_t hours = 24;                   // between two runs; 0: only when asked
    std::int64_t entries_per_second = 50'000;  // about 50 MB/s
};

class Scrubber {
  public:
    Scrubber(store::Store& store, store::Vault& vault, const Clock& clock, Metrics& metrics, ScrubOptions options);
    ~Scrubber();

    void start();
    void stop();  // a run that is under way is given up
    void begin();
    api::ScrubState state() const;

  private:
    struct Stopped {};
    void loop();
    bool run();  // false: the check could not run
    void check();
    void could_not(const std::string& cause);
    void pace(std::int64_t checked, std::int64_t size, std::chrono::steady_clock::time_point begun);
    audit::VerifyReport verify();
    std::vector<std::int64_t> damaged_pages(store::DatabaseFile& file);
    bool written_back(store::DatabaseFile& file);
    void wait(std::chrono::seconds time);
    static audit::Record record_of(const audit::VerifyReport& report, std::int64_t seconds);
    void record(const audit::VerifyReport& report, std::int64_t seconds);
    protocol::Instant last_run();

    store::Store& store_;
    store::Vault& vault_;
    const Clock& clock_;
    ScrubOptions options_;
    Counter& runs_;
    Counter& failures_;
    Gauge& checked_;
    Gauge& finished_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool asked_ = false;
    bool able_ = true;  // what the last try was; the record says once that it could not run
    api::ScrubState state_;
    std::thread thread_;
};

}  // namespace entente
