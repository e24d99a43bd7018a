#pragma once
// The outbox: from events to deliveries, from deliveries to something sent, and what became of it.
//
// Three steps, each inside a transaction with its records, all called by the dispatcher (server/deliveries):
//   plan    events that are new become rows, one for each target that wants them
//   lease   rows whose turn it is are judged by the gate of this moment, rendered, and recorded as sent, before a byte leaves
//   settle  what the target answered: delivered, tried again later, dead with its reason, or stopped
// A crash between lease and settle repeats the sending: at least once, in order for each case and target.

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/operations/cases.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/deliveries.hpp"
#include "server/store/statements/events.hpp"

namespace entente::operations {

struct Answer {
    enum class End {
        delivered,
        retry,       // may be better later
        refused,     // will never be: dead at once
        stopped,     // not sent, because it must not be any more
        interrupted  // the gateway stops: no attempt, and made again at its next start
    };
    End end = End::retry;
    std::string reason;  // stable code; empty when delivered
    std::optional<std::int64_t> http_status;
    std::string response;  // what came back, cut to what the log keeps
};

// Asked right before the first byte leaves; false: it must not.
using Proceed = std::function<bool()>;

// Something rendered and ready to be sent, on any thread, without a transaction.
struct Parcel {
    std::string name;     // of the event as the target knows it
    std::string request;  // what is sent, for the log; sealed there
    // The case whose words it holds: sending it is a disclosure to the delivery's company. Events by themselves are ids and names.
    std::optional<Shown> shows{};
    std::function<Answer(const Proceed&)> send;
};

// One wanted delivery of an event.
struct Planned {
    std::int64_t target = 0;
    Instant due_at{};            // zero: now
    std::int64_t ref = 0;        // the sender's own
    bool without_event = false;  // collects several (a digest): its row names none
    bool noted = false;          // nothing to send now; the sender wrote rows of its own
};

struct RetryPolicy {
    int attempts = 5;
    std::int64_t first_ms = 10'000;
    std::int64_t max_ms = 300'000;
    std::int64_t queue_max = 10'000;  // waiting deliveries of one target; beyond it they go to the dead letters
};

struct Settled;

// A kind of delivery: webhook, mail, ... `plan` and `prepare` run inside the dispatcher's transaction and must be quick; what
// `prepare` returns is called outside of it and may take as long as its own time limit says.
class Sender {
  public:
    virtual ~Sender() = default;
    virtual std::string_view kind() const = 0;
    virtual void plan(Txn& txn, const Context& context, const protocol::Event& event, std::vector<Planned>& wanted) = 0;
    // `event` is nothing for deliveries without one (tests, digests). The event passed the gate. Error: the reason why this is not
    // sent at all.
    virtual std::expected<Parcel, std::string> prepare(Txn& txn, const Context& context, const store::StoredDelivery& delivery,
                                                       const store::StoredEvent* event) = 0;
    // The gateway stops: calls under way should end soon. Any thread.
    virtual void hurry() {}
    // Its own patience, when it differs from that of the configuration.
    virtual const RetryPolicy* retry() const { return nullptr; }
    // What a delivery of this kind leaves behind, in the transaction that settles it. `over`: there will be no further attempt.
    virtual void settled(Txn& txn, const Context& context, const Settled& one, bool over) {
        static_cast<void>(txn), static_cast<void>(context), static_cast<void>(one), static_cast<void>(over);
    }
};
using Senders = std::vector<Sender*>;

// Pause before the attempt after `attempts` were made: three times longer each time, with a fifth of chance either way.
std::int64_t retry_pause_ms(const RetryPolicy& policy, int attempts, std::uint64_t chance);

// May this event be told to its company now? While a case is frozen its receiver is told of states and notices, but of nothing
// that leads to the other side's words. `known`: what was already asked about pairs of keys, when many events are judged at once.
using KnownKeys = std::map<std::pair<protocol::AgreementId, protocol::AuthorizationId>, bool>;
bool may_tell(ReadTxn& txn, const store::StoredEvent& event, Instant now, KnownKeys& known);
inline bool may_tell(ReadTxn& txn, const store::StoredEvent& event, Instant now) {
    KnownKeys known;
    return may_tell(txn, event, now, known);
}

struct PlanResult {
    std::int64_t planned = -1;  // position up to which events were looked at
    bool more = false;
    std::vector<store::Target> targets;  // that got something
    std::vector<audit::Record> records;
};
// `after`: where the last plan of this process ended; the stored position moves with the rows that are made.
PlanResult plan_deliveries(Txn& txn, const Context& context, const Senders& senders, const RetryPolicy& policy, std::int64_t after);

struct Leased {
    store::StoredDelivery delivery;
    protocol::EventId event{};
    Parcel parcel;
    Instant until;  // end of the lease: what has not left by then must not leave any more
};
struct LeaseResult {
    std::vector<Leased> leased;
    struct Next {
        bool more = false;           // as many as asked for were due: look again when there is room
        std::optional<Instant> due;  // the next one that is not due yet
    };
    std::map<store::Target, Next> next;  // of the targets asked for
    std::vector<audit::Record> records;
};
LeaseResult lease_deliveries(Txn& txn, const Context& context, const Senders& senders,
                             std::span<const std::pair<store::Target, int>> wishes, std::int64_t lease_seconds);

struct Settled {
    store::StoredDelivery delivery;
    bool begun = true;  // false: interrupted before its turn came
    protocol::EventId event{};
    std::string name;
    std::string request;
    Answer answer;
};
std::vector<audit::Record> settle_deliveries(Txn& txn, const Context& context, const Senders& senders, const RetryPolicy& policy,
                                             std::span<const Settled> settled);

// At start: what a crash left leased is free again.
std::vector<audit::Record> recover_deliveries(Txn& txn, const Context& context);
// While running: leases that ended, because a call never came back or its outcome could not be written down, are given again. An
// outcome that comes later is noted as an attempt and changes nothing.
std::vector<audit::Record> recover_ended_leases(Txn& txn, const Context& context);

}  // namespace entente::operations
