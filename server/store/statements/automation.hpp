#pragma once
// Statements about acceptance rules, what they accepted, and probes of intakes.

#include <map>
#include <optional>
#include <vector>

#include "protocol/automation.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

// --- acceptance rules ---
void insert_acceptance_rule(Txn& txn, Vault& vault, const protocol::AcceptanceRule& rule, std::string_view created_by);
void end_acceptance_rule(Txn& txn, protocol::AcceptanceRuleId id, protocol::Instant now);
std::optional<protocol::AcceptanceRule> find_acceptance_rule(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                             protocol::AcceptanceRuleId id);
// Oldest first; `in_force_at`: only those that have not ended then.
std::vector<protocol::AcceptanceRule> acceptance_rules_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company,
                                                          std::optional<protocol::Instant> in_force_at);

// Open, released cases that nobody answered yet, released since then, of companies that have a rule in force.
struct RuleCandidate {
    protocol::CaseId id;
    std::int64_t version = 0;
};
std::vector<RuleCandidate> cases_for_rules(ReadTxn& txn, protocol::Instant now, protocol::Instant released_since);
void insert_rule_acceptance(Txn& txn, protocol::CaseId case_id, protocol::AcceptanceRuleId rule, protocol::Instant now,
                            protocol::Instant act_by);

// How honest a rule proved: of what it accepted, on how much a person or program of the receiver acted in time, too late, not at
// all though the time is over, and on how much there is still time.
struct RuleScore {
    std::int64_t accepted = 0;
    std::int64_t acted = 0;
    std::int64_t late = 0;
    std::int64_t overdue = 0;
    std::int64_t waiting = 0;
};
std::map<protocol::AcceptanceRuleId, RuleScore> rule_scores(ReadTxn& txn, protocol::CompanyId company, protocol::Instant now);

// --- probes ---
void insert_probe(Txn& txn, const protocol::IntakeProbe& probe, std::string_view created_by);
void update_probe(Txn& txn, const protocol::IntakeProbe& probe);
std::optional<protocol::IntakeProbe> find_probe(ReadTxn& txn, protocol::IntakeProbeId id);
std::vector<protocol::IntakeProbe> probes_of(ReadTxn& txn, protocol::CompanyId company);
// Those to send by now, and those whose last case nobody is known to have answered.
std::vector<protocol::IntakeProbeId> probes_due(ReadTxn& txn, protocol::Instant now, int limit);
std::vector<protocol::IntakeProbeId> probes_waiting(ReadTxn& txn, int limit);
// The first word of the receiver in a case: a response or a note that no rule made.
std::optional<protocol::Instant> first_answer(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId receiver);

struct Liveness {
    protocol::Instant proven_at;
    std::int64_t answer_seconds = 0;
};
void record_liveness(Txn& txn, protocol::DepartmentId department, const Liveness& liveness);
std::map<protocol::DepartmentId, Liveness> all_liveness(ReadTxn& txn);

}  // namespace entente::store
