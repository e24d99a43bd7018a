#include "server/store/statements/erasure.hpp"

#include <algorithm>
#include <array>

#include "server/store/critical_rows.hpp"

namespace entente::store {

using protocol::CaseId;
using protocol::CompanyId;
using protocol::Instant;

namespace {

template <class E, std::size_t N>
std::optional<E> find_word(const std::array<std::string_view, N>& words, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i)
        if (words[i] == text) return static_cast<E>(i);
    return std::nullopt;
}

constexpr std::array<std::string_view, 7> erasure_subjects{"customer", "person", "case", "partner", "age", "company", "retention"};
constexpr std::array<std::string_view, 5> erasure_states{"proposed", "ordered", "erasing", "done", "cancelled"};
constexpr std::array<std::string_view, 4> hold_subjects{"customer", "case", "person", "company"};
constexpr std::array<std::string_view, 4> hold_states{"proposed", "in_force", "lifting", "lifted"};

std::optional<std::int64_t> us(const std::optional<Instant>& instant) {
    return instant ? std::optional(instant->us) : std::nullopt;
}

std::optional<Instant> maybe_instant(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return Instant{row.number(column)};
}

std::string place(std::string_view column, std::int64_t id) {
    return std::string(column) + "/" + std::to_string(id);
}

constexpr std::string_view order_columns =
    "id, company, scope, subject, tags, ended_before, state, ordered_by, ordered_at, confirmed_by, confirmed_at, done_at,"
    " (SELECT MIN(l.idx) FROM erased_lists l WHERE l.erasure = erasure_orders.id), keys_destroyed, sections, cases, cases_held,"
    " reason";

ErasureOrder read_order(ReadTxn& txn, Vault& vault, const Row& row) {
    ErasureOrder order;
    order.id = row.number(0);
    order.company = {row.number(1)};
    order.subject = parse_erasure_subject(row.text(2)).value_or(ErasureSubject::case_alone);
    order.subject_id = row.number(3);
    order.tags.bits = static_cast<std::uint32_t>(row.number(4));
    order.ended_before = maybe_instant(row, 5);
    order.state = find_word<ErasureState>(erasure_states, row.text(6)).value_or(ErasureState::cancelled);
    order.ordered_by = row.text(7);
    order.ordered_at = {row.number(8)};
    order.confirmed_by = row.text(9);
    order.confirmed_at = maybe_instant(row, 10);
    order.done_at = maybe_instant(row, 11);
    order.entry = row.maybe_number(12);
    order.keys_destroyed = row.number(13);
    order.sections = row.number(14);
    order.cases = row.number(15);
    order.cases_held = row.number(16);
    order.reason = vault.open(txn, place("erasure_orders/reason", order.id), row.bytes(17)).value_or("");
    return order;
}

// A list ends after so many; what still waits for somebody comes first, so that it is never what is left out.
constexpr std::int64_t listed_max = 500;

// A case that still moves.
#define ENTENTE_GOES_ON "flow <> 'ended' AND status <> 'CLOSED' AND status <> 'REJECTED'"
// Its words are still there.
#define ENTENTE_NOT_ERASED \
    "NOT EXISTS (SELECT 1 FROM barred_owner b WHERE b.uid = 'case/' || CAST(c.id AS TEXT) || '/4' OR b.uid = c.key_owner)"

std::vector<CaseId> case_ids(ReadTxn& txn, std::string_view sql, Args args) {
    std::vector<CaseId> found;
    txn.each(sql, args, [&](const Row& row) { found.push_back({row.number(0)}); });
    return found;
}

}  // namespace

std::string_view name(ErasureSubject subject) {
    return erasure_subjects.at(static_cast<std::size_t>(subject));
}
std::optional<ErasureSubject> parse_erasure_subject(std::string_view text) {
    return find_word<ErasureSubject>(erasure_subjects, text);
}
std::string_view name(ErasureState state) {
    return erasure_states.at(static_cast<std::size_t>(state));
}
std::string_view name(HoldSubject subject) {
    return hold_subjects.at(static_cast<std::size_t>(subject));
}
std::optional<HoldSubject> parse_hold_subject(std::string_view text) {
    return find_word<HoldSubject>(hold_subjects, text);
}
std::string_view name(HoldState state) {
    return hold_states.at(static_cast<std::size_t>(state));
}

