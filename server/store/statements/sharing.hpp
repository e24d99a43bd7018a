#pragma once
// Statements about what a company lets out: its sharing rules per agreement, labels of cases, and contents that a second person has
// let pass.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/actions.hpp"
#include "policy/labels.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

// One version of a company's rules. They count once a second person has approved them, from `effective_from` on, until a later
// version does.
struct StoredSharingRules {
    std::int64_t id = 0;
    protocol::CompanyId company;
    protocol::AgreementId agreement;  // none: for every agreement that has no rules of its own
    policy::SharingRules rules;
    policy::Label ceiling = policy::default_ceiling;
    std::string reason;       // sealed: a person wrote it
    std::string proposed_by;  // principal label
    protocol::Instant proposed_at;
    std::string approved_by;
    std::optional<protocol::Instant> approved_at;
    protocol::Instant effective_from;
};
void insert_sharing_rules(Txn& txn, Vault& vault, const StoredSharingRules& stored);
// False: it was approved already.
bool approve_sharing_rules(Txn& txn, const StoredSharingRules& stored);
// Approved rules that have taken effect and whose cases were not judged again since, oldest first.
struct RulesDue {
    std::int64_t id = 0;
    protocol::CompanyId company;
};
std::vector<RulesDue> sharing_rules_due(ReadTxn& txn, protocol::Instant now, int limit);
// False: it was noted already.
bool mark_rules_applied(Txn& txn, std::int64_t id, protocol::Instant now);
std::optional<StoredSharingRules> find_sharing_rules(ReadTxn& txn, Vault& vault, protocol::CompanyId company, std::int64_t id);
std::vector<StoredSharingRules> sharing_rules_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company);  // newest first

// What counts for this company under this agreement at this moment, without the reason.
struct RulesInForce {
    std::int64_t id = 0;  // 0: the defaults
    policy::SharingRules rules;
    policy::Label ceiling = policy::default_ceiling;
};
RulesInForce sharing_rules_in_force(ReadTxn& txn, protocol::CompanyId company, protocol::AgreementId agreement,
                                    protocol::Instant now);

// The ceiling that the agreement itself sets; nothing when it sets none. A word that is no label counts as the lowest one.
std::optional<policy::Label> agreement_ceiling(ReadTxn& txn, protocol::AgreementId agreement);

// Do the vendors tell each other their own people's contact data under this agreement? Not without one.
bool agreement_shares_staff(ReadTxn& txn, protocol::AgreementId agreement);

// The label that a side gave to a case, and a lower one that somebody asked for.
struct CaseLabel {
    policy::Label label = policy::Label::clear;
    std::optional<policy::Label> wanted;
    std::string wanted_by;  // principal label
};
CaseLabel case_label(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId side);
void set_case_label(Txn& txn, protocol::CaseId id, protocol::CompanyId side, const CaseLabel& label, protocol::Instant now);

// Has a second person of this side looked at exactly this content? Nobody may let pass what they wrote themselves.
bool content_reviewed(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId side, Bytes digest, std::string_view author);
// False: it was reviewed already.
bool review_content(Txn& txn, protocol::CaseId id, protocol::CompanyId side, Bytes digest, std::string_view reviewer,
                    protocol::Instant now);

}  // namespace entente::store
