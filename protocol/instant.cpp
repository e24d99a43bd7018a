#include "protocol/instant.hpp"

#include <chrono>
#include <cstdio>

namespace entente::protocol {

namespace {

// Reads exactly `digits` decimal digits and moves past them; -1 when there are fewer.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

// The fraction in microseconds: 1 to 9 digits after a dot that is already gone. -1 when malformed.
int take_fraction(std::string_view& text) {
    int us = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        if (digits >= 9) return -1;
        if (digits < 6) us = us * 10 + (text[digits] - '0');
    }
    if (digits == 0) return -1;
    for (std::size_t i = digits; i < 6; ++i) us *= 10;
    text.remove_prefix(digits);
    return us;
}

// Seconds east of UTC.
std::optional<int> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const int hours = take_number(text, 2);
    take(text, ':');
    const int minutes = take_number(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

std::string to_rfc3339(Instant instant) {
    const std::chrono::sys_seconds time{std::chrono::seconds{instant.seconds()}};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    char text[40];
    const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                     static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                     static_cast<int>(clock.seconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    const int year = take_number(text, 4);
    if (year < 1970 || !take(text, '-')) return std::nullopt;
    const int month = take_number(text, 2);
    if (month < 1 || !take(text, '-')) return std::nullopt;
    const int day = take_number(text, 2);
    if (day < 1 || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const int hour = take_number(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
    const int minute = take_number(text, 2);
    if (minute < 0 || minute > 59) return std::nullopt;
    int second = 0;
    int fraction = 0;
    if (take(text, ':')) {
        second = take_number(text, 2);
        if (second < 0 || second > 60) return std::nullopt;
        if (take(text, '.')) {
            fraction = take_fraction(text);
            if (fraction < 0) return std::nullopt;
        }
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t seconds =
        static_cast<std::int64_t>(days) * 86'400 + std::int64_t{hour} * 3600 + std::int64_t{minute} * 60 + second - *offset;
    if (seconds < 0) return std::nullopt;
    return Instant{seconds * 1'000'000 + fraction};
}

}  // namespace entente::protocol
