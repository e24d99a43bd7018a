#include <algorithm>
#include <charconv>

#include "server/store/critical_rows.hpp"
#include "server/store/statements/pack.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::store {

using protocol::Authorization;
using protocol::AuthorizationId;
using protocol::CompanyId;
using protocol::CustomerId;
using protocol::Instant;

namespace {

constexpr std::string_view authorization_columns =
    "z.id, z.company, z.customer, z.purpose, z.classes, z.not_before, z.until, z.state, z.assurance, z.evidence_digest,"
    " z.created_at, z.decided_at, z.version, z.requested_by, z.decided_by, z.details, z.product_codes, z.case_ids, z.emergency,"
    " z.asked_until";

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}
std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}
std::string joined(const std::vector<protocol::CaseId>& cases) {
    std::string text;
    for (const protocol::CaseId id : cases) text += (text.empty() ? "" : " ") + std::to_string(id.value);
    return text;
}
std::vector<protocol::CaseId> case_ids(std::string_view text) {
    std::vector<protocol::CaseId> cases;
    for (const std::string& word : words_of(text)) {
        protocol::CaseId id;
        std::from_chars(word.data(), word.data() + word.size(), id.value);
        cases.push_back(id);
    }
    return cases;
}

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
    z.product_codes = words_of(row.text(16));
    z.cases = case_ids(row.text(17));
    z.emergency = row.number(18) != 0;
    z.asked_until = {row.number(19)};
    return z;
}

std::string details_place(AuthorizationId id) {
    return "authorizations/details/" + std::to_string(id.value);
}

void load_partners(ReadTxn& txn, Authorization& z) {
    check_row(txn, Critical::authorization, z.id.value);
    txn.each("SELECT company FROM authorization_partners WHERE authorization_id = $1 ORDER BY company", {z.id.value},
             [&](const Row& row) { z.partners.push_back({row.number(0)}); });
}

void load_tokens(ReadTxn& txn, StoredAuthorization& stored) {
    for (const protocol::CaseId id : stored.authorization.cases)
        txn.each("SELECT token FROM cases WHERE id = $1", {id.value},
                 [&](const Row& row) { stored.case_tokens.emplace_back(row.text(0)); });
}

StoredAuthorization read_stored(ReadTxn& txn, Vault& vault, const Row& row) {
    StoredAuthorization stored;
    stored.authorization = read_authorization(row);
    stored.requested_by = row.text(13);
    stored.decided_by = row.text(14);
    if (const auto details = vault.open(txn, details_place(stored.authorization.id), row.bytes(15))) {
        Unpacker in(*details, 2);
        stored.authorization.obtained_how = in.text();
        stored.reason = in.text();
        if (in.version() >= 2) {
            stored.authorization.conditions = in.text();
            for (std::int64_t n = in.number(); n > 0; --n) stored.authorization.products.push_back(in.text());
            stored.signed_text = in.text();
        }
    }
    return stored;
}

Blob seal_details(Txn& txn, Vault& vault, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    Packer pack(2);
    pack.text(z.obtained_how).text(stored.reason).text(z.conditions).count(z.products);
    for (const std::string& product : z.products) pack.text(product);
    pack.text(stored.signed_text);
    return vault.seal(txn, Owner::customer(stored.authorization.customer), {}, Tag::customer,
                      details_place(stored.authorization.id), pack.bytes());
}

}  // namespace

void insert_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    touch(txn, Critical::authorization, z.id.value);
    const Blob details = seal_details(txn, vault, stored);
    txn.change(
        "INSERT INTO authorizations (id, company, customer, purpose, classes, not_before, until, state, assurance, requested_by,"
        " decided_by, details, evidence_digest, created_at, decided_at, version, product_codes, case_ids, emergency, asked_until,"
        " signed_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        {z.id.value,
         z.company.value,
         z.customer.value,
         z.purpose,
         static_cast<std::int64_t>(z.classes.bits()),
         z.not_before.us,
         z.until.us,
         name(z.state),
         name(z.assurance),
         stored.requested_by,
         stored.decided_by,
         details,
         z.evidence_digest,
         z.created_at.us,
         z.decided_at.us,
         z.version,
         joined(z.product_codes),
         joined(z.cases),
         z.emergency,
         z.asked_until.us,
         stored.signed_id});
    for (const CompanyId partner : z.partners)
        txn.change("INSERT INTO authorization_partners (authorization_id, company) VALUES ($1, $2)", {z.id.value, partner.value});
}

