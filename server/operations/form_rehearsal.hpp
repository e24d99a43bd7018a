#pragma once
// Rehearsal of an intake form (semantics 8): what a proposed version would have meant for the cases that came in by the form in a
// period. Judged from what the owner of the form can read of them: what the gate held back from it stays unknown to it here as
// well.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/directory.hpp"
#include "server/operations/rehearsal.hpp"

namespace entente::operations {

// What would have become of the values of one field that the owner can read.
struct FieldRehearsal {
    std::int64_t values = 0;
    std::int64_t withheld = 0;    // never shown: their class does not flow, or the field is kept for the other side
    std::int64_t later = 0;       // shown once the case was accepted, not at once
    std::int64_t sooner = 0;      // shown at once, not only once accepted
    std::int64_t not_asked = 0;   // the field is gone
    std::int64_t not_taken = 0;   // the value fits the new field no more: the case would have been refused
    std::int64_t unanswered = 0;  // the new form demands it and there is no value that the owner could read
};

struct FormRehearsal {
    Instant from;
    Instant until;
    std::int64_t cases = 0;
    std::int64_t unreadable = 0;                   // their words are gone: nothing can be said
    std::int64_t refused = 0;                      // cases with a value that would not have been taken
    std::map<std::string, FieldRehearsal> fields;  // by label; only those of which something changes
    std::vector<std::string> examples;             // tokens of cases that would have been refused, at most 50
    std::optional<protocol::CaseId> next;
};

// Errors: forbidden, form_not_found, invalid_members (from).
Result<FormRehearsal> rehearse_form(ReadTxn& txn, const Context& context, const Caller& caller, protocol::FormId id,
                                    const protocol::Form& proposed, const RehearsalPeriod& period);

}  // namespace entente::operations
