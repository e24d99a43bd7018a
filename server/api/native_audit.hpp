#pragma once
// The audit log and partner certificates over the own API.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "server/api/route.hpp"
#include "server/audit/log/reader.hpp"
#include "server/audit/log/verify.hpp"

namespace entente::api {

// Verifies the whole log on a thread of its own, one run at a time. A small log is done before the caller stops waiting; of a large
// one the caller learns how far it is and asks again.
class Verifier {
  public:
    using Run = std::function<audit::VerifyReport(const std::function<void(std::int64_t, std::int64_t)>& progress)>;
    explicit Verifier(Run run) : run_(std::move(run)) {}
    ~Verifier();

    struct State {
        bool done = false;
        std::int64_t checked = 0;
        std::int64_t size = 0;
        audit::VerifyReport report;
        std::string fault;
    };
    // Joins the run under way or starts one, and waits at most `patience`. Never on a network thread.
    State wait(std::chrono::milliseconds patience);

  private:
    Run run_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::thread thread_;
    bool running_ = false;
    State state_;
};

// An entry as a path names it: its index or its event id; what is neither names none.
audit::EntryKey entry_key(std::string_view name);

namespace native_audit {

Plan list_entries(Gateway& gateway, CallPtr call);
Plan read_entry(Gateway& gateway, CallPtr call);
Plan verify(Gateway& gateway, CallPtr call);

Plan list_certificates(Gateway& gateway, CallPtr call);
Plan issue_certificate(Gateway& gateway, CallPtr call);
Plan revoke_certificate(Gateway& gateway, CallPtr call);

}  // namespace native_audit

}  // namespace entente::api
