#include "server/store/statements/cases.hpp"

#include <algorithm>

#include "protocol/severity.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CaseId;
using protocol::CompanyId;
using protocol::Instant;

namespace {

constexpr std::uint8_t words_version = 1;

void pack_contact(Packer& pack, const std::optional<protocol::ContactDetails>& contact) {
    pack.flag(contact.has_value());
    if (contact) pack.text(contact->name).text(contact->email).text(contact->phone);
}

std::optional<protocol::ContactDetails> unpack_contact(Unpacker& in) {
    if (!in.flag()) return std::nullopt;
    protocol::ContactDetails contact;
    contact.name = in.text();
    contact.email = in.text();
    contact.phone = in.text();
    return contact;
}

void pack_user(Packer& pack, const protocol::UserView& user) {
    pack.number(user.id).text(user.first_name).text(user.last_name).text(user.email);
    pack.text(user.phone).text(user.phone_country).text(user.city);
}

protocol::UserView unpack_user(Unpacker& in) {
    protocol::UserView user;
    user.id = in.number();
    user.first_name = in.text();
    user.last_name = in.text();
    user.email = in.text();
    user.phone = in.text();
    user.phone_country = in.text();
    user.city = in.text();
    return user;
}

std::string pack_words(const CaseWords& words) {
    Packer pack(words_version);
    pack.text(words.submitter_number).text(words.receiver_number).text(words.summary).text(words.description);
    pack.text(words.escalation_instructions);
    pack_contact(pack, words.submitter_contact);
    pack_contact(pack, words.receiver_contact);
    pack_user(pack, words.submitted_by);
    pack.count(words.fields);
    for (const StoredField& f : words.fields) {
        pack.number(f.field.value).number(f.row_id).number(static_cast<int>(f.section)).text(f.label).text(f.value);
        pack.number(f.display_order).number(static_cast<int>(f.type)).number(static_cast<int>(f.data_class));
        pack.number(static_cast<int>(f.stage)).flag(f.identifies_customer);
    }
    pack.count(words.internal_notes);
    for (const std::string& note : words.internal_notes) pack.text(note);
    return pack.bytes();
}

CaseWords unpack_words(std::string_view bytes) {
    Unpacker in(bytes, words_version);
    CaseWords words;
    words.submitter_number = in.text();
    words.receiver_number = in.text();
    words.summary = in.text();
    words.description = in.text();
    words.escalation_instructions = in.text();
    words.submitter_contact = unpack_contact(in);
    words.receiver_contact = unpack_contact(in);
    words.submitted_by = unpack_user(in);
    for (auto left = in.number(); left > 0; --left) {
        StoredField f;
        f.field = {in.number()};
        f.row_id = in.number();
        f.section = in.as<protocol::Section>();
        f.label = in.text();
        f.value = in.text();
        f.display_order = in.as<int>();
        f.type = in.as<protocol::FieldType>();
        f.data_class = in.as<protocol::DataClass>();
        f.stage = in.as<protocol::Stage>();
        f.identifies_customer = in.flag();
        words.fields.push_back(std::move(f));
    }
    for (auto left = in.number(); left > 0; --left) words.internal_notes.push_back(in.text());
    return words;
}

std::string place(std::string_view column, CaseId id) {
    std::string out = "cases/";
    out += column;
    return out += "/" + std::to_string(id.value);
}

Blob seal(Txn& txn, Vault& vault, const StoredCase& c, std::string_view column, std::string_view plain) {
    return vault.seal(txn, c.owner, c.id, Tag::content, place(column, c.id), plain);
}

// The sealed columns of a case, kept alive for the length of a statement.
struct SealedCase {
    Blob original, shared, pseudonyms_submitter, pseudonyms_receiver;
    SealedCase(Txn& txn, Vault& vault, const StoredCase& c) {
        original = seal(txn, vault, c, "original", pack_words(c.original));
        if (c.shared) shared = seal(txn, vault, c, "shared", pack_words(*c.shared));
        if (!c.pseudonyms_submitter.empty())
            pseudonyms_submitter = seal(txn, vault, c, "pseudonyms_submitter", c.pseudonyms_submitter);
        if (!c.pseudonyms_receiver.empty()) pseudonyms_receiver = seal(txn, vault, c, "pseudonyms_receiver", c.pseudonyms_receiver);
    }
    static Value or_null(const Blob& blob) { return blob.empty() ? Value() : Value(blob); }
};

std::optional<std::int64_t> us(const std::optional<Instant>& instant) {
    return instant ? std::optional(instant->us) : std::nullopt;
}

// Each side finds a case by the number in its own view of it.
const std::string& receivers_number(const StoredCase& c) {
    return c.shared ? c.shared->receiver_number : c.original.receiver_number;
}

protocol::Hash number_index(Vault& vault, CompanyId company, std::string_view number) {
    return vault.blind_index("case_number", std::to_string(company.value) + "/" + std::string(number));
}

constexpr std::string_view case_columns =
    "id, token, submitter, receiver, form, form_version, status, flow, hold_reason, priority, test, customer, authorization_id,"
    " referenced_authorization, agreement, released_classes, picked_by, opened_by, key_owner, created_at, updated_at, released_at,"
    " accepted_at, respond_by, responded, version, gate_epoch, original, shared, pseudonyms_submitter, pseudonyms_receiver, "
    "hold_text, severity, reminder_sent, feedback_requested, proactive, department, content_removed";

std::optional<Instant> maybe_instant(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return Instant{row.number(column)};
}

protocol::Flow parse_flow(std::string_view text) {
    if (text == "open") return protocol::Flow::open;
    if (text == "frozen") return protocol::Flow::frozen;
    if (text == "ended") return protocol::Flow::ended;
    return protocol::Flow::held;
}

StoredCase read_case(ReadTxn& txn, Vault& vault, const Row& row, bool pseudonyms = true) {
    StoredCase c;
    c.id = {row.number(0)};
    c.token = row.text(1);
    c.submitter = {row.number(2)};
    c.receiver = {row.number(3)};
    c.form = {row.number(4)};
    c.form_version = static_cast<int>(row.number(5));
    c.status = protocol::parse_case_status(row.text(6)).value_or(protocol::CaseStatus::closed);
    c.flow = parse_flow(row.text(7));
    c.hold_reason = row.text(8);
    c.priority = protocol::parse_priority(row.text(9)).value_or(protocol::Priority::medium);
    c.test = row.number(10) != 0;
    c.customer = {row.number(11)};
    c.authorization = {row.number(12)};
    c.referenced = {row.number(13)};
    c.agreement = {row.number(14)};
    c.released = protocol::DataClasses::from_bits(static_cast<std::uint32_t>(row.number(15)));
    c.picked_by = row.text(16);
    c.opened_by = row.text(17);
    c.owner = Owner{std::string(row.text(18))};
    c.created_at = {row.number(19)};
    c.updated_at = {row.number(20)};
    c.released_at = maybe_instant(row, 21);
    c.accepted_at = maybe_instant(row, 22);
    c.respond_by = maybe_instant(row, 23);
    c.responded = row.number(24) != 0;
    c.version = row.number(25);
    c.gate_epoch = row.number(26);
    c.hold_text = row.text(31);
    c.severity = protocol::parse_severity(row.text(32)).value_or(protocol::Severity::medium);
    c.reminder_sent = row.number(33) != 0;
    c.feedback_requested = row.number(34) != 0;
    c.proactive = row.text(35);
    c.department = {row.number(36)};
    c.content_removed = row.number(37) != 0;
    const auto original = vault.open(txn, place("original", c.id), row.bytes(27));
    if (!original) {
        c.erased = true;
        return c;
    }
    c.original = unpack_words(*original);
    if (!row.is_null(28))
        if (const auto shared = vault.open(txn, place("shared", c.id), row.bytes(28))) c.shared = unpack_words(*shared);
    if (!pseudonyms) return c;
    if (!row.is_null(29)) c.pseudonyms_submitter = vault.open(txn, place("pseudonyms_submitter", c.id), row.bytes(29)).value_or("");
    if (!row.is_null(30)) c.pseudonyms_receiver = vault.open(txn, place("pseudonyms_receiver", c.id), row.bytes(30)).value_or("");
    return c;
}

std::vector<CaseId> ids(ReadTxn& txn, std::string_view sql, Args args) {
    std::vector<CaseId> found;
    txn.each(sql, args, [&](const Row& row) { found.push_back({row.number(0)}); });
    return found;
}

}  // namespace

