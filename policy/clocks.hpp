#pragma once
// Deadlines and working time. The first answer is due some working time after release, by severity (contract 11.3); a held case has
// no deadline. The clock for resolving runs while the receiver has the move, pauses excepted unless the other side contested them.
//
// Pure: a time zone comes in as its rules, read from the tz database elsewhere. Working time is time that passes: in the night when
// clocks go forward an hour less, when they go back an hour more.

#include <cstdint>
#include <vector>

#include "protocol/calendar.hpp"
#include "protocol/case_life.hpp"
#include "protocol/collaboration.hpp"
#include "protocol/directory.hpp"
#include "protocol/instant.hpp"

namespace entente::policy {

// Offsets of one time zone, ascending; the first holds for everything before it, too.
struct ZoneRules {
    struct Rule {
        std::int64_t from_s = 0;  // seconds since the epoch, UTC
        std::int32_t offset_s = 0;
    };
    std::vector<Rule> rules;
};

// A calendar and the rules of its zone; without a calendar every moment is working time.
struct WorkingTime {
    const protocol::BusinessCalendar* calendar = nullptr;
    const ZoneRules* zone = nullptr;
};

// The moment at which `us` of working time have passed since `from`. A calendar that never works gives a moment ten years on.
protocol::Instant due_after(const WorkingTime& time, protocol::Instant from, std::int64_t us);
// Working time in [from, to); 0 when `to` is not after `from`.
std::int64_t worked_us(const WorkingTime& time, protocol::Instant from, protocol::Instant to);

// What holds for a receiver that published no targets of its own: its minutes by priority, around the clock.
int response_minutes(protocol::Priority priority, const protocol::ResponseTargets& targets);

// Is this interval time of the receiver's clock?
bool receivers_time(const protocol::Interval& interval);
// Working time that the receiver has used up to `now`.
std::int64_t resolution_used_us(const protocol::Life& life, const WorkingTime& time, protocol::Instant now);

}  // namespace entente::policy
