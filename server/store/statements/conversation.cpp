// What is said in a case: notes and formal responses.

#include "server/store/statements/cases.hpp"
#include "server/store/statements/internal_notes.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CaseId;

namespace {

std::string pack_words(const StoredNote::Words& words) {
    return pack_note_words(words);
}

std::string pack_words(const StoredResponse::Words& words) {
    Packer pack(1);
    pack.text(words.case_number).text(words.engineer_name).text(words.engineer_email).text(words.engineer_phone);
    pack.text(words.next_steps).text(words.reason).text(words.requested_information);
    return pack.bytes();
}

StoredResponse::Words unpack_response(std::string_view bytes) {
    Unpacker in(bytes, 1);
    StoredResponse::Words words;
    words.case_number = in.text();
    words.engineer_name = in.text();
    words.engineer_email = in.text();
    words.engineer_phone = in.text();
    words.next_steps = in.text();
    words.reason = in.text();
    words.requested_information = in.text();
    return words;
}

std::string place(std::string_view table, std::string_view column, std::int64_t id) {
    std::string out(table);
    out += "/";
    out += column;
    return out += "/" + std::to_string(id);
}

template <class Item>
struct Sealed {
    Blob original, shared;
    Sealed(Txn& txn, Vault& vault, const StoredCase& c, std::string_view table, const Item& item) {
        original = vault.seal(txn, c.owner, c.id, Tag::content, place(table, "original", item.id.value), pack_words(item.original));
        if (item.shared)
            shared = vault.seal(txn, c.owner, c.id, Tag::content, place(table, "shared", item.id.value), pack_words(*item.shared));
    }
    Value shared_or_null() const { return shared.empty() ? Value() : Value(shared); }
};

}  // namespace

std::string pack_note_words(const StoredNote::Words& words) {
    Packer pack(2);
    pack.text(words.summary).text(words.description).text(words.creator_name).text(words.creator_email);
    return pack.text(words.topic).text(words.correlation).bytes();
}

StoredNote::Words unpack_note_words(std::string_view bytes) {
    Unpacker in(bytes, 2);
    StoredNote::Words words;
    words.summary = in.text();
    words.description = in.text();
    words.creator_name = in.text();
    words.creator_email = in.text();
    if (in.version() < 2) return words;
    words.topic = in.text();
    words.correlation = in.text();
    return words;
}

void insert_note(Txn& txn, Vault& vault, const StoredCase& c, const StoredNote& n) {
    const Sealed sealed(txn, vault, c, "notes", n);
    txn.change(
        "INSERT INTO notes (id, case_id, token, position, author_company, author, type, priority, for_submitter, for_receiver,"
        " created_at, original, shared) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        {n.id.value, n.case_id.value, n.token, n.position, n.author_company.value, n.author, name(n.type), name(n.priority),
         n.for_submitter, n.for_receiver, n.created_at.us, sealed.original, sealed.shared_or_null()});
}

void share_note(Txn& txn, Vault& vault, const StoredCase& c, const StoredNote& n) {
    const Sealed sealed(txn, vault, c, "notes", n);
    txn.change("UPDATE notes SET for_submitter = $2, for_receiver = $3, original = $4, shared = $5 WHERE id = $1",
               {n.id.value, n.for_submitter, n.for_receiver, sealed.original, sealed.shared_or_null()});
}

std::vector<StoredNote> notes_of(ReadTxn& txn, Vault& vault, CaseId id) {
    std::vector<StoredNote> notes;
    txn.each(
        "SELECT id, token, position, author_company, author, type, priority, for_submitter, for_receiver, created_at, original,"
        " shared FROM notes WHERE case_id = $1 ORDER BY position",
        {id.value}, [&](const Row& row) {
            StoredNote n;
            n.id = {row.number(0)};
            n.case_id = id;
            n.token = row.text(1);
            n.position = row.number(2);
            n.author_company = {row.number(3)};
            n.author = row.text(4);
            n.type = protocol::parse_note_type(row.text(5)).value_or(protocol::NoteType::user_public);
            n.priority = protocol::parse_priority(row.text(6)).value_or(protocol::Priority::medium);
            n.for_submitter = row.number(7) != 0;
            n.for_receiver = row.number(8) != 0;
            n.created_at = {row.number(9)};
            const auto original = vault.open(txn, place("notes", "original", n.id.value), row.bytes(10));
            if (!original) return;  // erased
            n.original = unpack_note_words(*original);
            if (!row.is_null(11))
                if (const auto shared = vault.open(txn, place("notes", "shared", n.id.value), row.bytes(11)))
                    n.shared = unpack_note_words(*shared);
            notes.push_back(std::move(n));
        });
    return notes;
}