TagSet asked_of_partners(ErasureSubject subject, TagSet tags) {
    // With the customer or the company every word of the cases goes, whatever classes the order names.
    if (subject == ErasureSubject::customer || subject == ErasureSubject::company)
        return TagSet{}.add(Tag::customer).add(Tag::content);
    TagSet asked;
    for (const Tag tag : {Tag::customer, Tag::content})
        if (tags.has(tag)) asked.add(tag);
    return asked;
}

void insert_erasure(Txn& txn, Vault& vault, const ErasureOrder& o) {
    const Blob reason = vault.seal(txn, o.company ? Owner::company(o.company) : Owner::gateway(), {}, Tag::actor,
                                   place("erasure_orders/reason", o.id), o.reason);
    txn.change(
        "INSERT INTO erasure_orders (id, company, scope, subject, tags, ended_before, state, ordered_by, ordered_at, confirmed_by,"
        " keys_destroyed, sections, cases, cases_held, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, $11, $12, "
        "$13)",
        {o.id, o.company.value, name(o.subject), o.subject_id, static_cast<std::int64_t>(o.tags.bits), us(o.ended_before),
         name(o.state), o.ordered_by, o.ordered_at.us, o.confirmed_by, o.cases, o.cases_held, reason});
}

void update_erasure(Txn& txn, const ErasureOrder& o) {
    txn.change(
        "UPDATE erasure_orders SET state = $2, confirmed_by = $3, confirmed_at = $4, done_at = $5, keys_destroyed = $6,"
        " sections = $7, cases = $8, cases_held = $9 WHERE id = $1",
        {o.id, name(o.state), o.confirmed_by, us(o.confirmed_at), us(o.done_at), o.keys_destroyed, o.sections, o.cases,
         o.cases_held});
}

std::optional<ErasureOrder> find_erasure(ReadTxn& txn, Vault& vault, std::int64_t id) {
    static const std::string sql = "SELECT " + std::string(order_columns) + " FROM erasure_orders WHERE id = $1";
    return txn.first(sql, {id}, [&](const Row& row) { return read_order(txn, vault, row); });
}

std::vector<ErasureOrder> erasures_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    // The orders of retention have no company either, and are nobody's to confirm.
    static const std::string sql =
        "SELECT " + std::string(order_columns) +
        " FROM erasure_orders WHERE (company = $1 AND $1 <> 0) OR (scope = 'company' AND $1 = 0)"
        " ORDER BY CASE WHEN state = 'done' OR state = 'cancelled' THEN 1 ELSE 0 END, ordered_at DESC, id LIMIT $2";
    std::vector<ErasureOrder> all;
    txn.each(sql, {company.value, listed_max}, [&](const Row& row) { all.push_back(read_order(txn, vault, row)); });
    return all;
}

std::vector<std::int64_t> erasures_to_do(ReadTxn& txn, std::int64_t after, int limit) {
    std::vector<std::int64_t> ids;
    txn.each("SELECT id FROM erasure_orders WHERE (state = 'ordered' OR state = 'erasing') AND id > $1 ORDER BY id LIMIT $2",
             {after, limit}, [&](const Row& row) { ids.push_back(row.number(0)); });
    return ids;
}

