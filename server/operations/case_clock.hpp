#pragma once
// How soon the receiver of a case wants to answer and to resolve it, in its own working time.

#include <memory>
#include <optional>

#include "policy/clocks.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

struct CaseClock {
    int response_minutes = 0;
    int resolution_minutes = 0;  // 0: no target
    std::optional<protocol::BusinessCalendar> calendar;
    std::shared_ptr<const policy::ZoneRules> zone;
    policy::WorkingTime time() const { return {calendar ? &*calendar : nullptr, zone.get()}; }
};

// What holds for a case of this severity: the receiver's target, or its minutes by priority around the clock.
protocol::ServiceTarget target_of(const store::StoredCase& c, const protocol::ServiceTargets& targets,
                                  const protocol::Company& receiver);

CaseClock clock_of(ReadTxn& txn, const Tools& tools, const store::StoredCase& c);

// When the first answer is due for a case that the receiver sees from `released` on. None for a case that was opened unasked: its
// receiver owes nothing.
std::optional<Instant> first_answer_due(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, Instant released);

}  // namespace entente::operations
