#pragma once
// Takes the content out of a case that ended some time ago (contract 11.5): texts, fields, people. Numbers, summary, states, times
// and the gateway's own notices stay.

#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

inline constexpr std::string_view removed_note_summary = "Note removed - Older than 30 days";

// Blanks the words in `c`, which the caller saves, and those of its notes and responses.
void remove_words(Txn& txn, const Context& context, store::StoredCase& c);

}  // namespace entente::operations
