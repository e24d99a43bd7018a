#pragma once
// A company's own say about what it lets out: rules per agreement, labels of cases, and contents that a second person lets pass.
// Two people for everything that opens something (rules, a lower label, a held content); strictness needs one.

#include <optional>
#include <string_view>
#include <vector>

#include "server/operations/cases.hpp"
#include "server/store/statements/sharing.hpp"

namespace entente::operations {

struct NewSharingRules {
    protocol::AgreementId agreement;  // none: for every agreement without rules of its own
    policy::SharingRules rules;
    policy::Label ceiling = policy::default_ceiling;
    std::string reason;
    std::optional<Instant> effective_from;  // none: as soon as they are approved
};
Audited<store::StoredSharingRules> propose_sharing_rules(Txn& txn, const Context& context, const Caller& caller,
                                                         const NewSharingRules& input);

struct ApprovedRules {
    store::StoredSharingRules rules;
    std::vector<protocol::CaseId> cases;  // to reconcile: what the old rules held may cross now
};
Audited<ApprovedRules> approve_sharing_rules(Txn& txn, const Context& context, const Caller& caller, std::int64_t id);
// Notes that the cases which rules concern were judged again after they took effect. The housekeeper's step: it reconciles the held
// cases of the company one by one before, so that a crash in between repeats that and misses none.
audit::Record rules_took_effect(Txn& txn, const Context& context, const store::RulesDue& rules);
Result<std::vector<store::StoredSharingRules>> list_sharing_rules(ReadTxn& txn, const Context& context, const Caller& caller);
Result<store::StoredSharingRules> read_sharing_rules(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id);

// Lets pass what the rules hold: the case's own words, or an item's by the digest that its refusal named. Nobody their own.
Audited<protocol::CaseId> review_content(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                         const std::optional<protocol::Hash>& digest);

struct Relabelled {
    protocol::CaseId id;
    store::CaseLabel label;
    policy::Label ceiling = policy::default_ceiling;
    std::string_view reason;  // label_raised, label_lowered, label_unchanged, label_second_person_needed
};
Audited<Relabelled> relabel_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token, policy::Label to);

}  // namespace entente::operations
