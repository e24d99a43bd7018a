#include "server/store/statements/internal_notes.hpp"

namespace entente::store {

using protocol::CaseId;
using protocol::CompanyId;

namespace {

std::string place(protocol::NoteId id) {
    return "internal_notes/words/" + std::to_string(id.value);
}

}  // namespace

void insert_internal_note(Txn& txn, Vault& vault, const StoredCase& c, const InternalNote& n) {
    const Blob words = vault.seal(txn, c.owner, c.id, Tag::content, place(n.id), pack_note_words(n.words));
    txn.change(
        "INSERT INTO internal_notes (id, case_id, company, token, position, author, created_at, words)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {n.id.value, n.case_id.value, n.company.value, n.token, n.position, n.author, n.created_at.us, words});
}

std::vector<InternalNote> internal_notes_of(ReadTxn& txn, Vault& vault, CaseId id, CompanyId company) {
    std::vector<InternalNote> notes;
    txn.each(
        "SELECT id, token, position, author, created_at, words FROM internal_notes WHERE case_id = $1 AND company = $2"
        " ORDER BY position",
        {id.value, company.value}, [&](const Row& row) {
            InternalNote n;
            n.id = {row.number(0)};
            n.case_id = id;
            n.company = company;
            n.token = row.text(1);
            n.position = row.number(2);
            n.author = row.text(3);
            n.created_at = {row.number(4)};
            const auto words = vault.open(txn, place(n.id), row.bytes(5));
            if (!words) return;  // erased
            n.words = unpack_note_words(*words);
            notes.push_back(std::move(n));
        });
    return notes;
}

std::int64_t last_internal_position(ReadTxn& txn, CaseId id, CompanyId company) {
    return txn
        .first("SELECT coalesce(max(position), 0) FROM internal_notes WHERE case_id = $1 AND company = $2",
               {id.value, company.value}, [](const Row& row) { return row.number(0); })
        .value_or(0);
}

std::optional<CaseId> case_of_internal_note(ReadTxn& txn, protocol::NoteId id, CompanyId company) {
    return txn.first("SELECT case_id FROM internal_notes WHERE id = $1 AND company = $2", {id.value, company.value},
                     [](const Row& row) { return CaseId{row.number(0)}; });
}

void update_internal_note(Txn& txn, Vault& vault, const StoredCase& c, const InternalNote& note) {
    const Blob words = vault.seal(txn, c.owner, c.id, Tag::content, place(note.id), pack_note_words(note.words));
    txn.change("UPDATE internal_notes SET words = $2 WHERE id = $1", {note.id.value, words});
}

void delete_internal_notes(Txn& txn, CaseId id) {
    txn.change("DELETE FROM internal_notes WHERE case_id = $1", {id.value});
}

void delete_internal_notes(Txn& txn, CaseId id, CompanyId company) {
    txn.change("DELETE FROM internal_notes WHERE case_id = $1 AND company = $2", {id.value, company.value});
}

void reseal_internal_notes(Txn& txn, Vault& vault, const StoredCase& c) {
    for (const CompanyId company : {c.submitter, c.receiver})
        for (const InternalNote& note : internal_notes_of(txn, vault, c.id, company)) update_internal_note(txn, vault, c, note);
}

}  // namespace entente::store
