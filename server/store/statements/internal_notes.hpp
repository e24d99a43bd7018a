#pragma once
// Statements about internal notes: what a company writes about a case for itself. Every statement names the company; there is none
// that reads them for both sides.

#include <string>
#include <vector>

#include "server/store/statements/cases.hpp"

namespace entente::store {

struct InternalNote {
    protocol::NoteId id;
    protocol::CaseId case_id;
    protocol::CompanyId company;
    std::string token;
    std::int64_t position = 0;
    std::string author;  // principal label
    protocol::Instant created_at;
    StoredNote::Words words;
};

void insert_internal_note(Txn& txn, Vault& vault, const StoredCase& c, const InternalNote& note);
std::vector<InternalNote> internal_notes_of(ReadTxn& txn, Vault& vault, protocol::CaseId id, protocol::CompanyId company);
std::int64_t last_internal_position(ReadTxn& txn, protocol::CaseId id, protocol::CompanyId company);  // 0: none
// The case that a note of this company belongs to.
std::optional<protocol::CaseId> case_of_internal_note(ReadTxn& txn, protocol::NoteId id, protocol::CompanyId company);
// Its words, sealed anew.
void update_internal_note(Txn& txn, Vault& vault, const StoredCase& c, const InternalNote& note);
// Seals every internal note of the case anew, after its owner changed.
void reseal_internal_notes(Txn& txn, Vault& vault, const StoredCase& c);

// Of both companies: when the content of the case goes.
void delete_internal_notes(Txn& txn, protocol::CaseId id);
// Of one, when it leaves: nobody else may read them.
void delete_internal_notes(Txn& txn, protocol::CaseId id, protocol::CompanyId company);

// The inside of a note's sealed words; shared notes are packed alike.
std::string pack_note_words(const StoredNote::Words& words);
StoredNote::Words unpack_note_words(std::string_view bytes);

}  // namespace entente::store