std::vector<CaseId> cases_to_erase(ReadTxn& txn, const ErasureOrder& order) {
    switch (order.subject) {
        case ErasureSubject::customer:
            return case_ids(txn, "SELECT c.id FROM cases c WHERE c.submitter = $1 AND c.customer = $2 ORDER BY c.id",
                            {order.company.value, order.subject_id});
        case ErasureSubject::case_alone:
            return case_ids(txn, "SELECT c.id FROM cases c WHERE c.submitter = $1 AND c.id = $2 AND " ENTENTE_NOT_ERASED,
                            {order.company.value, order.subject_id});
        case ErasureSubject::partner:
            return case_ids(txn,
                            "SELECT c.id FROM cases c WHERE c.submitter = $1 AND c.receiver = $2 AND NOT (" ENTENTE_GOES_ON
                            ") AND " ENTENTE_NOT_ERASED " ORDER BY c.id",
                            {order.company.value, order.subject_id});
        case ErasureSubject::age:
            return case_ids(txn,
                            "SELECT c.id FROM cases c WHERE c.submitter = $1 AND c.updated_at < $2 AND NOT (" ENTENTE_GOES_ON
                            ") AND " ENTENTE_NOT_ERASED " ORDER BY c.id",
                            {order.company.value, order.ended_before.value_or(Instant{}).us});
        case ErasureSubject::company:
            return case_ids(txn, "SELECT c.id FROM cases c WHERE c.submitter = $1 AND " ENTENTE_NOT_ERASED " ORDER BY c.id",
                            {order.company.value});
        case ErasureSubject::person:
        case ErasureSubject::retention:
            break;
    }
    return {};
}

std::vector<std::string> cases_going_on(ReadTxn& txn, const ErasureOrder& order, int limit) {
    const auto tokens = [&](std::string_view sql, Args args) {
        std::vector<std::string> found;
        txn.each(sql, args, [&](const Row& row) { found.emplace_back(row.text(0)); });
        return found;
    };
    switch (order.subject) {
        case ErasureSubject::customer:
            return tokens("SELECT token FROM cases WHERE submitter = $1 AND customer = $2 AND " ENTENTE_GOES_ON
                          " ORDER BY id LIMIT $3",
                          {order.company.value, order.subject_id, limit});
        case ErasureSubject::case_alone:
            return tokens("SELECT token FROM cases WHERE id = $1 AND " ENTENTE_GOES_ON " LIMIT $2", {order.subject_id, limit});
        case ErasureSubject::company:
            return tokens("SELECT token FROM cases WHERE (submitter = $1 OR receiver = $1) AND " ENTENTE_GOES_ON
                          " ORDER BY id LIMIT $2",
                          {order.company.value, limit});
        case ErasureSubject::person:
        case ErasureSubject::partner:
        case ErasureSubject::age:
        case ErasureSubject::retention:
            break;
    }
    return {};
}

std::vector<protocol::UserId> people_of(ReadTxn& txn, CompanyId company) {
    std::vector<protocol::UserId> people;
    txn.each("SELECT id FROM users WHERE company = $1 ORDER BY id", {company.value},
             [&](const Row& row) { people.push_back({row.number(0)}); });
    return people;
}

std::vector<protocol::CustomerId> customer_ids_of(ReadTxn& txn, CompanyId company) {
    std::vector<protocol::CustomerId> customers;
    txn.each("SELECT id FROM customers WHERE company = $1 ORDER BY id", {company.value},
             [&](const Row& row) { customers.push_back({row.number(0)}); });
    return customers;
}

std::vector<Owner> owners_of_company(ReadTxn& txn, CompanyId company) {
    std::vector<Owner> owners{Owner::company(company)};
    for (const auto person : people_of(txn, company)) owners.push_back(Owner::person(person));
    for (const auto customer : customer_ids_of(txn, company)) owners.push_back(Owner::customer(customer));
    return owners;
}

std::optional<std::int64_t> id_of_case(ReadTxn& txn, std::string_view token, CompanyId submitter) {
    return txn.first("SELECT id FROM cases WHERE token = $1 AND submitter = $2", {token, submitter.value},
                     [](const Row& row) { return row.number(0); });
}

bool case_ended_before(ReadTxn& txn, CaseId id, Instant before) {
    return txn
        .first("SELECT 1 FROM cases c WHERE c.id = $1 AND c.updated_at < $2 AND NOT (" ENTENTE_GOES_ON ")", {id.value, before.us},
               [](const Row&) { return true; })
        .has_value();
}

