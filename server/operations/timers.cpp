#include "server/operations/timers.hpp"

#include <algorithm>

#include "protocol/markup.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_clock.hpp"
#include "server/operations/case_flow.hpp"
#include "server/operations/case_life.hpp"
#include "server/operations/case_removal.hpp"
#include "server/operations/feedback.hpp"
#include "server/store/statements/erasure.hpp"

namespace entente::operations {

using protocol::CaseOwner;
using protocol::CaseWork;
using protocol::EventKind;
using protocol::Interval;
using protocol::Life;
using protocol::LifeMove;
using protocol::Side;
using protocol::TimerKind;
using store::StoredCase;

namespace {

constexpr std::int64_t minute_us = 60'000'000;
constexpr std::int64_t hour_s = 3'600;
constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t held_content_days = 1;
constexpr Actor gateway_actor{CaseOwner::gateway, false};

bool over(const Interval& interval) {
    return interval.turn.owner == CaseOwner::nobody;
}

// Nobody is late while a key is missing or the case stands still by agreement.
bool interrupted(const Interval& interval) {
    switch (interval.turn.work) {
        case CaseWork::checking_permission:
        case CaseWork::obtaining_permission:
        case CaseWork::deciding_permission:
        case CaseWork::renewing_permission:
            return true;
        case CaseWork::waiting:
            return !policy::receivers_time(interval);
        default:
            return false;
    }
}

bool first_answer_owed(const StoredCase& c, const Interval& current) {
    return current.turn.work == CaseWork::deciding && !c.responded;
}

// When the side that has the move is late. None: it has no deadline.
std::optional<Instant> late_at(ReadTxn& txn, const Context& context, const StoredCase& c, const Life& life) {
    const Interval& current = life.current();
    if (c.test || over(current) || interrupted(current)) return std::nullopt;
    if (first_answer_owed(c, current)) return c.respond_by;
    if (!policy::receivers_time(current)) {
        const std::int64_t hours = context.tools.settings.remind_submitter_hours;
        return hours > 0 ? std::optional(current.start.plus_seconds(hours * hour_s)) : std::nullopt;
    }
    const CaseClock clock = clock_of(txn, context.tools, c);
    if (clock.resolution_minutes == 0) return std::nullopt;
    const std::int64_t left = clock.resolution_minutes * minute_us - policy::resolution_used_us(life, clock.time(), current.start);
    if (left <= 0) return std::nullopt;  // it was told when the time ran out
    return policy::due_after(clock.time(), current.start, left);
}

// As long again for a first answer, a quarter of the target for a resolution, the same hours for the submitter.
std::optional<Instant> still_late_at(ReadTxn& txn, const Context& context, const StoredCase& c, const Life& life, Instant late) {
    const Interval& current = life.current();
    if (!policy::receivers_time(current)) return late.plus_seconds(context.tools.settings.remind_submitter_hours * hour_s);
    const CaseClock clock = clock_of(txn, context.tools, c);
    const std::int64_t minutes =
        first_answer_owed(c, current) ? clock.response_minutes : std::max(60, clock.resolution_minutes / 4);
    return policy::due_after(clock.time(), late, minutes * minute_us);
}

audit::Record gateway_record(const StoredCase& c, std::string operation) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = audit::Class::api_activity;
    record.activity = audit::activity_update;
    record.authentication = "none";
    record.role = "gateway";
    record.parties = {c.submitter};
    if (c.released_at) record.parties.push_back(c.receiver);
    record.resources.push_back({"case", std::to_string(c.id.value), c.version});
    record.case_scope = c.id;
    record.customer_owner = c.customer;
    return record;
}

void save(Txn& txn, const Context& context, StoredCase& c, audit::Record& record) {
    ++c.version;
    c.updated_at = context.now;
    if (!store::update_case(txn, context.tools.vault, c)) throw protocol::Fault("case moved during its own operation");
    record.resources.front().version = c.version;
}

void notice(Txn& txn, const Context& context, const StoredCase& c, std::string summary, std::string_view text,
            audit::Record& record) {
    store::StoredNote note = system_note(context, c, std::move(summary), text.empty() ? "" : protocol::paragraphs(text), true,
                                         c.released_at.has_value());
    add_note_row(txn, context, c, note);
    announce_note(context, record, c, note);
}

std::string lateness(const StoredCase& c, const Interval& current) {
    if (first_answer_owed(c, current)) return "answer_overdue";
    return policy::receivers_time(current) ? "resolution_overdue" : "move_overdue";
}

Side late_side(const Interval& current) {
    return policy::receivers_time(current) ? Side::receiver : Side::submitter;
}

audit::Record remind(Txn& txn, const Context& context, StoredCase& c, const Life& life) {
    audit::Record record = gateway_record(c, "case.remind");
    const Interval& current = life.current();
    record.reason = lateness(c, current);
    if (first_answer_owed(c, current)) {
        store::set_reminder_sent(txn, c.id);
        c.reminder_sent = true;
    }
    const Side late = late_side(current);
    announce(context, record, c, EventKind::reminder_sent, late == Side::receiver ? Audience::receiver : Audience::submitter);
    if (late == Side::receiver) announce(context, record, c, EventKind::target_missed, Audience::submitter);
    live(txn, context, c, gateway_actor, {{.move = LifeMove::reminded, .reason = record.reason, .turn = current.turn}}, record);
    save(txn, context, c, record);
    return record;
}

audit::Record escalate(Txn& txn, const Context& context, StoredCase& c, const Life& life) {
    const Interval& current = life.current();
    const int level = life.facts.escalation.level;
    // The submitter's lateness costs nobody but itself; a second word is enough. So it is at the highest level.
    if (late_side(current) == Side::submitter || level >= protocol::escalation_level_max) return remind(txn, context, c, life);
    audit::Record record = gateway_record(c, "case.escalate");
    record.reason = lateness(c, current);
    notice(txn, context, c, "Case escalated",
           record.reason == "answer_overdue" ? "The time for the first answer has passed twice over."
                                             : "The time for resolving the case has passed.",
           record);
    announce(context, record, c, EventKind::case_escalated, Audience::both);
    live(txn, context, c, gateway_actor,
         {{.move = LifeMove::escalated, .reason = record.reason, .level = level + 1, .channel = protocol::Channel::case_notes}},
         record);
    save(txn, context, c, record);
    return record;
}

audit::Record end_pause(Txn& txn, const Context& context, StoredCase& c) {
    audit::Record record = gateway_record(c, "case.resume");
    record.reason = "pause_ended";
    notice(txn, context, c, "Case resumed", "The pause has ended.", record);
    announce(context, record, c, EventKind::case_resumed, Audience::both);
    live(txn, context, c, gateway_actor, {{.move = LifeMove::resumed, .reason = "pause_ended"}}, record);
    save(txn, context, c, record);
    return record;
}

audit::Record ask_feedback(Txn& txn, const Context& context, StoredCase& c) {
    audit::Record record = gateway_record(c, "case.feedback.request");
    store::set_feedback_requested(txn, c.id, true);
    c.feedback_requested = true;
    announce(context, record, c, EventKind::feedback_requested, Audience::both);
    ask_customer_for_feedback(txn, context, c, record);
    live(txn, context, c, gateway_actor, {{.move = LifeMove::feedback_requested}}, record);
    save(txn, context, c, record);
    return record;
}

// The timer was set when the case opened; whatever happened since puts the close off.
audit::Record close_idle(Txn& txn, const Context& context, StoredCase& c) {
    const std::int64_t days = context.tools.settings.idle_close_days;
    const Instant due = idle_close_due(c.updated_at, days);
    if (due > context.now) {
        audit::Record record = gateway_record(c, "case.close.put_off");
        store::arm_timer(txn, c.id, TimerKind::idle_close, due);
        return record;
    }
    audit::Record record = gateway_record(c, "case.close.idle");
    record.reason = "idle";
    c.status = protocol::CaseStatus::closed;
    notice(txn, context, c, "Your case has been closed due to " + std::to_string(days) + " days of inactivity.", "", record);
    announce(context, record, c, EventKind::case_closed, Audience::both);
    live(txn, context, c, gateway_actor, {{.move = LifeMove::closed_idle, .reason = "idle"}}, record);
    save(txn, context, c, record);
    return record;
}

// A legal hold keeps the words; they are looked at again until it is lifted.
audit::Record remove_content(Txn& txn, const Context& context, StoredCase& c) {
    if (store::case_on_hold(txn, c.id)) {
        audit::Record record = gateway_record(c, "case.content.put_off");
        record.reason = "legal_hold";
        store::arm_timer(txn, c.id, TimerKind::content_removal, context.now.plus_seconds(held_content_days * day_s));
        return record;
    }
    audit::Record record = gateway_record(c, "case.content.remove");
    record.activity = audit::activity_delete;
    remove_words(txn, context, c);
    announce(context, record, c, EventKind::content_removed, Audience::both);
    live(txn, context, c, gateway_actor, {{.move = LifeMove::content_removed}}, record);
    save(txn, context, c, record);
    return record;
}

// What was armed and no longer fits: said in the log, changes nothing.
audit::Record passed_over(const StoredCase& c, const store::DueTimer& timer) {
    audit::Record record = gateway_record(c, "case.timer.pass");
    record.reason = name(timer.kind);
    return record;
}

audit::Record fire(Txn& txn, const Context& context, StoredCase& c, const store::DueTimer& timer) {
    const Life life = life_of(txn, c);
    const Interval& current = life.current();
    const bool late = !c.erased && !over(current) && !interrupted(current);
    switch (timer.kind) {
        case TimerKind::reminder: {
            if (!late) break;
            const auto again = still_late_at(txn, context, c, life, timer.due);
            audit::Record record = remind(txn, context, c, life);
            store::arm_timer(txn, c.id, TimerKind::escalation, again);
            return record;
        }
        case TimerKind::escalation:
            if (!late) break;
            return escalate(txn, context, c, life);
        case TimerKind::pause_end:
            if (c.erased || current.turn.work != CaseWork::waiting) break;
            return end_pause(txn, context, c);
        case TimerKind::feedback:
            if (c.erased || current.turn.work != CaseWork::closed) break;
            return ask_feedback(txn, context, c);
        case TimerKind::idle_close:
            if (c.erased || over(current)) break;
            return close_idle(txn, context, c);
        case TimerKind::content_removal:
            if (c.erased || !over(current)) break;
            return remove_content(txn, context, c);
    }
    return passed_over(c, timer);
}

void arm_for_end(Txn& txn, const Context& context, const StoredCase& c, const Life& life, bool was_released) {
    const Settings& settings = context.tools.settings;
    if (was_released) store::arm_timer(txn, c.id, TimerKind::idle_close, std::nullopt);
    if (life.current().turn.work == CaseWork::closed && c.released_at && !c.test && !life.facts.feedback_requested &&
        settings.feedback_days > 0)
        store::arm_timer(txn, c.id, TimerKind::feedback, context.now.plus_seconds(settings.feedback_days * day_s));
    if (settings.content_removal_days > 0)
        store::arm_timer(txn, c.id, TimerKind::content_removal, context.now.plus_seconds(settings.content_removal_days * day_s));
}

void arm_for_reopening(Txn& txn, const Context& context, const StoredCase& c) {
    store::arm_timer(txn, c.id, TimerKind::feedback, std::nullopt);
    store::arm_timer(txn, c.id, TimerKind::content_removal, std::nullopt);
    if (context.tools.settings.idle_close_days > 0)
        store::arm_timer(txn, c.id, TimerKind::idle_close, idle_close_due(context.now, context.tools.settings.idle_close_days));
}

}  // namespace