void insert_case(Txn& txn, Vault& vault, const StoredCase& c) {
    const SealedCase sealed(txn, vault, c);
    const auto submitter_index = number_index(vault, c.submitter, c.original.submitter_number);
    const auto receiver_index = number_index(vault, c.receiver, receivers_number(c));
    txn.change(
        "INSERT INTO cases (id, token, submitter, receiver, form, form_version, status, flow, hold_reason, priority, test, "
        "customer,"
        " authorization_id, referenced_authorization, agreement, released_classes, picked_by, opened_by, key_owner,"
        " submitter_number_index, receiver_number_index, created_at, updated_at, released_at, accepted_at, respond_by, responded,"
        " version, gate_epoch, original, shared, pseudonyms_submitter, pseudonyms_receiver, hold_text, severity)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,"
        " $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)",
        {c.id.value,
         c.token,
         c.submitter.value,
         c.receiver.value,
         c.form.value,
         c.form_version,
         name(c.status),
         name(c.flow),
         c.hold_reason,
         name(c.priority),
         c.test,
         c.customer.value,
         c.authorization.value,
         c.referenced.value,
         c.agreement.value,
         static_cast<std::int64_t>(c.released.bits()),
         c.picked_by,
         c.opened_by,
         c.owner.uid,
         Bytes(submitter_index),
         receivers_number(c).empty() ? Value() : Value(Bytes(receiver_index)),
         c.created_at.us,
         c.updated_at.us,
         us(c.released_at),
         us(c.accepted_at),
         us(c.respond_by),
         c.responded,
         c.version,
         c.gate_epoch,
         sealed.original,
         SealedCase::or_null(sealed.shared),
         SealedCase::or_null(sealed.pseudonyms_submitter),
         SealedCase::or_null(sealed.pseudonyms_receiver),
         c.hold_text,
         name(c.severity)});
}