std::vector<Vault::KeyRow> expired_case_keys(ReadTxn& txn, Tag tag, Instant before, const certs::KeyId& after, int limit) {
    std::vector<Vault::KeyRow> keys;
    txn.each(
        "SELECT d.key_id, d.owner, d.case_id FROM data_key d JOIN cases c ON c.id = d.case_id WHERE d.purpose = 1 AND d.tag = $1"
        " AND d.destroyed = 0 AND d.case_id <> 0 AND c.updated_at < $2 AND NOT (" ENTENTE_GOES_ON
        ") AND d.key_id > $3 ORDER BY d.key_id LIMIT $4",
        {static_cast<std::int64_t>(tag), before.us, Bytes(after), limit}, [&](const Row& row) {
            Vault::KeyRow key;
            const Bytes id = row.bytes(0);
            std::copy_n(id.begin(), std::min(id.size(), key.id.size()), key.id.begin());
            key.owner.uid = row.text(1);
            key.scope = {row.number(2)};
            key.tag = tag;
            key.purpose = Purpose::sections;
            key.sealed_sections = true;
            keys.push_back(std::move(key));
        });
    return keys;
}

bool retention_under_way(ReadTxn& txn) {
    return txn
        .first("SELECT 1 FROM erasure_orders WHERE scope = 'retention' AND (state = 'ordered' OR state = 'erasing')", {},
               [](const Row&) { return true; })
        .has_value();
}

std::vector<CompanyId> companies_that_saw(ReadTxn& txn, CaseId id) {
    std::vector<CompanyId> companies;
    txn.each(
        "SELECT receiver FROM cases WHERE id = $1 AND released_at IS NOT NULL"
        " UNION SELECT d.company FROM disclosures d JOIN cases c ON c.id = d.case_id WHERE d.case_id = $1 AND d.company <> "
        "c.submitter",
        {id.value}, [&](const Row& row) { companies.push_back({row.number(0)}); });
    return companies;
}

void forget_case(Txn& txn, CaseId id) {
    txn.change(
        "UPDATE cases SET submitter_number_index = $2, receiver_number_index = NULL, hold_text = '', content_removed = 1"
        " WHERE id = $1",
        {id.value, Bytes{}});
    txn.change("UPDATE timers SET due_at = NULL WHERE case_id = $1", {id.value});
    txn.change("UPDATE mail_letters SET content = NULL, address_index = $2 WHERE case_id = $1", {id.value, Bytes{}});
}

void forget_customer(Txn& txn, protocol::CustomerId id, Bytes random_index, Instant now) {
    txn.each("SELECT id FROM authorizations WHERE customer = $1", {id.value},
             [&](const Row& row) { touch(txn, Critical::authorization, row.number(0)); });
    touch(txn, Critical::customer_keys, id.value);
    txn.change("UPDATE customers SET active = 0, name_index = $2, version = version + 1 WHERE id = $1", {id.value, random_index});
    txn.change(
        "UPDATE authorizations SET state = CASE state WHEN 'granted' THEN 'withdrawn' WHEN 'requested' THEN 'refused' ELSE state "
        "END,"
        " decided_at = $2, product_codes = '', signed_id = NULL, evidence_digest = '', version = version + 1 WHERE customer = $1",
        {id.value, now.us});
    txn.change("DELETE FROM customer_links WHERE authorization_id IN (SELECT z.id FROM authorizations z WHERE z.customer = $1)",
               {id.value});
    txn.change("DELETE FROM customer_keys WHERE customer = $1", {id.value});
    txn.change("UPDATE mail_letters SET content = NULL, address_index = $2 WHERE contact = $1",
               {"customer/" + std::to_string(id.value), Bytes{}});
    txn.change("DELETE FROM mail_bounces WHERE contact = $1", {"customer/" + std::to_string(id.value)});
    txn.change("UPDATE intake_probes SET ended_at = $2 WHERE customer = $1 AND ended_at IS NULL", {id.value, now.us});
}

