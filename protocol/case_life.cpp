#include "protocol/case_life.hpp"

#include <algorithm>
#include <map>

#include "protocol/name_table.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<CaseOwner, case_owner_count> owner_names{{
    {CaseOwner::submitter, "submitter"},
    {CaseOwner::receiver, "receiver"},
    {CaseOwner::customer, "customer"},
    {CaseOwner::submitter_engineering, "submitter_engineering"},
    {CaseOwner::receiver_engineering, "receiver_engineering"},
    {CaseOwner::gateway, "gateway"},
    {CaseOwner::nobody, "nobody"},
}};

constexpr NameTable<CaseWork, case_work_count> work_names{{
    {CaseWork::checking_permission, "checking_permission"},
    {CaseWork::obtaining_permission, "obtaining_permission"},
    {CaseWork::deciding_permission, "deciding_permission"},
    {CaseWork::renewing_permission, "renewing_permission"},
    {CaseWork::deciding, "deciding"},
    {CaseWork::supplying_information, "supplying_information"},
    {CaseWork::collecting_information, "collecting_information"},
    {CaseWork::investigating, "investigating"},
    {CaseWork::reproducing, "reproducing"},
    {CaseWork::analysing, "analysing"},
    {CaseWork::preparing_fix, "preparing_fix"},
    {CaseWork::reworking, "reworking"},
    {CaseWork::installing_fix, "installing_fix"},
    {CaseWork::verifying_fix, "verifying_fix"},
    {CaseWork::waiting, "waiting"},
    {CaseWork::closed, "closed"},
    {CaseWork::declined, "declined"},
    {CaseWork::refused, "refused"},
    {CaseWork::withdrawn, "withdrawn"},
}};

constexpr NameTable<LifeMove, life_move_count> move_names{{
    {LifeMove::opened, "opened"},
    {LifeMove::held, "held"},
    {LifeMove::released, "released"},
    {LifeMove::frozen, "frozen"},
    {LifeMove::refused, "refused"},
    {LifeMove::approved, "approved"},
    {LifeMove::declined, "declined"},
    {LifeMove::information_requested, "information_requested"},
    {LifeMove::information_provided, "information_provided"},
    {LifeMove::moved, "moved"},
    {LifeMove::fix_offered, "fix_offered"},
    {LifeMove::fix_confirmed, "fix_confirmed"},
    {LifeMove::fix_rejected, "fix_rejected"},
    {LifeMove::closed, "closed"},
    {LifeMove::reopened, "reopened"},
    {LifeMove::withdrawn, "withdrawn"},
    {LifeMove::rerouted, "rerouted"},
    {LifeMove::escalated, "escalated"},
    {LifeMove::paused, "paused"},
    {LifeMove::pause_contested, "pause_contested"},
    {LifeMove::resumed, "resumed"},
    {LifeMove::noted, "noted"},
    {LifeMove::reminded, "reminded"},
    {LifeMove::feedback_requested, "feedback_requested"},
    {LifeMove::feedback_given, "feedback_given"},
    {LifeMove::closed_idle, "closed_idle"},
    {LifeMove::content_removed, "content_removed"},
}};

constexpr NameTable<Channel, 3> channel_names{{
    {Channel::case_notes, "case"},
    {Channel::mail, "mail"},
    {Channel::phone, "phone"},
}};

bool interruption(CaseWork work) {
    return work == CaseWork::waiting || work == CaseWork::renewing_permission;
}

// Whose move it was before pauses and freezes; a case that was never worked on is the receiver's to decide.
Turn uninterrupted(const Life& life) {
    for (auto interval = life.intervals.rbegin(); interval != life.intervals.rend(); ++interval)
        if (!interruption(interval->turn.work)) return interval->turn;
    return {CaseOwner::receiver, CaseWork::deciding};
}

Turn turn_while_held(std::string_view reason) {
    if (reason == "authorization_not_granted") return {CaseOwner::customer, CaseWork::deciding_permission};
    if (reason == "authorization_not_yet_valid" || reason == "agreement_not_yet_valid")
        return {CaseOwner::gateway, CaseWork::checking_permission};
    return {CaseOwner::submitter, CaseWork::obtaining_permission};
}

