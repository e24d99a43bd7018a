#pragma once
// The legal steps of a case as a table (contract section 10.2). Each status names who owns the next move.

#include <cstdint>
#include <string_view>

#include "protocol/collaboration.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

enum class CaseAction : std::uint8_t {
    approve,
    update_approval,
    reject,
    request_information,
    provide_information,
    close,
    add_note,
    change,  // PATCH T: submitter's number or contact
};
inline constexpr int case_action_count = 8;
std::string_view name(CaseAction action);  // approval, approval-update, rejection, ...

enum class NextMove : std::uint8_t { nobody, submitter, receiver };
NextMove next_move(CaseStatus status);

// The status after the step, or an error: `forbidden` (wrong_side) when the step exists for the other side only, `wrong_state` when
// the status has no such step; its message is the contract's sentence where there is one ("OPEN cases cannot be closed.").
Result<CaseStatus> next_status(CaseStatus from, CaseAction action, Side by);

}  // namespace entente::protocol
