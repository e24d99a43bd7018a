#pragma once
// Asks the log's witnesses to cosign its checkpoints (c2sp.org/tlog-witness), on a thread of its own: as often as the configuration
// says while the log grows. A witness that cannot be reached is asked again next time; one that knows another history of this log
// ends the signing of checkpoints while this process runs, because from then on there are two logs (audit::Notary::stop_signing);
// the next process asks at its start and hears the same.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/audit/format/policy.hpp"
#include "server/audit/log/notary.hpp"
#include "server/metrics.hpp"
#include "server/net/http_client.hpp"
#include "server/store/store.hpp"

namespace entente::deliveries {

// The witnesses and the quorum of a policy file, without its logs: those keys change. None: no file is named. Fault: what is wrong
// with it.
audit::Policy read_witnesses(const std::filesystem::path& file);

struct WitnessOptions {
    audit::Policy policy;  // with the log's own key
    std::filesystem::path authorities;
    std::chrono::milliseconds interval{60'000};
    std::chrono::milliseconds timeout{10'000};
};

class Witnesses {
  public:
    Witnesses(store::Store& store, audit::Notary& notary, Metrics& metrics, WitnessOptions options);
    ~Witnesses();

    void start();
    void stop();
    // Asks each witness about the newest checkpoint that has not cosigned it yet.
    void round();
    // The same for somebody who waits: not those that failed within the last interval, and not while another round goes on.
    void ask_now();

  private:
    struct Known {
        std::uint64_t size = 0;  // what the witness cosigned last, as far as we know
        std::optional<std::chrono::steady_clock::time_point> failed{};
    };
    std::optional<audit::NoteSignature> ask(const audit::PolicyWitness& witness, const audit::Published& published);
    std::optional<audit::NoteSignature> ask_from(const audit::PolicyWitness& witness, const audit::Published& published,
                                                 bool again);
    void ask_all(bool waited_for);
    void run();

    store::Store& store_;
    audit::Notary& notary_;
    const WitnessOptions options_;
    Counter& asked_;
    Counter& refused_;
    std::map<std::string, Known> known_;
    std::uint64_t done_ = 0;   // size that a quorum cosigned
    std::timed_mutex rounds_;  // one at a time: guards known_ and done_
    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace entente::deliveries