void forget_person(Txn& txn, protocol::UserId id, Bytes random_index, Instant now) {
    const std::string contact = "person/" + std::to_string(id.value);
    touch(txn, Critical::user, id.value);
    txn.change("UPDATE users SET active = 0, password = '', username_index = $2 WHERE id = $1", {id.value, random_index});
    txn.change("UPDATE sessions SET revoked_at = $2 WHERE kind = 'user' AND principal = $1 AND revoked_at IS NULL",
               {id.value, now.us});
    txn.change("DELETE FROM mail_digest WHERE recipient IN (SELECT r.id FROM mail_recipients r WHERE r.person = $1)", {id.value});
    txn.change("DELETE FROM mail_recipients WHERE person = $1", {id.value});
    txn.change("DELETE FROM case_followers WHERE person = $1", {id.value});
    txn.change("UPDATE mail_letters SET content = NULL, address_index = $2 WHERE contact = $1", {contact, Bytes{}});
    txn.change("DELETE FROM mail_bounces WHERE contact = $1", {contact});
}

void forget_company(Txn& txn, CompanyId id, Instant now) {
    touch(txn, Critical::company, id.value);
    txn.each("SELECT id FROM clients WHERE company = $1", {id.value},
             [&](const Row& row) { touch(txn, Critical::client, row.number(0)); });
    txn.each("SELECT id FROM webhooks WHERE company = $1", {id.value},
             [&](const Row& row) { touch(txn, Critical::webhook, row.number(0)); });
    txn.change("UPDATE companies SET active = 0, hidden = 1 WHERE id = $1", {id.value});
    txn.change(
        "UPDATE clients SET active = 0, client_id = 'erased-' || CAST(id AS TEXT), name = '', certificate_uri = NULL,"
        " secret = $2, previous_secret = NULL WHERE company = $1",
        {id.value, Bytes{}});
    txn.change(
        "UPDATE sessions SET revoked_at = $2 WHERE revoked_at IS NULL AND ((kind = 'user' AND principal IN"
        " (SELECT u.id FROM users u WHERE u.company = $1)) OR (kind = 'client' AND principal IN"
        " (SELECT l.id FROM clients l WHERE l.company = $1)))",
        {id.value, now.us});
    txn.change("UPDATE webhooks SET active = 0, removed_at = $2 WHERE company = $1 AND removed_at IS NULL", {id.value, now.us});
    txn.change(
        "UPDATE deliveries SET open = 0, state = 'stopped', reason = 'company_erased', finished_at = $2"
        " WHERE company = $1 AND open = 1",
        {id.value, now.us});
}

// --- requests to partners ---

namespace {

constexpr std::string_view request_columns =
    "id, erasure, company, partner, cases, signed_text, sent_at, answer, answered_by, answered_at, words,"
    " (SELECT o.scope FROM erasure_orders o WHERE o.id = erasure_requests.erasure),"
    " (SELECT o.tags FROM erasure_orders o WHERE o.id = erasure_requests.erasure)";

ErasureRequest read_request(ReadTxn& txn, Vault& vault, const Row& row) {
    ErasureRequest request;
    request.id = row.number(0);
    request.erasure = row.number(1);
    request.company = {row.number(2)};
    request.partner = {row.number(3)};
    for (std::string_view left = row.text(4); !left.empty();) {
        const std::size_t end = left.find(' ');
        request.tokens.emplace_back(left.substr(0, end));
        left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
    }
    request.signed_text = row.text(5);
    request.sent_at = {row.number(6)};
    request.answer = row.text(7);
    request.answered_by = row.text(8);
    request.answered_at = maybe_instant(row, 9);
    if (!row.is_null(10)) request.words = vault.open(txn, place("erasure_requests/words", request.id), row.bytes(10)).value_or("");
    TagSet tags;
    tags.bits = static_cast<std::uint32_t>(row.number(12));
    request.classes = asked_of_partners(parse_erasure_subject(row.text(11)).value_or(ErasureSubject::case_alone), tags);
    return request;
}

std::vector<ErasureRequest> requests(ReadTxn& txn, Vault& vault, std::string_view where, std::int64_t id) {
    const std::string sql = "SELECT " + std::string(request_columns) + " FROM erasure_requests WHERE " + std::string(where) +
                            " = $1 ORDER BY CASE WHEN answered_at IS NULL THEN 0 ELSE 1 END,"
                            " CASE WHEN answered_at IS NULL THEN sent_at ELSE -answered_at END, id LIMIT $2";
    std::vector<ErasureRequest> all;
    txn.each(sql, {id, listed_max}, [&](const Row& row) { all.push_back(read_request(txn, vault, row)); });
    return all;
}

}  // namespace

