#pragma once
// What time does to a case: reminders, escalation, the end of a pause, the feedback request, the close after 30 days of silence,
// content removal. Timers are rows (at most one armed of a kind and case). Firing is one operation whose first act is a
// compare-and-set on the row, so that a restart, a crash or two housekeepers neither miss one nor fire it twice: the effect and the
// claim commit together.

#include <vector>

#include "protocol/case_life.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

// Arms and takes back what follows from the step `before` -> `life`. `c` is as after the step.
void arm_timers(Txn& txn, const Context& context, const store::StoredCase& c, const protocol::Life& before,
                const protocol::Life& life);

// After the case's severity changed: the reminder of the turn that goes on moves, unless it was sent.
void time_anew(Txn& txn, const Context& context, const store::StoredCase& c);

// Fires one due timer. No record: somebody else fired or moved it, and nothing happened.
std::vector<audit::Record> fire_timer(Txn& txn, const Context& context, const store::DueTimer& timer);

// First midnight UTC once `days` have passed since the last update (contract 11.4).
Instant idle_close_due(Instant last_update, std::int64_t days);

}  // namespace entente::operations
