#pragma once
// iCalendar (RFC 5545): moments in time as events without a length, for people's calendars. Lines are folded at 75 octets, never
// within a character; texts are escaped, so that a title cannot add a line.

#include <span>
#include <string>

#include "protocol/instant.hpp"

namespace entente::protocol {

struct CalendarEntry {
    std::string uid;  // the same for the same thing in every copy
    Instant at;
    std::string summary;
    std::string description;  // empty: none
};

// `now`: when the copy was made.
std::string icalendar(std::span<const CalendarEntry> entries, Instant now);

}  // namespace entente::protocol