bool update_case(Txn& txn, Vault& vault, const StoredCase& c) {
    const SealedCase sealed(txn, vault, c);
    const auto submitter_index = number_index(vault, c.submitter, c.original.submitter_number);
    const auto receiver_index = number_index(vault, c.receiver, receivers_number(c));
    return txn.change(
               "UPDATE cases SET status = $2, flow = $3, hold_reason = $4, customer = $5, authorization_id = $6, agreement = $7,"
               " released_classes = $8, picked_by = $9, key_owner = $10, submitter_number_index = $11, receiver_number_index = $12,"
               " updated_at = $13, released_at = $14, accepted_at = $15, respond_by = $16, responded = $17, version = $18,"
               " gate_epoch = $19, original = $20, shared = $21, pseudonyms_submitter = $22, pseudonyms_receiver = $23,"
               " hold_text = $25, severity = $26, priority = $27 WHERE id = $1 AND version = $24",
               {c.id.value,
                name(c.status),
                name(c.flow),
                c.hold_reason,
                c.customer.value,
                c.authorization.value,
                c.agreement.value,
                static_cast<std::int64_t>(c.released.bits()),
                c.picked_by,
                c.owner.uid,
                Bytes(submitter_index),
                receivers_number(c).empty() ? Value() : Value(Bytes(receiver_index)),
                c.updated_at.us,
                us(c.released_at),
                us(c.accepted_at),
                us(c.respond_by),
                c.responded,
                c.version,
                c.gate_epoch,
                sealed.original,
                SealedCase::or_null(sealed.shared),
                SealedCase::or_null(sealed.pseudonyms_submitter),
                SealedCase::or_null(sealed.pseudonyms_receiver),
                c.version - 1,
                c.hold_text,
                name(c.severity),
                name(c.priority)}) == 1;
}

