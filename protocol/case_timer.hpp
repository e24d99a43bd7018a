#pragma once
// What time does to a case. Each case has at most one armed timer of a kind; a timer is a row and fires once
// (server/operations/timers).

#include <cstdint>
#include <optional>
#include <string_view>

namespace entente::protocol {

enum class TimerKind : std::uint8_t {
    reminder,         // the side that has the move is late
    escalation,       // and still is
    pause_end,        // a pause ends by itself
    feedback,         // some days after closure
    idle_close,       // nothing happened for 30 days
    content_removal,  // some days after the end, where configured
};
inline constexpr int timer_kind_count = 6;
std::string_view name(TimerKind kind);
std::optional<TimerKind> parse_timer_kind(std::string_view text);

}  // namespace entente::protocol
