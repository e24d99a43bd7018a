#include "server/operations/case_removal.hpp"

#include "server/store/statements/internal_notes.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

namespace {

void blank(store::CaseWords& words) {
    words.description.clear();
    words.fields.clear();
    words.internal_notes.clear();
    words.submitter_contact.reset();
    words.receiver_contact.reset();
    const std::int64_t id = words.submitted_by.id;
    words.submitted_by = {};
    words.submitted_by.id = id;
}

void blank(store::StoredNote::Words& words) {
    words = {std::string(removed_note_summary), "", "", ""};
}

}  // namespace

void remove_words(Txn& txn, const Context& context, store::StoredCase& c) {
    store::Vault& vault = context.tools.vault;
    // Everything that stays is sealed under a new key, and the old one destroyed: old backups lose the words as well.
    vault.renew_columns(txn, c.id);
    blank(c.original);
    if (c.shared) blank(*c.shared);
    c.pseudonyms_submitter.clear();
    c.pseudonyms_receiver.clear();
    c.content_removed = true;
    store::set_content_removed(txn, c.id);
    for (store::StoredNote& note : store::notes_of(txn, vault, c.id)) {
        if (note.author_company) {
            blank(note.original);
            if (note.shared) blank(*note.shared);
        }
        store::share_note(txn, vault, c, note);
    }
    store::delete_internal_notes(txn, c.id);
    for (store::StoredResponse& response : store::responses_of(txn, vault, c.id)) {
        response.original = {};
        if (response.shared) response.shared = store::StoredResponse::Words{};
        store::share_response(txn, vault, c, response);
    }
    vault.destroy_renewed_columns(txn, c.id);
}

}  // namespace entente::operations