bool update_authorization(Txn& txn, Vault& vault, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    touch(txn, Critical::authorization, z.id.value);
    const Blob details = seal_details(txn, vault, stored);
    return txn.change(
               "UPDATE authorizations SET state = $2, assurance = $3, decided_by = $4, details = $5, evidence_digest = $6,"
               " decided_at = $7, version = $8, classes = $10, until = $11, emergency = $12, asked_until = $13"
               " WHERE id = $1 AND version = $9",
               {z.id.value, name(z.state), name(z.assurance), stored.decided_by, details, z.evidence_digest, z.decided_at.us,
                z.version, z.version - 1, static_cast<std::int64_t>(z.classes.bits()), z.until.us, z.emergency,
                z.asked_until.us}) == 1;
}

void renew_product_codes(Txn& txn, AuthorizationId id, const std::vector<std::string>& codes) {
    touch(txn, Critical::authorization, id.value);
    txn.change("UPDATE authorizations SET product_codes = $2 WHERE id = $1", {id.value, joined(codes)});
}

void keep_only_partners(Txn& txn, const Authorization& z) {
    touch(txn, Critical::authorization, z.id.value);
    std::vector<std::int64_t> gone;
    txn.each("SELECT company FROM authorization_partners WHERE authorization_id = $1", {z.id.value}, [&](const Row& row) {
        if (std::ranges::find(z.partners, CompanyId{row.number(0)}) == z.partners.end()) gone.push_back(row.number(0));
    });
    for (const std::int64_t company : gone)
        txn.change("DELETE FROM authorization_partners WHERE authorization_id = $1 AND company = $2", {z.id.value, company});
}

bool known_signed_id(ReadTxn& txn, Bytes id) {
    return txn.first("SELECT 1 FROM authorizations WHERE signed_id = $1", {id}, [](const Row&) { return true; }).has_value();
}

void add_authorization_event(Txn& txn, AuthorizationId id, std::string_view kind, Instant at, std::string_view actor) {
    txn.change(
        "INSERT INTO authorization_events (authorization_id, position, kind, at, actor)"
        " SELECT CAST($1 AS BIGINT), 1 + COALESCE(MAX(position), 0), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT)"
        " FROM authorization_events WHERE authorization_id = $1",
        {id.value, kind, at.us, actor});
}

std::vector<AuthorizationEvent> authorization_events(ReadTxn& txn, AuthorizationId id) {
    std::vector<AuthorizationEvent> events;
    txn.each("SELECT kind, at, actor FROM authorization_events WHERE authorization_id = $1 ORDER BY position", {id.value},
             [&](const Row& row) { events.push_back({std::string(row.text(0)), {row.number(1)}, std::string(row.text(2))}); });
    return events;
}

std::vector<StoredAuthorization> unconfirmed_emergencies(ReadTxn& txn, Vault& vault, CompanyId company) {
    static const std::string sql = "SELECT " + std::string(authorization_columns) +
                                   " FROM authorizations z WHERE z.company = $1 AND z.emergency = 1 ORDER BY z.created_at, z.id";
    std::vector<StoredAuthorization> found;
    txn.each(sql, {company.value}, [&](const Row& row) { found.push_back(read_stored(txn, vault, row)); });
    for (StoredAuthorization& stored : found) {
        load_partners(txn, stored.authorization);
        load_tokens(txn, stored);
    }
    return found;
}

// --- customers' keys ---