// Back at the side that had the move before, and the side in between brought nothing new: a return without evidence.
void note_turn_of_sides(LifeFacts& facts, const Turn& from, const Turn& to) {
    const auto left = side_of(from.owner);
    const auto entered = side_of(to.owner);
    if (!left || !entered || *left == *entered) return;
    if (facts.before_current == entered && !facts.evidence) ++facts.returns_without_evidence;
    facts.before_current = left;
    facts.evidence = false;
}

void enter(Life& life, const LifeStep& step) {
    Interval next{.turn = step.turn, .reason = step.reason, .start = step.at, .end = {}, .paused_by = {}, .until = step.until};
    if (step.move == LifeMove::paused) next.paused_by = step.by == CaseOwner::submitter ? Side::submitter : Side::receiver;
    if (life.intervals.empty()) {
        life.intervals.push_back(std::move(next));
        return;
    }
    Interval& current = life.intervals.back();
    if (current.turn == next.turn && step.move != LifeMove::paused) return;
    note_turn_of_sides(life.facts, current.turn, next.turn);
    // Nothing lasted for no time, except what an interruption comes back to.
    if (current.start == next.start && !interruption(next.turn.work)) {
        current = std::move(next);
        return;
    }
    current.end = next.start;
    life.intervals.push_back(std::move(next));
}

void answer_attempt(LifeFacts& facts, const LifeStep& step) {
    if (facts.attempts.empty() || facts.attempts.back().answered) return;
    FixAttempt& attempt = facts.attempts.back();
    attempt.answered = step.at;
    attempt.confirmed = step.move != LifeMove::fix_rejected;  // who closes a case with a fix at hand takes it
    if (!attempt.confirmed) attempt.reason = step.reason;
}

void note_first_answer(LifeFacts& facts, const LifeStep& step) {
    if (facts.first_answer) return;
    facts.first_answer = step.at;
    facts.first_answer_by_person = step.person;
}

void note_evidence(Life& life, const LifeStep& step) {
    if (!life.intervals.empty() && side_of(life.current().turn.owner) == side_of(step.by)) life.facts.evidence = true;
}

void note_feedback(LifeFacts& facts, const LifeStep& step) {
    const auto at = std::ranges::lower_bound(facts.feedback, step.by, {}, &Feedback::by);
    Feedback given{.by = step.by, .score = step.level, .reason = step.reason, .at = step.at};
    if (at != facts.feedback.end() && at->by == step.by) {
        *at = std::move(given);
    } else {
        facts.feedback.insert(at, std::move(given));
    }
}

// Whom the time of this interval counts against: in a pause the side that asked for it.
std::optional<Side> waiting_side(const Interval& interval) {
    return interval.paused_by ? interval.paused_by : side_of(interval.turn.owner);
}

void count(Life& life, const LifeStep& step) {
    LifeFacts& facts = life.facts;
    switch (step.move) {
        case LifeMove::released:
            if (!facts.released) facts.released = step.at;
            break;
        case LifeMove::approved:
            facts.accepted = true;
            note_first_answer(facts, step);
            break;
        case LifeMove::declined:
            note_first_answer(facts, step);
            break;
        case LifeMove::information_requested:
            ++(facts.accepted ? facts.rounds_after : facts.rounds_before);
            note_first_answer(facts, step);
            break;
        case LifeMove::information_provided:
        case LifeMove::noted:
            note_evidence(life, step);
            break;
        case LifeMove::fix_offered:
            facts.attempts.push_back({.offered = step.at, .answered = {}, .confirmed = false, .reason = {}});
            facts.evidence = true;
            break;
        case LifeMove::fix_confirmed:
        case LifeMove::fix_rejected:
        case LifeMove::closed:
            answer_attempt(facts, step);
            break;
        case LifeMove::reopened:
            ++facts.reopened;
            break;
        case LifeMove::rerouted:
            ++facts.reroutes;
            break;
        case LifeMove::escalated:
            if (step.level > facts.escalation.level) ++facts.escalations;
            facts.escalation = {step.level, step.by, step.reason, step.channel, step.at};
            break;
        case LifeMove::paused:
            ++facts.pauses;
            break;
        case LifeMove::pause_contested:
            ++facts.contested_pauses;
            if (!life.intervals.empty()) life.intervals.back().contested = true;
            break;
        case LifeMove::reminded:
            if (const auto side = waiting_side(life.current()))
                ++(*side == Side::submitter ? facts.reminders_submitter : facts.reminders_receiver);
            break;
        case LifeMove::feedback_requested:
            facts.feedback_requested = true;
            break;
        case LifeMove::feedback_given:
            note_feedback(facts, step);
            break;
        case LifeMove::content_removed:
            facts.content_removed = true;
            break;
        default:
            break;
    }
}

}  // namespace

