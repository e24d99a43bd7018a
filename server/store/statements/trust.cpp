#include "server/store/statements/trust.hpp"

#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::Agreement;
using protocol::AgreementId;
using protocol::Authorization;
using protocol::AuthorizationId;
using protocol::CompanyId;
using protocol::Instant;

namespace {

constexpr std::string_view agreement_columns =
    "a.id, a.title, a.document_version, a.document_digest, a.valid_from, a.valid_until, a.state, a.permitted, a.purpose,"
    " a.required_assurance, a.version";

Agreement read_agreement(const Row& row) {
    Agreement a;
    a.id = {row.number(0)};
    a.title = row.text(1);
    a.document_version = row.text(2);
    a.document_digest = row.text(3);
    a.valid_from = {row.number(4)};
    if (!row.is_null(5)) a.valid_until = Instant{row.number(5)};
    // An unknown word could only come from a newer schema; the safe reading is the one that permits nothing.
    a.state = protocol::parse_agreement_state(row.text(6)).value_or(protocol::AgreementState::terminated);
    a.permitted = protocol::DataClasses::from_bits(static_cast<std::uint32_t>(row.number(7)));
    a.purpose = row.text(8);
    a.required_assurance = protocol::parse_assurance(row.text(9)).value_or(protocol::Assurance::signed_);
    a.version = row.number(10);
    return a;
}

std::string signatory_place(AgreementId agreement, CompanyId company) {
    return "agreement_parties/signatory/" + std::to_string(agreement.value) + "/" + std::to_string(company.value);
}

void load_parties(ReadTxn& txn, Vault* vault, Agreement& a) {
    txn.each("SELECT company, accepted_at, signatory FROM agreement_parties WHERE agreement = $1 ORDER BY company", {a.id.value},
             [&](const Row& row) {
                 const CompanyId company{row.number(0)};
                 a.parties.push_back(company);
                 if (row.is_null(1)) return;
                 protocol::Acceptance acceptance{.company = company, .at = {row.number(1)}};
                 if (vault != nullptr && !row.is_null(2))
                     acceptance.signatory = vault->open(txn, signatory_place(a.id, company), row.bytes(2)).value_or("");
                 a.acceptances.push_back(std::move(acceptance));
             });
}

std::vector<Agreement> with_parties(ReadTxn& txn, Vault* vault, std::vector<Agreement> agreements) {
    for (Agreement& agreement : agreements) load_parties(txn, vault, agreement);
    return agreements;
}

constexpr std::string_view authorization_columns =
    "z.id, z.company, z.customer, z.purpose, z.classes, z.not_before, z.until, z.state, z.assurance, z.evidence_digest,"
    " z.created_at, z.decided_at, z.version, z.requested_by, z.decided_by, z.details";

Authorization read_authorization(const Row& row) {
    Authorization z;
    z.id = {row.number(0)};
    z.company = {row.number(1)};
    z.customer = {row.number(2)};
    z.purpose = row.text(3);
    z.classes = protocol::DataClasses::from_bits(static_cast<std::uint32_t>(row.number(4)));
    z.not_before = {row.number(5)};
    z.until = {row.number(6)};
    z.state = protocol::parse_authorization_state(row.text(7)).value_or(protocol::AuthorizationState::refused);
    z.assurance = protocol::parse_assurance(row.text(8)).value_or(protocol::Assurance::attested);
    z.evidence_digest = row.text(9);
    z.created_at = {row.number(10)};
    z.decided_at = {row.number(11)};
    z.version = row.number(12);
    return z;
}

std::string details_place(AuthorizationId id) {
    return "authorizations/details/" + std::to_string(id.value);
}

void load_partners(ReadTxn& txn, Authorization& z) {
    txn.each("SELECT company FROM authorization_partners WHERE authorization_id = $1 ORDER BY company", {z.id.value},
             [&](const Row& row) { z.partners.push_back({row.number(0)}); });
}

StoredAuthorization read_stored(ReadTxn& txn, Vault& vault, const Row& row) {
    StoredAuthorization stored;
    stored.authorization = read_authorization(row);
    stored.requested_by = row.text(13);
    stored.decided_by = row.text(14);
    if (const auto details = vault.open(txn, details_place(stored.authorization.id), row.bytes(15))) {
        Unpacker in(*details, 1);
        stored.authorization.obtained_how = in.text();
        stored.reason = in.text();
    }
    return stored;
}

Blob seal_details(Txn& txn, Vault& vault, const StoredAuthorization& stored) {
    Packer pack(1);
    pack.text(stored.authorization.obtained_how).text(stored.reason);
    return vault.seal(txn, Owner::customer(stored.authorization.customer), {}, Tag::customer,
                      details_place(stored.authorization.id), pack.bytes());
}

}  // namespace

