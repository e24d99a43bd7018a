#include "server/store/statements/agreement_life.hpp"

#include "server/store/critical_rows.hpp"

namespace entente::store {

using protocol::AgreementId;
using protocol::CompanyId;
using protocol::Instant;

namespace {

std::string reason_place(AgreementId agreement, std::int64_t position) {
    return "agreement_changes/reason/" + std::to_string(agreement.value) + "/" + std::to_string(position);
}

std::optional<Instant> instant_of(std::optional<std::int64_t> us) {
    return us ? std::optional(Instant{*us}) : std::nullopt;
}

}  // namespace

void insert_text(Txn& txn, const AgreementText& text) {
    txn.change(
        "INSERT INTO agreement_texts (digest, title, version, body, company, added_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, "
        "$7)",
        {text.digest, text.title, text.version, text.body, text.company.value, text.added_by, text.created_at.us});
}

void give_text(Txn& txn, const AgreementText& text) {
    txn.change("UPDATE agreement_texts SET body = $2 WHERE digest = $1 AND body IS NULL", {text.digest, text.body});
}

std::optional<AgreementText> find_text(ReadTxn& txn, std::string_view digest) {
    return txn.first("SELECT title, version, body, company, added_by, created_at FROM agreement_texts WHERE digest = $1", {digest},
                     [&](const Row& row) {
                         AgreementText text;
                         text.digest = digest;
                         text.title = row.text(0);
                         text.version = row.text(1);
                         text.body = row.maybe_text(2);
                         text.company = {row.number(3)};
                         text.added_by = row.text(4);
                         text.created_at = {row.number(5)};
                         return text;
                     });
}

bool may_read_text(ReadTxn& txn, std::string_view digest, CompanyId company) {
    return txn
        .first(
            "SELECT 1 FROM agreement_texts t WHERE t.digest = $1 AND (t.company = $2 OR EXISTS (SELECT 1 FROM agreements a"
            " JOIN agreement_parties p ON p.agreement = a.id WHERE a.document_digest = t.digest AND p.company = $2))",
            {digest, company.value}, [](const Row&) { return true; })
        .has_value();
}

void insert_change(Txn& txn, Vault& vault, AgreementChange& change) {
    change.position = txn.first("SELECT 1 + COALESCE(MAX(position), 0) FROM agreement_changes WHERE agreement = $1",
                                {change.agreement.value}, [](const Row& row) { return row.number(0); })
                          .value_or(1);
    std::optional<Blob> reason;
    if (!change.reason.empty()) {
        const Owner owner = change.company ? Owner::company(change.company) : Owner::gateway();
        reason = vault.seal(txn, owner, {}, Tag::actor, reason_place(change.agreement, change.position), change.reason);
    }
    const std::optional<std::int64_t> applied = change.applied_at ? std::optional(change.applied_at->us) : std::nullopt;
    txn.change(
        "INSERT INTO agreement_changes (agreement, position, kind, company, by_whom, reason, announced_at, effective_at,"
        " needs_acknowledgement, applied_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {change.agreement.value, change.position, change.kind, change.company.value, change.by_whom, reason, change.announced_at.us,
         change.effective_at.us, change.needs_acknowledgement, applied});
}

void mark_applied(Txn& txn, const AgreementChange& change, Instant now) {
    txn.change("UPDATE agreement_changes SET applied_at = $3 WHERE agreement = $1 AND position = $2 AND applied_at IS NULL",
               {change.agreement.value, change.position, now.us});
}

bool acknowledge_change(Txn& txn, AgreementId agreement, std::int64_t position, CompanyId company, std::string_view by_whom,
                        Instant now) {
    return txn.change(
               "INSERT INTO agreement_acknowledgements (agreement, position, company, at, by_whom) VALUES ($1, $2, $3, $4, $5)"
               " ON CONFLICT (agreement, position, company) DO NOTHING",
               {agreement.value, position, company.value, now.us, by_whom}) == 1;
}