std::string_view name(CaseOwner owner) {
    return name_in(owner_names, owner);
}
std::optional<CaseOwner> parse_case_owner(std::string_view text) {
    return find_exact(owner_names, text);
}
std::string_view name(CaseWork work) {
    return name_in(work_names, work);
}
std::optional<CaseWork> parse_case_work(std::string_view text) {
    return find_exact(work_names, text);
}
std::string_view name(LifeMove move) {
    return name_in(move_names, move);
}
std::optional<LifeMove> parse_life_move(std::string_view text) {
    return find_exact(move_names, text);
}
std::string_view name(Channel channel) {
    return name_in(channel_names, channel);
}
std::optional<Channel> parse_channel(std::string_view text) {
    return find_exact(channel_names, text);
}

std::optional<Side> side_of(CaseOwner owner) {
    switch (owner) {
        case CaseOwner::submitter:
        case CaseOwner::customer:
        case CaseOwner::submitter_engineering:
            return Side::submitter;
        case CaseOwner::receiver:
        case CaseOwner::receiver_engineering:
            return Side::receiver;
        case CaseOwner::gateway:
        case CaseOwner::nobody:
            break;
    }
    return std::nullopt;
}

Turn turn_after(const Life& life, LifeMove move, std::string_view reason) {
    using enum LifeMove;
    const Turn work{CaseOwner::receiver, life.facts.accepted ? CaseWork::investigating : CaseWork::deciding};
    const Turn now = life.intervals.empty() ? Turn{} : life.current().turn;
    switch (move) {
        case opened:
            return {};
        case held:
            return turn_while_held(reason);
        case released:
            return life.facts.released ? uninterrupted(life) : Turn{CaseOwner::receiver, CaseWork::deciding};
        case frozen:
            return {CaseOwner::submitter, CaseWork::renewing_permission};
        case refused:
            return {CaseOwner::nobody, CaseWork::refused};
        case approved:
            return {CaseOwner::receiver, CaseWork::investigating};
        case declined:
            return {CaseOwner::nobody, CaseWork::declined};
        case information_requested:
            return {CaseOwner::submitter, CaseWork::supplying_information};
        case information_provided:
            return side_of(now.owner) == Side::submitter ? work : now;
        case fix_offered:
            return {CaseOwner::submitter, CaseWork::verifying_fix};
        case fix_rejected:
            return {CaseOwner::receiver, CaseWork::reworking};
        case fix_confirmed:
        case closed:
        case closed_idle:
            return {CaseOwner::nobody, CaseWork::closed};
        case withdrawn:
            return {CaseOwner::nobody, CaseWork::withdrawn};
        case reopened:
            return work;
        case resumed:
            return uninterrupted(life);
        case paused:
            return {reason == "waiting_for_customer" ? CaseOwner::customer : now.owner, CaseWork::waiting};
        default:
            return now;
    }
}

LifeStep apply(Life& life, LifeStep step) {
    if (!life.intervals.empty()) step.at = std::max(step.at, life.current().start);
    count(life, step);
    enter(life, step);
    return step;
}

std::int64_t length_us(const Interval& interval, Instant now) {
    return std::max<std::int64_t>(0, interval.end.value_or(now).us - interval.start.us);
}

std::int64_t age_us(const Life& life, Instant now) {
    if (life.intervals.empty()) return 0;
    return std::max(now.us, life.current().start.us) - life.intervals.front().start.us;
}

std::vector<Share> shares(const Life& life, Instant now) {
    std::map<std::pair<CaseOwner, CaseWork>, std::int64_t> sums;
    for (const Interval& interval : life.intervals) sums[{interval.turn.owner, interval.turn.work}] += length_us(interval, now);
    std::vector<Share> found;
    for (const auto& [turn, us] : sums) found.push_back({{turn.first, turn.second}, us});
    return found;
}

}  // namespace entente::protocol