void insert_agreement(Txn& txn, const Agreement& a, Instant now) {
    const std::optional<std::int64_t> until = a.valid_until ? std::optional(a.valid_until->us) : std::nullopt;
    txn.change(
        "INSERT INTO agreements (id, title, document_version, document_digest, valid_from, valid_until, state, permitted, purpose,"
        " required_assurance, version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        {a.id.value, a.title, a.document_version, a.document_digest, a.valid_from.us, until, name(a.state),
         static_cast<std::int64_t>(a.permitted.bits()), a.purpose, name(a.required_assurance), a.version, now.us});
    for (const CompanyId party : a.parties)
        txn.change("INSERT INTO agreement_parties (agreement, company) VALUES ($1, $2)", {a.id.value, party.value});
}

bool update_agreement(Txn& txn, const Agreement& a) {
    return txn.change("UPDATE agreements SET state = $2, version = $3 WHERE id = $1 AND version = $4",
                      {a.id.value, name(a.state), a.version, a.version - 1}) == 1;
}

void accept_agreement(Txn& txn, Vault& vault, AgreementId id, const protocol::Acceptance& acceptance) {
    const Blob signatory = vault.seal(txn, Owner::company(acceptance.company), {}, Tag::actor,
                                      signatory_place(id, acceptance.company), acceptance.signatory);
    txn.change("UPDATE agreement_parties SET accepted_at = $3, signatory = $4 WHERE agreement = $1 AND company = $2",
               {id.value, acceptance.company.value, acceptance.at.us, signatory});
}

std::optional<Agreement> find_agreement(ReadTxn& txn, Vault& vault, AgreementId id) {
    static const std::string sql = "SELECT " + std::string(agreement_columns) + " FROM agreements a WHERE a.id = $1";
    auto agreement = txn.first(sql, {id.value}, read_agreement);
    if (agreement) load_parties(txn, &vault, *agreement);
    return agreement;
}

std::vector<Agreement> agreements_of(ReadTxn& txn, Vault& vault, CompanyId party) {
    static const std::string sql = "SELECT " + std::string(agreement_columns) +
                                   " FROM agreements a JOIN agreement_parties p ON p.agreement = a.id WHERE p.company = $1"
                                   " ORDER BY a.created_at, a.id";
    std::vector<Agreement> agreements;
    txn.each(sql, {party.value}, [&](const Row& row) { agreements.push_back(read_agreement(row)); });
    return with_parties(txn, &vault, std::move(agreements));
}

std::vector<Agreement> all_agreements(ReadTxn& txn, Vault& vault) {
    static const std::string sql = "SELECT " + std::string(agreement_columns) + " FROM agreements a ORDER BY a.created_at, a.id";
    std::vector<Agreement> agreements;
    txn.each(sql, {}, [&](const Row& row) { agreements.push_back(read_agreement(row)); });
    return with_parties(txn, &vault, std::move(agreements));
}

