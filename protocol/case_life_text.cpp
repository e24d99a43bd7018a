// The canonical spelling of a life and of its steps: what the audit log and the rows keep.

#include "protocol/case_life.hpp"

namespace entente::protocol {

namespace {

CanonicalObject interval_object(const Interval& interval) {
    CanonicalObject out;
    out.set("owner", name(interval.turn.owner)).set("start", interval.start.us).set("work", name(interval.turn.work));
    out.set_filled("reason", interval.reason);
    if (interval.end) out.set("end", interval.end->us);
    if (interval.paused_by) out.set("paused_by", name(*interval.paused_by));
    if (interval.until) out.set("until", interval.until->us);
    if (interval.contested) out.set("contested", true);
    return out;
}

CanonicalObject escalation_object(const Escalation& escalation) {
    CanonicalObject out;
    out.set("by", name(escalation.by)).set("level", escalation.level).set_filled("reason", escalation.reason);
    if (escalation.channel) out.set("channel", name(*escalation.channel));
    if (escalation.at) out.set("at", escalation.at->us);
    return out;
}

CanonicalArray attempts_array(const std::vector<FixAttempt>& attempts) {
    CanonicalArray out;
    for (const FixAttempt& attempt : attempts) {
        CanonicalObject row;
        row.set("confirmed", attempt.confirmed).set("offered", attempt.offered.us).set_filled("reason", attempt.reason);
        if (attempt.answered) row.set("answered", attempt.answered->us);
        out.add(row);
    }
    return out;
}

CanonicalArray feedback_array(const std::vector<Feedback>& feedback) {
    CanonicalArray out;
    for (const Feedback& one : feedback)
        out.add(CanonicalObject()
                    .set("at", one.at.us)
                    .set("by", name(one.by))
                    .set("score", one.score)
                    .set_filled("reason", one.reason));
    return out;
}

// Counts that are zero are left out, so that a young case stays short.
void set_counts(CanonicalObject& out, const LifeFacts& facts) {
    const auto count = [&out](std::string_view key, std::int64_t value) {
        if (value != 0) out.set(key, value);
    };
    count("rounds_before", facts.rounds_before);
    count("rounds_after", facts.rounds_after);
    count("returns_without_evidence", facts.returns_without_evidence);
    count("reopened", facts.reopened);
    count("reroutes", facts.reroutes);
    count("pauses", facts.pauses);
    count("contested_pauses", facts.contested_pauses);
    count("escalations", facts.escalations);
    count("reminders_submitter", facts.reminders_submitter);
    count("reminders_receiver", facts.reminders_receiver);
}

CanonicalObject facts_object(const LifeFacts& facts) {
    CanonicalObject out;
    set_counts(out, facts);
    const auto flag = [&out](std::string_view key, bool value) {
        if (value) out.set(key, true);
    };
    flag("accepted", facts.accepted);
    flag("first_answer_by_person", facts.first_answer_by_person);
    flag("feedback_requested", facts.feedback_requested);
    flag("content_removed", facts.content_removed);
    flag("evidence", facts.evidence);
    if (facts.released) out.set("released", facts.released->us);
    if (facts.first_answer) out.set("first_answer", facts.first_answer->us);
    if (facts.before_current) out.set("before_current", name(*facts.before_current));
    if (facts.escalation.at) out.set("escalation", escalation_object(facts.escalation));
    if (!facts.attempts.empty()) out.set("attempts", attempts_array(facts.attempts));
    if (!facts.feedback.empty()) out.set("feedback", feedback_array(facts.feedback));
    return out;
}

std::int64_t number_at(const CanonicalValue& value, std::string_view key) {
    const CanonicalValue* found = value.find(key);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

bool flag_at(const CanonicalValue& value, std::string_view key) {
    const CanonicalValue* found = value.find(key);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

std::string text_at(const CanonicalValue& value, std::string_view key) {
    const CanonicalValue* found = value.find(key);
    return found != nullptr && found->text() != nullptr ? *found->text() : std::string{};
}

std::optional<Instant> instant_at(const CanonicalValue& value, std::string_view key) {
    const CanonicalValue* found = value.find(key);
    if (found == nullptr || found->integer() == nullptr) return std::nullopt;
    return Instant{*found->integer()};
}

Escalation read_escalation(const CanonicalValue& value) {
    Escalation escalation;
    escalation.level = static_cast<int>(number_at(value, "level"));
    escalation.by = parse_case_owner(text_at(value, "by")).value_or(CaseOwner::gateway);
    escalation.reason = text_at(value, "reason");
    escalation.channel = parse_channel(text_at(value, "channel"));
    escalation.at = instant_at(value, "at");
    return escalation;
}

std::vector<FixAttempt> read_attempts(const CanonicalValue* value) {
    std::vector<FixAttempt> attempts;
    if (value == nullptr || value->array() == nullptr) return attempts;
    for (const CanonicalValue& row : *value->array())
        attempts.push_back({.offered = instant_at(row, "offered").value_or(Instant{}),
                            .answered = instant_at(row, "answered"),
                            .confirmed = flag_at(row, "confirmed"),
                            .reason = text_at(row, "reason")});
    return attempts;
}

std::vector<Feedback> read_feedback(const CanonicalValue* value) {
    std::vector<Feedback> feedback;
    if (value == nullptr || value->array() == nullptr) return feedback;
    for (const CanonicalValue& row : *value->array())
        feedback.push_back({.by = parse_case_owner(text_at(row, "by")).value_or(CaseOwner::submitter),
                            .score = static_cast<int>(number_at(row, "score")),
                            .reason = text_at(row, "reason"),
                            .at = instant_at(row, "at").value_or(Instant{})});
    return feedback;
}

}  // namespace

CanonicalObject to_canonical(const LifeStep& step) {
    CanonicalObject out;
    out.set("at", step.at.us).set("by", name(step.by)).set("move", name(step.move));
    out.set("owner", name(step.turn.owner)).set("work", name(step.turn.work)).set_filled("reason", step.reason);
    if (step.person) out.set("person", true);
    if (step.move == LifeMove::escalated || step.move == LifeMove::feedback_given) out.set("level", step.level);
    if (step.channel) out.set("channel", name(*step.channel));
    if (step.until) out.set("until", step.until->us);
    return out;
}

std::optional<LifeStep> read_life_step(const CanonicalValue& value) {
    const auto move = parse_life_move(text_at(value, "move"));
    const auto by = parse_case_owner(text_at(value, "by"));
    const auto owner = parse_case_owner(text_at(value, "owner"));
    const auto work = parse_case_work(text_at(value, "work"));
    const auto at = instant_at(value, "at");
    if (!move || !by || !owner || !work || !at) return std::nullopt;
    LifeStep step;
    step.move = *move;
    step.by = *by;
    step.person = flag_at(value, "person");
    step.at = *at;
    step.turn = {*owner, *work};
    step.reason = text_at(value, "reason");
    step.level = static_cast<int>(number_at(value, "level"));
    step.channel = parse_channel(text_at(value, "channel"));
    step.until = instant_at(value, "until");
    return step;
}

std::string facts_text(const LifeFacts& facts) {
    return facts_object(facts).text();
}

std::optional<LifeFacts> parse_facts(std::string_view text) {
    const auto value = parse_canonical(text);
    if (!value) return std::nullopt;
    LifeFacts facts;
    facts.accepted = flag_at(*value, "accepted");
    facts.released = instant_at(*value, "released");
    facts.first_answer = instant_at(*value, "first_answer");
    facts.first_answer_by_person = flag_at(*value, "first_answer_by_person");
    facts.rounds_before = number_at(*value, "rounds_before");
    facts.rounds_after = number_at(*value, "rounds_after");
    facts.returns_without_evidence = number_at(*value, "returns_without_evidence");
    facts.reopened = number_at(*value, "reopened");
    facts.reroutes = number_at(*value, "reroutes");
    facts.pauses = number_at(*value, "pauses");
    facts.contested_pauses = number_at(*value, "contested_pauses");
    facts.escalations = number_at(*value, "escalations");
    facts.reminders_submitter = number_at(*value, "reminders_submitter");
    facts.reminders_receiver = number_at(*value, "reminders_receiver");
    facts.feedback_requested = flag_at(*value, "feedback_requested");
    facts.content_removed = flag_at(*value, "content_removed");
    facts.evidence = flag_at(*value, "evidence");
    facts.before_current = parse_side(text_at(*value, "before_current"));
    if (const CanonicalValue* escalation = value->find("escalation")) facts.escalation = read_escalation(*escalation);
    facts.attempts = read_attempts(value->find("attempts"));
    facts.feedback = read_feedback(value->find("feedback"));
    return facts;
}

std::string life_text(const Life& life) {
    CanonicalArray intervals;
    for (const Interval& interval : life.intervals) intervals.add(interval_object(interval));
    return CanonicalObject().set("facts", facts_object(life.facts)).set("intervals", intervals).text();
}

}  // namespace entente::protocol
