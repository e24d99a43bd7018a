#include "server/api/native_json_life.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "server/api/native_reading.hpp"

namespace entente::api::native {

using protocol::BusinessCalendar;
using protocol::CaseOwner;
using protocol::JsonWriter;
using protocol::Life;
using protocol::LifeMove;

namespace {

constexpr std::size_t code_chars = 64;
constexpr std::size_t spans_of_day = 10;
constexpr std::size_t holidays_max = 1'000;
constexpr std::int64_t year_minutes = 60 * 24 * 366;
constexpr std::array<std::string_view, 7> weekdays{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

std::string listed(std::span<const std::string_view> codes) {
    std::string text;
    for (const std::string_view code : codes) {
        if (!text.empty()) text += ", ";
        text += code;
    }
    return text;
}

// Reason codes are checked where the moves are; here only their shape.
void read_reason(Reader& in, protocol::MoveInput& step) {
    step.reason = in.text("reason", code_chars, protocol::reason_needed(step.move) ? Need::filled : Need::optional);
    const auto codes = protocol::reasons_of(step.move);
    if (!step.reason.empty() && std::ranges::find(codes, step.reason) == codes.end())
        in.violate("reason", "not_allowed", "must be one of " + listed(codes));
}

void read_turn(Reader& in, protocol::MoveInput& step) {
    step.owner = in.choice("owner", protocol::parse_case_owner,
                           "submitter, receiver, customer, submitter_engineering, receiver_engineering");
    step.work = in.choice("action", protocol::parse_case_work,
                          "supplying_information, collecting_information, investigating, reproducing, analysing, preparing_fix, "
                          "reworking, installing_fix, verifying_fix",
                          Need::optional);
}

operations::CaseMove read_move(Reader& in, LifeMove move) {
    operations::CaseMove input;
    protocol::MoveInput& step = input.step;
    step.move = move;
    read_reason(in, step);
    step.text = in.text("text", text_chars, Need::optional);
    switch (move) {
        case LifeMove::moved:
            read_turn(in, step);
            break;
        case LifeMove::rerouted:
            input.department = {in.integer("department", 1, id_max).value_or(0)};
            break;
        case LifeMove::escalated:
            if (const auto level = in.integer("level", 0, protocol::escalation_level_max, Need::optional))
                step.level = static_cast<int>(*level);
            step.channel = in.choice("channel", protocol::parse_channel, "case, mail, phone", Need::optional);
            break;
        case LifeMove::feedback_given:
            if (const auto score = in.integer("score", protocol::feedback_score_min, protocol::feedback_score_max))
                step.score = static_cast<int>(*score);
            break;
        case LifeMove::paused:
            step.until = in.instant("until");
            break;
        default:
            break;
    }
    return input;
}

std::vector<protocol::DaySpan> read_day(Reader& week, std::string_view day) {
    std::vector<protocol::DaySpan> spans;
    auto rows = week.objects(day, spans_of_day);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto from = protocol::parse_day_time(rows[i].text("from", 5));
        const auto to = protocol::parse_day_time(rows[i].text("to", 5));
        const std::string at = std::string(day) + '/' + std::to_string(i);
        if (!from || !to || *from >= *to) {
            week.violate(at, "not_allowed",
                         "must be from and to as hours and minutes, such as 09:00 and 17:30, the first before the second");
        } else if (!spans.empty() && *from < spans.back().to) {
            week.violate(at, "not_allowed", "must begin after the one before has ended");
        } else {
            spans.push_back({*from, *to});
        }
    }
    return spans;
}

std::vector<protocol::Holiday> read_holidays(Reader& in) {
    std::vector<protocol::Holiday> holidays;
    auto rows = in.objects("holidays", holidays_max);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto day = protocol::parse_civil_day(rows[i].text("day", 10));
        std::string label = rows[i].text("name", name_chars, Need::optional);
        if (!day) {
            in.violate("holidays/" + std::to_string(i) + "/day", "not_allowed", "must be a date such as 2030-12-25");
            continue;
        }
        holidays.push_back({*day, std::move(label)});
    }
    std::ranges::sort(holidays, {}, &protocol::Holiday::day);
    const auto again = std::ranges::unique(holidays, {}, &protocol::Holiday::day);
    holidays.erase(again.begin(), again.end());
    return holidays;
}

BusinessCalendar read_calendar(Reader& in) {
    BusinessCalendar calendar;
    calendar.company = read_company_id(in);
    calendar.name = in.text("name", name_chars);
    calendar.zone = in.text("timeZone", code_chars);
    bool works = false;
    if (auto week = in.object("week", Need::filled)) {
        for (std::size_t day = 0; day < weekdays.size(); ++day) {
            calendar.week[day] = read_day(*week, weekdays[day]);
            works = works || !calendar.week[day].empty();
        }
        if (!works && in.clean()) in.violate("week", "not_allowed", "must have working time on some day");
    }
    calendar.holidays = read_holidays(in);
    return calendar;
}

std::optional<protocol::ServiceTarget> read_target(Reader& in, std::string_view severity) {
    auto object = in.object(severity);
    if (!object) return std::nullopt;
    protocol::ServiceTarget target;
    target.response_minutes = static_cast<int>(object->integer("responseMinutes", 1, year_minutes).value_or(0));
    target.resolution_minutes = static_cast<int>(object->integer("resolutionMinutes", 1, year_minutes, Need::optional).value_or(0));
    target.calendar = {object->integer("calendar", 1, id_max, Need::optional).value_or(0)};
    return target;
}

// --- writing ---

void write_code(JsonWriter& out, std::string_view key, std::string_view code) {
    out.key(key);
    code.empty() ? out.null() : out.value(code);
}

void write_instant(JsonWriter& out, std::string_view key, const std::optional<protocol::Instant>& at) {
    out.key(key);
    at ? out.value(protocol::to_rfc3339(*at)) : out.null();
}

// A dash in the table: the other machine has no such state.
void write_state(JsonWriter& out, std::string_view key, std::string_view state) {
    write_code(out, key, state == "–" ? std::string_view{} : state);
}

void write_now(JsonWriter& out, const operations::Timeline& timeline) {
    const protocol::Interval& current = timeline.life.current();
    const protocol::StateRow& row = protocol::row_of(protocol::state_of(current.turn));
    out.member("state", row.name).member("owner", name(current.turn.owner)).member("action", name(current.turn.work));
    write_code(out, "reason", current.reason);
    out.member("since", protocol::to_rfc3339(current.start));
    write_state(out, "sis", row.sis);
    write_state(out, "tmf621", row.tmf621);
    write_state(out, "dataspace", row.dataspace);
}

void write_intervals(JsonWriter& out, const Life& life, protocol::Instant now) {
    out.key("intervals").array();
    for (const protocol::Interval& interval : life.intervals) {
        out.object().member("owner", name(interval.turn.owner)).member("action", name(interval.turn.work));
        write_code(out, "reason", interval.reason);
        out.member("start", protocol::to_rfc3339(interval.start));
        write_instant(out, "end", interval.end);
        out.member("us", protocol::length_us(interval, now));
        write_code(out, "pausedBy", interval.paused_by ? name(*interval.paused_by) : std::string_view{});
        write_instant(out, "until", interval.until);
        out.member("contested", interval.contested).end();
    }
    out.end();
}

void write_sums(JsonWriter& out, const Life& life, protocol::Instant now) {
    const auto shares = protocol::shares(life, now);
    std::map<CaseOwner, std::int64_t> owners;
    for (const protocol::Share& share : shares) owners[share.turn.owner] += share.us;
    out.key("byOwner").array();
    for (const auto& [owner, us] : owners) out.object().member("owner", name(owner)).member("us", us).end();
    out.end().key("byAction").array();
    for (const protocol::Share& share : shares)
        out.object().member("owner", name(share.turn.owner)).member("action", name(share.turn.work)).member("us", share.us).end();
    out.end();
}

void write_counts(JsonWriter& out, const protocol::LifeFacts& facts) {
    const auto rejected = std::ranges::count_if(facts.attempts, [](const auto& a) { return a.answered && !a.confirmed; });
    out.key("counts").object();
    out.member("informationRoundsBeforeAcceptance", facts.rounds_before);
    out.member("informationRoundsAfterAcceptance", facts.rounds_after);
    out.member("returnsWithoutEvidence", facts.returns_without_evidence);
    out.member("fixesOffered", static_cast<std::int64_t>(facts.attempts.size()));
    out.member("fixesRejected", static_cast<std::int64_t>(rejected));
    out.member("reopened", facts.reopened).member("reroutes", facts.reroutes);
    out.member("pauses", facts.pauses).member("contestedPauses", facts.contested_pauses).member("escalations", facts.escalations);
    out.member("remindersToSubmitter", facts.reminders_submitter).member("remindersToReceiver", facts.reminders_receiver);
    out.end();
}

void write_fixes(JsonWriter& out, const protocol::LifeFacts& facts) {
    out.key("fixes").array();
    for (const protocol::FixAttempt& attempt : facts.attempts) {
        out.object().member("offered", protocol::to_rfc3339(attempt.offered));
        write_instant(out, "answered", attempt.answered);
        out.member("outcome", !attempt.answered ? "open" : attempt.confirmed ? "confirmed" : "rejected");
        write_code(out, "reason", attempt.reason);
        out.end();
    }
    out.end();
}

void write_firsts(JsonWriter& out, const protocol::LifeFacts& facts) {
    out.key("firstAnswer");
    if (facts.first_answer) {
        out.object().member("at", protocol::to_rfc3339(*facts.first_answer)).member("byPerson", facts.first_answer_by_person).end();
    } else {
        out.null();
    }
    const protocol::Escalation& escalation = facts.escalation;
    out.key("escalation");
    if (escalation.level == 0) {
        out.null();
        return;
    }
    out.object().member("level", escalation.level).member("by", name(escalation.by));
    write_code(out, "reason", escalation.reason);
    write_code(out, "channel", escalation.channel ? name(*escalation.channel) : std::string_view{});
    write_instant(out, "at", escalation.at);
    out.end();
}

void write_feedback(JsonWriter& out, const protocol::LifeFacts& facts) {
    out.key("feedback").object().member("requested", facts.feedback_requested).key("answers").array();
    for (const protocol::Feedback& given : facts.feedback) {
        out.object().member("by", name(given.by)).member("score", given.score);
        write_code(out, "reason", given.reason);
        out.member("at", protocol::to_rfc3339(given.at)).end();
    }
    out.end().end();
}

void write_targets_view(JsonWriter& out, const operations::TargetView& targets) {
    out.key("targets").object().member("severity", name(targets.severity));
    out.member("responseMinutes", targets.response_minutes).key("resolutionMinutes");
    targets.resolution_minutes > 0 ? out.value(targets.resolution_minutes) : out.null();
    write_code(out, "calendar", targets.calendar);
    write_instant(out, "respondBy", targets.respond_by);
    out.member("resolutionUsedUs", targets.resolution_used_us);
    write_instant(out, "resolveBy", targets.resolve_by);
    out.end();
}

void write_company_around(JsonWriter& out, const operations::Timeline& timeline) {
    out.key("department");
    if (timeline.department) {
        out.object().member("id", timeline.department->first.value).member("name", timeline.department->second).end();
    } else {
        out.null();
    }
    write_code(out, "proactive", timeline.proactive);
    out.key("links").array();
    for (const operations::LinkView& link : timeline.links)
        out.object()
            .member("case", link.token)
            .member("kind", name(link.kind))
            .member("createdAt", protocol::to_rfc3339(link.created_at))
            .end();
    out.end();
}

}  // namespace