void insert_erasure_request(Txn& txn, const ErasureRequest& request) {
    std::string tokens;
    for (const std::string& token : request.tokens) tokens += (tokens.empty() ? "" : " ") + token;
    txn.change(
        "INSERT INTO erasure_requests (id, erasure, company, partner, cases, signed_text, sent_at, answer, answered_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, '', '')",
        {request.id, request.erasure, request.company.value, request.partner.value, tokens, request.signed_text,
         request.sent_at.us});
}

bool answer_erasure_request(Txn& txn, Vault& vault, const ErasureRequest& request) {
    const Blob words = vault.seal(txn, Owner::company(request.partner), {}, Tag::actor, place("erasure_requests/words", request.id),
                                  request.words);
    return txn.change(
               "UPDATE erasure_requests SET answer = $2, answered_by = $3, answered_at = $4, words = $5"
               " WHERE id = $1 AND answered_at IS NULL",
               {request.id, request.answer, request.answered_by, us(request.answered_at), words}) == 1;
}

std::optional<ErasureRequest> find_erasure_request(ReadTxn& txn, Vault& vault, CompanyId partner, std::int64_t id) {
    static const std::string sql =
        "SELECT " + std::string(request_columns) + " FROM erasure_requests WHERE id = $1 AND partner = $2";
    return txn.first(sql, {id, partner.value}, [&](const Row& row) { return read_request(txn, vault, row); });
}

std::vector<ErasureRequest> erasure_requests_to(ReadTxn& txn, Vault& vault, CompanyId partner) {
    return requests(txn, vault, "partner", partner.value);
}

std::vector<ErasureRequest> erasure_requests_of(ReadTxn& txn, Vault& vault, std::int64_t erasure) {
    return requests(txn, vault, "erasure", erasure);
}

// --- legal holds ---

namespace {

constexpr std::string_view hold_columns =
    "id, company, scope, subject, state, placed_by, placed_at, confirmed_by, confirmed_at, lift_by, lift_at, lifted_by, lifted_at,"
    " reason";

LegalHold read_hold(ReadTxn& txn, Vault& vault, const Row& row) {
    LegalHold hold;
    hold.id = row.number(0);
    hold.company = {row.number(1)};
    hold.subject = parse_hold_subject(row.text(2)).value_or(HoldSubject::company);
    hold.subject_id = row.number(3);
    // An unknown word can only come from a newer version: the safe reading keeps the hold.
    hold.state = find_word<HoldState>(hold_states, row.text(4)).value_or(HoldState::in_force);
    hold.placed_by = row.text(5);
    hold.placed_at = {row.number(6)};
    hold.confirmed_by = row.text(7);
    hold.confirmed_at = maybe_instant(row, 8);
    hold.lift_by = row.text(9);
    hold.lift_at = maybe_instant(row, 10);
    hold.lifted_by = row.text(11);
    hold.lifted_at = maybe_instant(row, 12);
    hold.reason = vault.open(txn, place("legal_holds/reason", hold.id), row.bytes(13)).value_or("");
    return hold;
}

}  // namespace

void insert_hold(Txn& txn, Vault& vault, const LegalHold& h) {
    const Blob reason = vault.seal(txn, Owner::company(h.company), {}, Tag::actor, place("legal_holds/reason", h.id), h.reason);
    txn.change(
        "INSERT INTO legal_holds (id, company, scope, subject, state, placed_by, placed_at, confirmed_by, lift_by, lifted_by, "
        "reason)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '', $8)",
        {h.id, h.company.value, name(h.subject), h.subject_id, name(h.state), h.placed_by, h.placed_at.us, reason});
}

void update_hold(Txn& txn, const LegalHold& h) {
    txn.change(
        "UPDATE legal_holds SET state = $2, confirmed_by = $3, confirmed_at = $4, lift_by = $5, lift_at = $6, lifted_by = $7,"
        " lifted_at = $8 WHERE id = $1",
        {h.id, name(h.state), h.confirmed_by, us(h.confirmed_at), h.lift_by, us(h.lift_at), h.lifted_by, us(h.lifted_at)});
}