std::vector<AgreementChange> changes_of(ReadTxn& txn, Vault& vault, AgreementId agreement) {
    std::vector<AgreementChange> changes;
    txn.each(
        "SELECT position, kind, company, by_whom, reason, announced_at, effective_at, needs_acknowledgement, applied_at"
        " FROM agreement_changes WHERE agreement = $1 ORDER BY position",
        {agreement.value}, [&](const Row& row) {
            AgreementChange change;
            change.agreement = agreement;
            change.position = row.number(0);
            change.kind = row.text(1);
            change.company = {row.number(2)};
            change.by_whom = row.text(3);
            if (!row.is_null(4))
                change.reason = vault.open(txn, reason_place(agreement, change.position), row.bytes(4)).value_or("");
            change.announced_at = {row.number(5)};
            change.effective_at = {row.number(6)};
            change.needs_acknowledgement = row.number(7) != 0;
            change.applied_at = instant_of(row.maybe_number(8));
            changes.push_back(std::move(change));
        });
    for (AgreementChange& change : changes)
        txn.each("SELECT company FROM agreement_acknowledgements WHERE agreement = $1 AND position = $2 ORDER BY company",
                 {agreement.value, change.position}, [&](const Row& row) { change.acknowledged.push_back({row.number(0)}); });
    return changes;
}

std::vector<AgreementId> agreements_due(ReadTxn& txn, Instant now, int limit) {
    std::vector<AgreementId> due;
    txn.each(
        "SELECT agreement FROM agreement_changes WHERE applied_at IS NULL AND effective_at <= $1"
        " UNION SELECT id FROM agreements WHERE valid_until <= $1 AND state IN ('draft', 'offered', 'in_force', 'suspended')"
        " UNION SELECT o.id FROM agreements o JOIN agreements n ON n.supersedes = o.id WHERE n.state = 'in_force'"
        " AND n.valid_from <= $1 AND o.state IN ('draft', 'offered', 'in_force', 'suspended') ORDER BY 1 LIMIT $2",
        {now.us, limit}, [&](const Row& row) { due.push_back({row.number(0)}); });
    return due;
}

AgreementId successor_in_force(ReadTxn& txn, AgreementId agreement, Instant now) {
    return txn
        .first("SELECT id FROM agreements WHERE supersedes = $1 AND state = 'in_force' AND valid_from <= $2 ORDER BY id",
               {agreement.value, now.us}, [](const Row& row) { return AgreementId{row.number(0)}; })
        .value_or(AgreementId{});
}

void insert_company_key(Txn& txn, const CompanyKey& key) {
    touch(txn, Critical::company_keys, key.company.value);
    txn.change(
        "INSERT INTO company_keys (company, kid, algorithm, public_key, proposed_by, confirmed_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, '', $6)",
        {key.company.value, key.key.kid, name(key.key.algorithm), key.key.bytes, key.proposed_by, key.created_at.us});
}

bool confirm_company_key(Txn& txn, const CompanyKey& key) {
    touch(txn, Critical::company_keys, key.company.value);
    return txn.change(
               "UPDATE company_keys SET confirmed_by = $3, confirmed_at = $4 WHERE company = $1 AND kid = $2"
               " AND confirmed_at IS NULL AND revoked_at IS NULL",
               {key.company.value, key.key.kid, key.confirmed_by, key.confirmed_at ? key.confirmed_at->us : std::int64_t{0}}) == 1;
}

bool revoke_company_key(Txn& txn, const CompanyKey& key, Instant now) {
    touch(txn, Critical::company_keys, key.company.value);
    return txn.change("UPDATE company_keys SET revoked_at = $3 WHERE company = $1 AND kid = $2 AND revoked_at IS NULL",
                      {key.company.value, key.key.kid, now.us}) == 1;
}

std::vector<CompanyKey> company_keys(ReadTxn& txn, CompanyId company) {
    std::vector<CompanyKey> keys;
    txn.each(
        "SELECT kid, algorithm, public_key, proposed_by, confirmed_by, created_at, confirmed_at, revoked_at FROM company_keys"
        " WHERE company = $1 ORDER BY created_at, kid",
        {company.value}, [&](const Row& row) {
            CompanyKey key;
            key.company = company;
            key.key.kid = row.text(0);
            key.key.algorithm = protocol::parse_jws_algorithm(row.text(1)).value_or(protocol::JwsAlgorithm::eddsa);
            const Bytes bytes = row.bytes(2);
            key.key.bytes.assign(bytes.begin(), bytes.end());
            key.proposed_by = row.text(3);
            key.confirmed_by = row.text(4);
            key.created_at = {row.number(5)};
            key.confirmed_at = instant_of(row.maybe_number(6));
            key.revoked_at = instant_of(row.maybe_number(7));
            keys.push_back(std::move(key));
        });
    if (!keys.empty()) check_row(txn, Critical::company_keys, company.value);
    return keys;
}

}  // namespace entente::store