std::vector<Agreement> agreements_between(ReadTxn& txn, CompanyId one, CompanyId other) {
    static const std::string sql = "SELECT " + std::string(agreement_columns) +
                                   " FROM agreements a JOIN agreement_parties p ON p.agreement = a.id AND p.company = $1"
                                   " JOIN agreement_parties q ON q.agreement = a.id AND q.company = $2 ORDER BY a.id";
    std::vector<Agreement> agreements;
    txn.each(sql, {one.value, other.value}, [&](const Row& row) { agreements.push_back(read_agreement(row)); });
    return with_parties(txn, nullptr, std::move(agreements));
}

bool keys_hold(ReadTxn& txn, AgreementId agreement, AuthorizationId authorization, Instant now) {
    return txn
        .first(
            "SELECT 1 FROM agreements a, authorizations z WHERE a.id = $1 AND z.id = $2 AND a.state = 'in_force' AND a.valid_from "
            "<= $3"
            " AND (a.valid_until IS NULL OR a.valid_until > $3) AND z.state = 'granted' AND z.not_before <= $3 AND z.until > $3",
            {agreement.value, authorization.value, now.us}, [](const Row&) { return true; })
        .has_value();
}

void insert_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    const Blob details = seal_details(txn, vault, stored);
    txn.change(
        "INSERT INTO authorizations (id, company, customer, purpose, classes, not_before, until, state, assurance, requested_by,"
        " decided_by, details, evidence_digest, created_at, decided_at, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        {z.id.value, z.company.value, z.customer.value, z.purpose, static_cast<std::int64_t>(z.classes.bits()), z.not_before.us,
         z.until.us, name(z.state), name(z.assurance), stored.requested_by, stored.decided_by, details, z.evidence_digest,
         z.created_at.us, z.decided_at.us, z.version});
    for (const CompanyId partner : z.partners)
        txn.change("INSERT INTO authorization_partners (authorization_id, company) VALUES ($1, $2)", {z.id.value, partner.value});
}

bool update_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    const Blob details = seal_details(txn, vault, stored);
    return txn.change(
               "UPDATE authorizations SET state = $2, assurance = $3, decided_by = $4, details = $5, evidence_digest = $6,"
               " decided_at = $7, version = $8 WHERE id = $1 AND version = $9",
               {z.id.value, name(z.state), name(z.assurance), stored.decided_by, details, z.evidence_digest, z.decided_at.us,
                z.version, z.version - 1}) == 1;
}

std::optional<StoredAuthorization> find_authorization(ReadTxn& txn, Vault& vault, CompanyId company, AuthorizationId id) {
    static const std::string sql =
        "SELECT " + std::string(authorization_columns) + " FROM authorizations z WHERE z.company = $1 AND z.id = $2";
    auto found = txn.first(sql, {company.value, id.value}, [&](const Row& row) { return read_stored(txn, vault, row); });
    if (found) load_partners(txn, found->authorization);
    return found;
}

std::vector<StoredAuthorization> authorizations_of(ReadTxn& txn, Vault& vault, CompanyId company, protocol::CustomerId customer) {
    static const std::string sql = "SELECT " + std::string(authorization_columns) +
                                   " FROM authorizations z WHERE z.company = $1 AND ($2 = 0 OR z.customer = $2)"
                                   " ORDER BY z.created_at, z.id";
    std::vector<StoredAuthorization> found;
    txn.each(sql, {company.value, customer.value}, [&](const Row& row) { found.push_back(read_stored(txn, vault, row)); });
    for (StoredAuthorization& stored : found) load_partners(txn, stored.authorization);
    return found;
}

std::vector<Authorization> authorizations_for(ReadTxn& txn, CompanyId company, protocol::CustomerId customer) {
    static const std::string sql = "SELECT " + std::string(authorization_columns) +
                                   " FROM authorizations z WHERE z.company = $1 AND z.customer = $2 ORDER BY z.id";
    std::vector<Authorization> found;
    txn.each(sql, {company.value, customer.value}, [&](const Row& row) { found.push_back(read_authorization(row)); });
    for (Authorization& authorization : found) load_partners(txn, authorization);
    return found;
}

}  // namespace entente::store
