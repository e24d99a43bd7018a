#pragma once
// Asks the log's witnesses to cosign its checkpoints (c2sp.org/tlog-witness), on a thread of its own: as often as the configuration
// says while the log grows. A witness that cannot be reached is asked again next time; one that knows another history of this log
// ends the signing of checkpoints while this process runs, because from then on there are two logs (audit::Notary::stop_signing);
// the next process asks at its start and hears the same.
//
// All are asked at once. One that did not answer the last time is asked like the others, but nobody waits for it: one that is down
// holds up neither the next round nor who wants an export.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
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
    std::function<void()> answered{};  // awaited() may say something else now; must neither block nor call back
};

class Witnesses {
  public:
    Witnesses(store::Store& store, audit::Notary& notary, Metrics& metrics, WitnessOptions options);
    ~Witnesses();

    void start();
    void stop();
    // Asks each witness about the newest checkpoint that has not cosigned it yet.
    void round();
    // Somebody wants a checkpoint of that size cosigned: its round is soon. Never blocks, as awaited.
    void want(std::uint64_t size);
    // Whether that may still happen soon: neither does a quorum stand under one as large, nor have all spoken who are waited for.
    bool awaited(std::uint64_t size) const;

  private:
    struct Known {
        const audit::PolicyWitness* witness = nullptr;
        std::uint64_t size = 0;  // what it cosigned last, as far as we know; of the thread that asks
        bool asked = false;      // right now
        bool failed = false;     // the last time
        std::thread thread{};
    };
    void begin(Known& known);
    void ask(Known& known, const audit::Published& published);
    std::optional<audit::NoteSignature> ask_from(Known& known, const audit::Published& published, bool again);
    bool all_spoke() const;
    void take_answers(std::unique_lock<std::mutex>& hold, bool all);
    void rest();
    void run();

    store::Store& store_;
    audit::Notary& notary_;
    const WitnessOptions options_;
    Counter& asked_;
    Counter& refused_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::vector<Known> known_;  // who can be called
    audit::Published about_;    // what this round is about, with the words that came so far
    std::vector<audit::NoteSignature> answers_;
    std::uint64_t done_ = 0;     // size that a quorum cosigned
    std::uint64_t settled_ = 0;  // size whose round is over
    bool wanted_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace entente::deliveries
