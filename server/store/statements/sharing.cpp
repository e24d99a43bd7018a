#include "server/store/statements/sharing.hpp"

namespace entente::store {

using protocol::AgreementId;
using protocol::CaseId;
using protocol::CompanyId;
using protocol::Instant;

namespace {

constexpr std::string_view columns =
    "id, company, agreement, rules, ceiling, reason, proposed_by, proposed_at, approved_by, approved_at, effective_from";

std::string reason_place(std::int64_t id) {
    return "sharing_rules/reason/" + std::to_string(id);
}

policy::SharingRules rules_in(std::string_view json) {
    auto rules = policy::SharingRules::from_json(json);
    if (!rules) throw protocol::Fault("stored sharing rules do not parse");
    return *rules;
}

// An unknown word could only come from a newer schema; the safe reading is the one under which least crosses.
policy::Label ceiling_in(std::string_view text) {
    return policy::parse_label(text).value_or(policy::Label::clear);
}

StoredSharingRules read_rules(ReadTxn& txn, Vault& vault, const Row& row) {
    StoredSharingRules stored;
    stored.id = row.number(0);
    stored.company = {row.number(1)};
    stored.agreement = {row.number(2)};
    stored.rules = rules_in(row.text(3));
    stored.ceiling = ceiling_in(row.text(4));
    stored.reason = vault.open(txn, reason_place(stored.id), row.bytes(5)).value_or("");
    stored.proposed_by = row.text(6);
    stored.proposed_at = {row.number(7)};
    stored.approved_by = row.maybe_text(8).value_or("");
    if (!row.is_null(9)) stored.approved_at = Instant{row.number(9)};
    stored.effective_from = {row.number(10)};
    return stored;
}

}  // namespace

void insert_sharing_rules(Txn& txn, Vault& vault, const StoredSharingRules& stored) {
    const auto reason = vault.seal(txn, Owner::company(stored.company), {}, Tag::content, reason_place(stored.id), stored.reason);
    txn.change(
        "INSERT INTO sharing_rules (id, company, agreement, rules, ceiling, reason, proposed_by, proposed_at, effective_from)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {stored.id, stored.company.value, stored.agreement.value, stored.rules.to_json(), name(stored.ceiling), reason,
         stored.proposed_by, stored.proposed_at.us, stored.effective_from.us});
}

bool approve_sharing_rules(Txn& txn, const StoredSharingRules& stored) {
    return txn.change(
               "UPDATE sharing_rules SET approved_by = $1, approved_at = $2, effective_from = $3 WHERE id = $4 AND approved_at IS "
               "NULL",
               {stored.approved_by, stored.approved_at->us, stored.effective_from.us, stored.id}) == 1;
}

std::vector<RulesDue> sharing_rules_due(ReadTxn& txn, Instant now, int limit) {
    std::vector<RulesDue> due;
    txn.each(
        "SELECT id, company FROM sharing_rules WHERE applied_at IS NULL AND approved_at IS NOT NULL AND effective_from <= $1"
        " ORDER BY effective_from, id LIMIT $2",
        {now.us, limit}, [&](const Row& row) { due.push_back({row.number(0), {row.number(1)}}); });
    return due;
}

bool mark_rules_applied(Txn& txn, std::int64_t id, Instant now) {
    return txn.change("UPDATE sharing_rules SET applied_at = $2 WHERE id = $1 AND applied_at IS NULL", {id, now.us}) == 1;
}

std::optional<StoredSharingRules> find_sharing_rules(ReadTxn& txn, Vault& vault, CompanyId company, std::int64_t id) {
    return txn.first("SELECT " + std::string(columns) + " FROM sharing_rules WHERE id = $1 AND company = $2", {id, company.value},
                     [&](const Row& row) { return read_rules(txn, vault, row); });
}

