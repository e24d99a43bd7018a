#include "server/store/statements/customer_page.hpp"

namespace entente::store {

using protocol::AuthorizationId;
using protocol::CaseId;
using protocol::CompanyId;
using protocol::CustomerId;
using protocol::Instant;

namespace {

std::string_view name(LinkKind kind) {
    switch (kind) {
        case LinkKind::ask:
            return "ask";
        case LinkKind::feedback:
            return "feedback";
        case LinkKind::receipt:
            break;
    }
    return "receipt";
}

std::string place(std::int64_t id) {
    return "customer_links/details/" + std::to_string(id);
}

std::optional<Blob> maybe_bytes(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    const Bytes bytes = row.bytes(column);
    return Blob(bytes.begin(), bytes.end());
}

}  // namespace

void insert_link(Txn& txn, Vault& vault, const CustomerLink& link) {
    const Blob details = vault.seal(txn, Owner::customer(link.customer), {}, Tag::customer, place(link.id), link.address);
    txn.change(
        "INSERT INTO customer_links (id, kind, authorization_id, token_hash, language, details, created_at, expires_at,"
        " case_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {link.id, name(link.kind), link.authorization.value, link.token_hash, protocol::name(link.language), details,
         link.created_at.us, link.expires_at.us, link.case_id.value});
}

void update_link(Txn& txn, const CustomerLink& link) {
    txn.change(
        "UPDATE customer_links SET code = $2, code_until = $3, code_tries = $4, codes_sent = $5, codes_since = $6, wrong_tries = "
        "$7,"
        " ticket = $8, ticket_until = $9, expires_at = $10 WHERE id = $1",
        {link.id, link.code, link.code_until.us, link.code_tries, link.codes_sent, link.codes_since.us, link.wrong_tries,
         link.ticket, link.ticket_until.us, link.expires_at.us});
}

std::optional<CustomerLink> find_link(ReadTxn& txn, Vault& vault, LinkKind kind, Bytes token_hash) {
    return txn.first(
        "SELECT l.id, l.authorization_id, z.company, z.customer, l.language, l.details, l.created_at, l.expires_at, l.code,"
        " l.code_until, l.code_tries, l.codes_sent, l.codes_since, l.wrong_tries, l.ticket, l.ticket_until, l.case_id"
        " FROM customer_links l JOIN authorizations z ON z.id = l.authorization_id WHERE l.kind = $1 AND l.token_hash = $2",
        {name(kind), token_hash}, [&](const Row& row) {
            CustomerLink link;
            link.kind = kind;
            link.id = row.number(0);
            link.authorization = {row.number(1)};
            link.company = {row.number(2)};
            link.customer = {row.number(3)};
            link.token_hash.assign(token_hash.begin(), token_hash.end());
            link.language = protocol::parse_language(row.text(4)).value_or(protocol::Language::english);
            link.address = vault.open(txn, place(link.id), row.bytes(5)).value_or("");
            link.created_at = {row.number(6)};
            link.expires_at = {row.number(7)};
            link.code = maybe_bytes(row, 8);
            link.code_until = {row.number(9)};
            link.code_tries = row.number(10);
            link.codes_sent = row.number(11);
            link.codes_since = {row.number(12)};
            link.wrong_tries = row.number(13);
            link.ticket = maybe_bytes(row, 14);
            link.ticket_until = {row.number(15)};
            link.case_id = {row.number(16)};
            return link;
        });
}

std::optional<CustomerLink> last_answered_link(ReadTxn& txn, Vault& vault, AuthorizationId authorization) {
    return txn.first(
        "SELECT id, language, details FROM customer_links WHERE authorization_id = $1 AND kind = 'receipt'"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        {authorization.value}, [&](const Row& row) {
            CustomerLink link;
            link.kind = LinkKind::receipt;
            link.id = row.number(0);
            link.authorization = authorization;
            link.language = protocol::parse_language(row.text(1)).value_or(protocol::Language::english);
            link.address = vault.open(txn, place(link.id), row.bytes(2)).value_or("");
            return link;
        });
}

void end_ask_links(Txn& txn, AuthorizationId authorization) {
    txn.change("DELETE FROM customer_links WHERE authorization_id = $1 AND kind = 'ask'", {authorization.value});
}

bool asked_already(ReadTxn& txn, CompanyId company, CustomerId customer, CompanyId partner, Instant now) {
    return txn
        .first(
            "SELECT 1 FROM customer_links l JOIN authorizations z ON z.id = l.authorization_id"
            " JOIN authorization_partners p ON p.authorization_id = z.id AND p.company = $3"
            " WHERE z.company = $1 AND z.customer = $2 AND z.state = 'requested' AND l.kind = 'ask' AND l.expires_at > $4",
            {company.value, customer.value, partner.value, now.us}, [](const Row&) { return true; })
        .has_value();
}

std::int64_t forget_links(Txn& txn, Instant expired_before) {
    return txn.change("DELETE FROM customer_links WHERE expires_at < $1", {expired_before.us});
}

void note_use(Txn& txn, AuthorizationId authorization, CaseId id, Instant now) {
    txn.change(
        "INSERT INTO authorization_uses (authorization_id, case_id, since) VALUES ($1, $2, $3)"
        " ON CONFLICT (authorization_id, case_id) DO NOTHING",
        {authorization.value, id.value, now.us});
}

void note_disclosure(Txn& txn, CaseId id, CompanyId company, std::int64_t version, std::string_view operation, Instant now,
                     bool taken) {
    txn.change(
        "INSERT INTO disclosures (case_id, company, version, at, operation, agreement, authorization_id, released_classes, "
        "taken_at)"
        " SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT), agreement, authorization_id,"
        " released_classes, CASE WHEN CAST($6 AS BIGINT) = 1 THEN CAST($4 AS BIGINT) END FROM cases WHERE id = $1 AND (receiver = "
        "$2"
        " OR submitter = $2) ON CONFLICT (case_id, company, version) DO UPDATE SET taken_at = excluded.taken_at"
        " WHERE disclosures.taken_at IS NULL AND excluded.taken_at IS NOT NULL",
        {id.value, company.value, version, now.us, operation, taken ? 1 : 0});
}

std::int64_t count_disclosures_under(ReadTxn& txn, AuthorizationId authorization) {
    return txn
        .first(
            "SELECT COUNT(*) FROM authorization_uses u JOIN disclosures d ON d.case_id = u.case_id AND d.at >= u.since"
            " JOIN cases c ON c.id = u.case_id WHERE u.authorization_id = $1 AND d.company <> c.submitter",
            {authorization.value}, [](const Row& row) { return row.number(0); })
        .value_or(0);
}

std::vector<Disclosure> disclosures_under(ReadTxn& txn, AuthorizationId authorization, std::int64_t limit) {
    std::vector<Disclosure> found;
    txn.each(
        "SELECT d.at, d.company, d.operation, c.token, d.version FROM authorization_uses u"
        " JOIN disclosures d ON d.case_id = u.case_id AND d.at >= u.since JOIN cases c ON c.id = u.case_id"
        " WHERE u.authorization_id = $1 AND d.company <> c.submitter ORDER BY d.at DESC, c.token, d.version DESC LIMIT $2",
        {authorization.value, limit}, [&](const Row& row) {
            found.push_back({{row.number(0)}, {row.number(1)}, std::string(row.text(2)), std::string(row.text(3)), row.number(4)});
        });
    return found;
}

}  // namespace entente::store
