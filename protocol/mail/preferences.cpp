#include "protocol/mail/preferences.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

constexpr NameTable<Telling, 3> tellings{{{Telling::immediate, "immediate"}, {Telling::digest, "digest"}, {Telling::off, "off"}}};
constexpr NameTable<RecipientKind, 3> kinds{
    {{RecipientKind::person, "person"}, {RecipientKind::team, "team"}, {RecipientKind::copy, "copy"}}};

std::string two_digits(int number) {
    return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

}  // namespace

std::string_view name(Telling telling) {
    return name_in(tellings, telling);
}
std::optional<Telling> parse_telling(std::string_view text) {
    return find_exact(tellings, text);
}
std::string_view name(RecipientKind kind) {
    return name_in(kinds, kind);
}
std::optional<RecipientKind> parse_recipient_kind(std::string_view text) {
    return find_exact(kinds, text);
}

Telling telling_of(const Preferences& preferences, EventKind kind) {
    const auto exception = preferences.exceptions.find(kind);
    return exception == preferences.exceptions.end() ? preferences.telling : exception->second;
}

Instant next_digest(const Preferences& preferences, Instant now) {
    const std::int64_t midnight = now.seconds() / 86'400 * 86'400;
    const std::int64_t today = midnight + std::int64_t{60} * preferences.digest_minute;
    return {(today > now.seconds() ? today : today + 86'400) * 1'000'000};
}

std::string minute_text(int minute) {
    return two_digits(minute / 60) + ":" + two_digits(minute % 60);
}

std::optional<int> parse_minute(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    const int hour = (text[0] - '0') * 10 + (text[1] - '0');
    const int minute = (text[3] - '0') * 10 + (text[4] - '0');
    if (hour > 23 || minute > 59) return std::nullopt;
    return hour * 60 + minute;
}

std::string exceptions_text(const std::map<EventKind, Telling>& exceptions) {
    std::string out;
    for (const auto& [kind, telling] : exceptions)
        out += (out.empty() ? "" : ",") + std::string(protocol::name(kind)) + "=" + std::string(name(telling));
    return out;
}

std::map<EventKind, Telling> parse_exceptions(std::string_view text) {
    std::map<EventKind, Telling> exceptions;
    while (!text.empty()) {
        const auto end = text.find(',');
        const std::string_view item = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        const auto equals = item.find('=');
        if (equals == std::string_view::npos) continue;
        const auto kind = parse_event_kind(item.substr(0, equals));
        const auto telling = parse_telling(item.substr(equals + 1));
        if (kind && telling) exceptions.emplace(*kind, *telling);
    }
    return exceptions;
}

}  // namespace entente::protocol::mail
