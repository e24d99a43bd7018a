#pragma once
// Rehearsal of the gate (semantics 8): what a recorded decision would have been under other terms of an agreement. Judged from the
// recorded inputs alone, so it works as long as the log does, whatever became of the case.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/gate.hpp"

namespace entente::policy {

// The terms that are tried. A member that is not set leaves what was recorded; everything else of the agreement stays.
struct GateTerms {
    protocol::AgreementId agreement;  // whose terms; none: those of every agreement
    std::optional<protocol::DataClasses> permitted;
    std::optional<protocol::Assurance> required_assurance;
    std::optional<int> emergency_hours;
    std::optional<std::vector<std::string>> products;  // codes as gate.hpp describes them; empty: any
    std::optional<std::string> purpose;
    std::optional<protocol::Instant> valid_from;
    std::optional<protocol::Instant> valid_until;
    bool suspended = false;  // as if it had been suspended
};

// What became of one decision. Refused beats held beats released.
enum class Change : std::uint8_t {
    same,
    blocked,    // refused, and was not
    delayed,    // held, and was released
    unblocked,  // held, and was refused
    released,   // released, and was not
    narrowed,   // released both times, with fewer classes: what belongs to them stays back or is masked
    widened     // released both times, with further classes and no fewer
};
std::string_view name(Change change);

struct Rehearsed {
    Decision then;  // as the recorded inputs give it
    Decision now;   // under the terms that are tried
    Change change = Change::same;
    protocol::CaseId case_id;  // none: not recorded
    protocol::Instant at;
};

// `malformed` when the text is not a recorded decision; `wrong_state` (not_exact) when this version of the gate does not come to
// the recorded outcome from the recorded inputs: then it can say nothing about other terms either.
protocol::Result<Rehearsed> rehearse_decision(std::string_view json, const GateTerms& terms);

}  // namespace entente::policy
