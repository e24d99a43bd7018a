#include "protocol/calendar.hpp"

#include <chrono>
#include <cstdio>

#include "protocol/result.hpp"

namespace entente::protocol {

namespace {

std::optional<int> digits(std::string_view text) {
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

}  // namespace

std::optional<CivilDay> parse_civil_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = digits(text.substr(0, 4));
    const auto month = digits(text.substr(5, 2));
    const auto day = digits(text.substr(8, 2));
    if (!year || !month || !day || *year < 1970) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return static_cast<CivilDay>(std::chrono::sys_days{date}.time_since_epoch().count());
}

std::string to_text(CivilDay day) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
    char text[24];
    const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return {text, static_cast<std::size_t>(length)};
}

int weekday_of(CivilDay day) {
    const int shifted = (day + 3) % 7;  // 1970-01-01 was a Thursday
    return shifted < 0 ? shifted + 7 : shifted;
}

std::optional<int> parse_day_time(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hours = digits(text.substr(0, 2));
    const auto minutes = digits(text.substr(3, 2));
    if (!hours || !minutes || *minutes > 59) return std::nullopt;
    const int at = *hours * 60 + *minutes;
    return at <= minutes_of_day ? std::optional(at) : std::nullopt;
}

std::string day_time_text(int minutes) {
    char text[16];
    const int length = std::snprintf(text, sizeof text, "%02d:%02d", minutes / 60, minutes % 60);
    return {text, static_cast<std::size_t>(length)};
}

}  // namespace entente::protocol