Instant idle_close_due(Instant last_update, std::int64_t days) {
    const std::int64_t earliest = last_update.us + days * day_s * 1'000'000;
    const std::int64_t day_us = day_s * 1'000'000;
    return {(earliest + day_us - 1) / day_us * day_us};
}

void arm_timers(Txn& txn, const Context& context, const StoredCase& c, const Life& before, const Life& life) {
    const Interval& current = life.current();
    const Interval* was = before.intervals.empty() ? nullptr : &before.current();
    const bool was_over = was != nullptr && over(*was);
    if (over(current) && !was_over) arm_for_end(txn, context, c, life, before.facts.released.has_value());
    if (was_over && !over(current)) arm_for_reopening(txn, context, c);
    if (life.facts.released && !before.facts.released && context.tools.settings.idle_close_days > 0)
        store::arm_timer(txn, c.id, TimerKind::idle_close, idle_close_due(context.now, context.tools.settings.idle_close_days));
    if (was != nullptr && *was == current) return;
    const auto late = late_at(txn, context, c, life);
    if (late || was != nullptr) store::arm_timer(txn, c.id, TimerKind::reminder, late);
    if (was != nullptr) store::arm_timer(txn, c.id, TimerKind::escalation, std::nullopt);
    const bool waits = current.turn.work == CaseWork::waiting;
    if (waits || (was != nullptr && was->turn.work == CaseWork::waiting))
        store::arm_timer(txn, c.id, TimerKind::pause_end, waits ? current.until : std::nullopt);
}

void time_anew(Txn& txn, const Context& context, const StoredCase& c) {
    if (store::timer_due(txn, c.id, TimerKind::escalation)) return;
    const Life life = life_of(txn, c);
    store::arm_timer(txn, c.id, TimerKind::reminder, late_at(txn, context, c, life));
}

std::vector<audit::Record> fire_timer(Txn& txn, const Context& context, const store::DueTimer& timer) {
    txn.lock("case/" + std::to_string(timer.case_id.value));
    if (!store::claim_timer(txn, timer, context.now)) return {};
    auto c = store::find_case(txn, context.tools.vault, timer.case_id);
    if (!c) throw protocol::Fault("a timer belongs to no case");
    std::vector<audit::Record> records;
    records.push_back(fire(txn, context, *c, timer));
    return records;
}

}  // namespace entente::operations
