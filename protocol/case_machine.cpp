#include "protocol/case_machine.hpp"

#include <array>
#include <string>

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

// Who may take a step. Notes are the one step that both sides own.
enum class Owner : std::uint8_t { submitter, receiver, either };

struct Transition {
    CaseStatus from;
    CaseAction action;
    Owner by;
    CaseStatus to;
};

using enum CaseStatus;

// Contract section 10.2. Choices where the contract is open (its section 20): an information response leaves the status at
// INFORMATION (3); an accepted case may be asked for information again (16); notes stop at the final states (15); the submitter may
// change its number and contact until a final state (9).
constexpr std::array transitions{
    Transition{open, CaseAction::approve, Owner::receiver, accepted},
    Transition{open, CaseAction::request_information, Owner::receiver, information},
    Transition{open, CaseAction::reject, Owner::receiver, rejected},
    Transition{open, CaseAction::add_note, Owner::either, open},
    Transition{open, CaseAction::change, Owner::submitter, open},

    Transition{information, CaseAction::provide_information, Owner::submitter, information},
    Transition{information, CaseAction::approve, Owner::receiver, accepted},
    Transition{information, CaseAction::reject, Owner::receiver, rejected},
    Transition{information, CaseAction::request_information, Owner::receiver, information},
    Transition{information, CaseAction::add_note, Owner::either, information},
    Transition{information, CaseAction::change, Owner::submitter, information},

    Transition{accepted, CaseAction::update_approval, Owner::receiver, accepted},
    Transition{accepted, CaseAction::request_information, Owner::receiver, information},
    Transition{accepted, CaseAction::close, Owner::submitter, closed},
    Transition{accepted, CaseAction::add_note, Owner::either, accepted},
    Transition{accepted, CaseAction::change, Owner::submitter, accepted},
};

constexpr NameTable<CaseAction, case_action_count> action_names{{
    {CaseAction::approve, "approval"},
    {CaseAction::update_approval, "approval-update"},
    {CaseAction::reject, "rejection"},
    {CaseAction::request_information, "information-request"},
    {CaseAction::provide_information, "information-response"},
    {CaseAction::close, "closure"},
    {CaseAction::add_note, "note"},
    {CaseAction::change, "change"},
}};

// What the contract says of closing too early; the other steps are worded alike. `*` stands for the status.
constexpr NameTable<CaseAction, case_action_count> refusals{{
    {CaseAction::approve, "* cases cannot be approved."},
    {CaseAction::update_approval, "The approval of * cases cannot be changed."},
    {CaseAction::reject, "* cases cannot be rejected."},
    {CaseAction::request_information, "Information cannot be requested for * cases."},
    {CaseAction::provide_information, "Information cannot be provided for * cases."},
    {CaseAction::close, "* cases cannot be closed."},
    {CaseAction::add_note, "Notes cannot be added to * cases."},
    {CaseAction::change, "* cases cannot be changed."},
}};

constexpr bool owns(Owner owner, Side side) {
    if (owner == Owner::either) return true;
    return (owner == Owner::submitter) == (side == Side::submitter);
}

}  // namespace

std::string_view name(CaseAction action) {
    return name_in(action_names, action);
}

NextMove next_move(CaseStatus status) {
    switch (status) {
        case open:
        case accepted:
            return NextMove::receiver;
        case information:
            return NextMove::submitter;
        case rejected:
        case closed:
            return NextMove::nobody;
    }
    ENTENTE_ASSERT(false && "unknown status");
    return NextMove::nobody;
}

Result<CaseStatus> next_status(CaseStatus from, CaseAction action, Side by) {
    for (const Transition& step : transitions) {
        if (step.from != from || step.action != action) continue;
        if (owns(step.by, by)) return step.to;
        return fail(ErrorKind::forbidden, "wrong_side",
                    step.by == Owner::receiver ? "Only the receiver of the case can do this."
                                               : "Only the submitter of the case can do this.");
    }
    std::string sentence(name_in(refusals, action));
    sentence.replace(sentence.find('*'), 1, name(from));
    return fail(ErrorKind::wrong_state, "wrong_state", std::move(sentence));
}

}  // namespace entente::protocol