void insert_customer_key(Txn& txn, const CustomerKey& key) {
    touch(txn, Critical::customer_keys, key.customer.value);
    txn.change(
        "INSERT INTO customer_keys (customer, issuer, kid, algorithm, public_key, proposed_by, confirmed_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, '', $7)",
        {key.customer.value, key.issuer, key.key.kid, name(key.key.algorithm), key.key.bytes, key.proposed_by, key.created_at.us});
}

bool confirm_customer_key(Txn& txn, const CustomerKey& key) {
    touch(txn, Critical::customer_keys, key.customer.value);
    return txn.change(
               "UPDATE customer_keys SET confirmed_by = $4, confirmed_at = $5 WHERE customer = $1 AND issuer = $2 AND kid = $3"
               " AND confirmed_at IS NULL AND revoked_at IS NULL",
               {key.customer.value, key.issuer, key.key.kid, key.confirmed_by,
                key.confirmed_at ? key.confirmed_at->us : std::int64_t{0}}) == 1;
}

bool revoke_customer_key(Txn& txn, const CustomerKey& key, Instant now) {
    touch(txn, Critical::customer_keys, key.customer.value);
    return txn.change(
               "UPDATE customer_keys SET revoked_at = $4 WHERE customer = $1 AND issuer = $2 AND kid = $3 AND revoked_at IS NULL",
               {key.customer.value, key.issuer, key.key.kid, now.us}) == 1;
}

std::vector<CustomerKey> customer_keys(ReadTxn& txn, CustomerId customer) {
    std::vector<CustomerKey> keys;
    const auto instant = [](std::optional<std::int64_t> us) { return us ? std::optional(Instant{*us}) : std::nullopt; };
    txn.each(
        "SELECT issuer, kid, algorithm, public_key, proposed_by, confirmed_by, created_at, confirmed_at, revoked_at"
        " FROM customer_keys WHERE customer = $1 ORDER BY created_at, issuer, kid",
        {customer.value}, [&](const Row& row) {
            CustomerKey key;
            key.customer = customer;
            key.issuer = row.text(0);
            key.key.kid = row.text(1);
            key.key.algorithm = protocol::parse_jws_algorithm(row.text(2)).value_or(protocol::JwsAlgorithm::eddsa);
            const Bytes bytes = row.bytes(3);
            key.key.bytes.assign(bytes.begin(), bytes.end());
            key.proposed_by = row.text(4);
            key.confirmed_by = row.text(5);
            key.created_at = {row.number(6)};
            key.confirmed_at = instant(row.maybe_number(7));
            key.revoked_at = instant(row.maybe_number(8));
            keys.push_back(std::move(key));
        });
    if (!keys.empty()) check_row(txn, Critical::customer_keys, customer.value);
    return keys;
}

std::optional<StoredAuthorization> find_authorization(ReadTxn& txn, Vault& vault, CompanyId company, AuthorizationId id) {
    static const std::string sql =
        "SELECT " + std::string(authorization_columns) + " FROM authorizations z WHERE z.company = $1 AND z.id = $2";
    auto found = txn.first(sql, {company.value, id.value}, [&](const Row& row) { return read_stored(txn, vault, row); });
    if (found) {
        load_partners(txn, found->authorization);
        load_tokens(txn, *found);
    }
    return found;
}

std::vector<StoredAuthorization> authorizations_of(ReadTxn& txn, Vault& vault, CompanyId company, protocol::CustomerId customer) {
    static const std::string sql = "SELECT " + std::string(authorization_columns) +
                                   " FROM authorizations z WHERE z.company = $1 AND ($2 = 0 OR z.customer = $2)"
                                   " ORDER BY z.created_at, z.id";
    std::vector<StoredAuthorization> found;
    txn.each(sql, {company.value, customer.value}, [&](const Row& row) { found.push_back(read_stored(txn, vault, row)); });
    for (StoredAuthorization& stored : found) {
        load_partners(txn, stored.authorization);
        load_tokens(txn, stored);
    }
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
