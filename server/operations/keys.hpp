#pragma once
// Key generations in their life (audit and crypto reference, sections 8, 17 and 18): replaced at half of their time, owners' keys
// wrapped again, the old one destroyed when its time is over and nothing hangs on it any more. From then on no backup opens that is
// older: this is when an erasure is complete in backups too.
//
// Each change is a key entry (kind 3) of the log. Nothing stops meanwhile; what is sealed is never sealed again.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "certs/keys.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct Generation {
    std::uint32_t number = 0;
    Instant made_at;
    std::optional<Instant> destroyed_at;
    bool current = false;
    bool present = false;         // the provider still has it
    std::int64_t owner_keys = 0;  // that it wraps
};
Result<std::vector<Generation>> list_generations(ReadTxn& txn, const Context& context, const Caller& caller);
std::vector<Generation> known_generations(ReadTxn& txn, const Context& context);

// By the operator. The owners' keys are wrapped again by and by.
Audited<Generation> new_generation(Txn& txn, const Context& context, const Caller& caller);
// Refused for the current one and while keys hang on it. The provider's key goes once the record is durable.
Audited<Generation> end_generation(Txn& txn, const Context& context, const Caller& caller, std::uint32_t number);

// --- by the gateway itself ---
audit::Record key_record(std::string operation, std::uint8_t activity);
// Notes generations that it did not know; replaces the current one at half of `period_days` (0: never). Records of what changed.
std::vector<audit::Record> tend_generations(Txn& txn, const Context& context, std::int64_t period_days);
// Wraps owners' keys under the current generation, a bounded number; nothing when all are.
std::vector<audit::Record> rewrap_owner_keys(Txn& txn, const Context& context);
// Owners get new keys once a year.
std::vector<audit::Record> renew_owner_keys(Txn& txn, const Context& context);
// Ends generations whose time is over.
std::vector<audit::Record> end_old_generations(Txn& txn, const Context& context, std::int64_t period_days);
// Whose end is recorded and that the provider still has.
std::vector<std::uint32_t> generations_to_destroy(ReadTxn& txn, const Context& context);

}  // namespace entente::operations