void renew_number_indexes(Txn& txn, Vault& vault, CaseId id) {
    const auto c = find_case_to_show(txn, vault, id);
    if (!c) return;
    const auto submitter_index = number_index(vault, c->submitter, c->original.submitter_number);
    const auto receiver_index = number_index(vault, c->receiver, receivers_number(*c));
    txn.change("UPDATE cases SET submitter_number_index = $2, receiver_number_index = $3 WHERE id = $1",
               {id.value, c->erased ? Bytes{} : Bytes(submitter_index),
                receivers_number(*c).empty() ? Value() : Value(Bytes(receiver_index))});
}

std::optional<StoredCase> find_case(ReadTxn& txn, Vault& vault, std::string_view token, CompanyId party) {
    static const std::string sql =
        "SELECT " + std::string(case_columns) +
        " FROM cases WHERE token = $1 AND (submitter = $2 OR (receiver = $2 AND released_at IS NOT NULL))";
    return txn.first(sql, {token, party.value}, [&](const Row& row) { return read_case(txn, vault, row); });
}

std::optional<StoredCase> find_case(ReadTxn& txn, Vault& vault, CaseId id) {
    static const std::string sql = "SELECT " + std::string(case_columns) + " FROM cases WHERE id = $1";
    return txn.first(sql, {id.value}, [&](const Row& row) { return read_case(txn, vault, row); });
}

bool accepted_under(ReadTxn& txn, Vault& vault, CompanyId submitter, CompanyId receiver, std::string_view number, CaseId except) {
    const auto index = number_index(vault, receiver, number);
    return txn
        .first(
            "SELECT 1 FROM cases c WHERE c.receiver = $1 AND c.submitter = $2 AND c.receiver_number_index = $3 AND c.id <> $4 AND"
            " c.accepted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rule_acceptances a WHERE a.case_id = c.id)",
            {receiver.value, submitter.value, Bytes(index), except.value}, [](const Row&) { return true; })
        .has_value();
}

std::optional<StoredCase> find_case_to_show(ReadTxn& txn, Vault& vault, CaseId id) {
    static const std::string sql = "SELECT " + std::string(case_columns) + " FROM cases WHERE id = $1";
    return txn.first(sql, {id.value}, [&](const Row& row) { return read_case(txn, vault, row, false); });
}

std::optional<CaseId> find_case_id(ReadTxn& txn, std::string_view token, CompanyId party) {
    return txn.first("SELECT id FROM cases WHERE token = $1 AND (submitter = $2 OR (receiver = $2 AND released_at IS NOT NULL))",
                     {token, party.value}, [](const Row& row) { return CaseId{row.number(0)}; });
}

std::optional<std::string> token_of_case(ReadTxn& txn, CaseId id, CompanyId party) {
    return txn.first("SELECT token FROM cases WHERE id = $1 AND (submitter = $2 OR (receiver = $2 AND released_at IS NOT NULL))",
                     {id.value, party.value}, [](const Row& row) { return std::string(row.text(0)); });
}

