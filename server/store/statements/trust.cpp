#include "server/store/statements/trust.hpp"

#include "server/store/critical_rows.hpp"

#include <algorithm>

namespace entente::store {

using protocol::Agreement;
using protocol::AgreementId;
using protocol::AuthorizationId;
using protocol::CompanyId;
using protocol::Instant;

namespace {

constexpr std::string_view agreement_columns =
    "a.id, a.title, a.document_version, a.document_digest, a.valid_from, a.valid_until, a.state, a.permitted, a.purpose,"
    " a.required_assurance, a.version, a.emergency_hours, a.products, a.kind, a.hub, a.transfer_basis, a.label_ceiling,"
    " a.acknowledge, a.supersedes";

// Names hold no line feed: the decoder refuses control characters in them.
std::string joined_lines(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& one : names) text += (text.empty() ? "" : "\n") + one;
    return text;
}
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        names.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return names;
}

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
    a.emergency_hours = static_cast<int>(row.number(11));
    a.products = lines_of(row.text(12));
    a.kind = protocol::parse_agreement_kind(row.text(13)).value_or(protocol::AgreementKind::bilateral);
    a.hub = {row.number(14)};
    a.transfer_basis = protocol::parse_transfer_basis(row.text(15)).value_or(protocol::TransferBasis::none_needed);
    a.label_ceiling = row.text(16);
    a.acknowledge = row.number(17) != 0;
    a.supersedes = {row.number(18)};
    return a;
}

std::string signatory_place(AgreementId agreement, CompanyId company) {
    return "agreement_parties/signatory/" + std::to_string(agreement.value) + "/" + std::to_string(company.value);
}

// Those who left are no parties any more.
void load_parties(ReadTxn& txn, Vault* vault, Agreement& a) {
    check_row(txn, Critical::agreement, a.id.value);
    txn.each(
        "SELECT company, accepted_at, signatory, role, signed_digest FROM agreement_parties"
        " WHERE agreement = $1 AND left_at IS NULL ORDER BY company",
        {a.id.value}, [&](const Row& row) {
            const CompanyId company{row.number(0)};
            a.parties.push_back(company);
            a.roles.push_back(protocol::parse_party_role(row.text(3)).value_or(protocol::PartyRole::controller));
            if (row.is_null(1)) return;
            protocol::Acceptance acceptance{.company = company, .at = {row.number(1)}, .signed_digest = std::string(row.text(4))};
            if (vault != nullptr && !row.is_null(2))
                acceptance.signatory = vault->open(txn, signatory_place(a.id, company), row.bytes(2)).value_or("");
            a.acceptances.push_back(std::move(acceptance));
        });
}

std::vector<Agreement> with_parties(ReadTxn& txn, Vault* vault, std::vector<Agreement> agreements) {
    for (Agreement& agreement : agreements) load_parties(txn, vault, agreement);
    return agreements;
}

}  // namespace

void insert_agreement(Txn& txn, const Agreement& a, Instant now) {
    touch(txn, Critical::agreement, a.id.value);
    const std::optional<std::int64_t> until = a.valid_until ? std::optional(a.valid_until->us) : std::nullopt;
    txn.change(
        "INSERT INTO agreements (id, title, document_version, document_digest, valid_from, valid_until, state, permitted, purpose,"
        " required_assurance, version, created_at, emergency_hours, products, kind, hub, transfer_basis, label_ceiling, "
        "acknowledge,"
        " supersedes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        {a.id.value,
         a.title,
         a.document_version,
         a.document_digest,
         a.valid_from.us,
         until,
         name(a.state),
         static_cast<std::int64_t>(a.permitted.bits()),
         a.purpose,
         name(a.required_assurance),
         a.version,
         now.us,
         a.emergency_hours,
         joined_lines(a.products),
         name(a.kind),
         a.hub.value,
         name(a.transfer_basis),
         a.label_ceiling,
         a.acknowledge,
         a.supersedes.value});
    for (std::size_t i = 0; i < a.parties.size(); ++i)
        add_party(txn, a.id, a.parties[i], i < a.roles.size() ? a.roles[i] : protocol::PartyRole::controller);
}

