#pragma once
// Rehearsal of the gate (semantics 8): what would have become of a period's decisions under other terms of an agreement. Judged
// from the recorded inputs in the log, changes nothing, shows no words.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/rehearsal.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct GateTrial {
    policy::GateTerms terms;          // `products` as names; the operation makes their codes
    protocol::AgreementId successor;  // take the terms of this agreement of the company's, whatever its state; none: `terms` alone
    std::optional<Instant> since;     // of a decision; none: 30 days before the end
    std::optional<Instant> until;     // exclusive; none: now
    std::int64_t from = 0;            // index to go on from
    std::int64_t limit = 500;         // entries to look at
};

struct GateRehearsal {
    Instant since;
    Instant until;
    std::int64_t next = 0;       // index to go on from
    std::int64_t entries = 0;    // looked at
    std::int64_t decisions = 0;  // of the period, judged from their recorded inputs
    std::int64_t erased = 0;     // entries whose key is destroyed: nobody can say
    std::int64_t inexact = 0;    // decisions that this version of the gate does not recompute: nothing is said about them
    std::map<policy::Change, std::int64_t> changes;     // what would have become of them
    std::map<std::string, std::int64_t> released_then;  // decisions that released a data class
    std::map<std::string, std::int64_t> released_now;
    struct Example {
        std::int64_t index = 0;  // of the entry
        std::string token;       // of the case; empty: it is gone, or there was none
        policy::Change change = policy::Change::same;
        policy::Decision then;
        policy::Decision now;
    };
    std::vector<Example> examples;  // at most 50, of decisions that would have been others
};

// The caller's part of the log. Errors: forbidden, agreement_not_found (agreement or successor), invalid_members (since, nothing to
// try).
Result<GateRehearsal> rehearse_gate(ReadTxn& txn, const Context& context, const Caller& caller, const GateTrial& trial);

}  // namespace entente::operations
