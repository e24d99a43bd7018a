#pragma once
// The pipeline: request id, rate limit, credential, route, handler (design 5, steps 4 to 6 and 10). Synchronous functions of
// values; what needs a transaction comes back as a plan.
//
// Handlers use the three helpers below. `write` runs an operation with its record in a write transaction; `read` runs a read on a
// reader and makes the disclosure's record durable before the body leaves; `reply` renders what needs neither.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "certs/authority.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/limits.hpp"
#include "server/api/plan.hpp"
#include "server/api/route.hpp"
#include "server/api/scrub_state.hpp"
#include "server/api/sights.hpp"
#include "server/api/webhooks_json.hpp"
#include "server/audit/log/notary.hpp"
#include "server/bell.hpp"
#include "server/clock.hpp"
#include "server/metrics.hpp"
#include "server/operations/attachments.hpp"
#include "server/operations/cases.hpp"
#include "server/operations/context.hpp"

namespace entente::api {

class Verifier;  // background verification of the log (native_audit.cpp)

// What the gateway serves about itself: the contract of the wire and two pages made from it (protocol/openapi/render.py).
struct Documents {
    std::string_view yaml, json, page, problems;
    std::string_view style_digest;  // SHA-256 of the pages' style, base64, for their content security policy
};

// The newest checkpoint and those who cosign it.
struct Witnessing {
    std::function<std::uint64_t()> sign;         // what is there now, and wakes the witnesses; its size. Blocks for a moment, Fault
    std::function<bool(std::uint64_t)> awaited;  // whether a checkpoint of that size may be cosigned soon
    Bell* bell = nullptr;                        // rings when that may have changed
};

struct Parts {
    operations::Tools& tools;
    store::Vault& vault;
    const Clock& clock;
    Metrics& metrics;
    Sights& sights;
    Tally& tally;
    Refusals& refusals;
    Bell& bell;  // rings when there are new events
    CallbackRules callback_rules;
    protocol::Bytes token_key;
    protocol::Bytes token_key_before{};  // of tokens from before the last renewal of the service root; empty: none
    std::int64_t requests_per_second = 50;
    std::int64_t login_attempts_per_minute = 10;
    std::int64_t login_queue = 32;
    protocol::ResponseTargets default_targets;
    certs::Authority* authority = nullptr;  // issues partner certificates; none: only registered elsewhere
    Documents documents;
    std::function<std::shared_ptr<Verifier>()> verifier;
    operations::FileDesk* files = nullptr;  // carries attachments; none: they are not taken
    std::string origin;                     // of the audit log
    audit::Notary* notary = nullptr;        // signs checkpoints
    Witnessing witnessing;
    std::function<std::string()> witness_policy;  // whom a verifier of this log should believe (c2sp.org/tlog-policy)
    Scrub scrub;                                  // empty functions: this gateway does not check in the background
};

class Gateway final : public Api {
  public:
    explicit Gateway(Parts parts);
    ~Gateway() override;

    Plan plan(std::shared_ptr<const Request> request) override;
    bool streams(Method method, std::string_view target) const override;
    std::shared_ptr<Upload> upload(std::shared_ptr<const Request> request) override;
    Response unavailable(const Request& request) override;
    Response rejected(int status, std::string_view code, std::string_view detail, const Request* request) override;

    Parts& parts() { return parts_; }
    operations::Context context() const { return {parts_.tools, parts_.clock.now()}; }

    // --- rendering ---
    Response reply(const CallPtr& call, int status, std::string body) const;
    Response empty(const CallPtr& call, int status) const;
    Response failure(const CallPtr& call, const protocol::Error& error) const;
    Response fault(const CallPtr& call, std::string cause) const;

    LoginThrottle& throttle() { return throttle_; }
    void set_requests_per_second(std::int64_t rate) { limiter_.set_rate(rate); }
    // One slot of the bounded queue for password hashing, or nothing when it is full.
    std::shared_ptr<void> password_slot();

    template <class T>
    using WriteOperation =
        std::function<operations::Audited<T>(store::Txn&, const operations::Context&, const operations::Caller&)>;
    template <class T>
    using Render = std::function<Response(Gateway&, const CallPtr&, T&)>;

    // `after`: further plans before the answer, for example reconciling cases; it gets the outcome and returns the next plan.
    template <class T>
    Plan write(CallPtr call, WriteOperation<T> operation, Render<T> render,
               std::function<Plan(T&, std::function<Response()>)> after = {});

    template <class T>
    using ReadOperation =
        std::function<protocol::Result<T>(store::ReadTxn&, const operations::Context&, const operations::Caller&)>;
    // `shown` names what the answer discloses.
    template <class T>
    Plan read(CallPtr call, std::string operation, ReadOperation<T> work,
              std::function<std::vector<operations::Shown>(const T&)> shown, Render<T> render);
    // A read of reference data that discloses nothing about a case or a person: no record.
    // `instead`: a further plan in place of the answer, where the value found calls for one.
    template <class T>
    Plan look_up(CallPtr call, ReadOperation<T> work, Render<T> render, std::function<std::optional<Plan>(T&)> instead = {});
    // A read whose every answer is a record of its own (people, customers, agreements, audit entries): found on a reader, however
    // long that takes, and then recorded; nobody else's writes wait for it. `shown`: cases whose words the answer holds.
    template <class T>
    Plan disclose(CallPtr call, std::string operation, std::string type, ReadOperation<T> work, Render<T> render,
                  std::function<std::vector<operations::Shown>(const T&)> shown = {});

    // Cases that a turn of a key released. The housekeeper may be quicker with one: what was released since the turn counts as
    // well.
    struct Released {
        int cases = 0;
        protocol::Instant turned{};
    };
    // Brings cases in line with the gate one after the other, then answers.
    Plan reconcile(CallPtr call, std::vector<protocol::CaseId> cases, std::string cause, std::shared_ptr<Released> released,
                   std::function<Plan()> answer);

  private:
    // Runs a write, or finds what an earlier request with the same Idempotency-Key did.
    template <class T>
    operations::Audited<T> once(store::Txn& txn, const operations::Context& now, const CallPtr& call,
                                const operations::Caller& caller, const WriteOperation<T>& operation);
    // Everything before the handler: the call with its route, or the answer to one that goes no further.
    std::variant<CallPtr, Response> prepare(std::shared_ptr<const Request> request);
    std::optional<Response> limited(const CallPtr& call);
    Response not_routed(const CallPtr& call, const Found& found);
    // Notes who called: for the answer, and for the caller's share of requests.
    void recognise(const CallPtr& call, const operations::Caller& caller);
    void refuse_token(const CallPtr& call);
    // True when the error says that there is no such case: then the access is noted (it exists) or counted (it does not).
    bool note_refused_access(store::ReadTxn& txn, const CallPtr& call, const operations::Caller& caller,
                             const protocol::Error& error);
    void add_common_headers(const CallPtr& call, Response& response) const;

    Parts parts_;
    RateLimiter limiter_;
    LoginThrottle throttle_;
    std::shared_ptr<std::atomic<std::int64_t>> hashing_;
};

// Puts the durable record's name on the answer: Audit-Event and Audit-Leaf (audit and crypto reference, section 12).
void name_record(Response& response, const audit::Receipt& receipt, bool auditor);

}  // namespace entente::api

#include "server/api/steps.ipp"
