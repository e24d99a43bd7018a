#include "policy/clocks.hpp"

#include <algorithm>

#include "protocol/result.hpp"

namespace entente::policy {

using protocol::BusinessCalendar;
using protocol::CivilDay;
using protocol::Instant;

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t minute_s = 60;
constexpr std::int64_t day_s = 86'400;
constexpr int search_days = 3'660;

std::int64_t floor_div(std::int64_t number, std::int64_t by) {
    return number >= 0 ? number / by : -((-number + by - 1) / by);
}

std::int32_t offset_at(const ZoneRules& zone, std::int64_t utc_s) {
    const auto after = std::ranges::upper_bound(zone.rules, utc_s, {}, &ZoneRules::Rule::from_s);
    if (zone.rules.empty()) return 0;
    return after == zone.rules.begin() ? zone.rules.front().offset_s : std::prev(after)->offset_s;
}

// The moment of a local time. One that comes twice is taken the first or the last time, one that never comes at the leap over it.
std::int64_t to_utc(const ZoneRules& zone, std::int64_t local_s, bool last) {
    if (zone.rules.empty()) return local_s;
    std::optional<std::int64_t> found;
    for (std::size_t i = 0; i < zone.rules.size(); ++i) {
        const std::int64_t at = local_s - zone.rules[i].offset_s;
        const bool begun = i == 0 || at >= zone.rules[i].from_s;
        const bool over = i + 1 < zone.rules.size() && at >= zone.rules[i + 1].from_s;
        if (begun && !over) {
            if (!found || last) found = at;
            if (!last) break;
        }
        if (!begun && !found && i > 0 && local_s - zone.rules[i - 1].offset_s >= zone.rules[i].from_s) found = zone.rules[i].from_s;
        if (!begun && at + 2 * day_s < zone.rules[i].from_s) break;  // far in the past of every further rule
    }
    return found.value_or(local_s - offset_at(zone, local_s));
}

bool is_holiday(const BusinessCalendar& calendar, CivilDay day) {
    return std::ranges::binary_search(calendar.holidays, day, {}, &protocol::Holiday::day);
}

// Calls `use(from_us, to_us)` for the working spans from the day of `from` on, in order and without overlap, until it answers
// false.
template <class Use>
void each_span(const WorkingTime& time, Instant from, Use use) {
    static const ZoneRules utc;
    const ZoneRules& zone = time.zone != nullptr ? *time.zone : utc;
    const std::int64_t from_s = from.seconds();
    // A day early: the offset at the edge of a day may be another one.
    auto day = static_cast<CivilDay>(floor_div(from_s + offset_at(zone, from_s), day_s)) - 1;
    std::int64_t done_us = from.us;
    for (int searched = 0; searched < search_days; ++searched, ++day) {
        if (is_holiday(*time.calendar, day)) continue;
        for (const protocol::DaySpan& span : time.calendar->week[static_cast<std::size_t>(protocol::weekday_of(day))]) {
            const std::int64_t midnight = std::int64_t{day} * day_s;
            const std::int64_t begin = std::max(done_us, to_utc(zone, midnight + span.from * minute_s, false) * second_us);
            const std::int64_t end = to_utc(zone, midnight + span.to * minute_s, true) * second_us;
            if (end <= begin) continue;
            if (!use(begin, end)) return;
            done_us = end;
        }
    }
}

}  // namespace

Instant due_after(const WorkingTime& time, Instant from, std::int64_t us) {
    if (time.calendar == nullptr) return {from.us + us};
    Instant due = from.plus_seconds(search_days * day_s);
    std::int64_t left = us;
    each_span(time, from, [&](std::int64_t begin, std::int64_t end) {
        if (end - begin >= left) {
            due = {begin + left};
            return false;
        }
        left -= end - begin;
        return true;
    });
    return due;
}

std::int64_t worked_us(const WorkingTime& time, Instant from, Instant to) {
    if (to <= from) return 0;
    if (time.calendar == nullptr) return to.us - from.us;
    std::int64_t worked = 0;
    each_span(time, from, [&](std::int64_t begin, std::int64_t end) {
        if (begin >= to.us) return false;
        worked += std::min(end, to.us) - begin;
        return end < to.us;
    });
    return worked;
}

int response_minutes(protocol::Priority priority, const protocol::ResponseTargets& targets) {
    if (priority == protocol::Priority::high) return targets.high_minutes;
    return priority == protocol::Priority::medium ? targets.medium_minutes : targets.low_minutes;
}

bool receivers_time(const protocol::Interval& interval) {
    if (interval.turn.work == protocol::CaseWork::waiting)
        return interval.contested && interval.paused_by == protocol::Side::receiver;
    return protocol::side_of(interval.turn.owner) == protocol::Side::receiver;
}

std::int64_t resolution_used_us(const protocol::Life& life, const WorkingTime& time, Instant now) {
    std::int64_t used = 0;
    for (const protocol::Interval& interval : life.intervals)
        if (receivers_time(interval)) used += worked_us(time, interval.start, interval.end.value_or(now));
    return used;
}

}  // namespace entente::policy