std::optional<LegalHold> find_hold(ReadTxn& txn, Vault& vault, CompanyId company, std::int64_t id) {
    static const std::string sql = "SELECT " + std::string(hold_columns) + " FROM legal_holds WHERE id = $1 AND company = $2";
    return txn.first(sql, {id, company.value}, [&](const Row& row) { return read_hold(txn, vault, row); });
}

std::vector<LegalHold> holds_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    static const std::string sql = "SELECT " + std::string(hold_columns) +
                                   " FROM legal_holds WHERE company = $1 OR $1 = 0"
                                   " ORDER BY CASE WHEN state = 'lifted' THEN 1 ELSE 0 END, placed_at DESC, id LIMIT $2";
    std::vector<LegalHold> all;
    txn.each(sql, {company.value, listed_max}, [&](const Row& row) { all.push_back(read_hold(txn, vault, row)); });
    return all;
}

std::vector<std::int64_t> standing_holds(ReadTxn& txn, CompanyId company) {
    std::vector<std::int64_t> ids;
    txn.each("SELECT id FROM legal_holds WHERE company = $1 AND state <> 'lifted'", {company.value},
             [&](const Row& row) { ids.push_back(row.number(0)); });
    return ids;
}

bool on_hold(ReadTxn& txn, HoldSubject subject, std::int64_t id) {
    return txn
        .first("SELECT 1 FROM legal_holds WHERE scope = $1 AND subject = $2 AND state <> 'lifted'", {name(subject), id},
               [](const Row&) { return true; })
        .has_value();
}

bool owner_on_hold(ReadTxn& txn, const Owner& owner) {
    const std::size_t slash = owner.uid.find('/');
    if (slash == std::string::npos)
        return txn.first("SELECT 1 FROM legal_holds WHERE state <> 'lifted' LIMIT 1", {}, [](const Row&) { return true; })
            .has_value();
    const std::string_view scope = std::string_view(owner.uid).substr(0, slash);
    const std::int64_t id = std::stoll(owner.uid.substr(slash + 1));
    if (scope == "person") return on_hold(txn, HoldSubject::person, id);
    if (scope == "company") return !standing_holds(txn, {id}).empty();
    if (on_hold(txn, HoldSubject::customer, id)) return true;
    const auto company =
        txn.first("SELECT company FROM customers WHERE id = $1", {id}, [](const Row& row) { return row.number(0); });
    return company && on_hold(txn, HoldSubject::company, *company);
}

// Of a case c.
#define ENTENTE_HOLDS                                                                                   \
    "legal_holds h ON h.state <> 'lifted' AND"                                                          \
    " ((h.scope = 'case' AND h.subject = c.id) OR (h.scope = 'customer' AND h.subject = c.customer) OR" \
    " (h.scope = 'company' AND h.subject = c.submitter))"

bool case_on_hold(ReadTxn& txn, CaseId id) {
    return txn
        .first("SELECT 1 FROM cases c JOIN " ENTENTE_HOLDS " WHERE c.id = $1 LIMIT 1", {id.value}, [](const Row&) { return true; })
        .has_value();
}

void note_held_name(Txn& txn, std::int64_t erasure, CaseId id) {
    txn.change("INSERT INTO erasure_held (erasure, case_id) VALUES ($1, $2) ON CONFLICT (erasure, case_id) DO NOTHING",
               {erasure, id.value});
}

void forget_held_names(Txn& txn, std::int64_t erasure) {
    txn.change("DELETE FROM erasure_held WHERE erasure = $1", {erasure});
}

bool waits_for_held_names(ReadTxn& txn, std::int64_t erasure) {
    return txn
        .first("SELECT 1 FROM erasure_held e JOIN cases c ON c.id = e.case_id JOIN " ENTENTE_HOLDS " WHERE e.erasure = $1 LIMIT 1",
               {erasure}, [](const Row&) { return true; })
        .has_value();
}

}  // namespace entente::store
