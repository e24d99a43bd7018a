#include "protocol/case_timer.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<TimerKind, timer_kind_count> timer_names{{
    {TimerKind::reminder, "reminder"},
    {TimerKind::escalation, "escalation"},
    {TimerKind::pause_end, "pause_end"},
    {TimerKind::feedback, "feedback"},
    {TimerKind::idle_close, "idle_close"},
    {TimerKind::content_removal, "content_removal"},
}};

}  // namespace

std::string_view name(TimerKind kind) {
    return name_in(timer_names, kind);
}
std::optional<TimerKind> parse_timer_kind(std::string_view text) {
    return find_exact(timer_names, text);
}

}  // namespace entente::protocol