protocol::Result<operations::CaseMove> decode_move(std::string_view body, LifeMove move) {
    const bool bare = body.empty() && !protocol::reason_needed(move) && move != LifeMove::moved && move != LifeMove::rerouted &&
                      move != LifeMove::feedback_given;
    return decode<operations::CaseMove>(bare ? "{}" : body, [move](Reader& in) { return read_move(in, move); });
}

protocol::Result<operations::LinkInput> decode_link(std::string_view body) {
    return decode<operations::LinkInput>(body, [](Reader& in) {
        operations::LinkInput input;
        input.other = in.text("case", code_chars);
        input.kind =
            in.choice("kind", protocol::parse_link_kind, "duplicate_of, duplicated_by, child_of, parent_of, depends_on, needed_by")
                .value_or(input.kind);
        return input;
    });
}

protocol::Result<operations::LinkInput> link_in_path(std::string_view other, std::string_view kind) {
    const auto known = protocol::parse_link_kind(kind);
    if (!known) return protocol::fail(protocol::ErrorKind::not_found, "link_not_found", "there is no such link");
    return operations::LinkInput{std::string(other), *known};
}

std::string encode_timeline(const operations::Timeline& timeline) {
    const protocol::Instant now = timeline.as_of;
    JsonWriter out;
    out.object().member("token", timeline.token).member("side", name(timeline.side)).member("status", name(timeline.status));
    write_now(out, timeline);
    out.member("asOf", protocol::to_rfc3339(now));
    out.member("createdAt", protocol::to_rfc3339(timeline.life.intervals.front().start));
    out.member("ageUs", protocol::age_us(timeline.life, now));
    write_intervals(out, timeline.life, now);
    write_sums(out, timeline.life, now);
    write_counts(out, timeline.life.facts);
    write_fixes(out, timeline.life.facts);
    write_firsts(out, timeline.life.facts);
    write_feedback(out, timeline.life.facts);
    write_targets_view(out, timeline.targets);
    write_company_around(out, timeline);
    return out.end().take();
}