void add_party(Txn& txn, AgreementId id, CompanyId company, protocol::PartyRole role) {
    touch(txn, Critical::agreement, id.value);
    txn.change(
        "INSERT INTO agreement_parties (agreement, company, role) VALUES ($1, $2, $3)"
        " ON CONFLICT (agreement, company) DO UPDATE SET role = $3, left_at = NULL, accepted_at = NULL, signatory = NULL",
        {id.value, company.value, name(role)});
}

bool leave_agreement(Txn& txn, AgreementId id, CompanyId company, Instant now) {
    touch(txn, Critical::agreement, id.value);
    return txn.change("UPDATE agreement_parties SET left_at = $3 WHERE agreement = $1 AND company = $2 AND left_at IS NULL",
                      {id.value, company.value, now.us}) == 1;
}

bool update_agreement(Txn& txn, const Agreement& a) {
    touch(txn, Critical::agreement, a.id.value);
    return txn.change("UPDATE agreements SET state = $2, version = $3 WHERE id = $1 AND version = $4",
                      {a.id.value, name(a.state), a.version, a.version - 1}) == 1;
}

void accept_agreement(Txn& txn, Vault& vault, AgreementId id, const protocol::Acceptance& acceptance,
                      std::string_view signed_text) {
    touch(txn, Critical::agreement, id.value);
    const Owner owner = Owner::company(acceptance.company);
    const Blob signatory = vault.seal(txn, owner, {}, Tag::actor, signatory_place(id, acceptance.company), acceptance.signatory);
    std::optional<Blob> text;
    if (!signed_text.empty())
        text =
            vault.seal(txn, owner, {}, Tag::actor,
                       "agreement_parties/signed_text/" + std::to_string(id.value) + "/" + std::to_string(acceptance.company.value),
                       signed_text);
    txn.change(
        "UPDATE agreement_parties SET accepted_at = $3, signatory = $4, signed_digest = $5, signed_text = $6"
        " WHERE agreement = $1 AND company = $2",
        {id.value, acceptance.company.value, acceptance.at.us, signatory, acceptance.signed_digest, text});
}

std::optional<Agreement> find_agreement(ReadTxn& txn, Vault& vault, AgreementId id) {
    static const std::string sql = "SELECT " + std::string(agreement_columns) + " FROM agreements a WHERE a.id = $1";
    auto agreement = txn.first(sql, {id.value}, read_agreement);
    if (agreement) load_parties(txn, &vault, *agreement);
    return agreement;
}

std::vector<CompanyId> agreement_parties(ReadTxn& txn, AgreementId id) {
    std::vector<CompanyId> parties;
    txn.each("SELECT company FROM agreement_parties WHERE agreement = $1 AND left_at IS NULL ORDER BY company", {id.value},
             [&](const Row& row) { parties.push_back({row.number(0)}); });
    return parties;
}

std::vector<Agreement> agreements_of(ReadTxn& txn, Vault& vault, CompanyId party) {
    static const std::string sql =
        "SELECT " + std::string(agreement_columns) +
        " FROM agreements a JOIN agreement_parties p ON p.agreement = a.id WHERE p.company = $1 AND p.left_at IS NULL"
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
    static const std::string sql =
        "SELECT " + std::string(agreement_columns) +
        " FROM agreements a JOIN agreement_parties p ON p.agreement = a.id AND p.company = $1 AND p.left_at IS NULL"
        " JOIN agreement_parties q ON q.agreement = a.id AND q.company = $2 AND q.left_at IS NULL ORDER BY a.id";
    std::vector<Agreement> agreements;
    txn.each(sql, {one.value, other.value}, [&](const Row& row) { agreements.push_back(read_agreement(row)); });
    return with_parties(txn, nullptr, std::move(agreements));
}

bool keys_hold(ReadTxn& txn, AgreementId agreement, AuthorizationId authorization, Instant now) {
    if (agreement) check_row(txn, Critical::agreement, agreement.value);
    if (authorization) check_row(txn, Critical::authorization, authorization.value);
    return txn
        .first(
            "SELECT 1 FROM agreements a, authorizations z WHERE a.id = $1 AND z.id = $2 AND a.state = 'in_force' AND a.valid_from "
            "<= $3"
            " AND (a.valid_until IS NULL OR a.valid_until > $3) AND z.state = 'granted' AND z.not_before <= $3 AND z.until > $3",
            {agreement.value, authorization.value, now.us}, [](const Row&) { return true; })
        .has_value();
}

}  // namespace entente::store
