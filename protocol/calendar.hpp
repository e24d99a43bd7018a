#pragma once
// When a company works, and how soon it wants to answer and to resolve: data of the receiver, judged by policy/clocks.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/severity.hpp"

namespace entente::protocol {

using CalendarId = Id<struct CalendarTag>;

inline constexpr int minutes_of_day = 24 * 60;

// Local minutes of one day, [from, to); `to` may be 1440.
struct DaySpan {
    int from = 0;
    int to = 0;
    bool operator==(const DaySpan&) const = default;
};

// Days since 1970-01-01 of the civil calendar, in no time zone.
using CivilDay = std::int32_t;
std::optional<CivilDay> parse_civil_day(std::string_view text);  // 2030-12-25
std::string to_text(CivilDay day);
int weekday_of(CivilDay day);  // 0: Monday

struct Holiday {
    CivilDay day = 0;
    std::string name;
    bool operator==(const Holiday&) const = default;
};

struct BusinessCalendar {
    CalendarId id;
    CompanyId company;
    std::string name;
    std::string zone;                          // of the tz database: Europe/Berlin
    std::array<std::vector<DaySpan>, 7> week;  // Monday first; ascending, not overlapping
    std::vector<Holiday> holidays;             // ascending
    bool operator==(const BusinessCalendar&) const = default;
};

struct ServiceTarget {
    int response_minutes = 0;    // of working time
    int resolution_minutes = 0;  // of working time while the receiver has the move; 0: none
    CalendarId calendar;         // none: around the clock
    bool operator==(const ServiceTarget&) const = default;
};
using ServiceTargets = std::array<std::optional<ServiceTarget>, severity_count>;  // by severity

// "09:00" to minutes, "24:00" included.
std::optional<int> parse_day_time(std::string_view text);
std::string day_time_text(int minutes);

}  // namespace entente::protocol
