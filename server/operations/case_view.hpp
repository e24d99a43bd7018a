#pragma once
// What one side is shown of a case. Everything in it passed the gate for that side (semantics 2 and 3).

#include "protocol/collaboration.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

inline protocol::Side side_of(const store::StoredCase& c, protocol::CompanyId company) {
    return c.submitter == company ? protocol::Side::submitter : protocol::Side::receiver;
}

protocol::CaseView view_case(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, protocol::Side side, Instant now);
std::vector<protocol::NoteView> view_notes(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, protocol::Side side,
                                           Instant now);

}  // namespace entente::operations
