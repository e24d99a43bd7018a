#pragma once
// Acceptance rules: a company lets the gateway accept cases for which named evidence is shown. What a rule accepts is recorded as
// accepted by a rule and never looks like a person; how often no person followed is counted and shown.

#include <optional>
#include <vector>

#include "protocol/automation.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/automation.hpp"

namespace entente::operations {

struct ScoredRule {
    protocol::AcceptanceRule rule;
    store::RuleScore score;
};

// Administrators of the receiving company. A rule cannot be changed, only ended: what it asserted when it fired stays readable.
Audited<ScoredRule> add_acceptance_rule(Txn& txn, const Context& context, const Caller& caller, protocol::AcceptanceRule rule);
Audited<ScoredRule> end_acceptance_rule(Txn& txn, const Context& context, const Caller& caller, protocol::AcceptanceRuleId id);
// Administrators, compliance and auditors of the company.
Result<std::vector<ScoredRule>> list_acceptance_rules(ReadTxn& txn, const Context& context, const Caller& caller);

// The gateway's own work: tries the rules of the case's receiver, oldest first. Nothing when none fires.
std::vector<audit::Record> accept_by_rule(Txn& txn, const Context& context, protocol::CaseId id);

}  // namespace entente::operations
