#include "server/tools/evidence_period.hpp"

#include <string>

namespace entente::tools {
namespace {

using protocol::Instant;

std::optional<int> digits(std::string_view text, std::size_t count) {
    if (text.size() != count) return std::nullopt;
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

std::optional<Instant> midnight(int year, int month, int day) {
    const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return protocol::parse_rfc3339(std::to_string(year) + "-" + two(month) + "-" + two(day) + "T00:00:00Z");
}

std::optional<Instant> month_begin(int year, int month) {
    return midnight(year + (month - 1) / 12, (month - 1) % 12 + 1, 1);
}

std::optional<Period> between(std::optional<Instant> from, std::optional<Instant> until) {
    if (!from || !until || *from >= *until) return std::nullopt;
    return Period{*from, *until};
}

// A year, quarter, month or day.
std::optional<Period> whole(std::string_view text) {
    const auto year = digits(text.substr(0, 4), 4);
    if (!year || *year < 1970) return std::nullopt;
    if (text.size() == 4) return between(month_begin(*year, 1), month_begin(*year, 13));
    if (text.size() < 7 || text[4] != '-') return std::nullopt;
    const std::string_view rest = text.substr(5);
    if (rest.size() == 2 && rest[0] == 'Q') {
        const auto quarter = digits(rest.substr(1), 1);
        if (!quarter || *quarter < 1 || *quarter > 4) return std::nullopt;
        return between(month_begin(*year, *quarter * 3 - 2), month_begin(*year, *quarter * 3 + 1));
    }
    const auto month = digits(rest.substr(0, 2), 2);
    if (!month || *month < 1 || *month > 12) return std::nullopt;
    if (rest.size() == 2) return between(month_begin(*year, *month), month_begin(*year, *month + 1));
    if (rest.size() != 5 || rest[2] != '-') return std::nullopt;
    const auto day = digits(rest.substr(3), 2);
    if (!day) return std::nullopt;
    const auto begin = midnight(*year, *month, *day);
    return between(begin, begin ? std::optional(begin->plus_seconds(86'400)) : std::nullopt);
}

}  // namespace

std::optional<Period> parse_period(std::string_view text, Instant now) {
    if (text.ends_with('d') && text.size() >= 2 && text.size() <= 5) {
        const auto days = digits(text.substr(0, text.size() - 1), text.size() - 1);
        if (!days || *days == 0) return std::nullopt;
        return between(now.plus_seconds(std::int64_t{-86'400} * *days), now);
    }
    const auto dots = text.find("..");
    if (dots == std::string_view::npos) return whole(text);
    const auto first = whole(text.substr(0, dots));
    const auto last = whole(text.substr(dots + 2));
    if (!first || !last) return std::nullopt;
    return between(first->from, last->until);
}

}  // namespace entente::tools