CasePage list_cases(ReadTxn& txn, Vault& vault, CompanyId party, const protocol::CaseFilter& filter) {
    CasePage page;
    if (filter.status_matches_nothing) return page;
    const std::string status = filter.status ? std::string(name(*filter.status)) : "";
    const int side = !filter.side ? 0 : *filter.side == protocol::Side::submitter ? 1 : 2;
    const auto number = number_index(vault, party, filter.internal_case_number.value_or(""));
    const bool by_number = filter.internal_case_number.has_value();
    const std::int64_t updated = filter.updated_after ? filter.updated_after->us : 0;
    const std::int64_t created = filter.created_after ? filter.created_after->us : 0;
    // A receiver's case begins with its release. Answers carry whole seconds, so the bounds do as well.
    const std::string where =
        " FROM cases WHERE ((submitter = $1 AND $2 <> 2 AND ($3 = 0 OR submitter_number_index = $4)"
        " AND created_at - created_at % 1000000 >= $7)"
        " OR (receiver = $1 AND $2 <> 1 AND released_at IS NOT NULL AND ($3 = 0 OR receiver_number_index = $4)"
        " AND released_at - released_at % 1000000 >= $7))"
        " AND ($5 = '' OR status = $5) AND updated_at - updated_at % 1000000 >= $6";
    static const std::string count = "SELECT count(*)" + where;
    static const std::string rows = "SELECT id" + where + " ORDER BY id DESC LIMIT $8 OFFSET $9";
    page.total = txn.first(count, {party.value, side, by_number, Bytes(number), status, updated, created},
                           [](const Row& row) { return row.number(0); })
                     .value_or(0);
    const std::int64_t limit = filter.paged && filter.size > 0 ? filter.size : 1'000'000;
    const std::int64_t offset = filter.paged ? std::min<std::int64_t>(filter.page, 1'000'000'000) * limit : 0;
    page.ids = ids(txn, rows, {party.value, side, by_number, Bytes(number), status, updated, created, limit, offset});
    return page;
}

bool released_since(ReadTxn& txn, CaseId id, Instant since) {
    return txn
        .first("SELECT 1 FROM cases WHERE id = $1 AND released_at >= $2", {id.value, since.us}, [](const Row&) { return true; })
        .has_value();
}

std::vector<CaseId> held_cases_of_customer(ReadTxn& txn, CompanyId company, protocol::CustomerId customer) {
    return ids(txn,
               "SELECT id FROM cases WHERE submitter = $1 AND customer = $2 AND (flow = 'held' OR flow = 'frozen') ORDER BY "
               "created_at + 0, id",
               {company.value, customer.value});
}

std::vector<CaseId> cases_under_authorization(ReadTxn& txn, protocol::AuthorizationId authorization) {
    return ids(txn,
               "SELECT id FROM cases WHERE authorization_id = $1 AND flow = 'open' AND status <> 'CLOSED' AND status <> 'REJECTED' "
               "ORDER BY created_at, id",
               {authorization.value});
}

// Every open case rests on an authorization of its submitter, which is a party of the agreement: the way through these small tables
// leads to an index instead of through all cases. CROSS JOIN keeps the embedded engine's planner on that way.
std::vector<CaseId> cases_under_agreement(ReadTxn& txn, protocol::AgreementId agreement) {
    return ids(txn,
               "SELECT c.id FROM agreement_parties p CROSS JOIN authorizations z CROSS JOIN cases c WHERE z.company = p.company"
               " AND c.authorization_id = z.id AND c.agreement = p.agreement AND p.agreement = $1 AND c.flow = 'open' AND c.status "
               "<> 'CLOSED' AND c.status <> 'REJECTED'"
               " ORDER BY c.created_at, c.id",
               {agreement.value});
}

// The condition of the index cases_waiting stands in each statement that uses it; created_at + 0 keeps the planner from taking an
// index of all cases for its order.
std::vector<CaseId> held_cases_between(ReadTxn& txn, CompanyId one, CompanyId other) {
    return ids(txn,
               "SELECT id FROM cases WHERE (flow = 'held' OR flow = 'frozen')"
               " AND ((submitter = $1 AND receiver = $2) OR (submitter = $2 AND receiver = $1)) ORDER BY created_at, id",
               {one.value, other.value});
}

std::vector<CaseId> held_cases_of_company(ReadTxn& txn, CompanyId company) {
    return ids(txn,
               "SELECT id FROM cases WHERE (flow = 'held' OR flow = 'frozen') AND flow = 'held' AND submitter = $1"
               " ORDER BY created_at + 0, id",
               {company.value});
}

std::vector<CaseId> cases_out_of_time(ReadTxn& txn, Instant now, Instant held_since, int limit) {
    auto found = ids(txn,
                     "SELECT id FROM cases WHERE (flow = 'held' OR flow = 'frozen') AND flow = 'held' AND created_at <= $1"
                     " LIMIT $2",
                     {held_since.us, limit});
    const auto add = [&](std::vector<CaseId> more) { found.insert(found.end(), more.begin(), more.end()); };
    add(ids(txn,
            "SELECT c.id FROM authorizations z CROSS JOIN cases c WHERE c.authorization_id = z.id AND c.flow = 'open' AND c.status "
            "<> 'CLOSED' AND c.status <> 'REJECTED' AND z.until <= $1"
            " LIMIT $2",
            {now.us, limit}));
    add(ids(txn,
            "SELECT c.id FROM agreements a CROSS JOIN agreement_parties p CROSS JOIN authorizations z CROSS JOIN cases c WHERE"
            " p.agreement = a.id AND z.company = p.company AND c.authorization_id = z.id AND c.agreement = a.id"
            " AND c.flow = 'open' AND c.status <> 'CLOSED' AND c.status <> 'REJECTED' AND a.valid_until <= $1 LIMIT $2",
            {now.us, limit}));
    return found;
}

std::vector<CaseId> cases_with_lost_keys(ReadTxn& txn, int limit) {
    auto found = ids(txn,
                     "SELECT c.id FROM authorizations z CROSS JOIN cases c WHERE c.authorization_id = z.id AND c.flow = 'open' AND "
                     "c.status <> 'CLOSED' AND c.status <> 'REJECTED'"
                     " AND z.state <> 'granted' LIMIT $1",
                     {limit});
    const auto by_agreement =
        ids(txn,
            "SELECT c.id FROM agreements a CROSS JOIN agreement_parties p CROSS JOIN authorizations z CROSS JOIN cases c WHERE"
            " p.agreement = a.id AND z.company = p.company AND c.authorization_id = z.id AND c.agreement = a.id"
            " AND c.flow = 'open' AND c.status <> 'CLOSED' AND c.status <> 'REJECTED' AND a.state <> 'in_force' LIMIT $1",
            {limit});
    found.insert(found.end(), by_agreement.begin(), by_agreement.end());
    return found;
}

std::vector<CaseId> cases_with_new_keys(ReadTxn& txn, Instant now, int limit) {
    return ids(
        txn,
        "SELECT c.id FROM cases c CROSS JOIN authorizations z CROSS JOIN authorization_partners p WHERE z.customer = c.customer"
        " AND z.company = c.submitter AND p.authorization_id = z.id AND p.company = c.receiver"
        " AND (c.flow = 'held' OR c.flow = 'frozen') AND c.customer > 0 AND ((z.state = 'granted' AND z.decided_at >= "
        "c.updated_at AND"
        " z.not_before <= $1 AND z.until > $1) OR (z.state = 'refused' AND c.flow = 'held' AND z.decided_at >= c.updated_at))"
        " LIMIT $2",
        {now.us, limit});
}

std::optional<std::int64_t> sight(ReadTxn& txn, std::string_view principal, CaseId id) {
    return txn.first("SELECT version FROM sights WHERE principal = $1 AND case_id = $2", {principal, id.value},
                     [](const Row& row) { return row.number(0); });
}

void record_sight(Txn& txn, std::string_view principal, CaseId id, std::int64_t version) {
    txn.change(
        "INSERT INTO sights (principal, case_id, version) VALUES ($1, $2, $3) ON CONFLICT (principal, case_id)"
        " DO UPDATE SET version = excluded.version",
        {principal, id.value, version});
}

// Notes and responses are in conversation.cpp.

}  // namespace entente::store
