#pragma once
// The moves of the own API: hand over, offer and answer a fix, reopen, withdraw, send to another department, escalate, pause,
// contest, resume. protocol/case_moves says which are legal. A move's own words cross as a note, masked like any other.

#include <string_view>

#include "protocol/case_moves.hpp"
#include "server/operations/case_timeline.hpp"

namespace entente::operations {

struct CaseMove {
    protocol::MoveInput step;
    protocol::DepartmentId department;  // rerouted
};

// Answers the case's life as it is then.
Audited<Timeline> make_move(Txn& txn, const Context& context, const Caller& caller, std::string_view token, const CaseMove& input);

}  // namespace entente::operations
