#include "protocol/case_states.hpp"

#include <array>

#include "protocol/result.hpp"

namespace entente::protocol {

namespace {

using enum LifeState;

// A dash: the other side has no such state.
constexpr std::array<StateRow, life_state_count> table{{
    {drafting, "drafting", "submitter", "–", "Beginning_State", "–", "–"},
    {checking, "checking", "gateway, submitter or customer", "OPEN", "Service_Request, Entitlement", "–", "REQUESTED"},
    {refused, "refused", "nobody", "REJECTED", "Not_Entitled", "rejected", "TERMINATED"},
    {deciding, "deciding", "receiver", "OPEN", "Entitled, Problem_Submitted", "acknowledged", "OFFERED"},
    {supplying_information, "supplying_information", "submitter side", "INFORMATION", "Open_Requester", "pending", "REQUESTED"},
    {investigating, "investigating", "receiver side", "ACCEPTED", "Open_Provider", "inProgress", "AGREED to FINALIZED"},
    {verifying_fix, "verifying_fix", "submitter side", "ACCEPTED", "Closed_Pending_Confirmation", "resolved", "–"},
    {reworking, "reworking", "receiver side", "ACCEPTED", "Open_Provider", "reopened", "–"},
    {waiting_submitter, "waiting_submitter", "submitter side", "ACCEPTED", "Open_Requester", "held", "–"},
    {waiting_receiver, "waiting_receiver", "receiver side", "ACCEPTED", "Open_Provider", "held", "–"},
    {frozen, "frozen", "submitter", "as before", "as before", "held", "–"},
    {closed, "closed", "nobody", "CLOSED", "Closed", "closed", "TERMINATED"},
    {declined, "declined", "nobody", "REJECTED", "Closed", "rejected", "TERMINATED"},
    {withdrawn, "withdrawn", "nobody", "CLOSED", "Closed", "cancelled", "TERMINATED"},
}};

}  // namespace

std::span<const StateRow> state_table() {
    return table;
}

const StateRow& row_of(LifeState state) {
    const auto index = static_cast<std::size_t>(state);
    ENTENTE_ASSERT(index < table.size() && table[index].state == state);
    return table[index];
}

LifeState state_of(const Turn& turn) {
    const bool submitters = side_of(turn.owner) == Side::submitter;
    switch (turn.work) {
        case CaseWork::checking_permission:
        case CaseWork::obtaining_permission:
        case CaseWork::deciding_permission:
            return checking;
        case CaseWork::renewing_permission:
            return frozen;
        case CaseWork::deciding:
            return deciding;
        case CaseWork::supplying_information:
        case CaseWork::collecting_information:
        case CaseWork::investigating:
        case CaseWork::reproducing:
        case CaseWork::analysing:
        case CaseWork::preparing_fix:
            return submitters ? supplying_information : investigating;
        case CaseWork::reworking:
            return reworking;
        case CaseWork::installing_fix:
        case CaseWork::verifying_fix:
            return submitters ? verifying_fix : investigating;
        case CaseWork::waiting:
            return submitters ? waiting_submitter : waiting_receiver;
        case CaseWork::closed:
            return closed;
        case CaseWork::declined:
            return declined;
        case CaseWork::refused:
            return refused;
        case CaseWork::withdrawn:
            return withdrawn;
    }
    ENTENTE_ASSERT(false && "unknown work");
    return closed;
}

}  // namespace entente::protocol
