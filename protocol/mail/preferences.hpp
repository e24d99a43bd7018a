#pragma once
// Who wants to be told what by mail: a person about its cases, a team's mailbox, or a ticket system that gets a copy.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/event.hpp"
#include "protocol/instant.hpp"
#include "protocol/language.hpp"

namespace entente::protocol::mail {

enum class Telling : std::uint8_t { immediate, digest, off };
std::string_view name(Telling telling);
std::optional<Telling> parse_telling(std::string_view text);

enum class RecipientKind : std::uint8_t {
    person,  // a user; the address is the one in its profile
    team,    // a shared mailbox of the company or of one department
    copy     // a ticket system: also told what its own company does, never in a digest
};
std::string_view name(RecipientKind kind);
std::optional<RecipientKind> parse_recipient_kind(std::string_view text);

struct Preferences {
    Language language = Language::english;
    Telling telling = Telling::immediate;
    std::map<EventKind, Telling> exceptions;  // for single kinds
    bool all_cases = false;                   // a person: every case of the company instead of those it takes part in
    int digest_minute = 360;                  // of the day in UTC

    bool operator==(const Preferences&) const = default;
};

inline constexpr int minutes_of_day = 24 * 60;

Telling telling_of(const Preferences& preferences, EventKind kind);

// The next time of day at which the digest goes out, later than `now`.
Instant next_digest(const Preferences& preferences, Instant now);

// "06:00"; nothing for anything else.
std::string minute_text(int minute);
std::optional<int> parse_minute(std::string_view text);

// "note.created=digest,case.closed=off" and back, for storage. Kinds that this version does not know are passed over.
std::string exceptions_text(const std::map<EventKind, Telling>& exceptions);
std::map<EventKind, Telling> parse_exceptions(std::string_view text);

}  // namespace entente::protocol::mail