std::vector<StoredSharingRules> sharing_rules_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    std::vector<StoredSharingRules> all;
    txn.each("SELECT " + std::string(columns) + " FROM sharing_rules WHERE company = $1 ORDER BY proposed_at DESC, id LIMIT 500",
             {company.value}, [&](const Row& row) { all.push_back(read_rules(txn, vault, row)); });
    return all;
}

// Rules for the agreement itself before those for all; of each the version that took effect last.
RulesInForce sharing_rules_in_force(ReadTxn& txn, CompanyId company, AgreementId agreement, Instant now) {
    return txn
        .first(
            "SELECT id, rules, ceiling FROM sharing_rules WHERE company = $1 AND agreement IN (0, $2) AND approved_at IS NOT NULL"
            " AND effective_from <= $3 ORDER BY agreement DESC, effective_from DESC, id DESC LIMIT 1",
            {company.value, agreement.value, now.us},
            [](const Row& row) { return RulesInForce{row.number(0), rules_in(row.text(1)), ceiling_in(row.text(2))}; })
        .value_or(RulesInForce{});
}

std::optional<policy::Label> agreement_ceiling(ReadTxn& txn, AgreementId agreement) {
    return txn
        .first("SELECT label_ceiling FROM agreements WHERE id = $1", {agreement.value},
               [](const Row& row) {
                   const std::string_view text = row.text(0);
                   return text.empty() ? std::nullopt : std::optional(ceiling_in(text));
               })
        .value_or(std::nullopt);
}

bool agreement_shares_staff(ReadTxn& txn, AgreementId agreement) {
    return txn
        .first("SELECT permitted FROM agreements WHERE id = $1", {agreement.value},
               [](const Row& row) {
                   const auto classes = protocol::DataClasses::from_bits(static_cast<std::uint32_t>(row.number(0)));
                   return classes.has(protocol::DataClass::personal_contact);
               })
        .value_or(false);
}

CaseLabel case_label(ReadTxn& txn, CaseId id, CompanyId side) {
    return txn
        .first("SELECT label, wanted, wanted_by FROM case_labels WHERE case_id = $1 AND company = $2", {id.value, side.value},
               [](const Row& row) {
                   CaseLabel label;
                   label.label = policy::parse_label(row.text(0)).value_or(policy::Label::red);
                   if (!row.is_null(1)) label.wanted = policy::parse_label(row.text(1));
                   label.wanted_by = row.maybe_text(2).value_or("");
                   return label;
               })
        .value_or(CaseLabel{});
}

void set_case_label(Txn& txn, CaseId id, CompanyId side, const CaseLabel& label, Instant now) {
    const Value wanted = label.wanted ? Value(name(*label.wanted)) : Value(nullptr);
    const Value wanted_by = label.wanted ? Value(label.wanted_by) : Value(nullptr);
    txn.change(
        "INSERT INTO case_labels (case_id, company, label, wanted, wanted_by, updated_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (case_id, company) DO UPDATE SET label = excluded.label, wanted = excluded.wanted,"
        " wanted_by = excluded.wanted_by, updated_at = excluded.updated_at",
        {id.value, side.value, name(label.label), wanted, wanted_by, now.us});
}

bool content_reviewed(ReadTxn& txn, CaseId id, CompanyId side, Bytes digest, std::string_view author) {
    return txn
        .first("SELECT 1 FROM content_reviews WHERE case_id = $1 AND company = $2 AND digest = $3 AND reviewed_by <> $4",
               {id.value, side.value, digest, author}, [](const Row&) { return true; })
        .has_value();
}

bool review_content(Txn& txn, CaseId id, CompanyId side, Bytes digest, std::string_view reviewer, Instant now) {
    return txn.change(
               "INSERT INTO content_reviews (case_id, company, digest, reviewed_by, reviewed_at) VALUES ($1, $2, $3, $4, $5)"
               " ON CONFLICT (case_id, company, digest, reviewed_by) DO NOTHING",
               {id.value, side.value, digest, reviewer, now.us}) == 1;
}

}  // namespace entente::store