std::string encode_feedback(const operations::FeedbackSummary& summary) {
    JsonWriter out;
    out.object().member("from", protocol::to_rfc3339(summary.from)).member("until", protocol::to_rfc3339(summary.until));
    out.member("asked", summary.asked).key("items").array();
    for (const protocol::FeedbackCount& count : summary.counts) {
        const std::int64_t mean = protocol::mean_hundredths(count);
        const protocol::PercentRange range = protocol::share_of(protocol::satisfied(count), protocol::answers(count));
        out.object().member("role", name(count.role)).member("by", name(count.by)).member("answers", protocol::answers(count));
        out.key("scores").array();
        for (const std::int64_t times : count.scores) out.value(times);
        const std::string hundredths = std::to_string(mean % 100);
        out.end().key("mean").raw(std::to_string(mean / 100) + (hundredths.size() < 2 ? ".0" : ".") + hundredths);
        out.key("satisfied").object().member("percent", range.percent).member("low", range.low).member("high", range.high).end();
        out.end();
    }
    return out.end().end().take();
}

protocol::Result<BusinessCalendar> decode_calendar(std::string_view body) {
    return decode<BusinessCalendar>(body, read_calendar);
}

void write(JsonWriter& out, const BusinessCalendar& calendar) {
    out.object().member("id", calendar.id.value).member("company", calendar.company.value).member("name", calendar.name);
    out.member("timeZone", calendar.zone).key("week").object();
    for (std::size_t day = 0; day < weekdays.size(); ++day) {
        out.key(weekdays[day]).array();
        for (const protocol::DaySpan& span : calendar.week[day])
            out.object().member("from", protocol::day_time_text(span.from)).member("to", protocol::day_time_text(span.to)).end();
        out.end();
    }
    out.end().key("holidays").array();
    for (const protocol::Holiday& holiday : calendar.holidays)
        out.object().member("day", protocol::to_text(holiday.day)).member("name", holiday.name).end();
    out.end().end();
}

protocol::Result<operations::TargetsOf> decode_targets(std::string_view body) {
    return decode<operations::TargetsOf>(body, [](Reader& in) {
        operations::TargetsOf input;
        input.company = read_company_id(in);
        for (const protocol::Severity severity : protocol::severities)
            input.targets[static_cast<std::size_t>(severity)] = read_target(in, name(severity));
        return input;
    });
}

std::string encode_targets(const operations::TargetsOf& targets) {
    JsonWriter out;
    out.object().member("company", targets.company.value);
    for (const protocol::Severity severity : protocol::severities) {
        out.key(name(severity));
        const auto& target = targets.targets[static_cast<std::size_t>(severity)];
        if (!target) {
            out.null();
            continue;
        }
        out.object().member("responseMinutes", target->response_minutes).key("resolutionMinutes");
        target->resolution_minutes > 0 ? out.value(target->resolution_minutes) : out.null();
        out.key("calendar");
        target->calendar ? out.value(target->calendar.value) : out.null();
        out.end();
    }
    return out.end().take();
}

}  // namespace entente::api::native
