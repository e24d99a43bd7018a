#include "protocol/case_moves.hpp"

#include <algorithm>
#include <array>

#include "protocol/reader.hpp"

namespace entente::protocol {

namespace {

using Codes = std::span<const std::string_view>;

constexpr std::array<std::string_view, 4> unasked_codes{"defect", "telemetry", "end_of_support", "security"};
constexpr std::array<std::string_view, 7> moved_codes{"handover",    "data_needed",     "test_needed", "decision_needed",
                                                      "engineering", "customer_action", "ready"};
constexpr std::array<std::string_view, 3> offer_codes{"fix", "workaround", "answer"};
constexpr std::array<std::string_view, 2> confirm_codes{"works", "accepted_as_is"};
constexpr std::array<std::string_view, 5> reject_codes{"not_fixed", "new_problem", "incomplete", "cannot_install",
                                                       "not_acceptable"};
constexpr std::array<std::string_view, 3> reopen_codes{"recurred", "incomplete", "closed_by_mistake"};
constexpr std::array<std::string_view, 4> withdraw_codes{"not_needed", "solved", "opened_by_mistake", "wrong_partner"};
constexpr std::array<std::string_view, 2> reroute_codes{"wrong_department", "specialist_needed"};
constexpr std::array<std::string_view, 6> escalate_codes{"no_progress",      "severity_raised", "business_impact",
                                                         "customer_request", "no_answer",       "resolved"};
constexpr std::array<std::string_view, 5> pause_codes{"waiting_for_customer", "maintenance_window", "third_party", "release_date",
                                                      "site_visit"};
constexpr std::array<std::string_view, 4> contest_codes{"not_agreed", "answered", "nothing_asked", "work_possible"};
constexpr std::array<std::string_view, 2> resume_codes{"continued", "agreed"};
constexpr std::array<std::string_view, 6> feedback_codes{"solved",         "solved_late",   "not_solved",
                                                         "asked_too_much", "hard_to_reach", "well_informed"};

struct Row {
    LifeMove move;
    std::string_view headline;
    Codes reasons;
    bool needed;
};

constexpr std::array rows{
    Row{LifeMove::opened, "Case opened unasked", unasked_codes, false},
    Row{LifeMove::moved, "Next move handed over", moved_codes, false},
    Row{LifeMove::fix_offered, "Fix offered", offer_codes, false},
    Row{LifeMove::fix_confirmed, "Fix confirmed", confirm_codes, false},
    Row{LifeMove::fix_rejected, "Fix rejected", reject_codes, true},
    Row{LifeMove::reopened, "Case reopened", reopen_codes, true},
    Row{LifeMove::withdrawn, "Case withdrawn", withdraw_codes, false},
    Row{LifeMove::rerouted, "Case moved to another department", reroute_codes, false},
    Row{LifeMove::escalated, "Case escalated", escalate_codes, true},
    Row{LifeMove::paused, "Case paused", pause_codes, true},
    Row{LifeMove::pause_contested, "Pause contested", contest_codes, true},
    Row{LifeMove::resumed, "Case resumed", resume_codes, false},
    Row{LifeMove::feedback_given, "Feedback given", feedback_codes, false},
};

const Row* row_for(LifeMove move) {
    const auto found = std::ranges::find(rows, move, &Row::move);
    return found == rows.end() ? nullptr : &*found;
}

std::unexpected<Error> wrong_state(std::string message) {
    return fail(ErrorKind::wrong_state, "wrong_state", std::move(message));
}

std::unexpected<Error> wrong_side(Side needed) {
    return fail(
        ErrorKind::forbidden, "wrong_side",
        needed == Side::receiver ? "only the receiver of the case can do this" : "only the submitter of the case can do this");
}

std::unexpected<Error> invalid(std::string_view pointer, std::string code, std::string message) {
    std::vector<Violation> violations;
    violations.push_back({std::string(pointer), std::move(code), std::move(message)});
    return std::unexpected(invalid_members(std::move(violations)));
}

bool ended(CaseStatus status) {
    return status == CaseStatus::closed || status == CaseStatus::rejected;
}

bool fix_open(const Life& life) {
    return !life.facts.attempts.empty() && !life.facts.attempts.back().answered;
}

std::string listed(Codes codes) {
    std::string text;
    for (const std::string_view code : codes) {
        if (!text.empty()) text += ", ";
        text += code;
    }
    return text;
}

Result<void> check_reason(const MoveInput& input) {
    const Row* row = row_for(input.move);
    if (row == nullptr) return wrong_state("this is not a move");
    if (input.reason.empty()) {
        if (row->needed) return invalid("/reason", "missing", "is required: one of " + listed(row->reasons));
        return {};
    }
    if (std::ranges::find(row->reasons, input.reason) == row->reasons.end())
        return invalid("/reason", "not_allowed", "must be one of " + listed(row->reasons));
    return {};
}

MovePlan stay(const MoveScene& scene) {
    return {scene.life.current().turn, scene.status, 0};
}

MovePlan to(const MoveInput& input, const MoveScene& scene, CaseStatus status) {
    MovePlan plan = stay(scene);
    plan.turn = turn_after(scene.life, input.move, input.reason);
    plan.status = status;
    return plan;
}

// Whoever has the move may give it to anybody; the other side may only take it.
Result<MovePlan> hand_over(const MoveInput& input, const MoveScene& scene) {
    if (scene.status != CaseStatus::accepted && scene.status != CaseStatus::information)
        return wrong_state("the next move changes hands once the receiver has answered");
    if (!input.owner) return invalid("/owner", "missing", "is required");
    const auto target = side_of(*input.owner);
    if (!target)
        return invalid("/owner", "not_allowed",
                       "must be one of submitter, receiver, customer, submitter_engineering, receiver_engineering");
    const CaseWork work = input.work.value_or(usual_work(*input.owner));
    if (!fits(*input.owner, work)) return invalid("/action", "not_allowed", "is nothing that this owner does");
    if (side_of(scene.life.current().turn.owner) != scene.side && *target != scene.side)
        return fail(ErrorKind::forbidden, "not_your_move", "the other side has the move: you can take it, but not give it away");
    MovePlan plan = stay(scene);
    plan.turn = {*input.owner, work};
    return plan;
}

Result<MovePlan> offer(const MoveInput& input, const MoveScene& scene) {
    if (scene.side != Side::receiver) return wrong_side(Side::receiver);
    if (ended(scene.status) || !scene.life.facts.accepted) return wrong_state("a fix is offered for an accepted case");
    if (fix_open(scene.life)) return wrong_state("the fix offered before is not answered yet");
    return to(input, scene, CaseStatus::accepted);
}

Result<MovePlan> answer_fix(const MoveInput& input, const MoveScene& scene) {
    if (scene.side != Side::submitter) return wrong_side(Side::submitter);
    if (ended(scene.status) || !fix_open(scene.life)) return wrong_state("no fix waits for an answer");
    return to(input, scene, input.move == LifeMove::fix_confirmed ? CaseStatus::closed : CaseStatus::accepted);
}

Result<MovePlan> reopen(const MoveInput& input, const MoveScene& scene) {
    if (scene.side != Side::submitter) return wrong_side(Side::submitter);
    if (scene.status != CaseStatus::closed || scene.life.current().turn.work != CaseWork::closed)
        return wrong_state("only a closed case can be reopened; open a new one");
    if (scene.life.facts.content_removed) return wrong_state("the content of this case was removed; open a new one");
    return to(input, scene, scene.life.facts.accepted ? CaseStatus::accepted : CaseStatus::open);
}

Result<MovePlan> withdraw(const MoveInput& input, const MoveScene& scene) {
    if (scene.side != Side::submitter) return wrong_side(Side::submitter);
    if (scene.status != CaseStatus::open || scene.responded)
        return wrong_state("a case can be withdrawn before it is answered; after that, close it");
    return to(input, scene, CaseStatus::closed);
}

Result<MovePlan> reroute(const MoveScene& scene) {
    if (ended(scene.status)) return wrong_state("the case has ended");
    if (scene.side == Side::submitter && scene.responded)
        return fail(ErrorKind::forbidden, "wrong_side",
                    "once the receiver has answered, only the receiver moves the case to a department");
    return stay(scene);
}

Result<MovePlan> escalate(const MoveInput& input, const MoveScene& scene) {
    if (ended(scene.status)) return wrong_state("the case has ended");
    const Escalation& now = scene.life.facts.escalation;
    const int level = input.level.value_or(std::min(now.level + 1, escalation_level_max));
    if (level < 0 || level > escalation_level_max) return invalid("/level", "out_of_range", "must be from 0 to 3");
    if (level == now.level) return wrong_state("the case is at this escalation level already");
    const auto raised_by = side_of(now.by);
    if (level < now.level && raised_by && *raised_by != scene.side)
        return fail(ErrorKind::forbidden, "wrong_side", "the side that escalated the case lowers the level again");
    MovePlan plan = stay(scene);
    plan.level = level;
    return plan;
}

Result<MovePlan> pause(const MoveInput& input, const MoveScene& scene) {
    if (ended(scene.status) || scene.status == CaseStatus::open)
        return wrong_state("a case is paused once the receiver has answered");
    if (scene.life.current().turn.work == CaseWork::waiting) return wrong_state("the case is paused already");
    if (side_of(scene.life.current().turn.owner) != scene.side)
        return fail(ErrorKind::forbidden, "not_your_move", "only the side that has the move can pause the case");
    return to(input, scene, scene.status);
}

Result<MovePlan> contest(const MoveScene& scene) {
    const Interval& current = scene.life.current();
    if (ended(scene.status) || current.turn.work != CaseWork::waiting) return wrong_state("the case is not paused");
    if (current.paused_by == scene.side)
        return fail(ErrorKind::forbidden, "wrong_side", "your own side paused the case: resume it");
    if (current.contested) return wrong_state("the pause is contested already");
    return stay(scene);
}

Result<MovePlan> resume(const MoveInput& input, const MoveScene& scene) {
    const Interval& current = scene.life.current();
    if (ended(scene.status) || current.turn.work != CaseWork::waiting) return wrong_state("the case is not paused");
    if (current.paused_by != scene.side)
        return fail(ErrorKind::forbidden, "wrong_side", "the other side paused the case: you can contest the pause");
    return to(input, scene, scene.status);
}

Result<MovePlan> give_feedback(const MoveInput& input, const MoveScene& scene) {
    if (scene.life.current().turn.work != CaseWork::closed) return wrong_state("feedback is given once the case is closed");
    if (!input.score || *input.score < feedback_score_min || *input.score > feedback_score_max)
        return invalid("/score", "out_of_range", "must be from 1 (very dissatisfied) to 5 (very satisfied)");
    if (!input.text.empty() && scene.life.facts.content_removed)
        return wrong_state("the content of this case was removed, so feedback carries no words any more");
    MovePlan plan = stay(scene);
    plan.level = *input.score;
    return plan;
}

}  // namespace

Result<MovePlan> plan_move(const MoveInput& input, const MoveScene& scene) {
    if (auto valid = check_reason(input); !valid) return std::unexpected(std::move(valid.error()));
    if (scene.held && input.move != LifeMove::withdrawn) return wrong_state("the partner does not see this case yet");
    switch (input.move) {
        case LifeMove::moved:
            return hand_over(input, scene);
        case LifeMove::fix_offered:
            return offer(input, scene);
        case LifeMove::fix_confirmed:
        case LifeMove::fix_rejected:
            return answer_fix(input, scene);
        case LifeMove::reopened:
            return reopen(input, scene);
        case LifeMove::withdrawn:
            return withdraw(input, scene);
        case LifeMove::rerouted:
            return reroute(scene);
        case LifeMove::escalated:
            return escalate(input, scene);
        case LifeMove::paused:
            return pause(input, scene);
        case LifeMove::pause_contested:
            return contest(scene);
        case LifeMove::resumed:
            return resume(input, scene);
        case LifeMove::feedback_given:
            return give_feedback(input, scene);
        default:
            return wrong_state("this is not a move");
    }
}

std::span<const std::string_view> reasons_of(LifeMove move) {
    const Row* row = row_for(move);
    return row == nullptr ? Codes{} : row->reasons;
}

bool reason_needed(LifeMove move) {
    const Row* row = row_for(move);
    return row != nullptr && row->needed;
}

std::string_view headline(LifeMove move) {
    const Row* row = row_for(move);
    return row == nullptr ? std::string_view{} : row->headline;
}

bool fits(CaseOwner owner, CaseWork work) {
    using enum CaseWork;
    switch (work) {
        case supplying_information:
            return owner == CaseOwner::submitter || owner == CaseOwner::customer;
        case collecting_information:
            return owner == CaseOwner::submitter || owner == CaseOwner::customer || owner == CaseOwner::receiver;
        case installing_fix:
        case verifying_fix:
            return side_of(owner) == Side::submitter;
        case reproducing:
            return side_of(owner).has_value();
        case investigating:
        case analysing:
        case preparing_fix:
            return side_of(owner).has_value() && owner != CaseOwner::customer;
        case reworking:
            return side_of(owner) == Side::receiver;
        default:
            return false;
    }
}

CaseWork usual_work(CaseOwner owner) {
    switch (owner) {
        case CaseOwner::submitter:
            return CaseWork::supplying_information;
        case CaseOwner::customer:
            return CaseWork::collecting_information;
        case CaseOwner::submitter_engineering:
        case CaseOwner::receiver_engineering:
            return CaseWork::analysing;
        default:
            return CaseWork::investigating;
    }
}

}  // namespace entente::protocol
