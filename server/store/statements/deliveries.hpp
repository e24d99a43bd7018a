#pragma once
// The outbox: deliveries and the log of their attempts.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/event.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

enum class DeliveryState : std::uint8_t { waiting, leased, delivered, dead, stopped };
std::string_view name(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view text);

// One intended effect for one target. `sender` says which kind (webhook, mail), `target` which of that kind, `ref` is the sender's
// own. An event is named by (company, event_idx, event_seq); event_idx 0 names none, and event_seq is then the delivery's own id.
struct StoredDelivery {
    std::int64_t id = 0;
    std::string sender;
    std::int64_t target = 0;
    protocol::CompanyId company;
    std::int64_t lane = 0;
    std::int64_t event_idx = 0;
    std::int64_t event_seq = 0;
    std::int64_t replay = 0;  // 0: the first telling
    std::int64_t ref = 0;
    DeliveryState state = DeliveryState::waiting;
    int attempts = 0;          // begun
    protocol::Instant due_at;  // leased: the end of the lease
    std::string reason;
    protocol::Instant created_at;
    std::optional<protocol::Instant> finished_at;
};

// False: this event was already planned for this target in this telling. `draw` gives ids.
bool insert_delivery(Txn& txn, StoredDelivery& delivery, const std::function<std::uint64_t()>& draw);
std::optional<StoredDelivery> find_delivery(ReadTxn& txn, std::int64_t id);

struct Target {
    std::string sender;
    std::int64_t id = 0;
    auto operator<=>(const Target&) const = default;
};
std::vector<Target> targets_with_work(ReadTxn& txn);
// The next deliveries of a target whose turn it is: due, and first of their lane.
std::vector<StoredDelivery> due_deliveries(ReadTxn& txn, const Target& target, protocol::Instant now, int limit);
// When the next one of this target that is not due yet will be.
std::optional<protocol::Instant> next_due(ReadTxn& txn, const Target& target, protocol::Instant now);
// How many wait for this target, counted up to `most`.
std::int64_t waiting_for(ReadTxn& txn, const Target& target, std::int64_t most);

// Begins an attempt. Until the lease ends nobody else takes it; `due_at` holds that moment meanwhile.
void lease_delivery(Txn& txn, std::int64_t id, protocol::Instant until);
// Is this attempt still the one that counts? Not when its lease ended and another was given, or the target is gone.
bool holds_lease(ReadTxn& txn, std::int64_t id, int attempt);
// `counts`: as one of its attempts.
void put_back_delivery(Txn& txn, std::int64_t id, protocol::Instant due_at, std::string_view reason, bool counts);
void finish_delivery(Txn& txn, std::int64_t id, DeliveryState state, std::string_view reason, protocol::Instant now);
// After a crash: nobody holds a lease any more. Its attempt counts, so that one that brings the gateway down is not made for ever.
std::int64_t release_leases(Txn& txn, protocol::Instant now);
// While running: those that ended.
std::int64_t release_ended_leases(Txn& txn, protocol::Instant now);
// Ends everything that is open for a target.
std::int64_t stop_deliveries(Txn& txn, const Target& target, std::string_view reason, protocol::Instant now);

// `before`: only what stands after this delivery in that order; 0 begins at the newest.
std::vector<StoredDelivery> deliveries_of(ReadTxn& txn, const Target& target, std::optional<DeliveryState> state,
                                          std::int64_t before, int limit);
// Did the last telling of this event to the target end dead or stopped?
bool failed_for(ReadTxn& txn, const Target& target, std::int64_t event_idx, std::int64_t event_seq);
std::int64_t forget_deliveries(Txn& txn, protocol::Instant older_than);

struct StoredAttempt {
    std::int64_t id = 0;
    std::int64_t delivery = 0;
    Target target;
    int number = 1;
    protocol::EventId event{};
    std::string event_name;
    std::optional<std::int64_t> http_status;
    bool success = false;
    std::string reason;
    protocol::Instant at;
    std::string request;   // sealed
    std::string response;  // sealed
};
// Sealed with the case that it tells of, so that both are erased together; without one under the company's key.
void insert_attempt(Txn& txn, Vault& vault, protocol::CompanyId owner, protocol::CaseId about, StoredAttempt& attempt,
                    const std::function<std::uint64_t()>& draw);
struct AttemptPage {
    std::vector<StoredAttempt> rows;  // newest first
    std::int64_t total = 0;
};
AttemptPage attempts_of(ReadTxn& txn, Vault& vault, const Target& target, std::int64_t page, std::int64_t size);

std::int64_t planned_until(ReadTxn& txn);
void set_planned(Txn& txn, std::int64_t position);

}  // namespace entente::store