void share_response(Txn& txn, Vault& vault, const StoredCase& c, const StoredResponse& r) {
    const Sealed sealed(txn, vault, c, "responses", r);
    txn.change("UPDATE responses SET original = $2, shared = $3 WHERE id = $1",
               {r.id.value, sealed.original, sealed.shared_or_null()});
}

namespace {
constexpr std::string_view response_words[] = {"APPROVAL", "REJECTION",      "INFORMATION_REQUEST", "INFORMATION_RESPONSE",
                                               "CLOSURE",  "UPDATE_APPROVAL"};
protocol::ResponseType parse_response_type(std::string_view text) {
    for (int i = 0; i < 6; ++i)
        if (response_words[i] == text) return static_cast<protocol::ResponseType>(i);
    throw protocol::Fault("unknown response type in the store");
}
}  // namespace

void insert_response(Txn& txn, Vault& vault, const StoredCase& c, const StoredResponse& r) {
    const Sealed sealed(txn, vault, c, "responses", r);
    txn.change(
        "INSERT INTO responses (id, case_id, position, type, author_company, for_submitter, for_receiver, created_at, original,"
        " shared) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {r.id.value, r.case_id.value, r.position, name(r.type), r.author_company.value, r.for_submitter, r.for_receiver,
         r.created_at.us, sealed.original, sealed.shared_or_null()});
}

std::vector<StoredResponse> responses_of(ReadTxn& txn, Vault& vault, CaseId id) {
    std::vector<StoredResponse> responses;
    txn.each(
        "SELECT id, position, type, author_company, for_submitter, for_receiver, created_at, original, shared FROM responses"
        " WHERE case_id = $1 ORDER BY position",
        {id.value}, [&](const Row& row) {
            StoredResponse r;
            r.id = {row.number(0)};
            r.case_id = id;
            r.position = row.number(1);
            r.type = parse_response_type(row.text(2));
            r.author_company = {row.number(3)};
            r.for_submitter = row.number(4) != 0;
            r.for_receiver = row.number(5) != 0;
            r.created_at = {row.number(6)};
            const auto original = vault.open(txn, place("responses", "original", r.id.value), row.bytes(7));
            if (!original) return;
            r.original = unpack_response(*original);
            if (!row.is_null(8))
                if (const auto shared = vault.open(txn, place("responses", "shared", r.id.value), row.bytes(8)))
                    r.shared = unpack_response(*shared);
            responses.push_back(std::move(r));
        });
    return responses;
}

std::optional<CaseId> case_of_note(ReadTxn& txn, protocol::NoteId id) {
    return txn.first("SELECT case_id FROM notes WHERE id = $1", {id.value}, [](const Row& row) { return CaseId{row.number(0)}; });
}

std::optional<CaseId> case_of_response(ReadTxn& txn, protocol::ResponseId id) {
    return txn.first("SELECT case_id FROM responses WHERE id = $1", {id.value},
                     [](const Row& row) { return CaseId{row.number(0)}; });
}

std::int64_t next_note_position(ReadTxn& txn, CaseId id) {
    return txn
        .first("SELECT coalesce(max(position), 0) + 1 FROM notes WHERE case_id = $1", {id.value},
               [](const Row& row) { return row.number(0); })
        .value_or(1);
}

std::int64_t next_response_position(ReadTxn& txn, CaseId id) {
    return txn
        .first("SELECT coalesce(max(position), 0) + 1 FROM responses WHERE case_id = $1", {id.value},
               [](const Row& row) { return row.number(0); })
        .value_or(1);
}

void reseal_case(Txn& txn, Vault& vault, const StoredCase& c) {
    for (const StoredNote& note : notes_of(txn, vault, c.id)) share_note(txn, vault, c, note);
    for (const StoredResponse& response : responses_of(txn, vault, c.id)) share_response(txn, vault, c, response);
    reseal_internal_notes(txn, vault, c);
}

}  // namespace entente::store
