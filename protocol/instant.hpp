#pragma once
// A moment: microseconds since 1970-01-01T00:00:00Z. Time always comes in as an argument; only server/clock reads a clock.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::protocol {

struct Instant {
    std::int64_t us = 0;
    auto operator<=>(const Instant&) const = default;
    Instant plus_seconds(std::int64_t seconds) const { return {us + seconds * 1'000'000}; }
    std::int64_t seconds() const { return us >= 0 ? us / 1'000'000 : -((-us + 999'999) / 1'000'000); }
    std::int64_t milliseconds() const { return us >= 0 ? us / 1'000 : -((-us + 999) / 1'000); }
};

// RFC 3339 in UTC with whole seconds and `Z`, as every answer of the contract spells it (section 2.1): 2030-05-04T09:30:00Z.
std::string to_rfc3339(Instant instant);

// Accepts RFC 3339 with 0 to 9 fraction digits, any offset, and a missing seconds part. Digits after the microsecond are dropped.
// Years 1970 to 9999; nothing for anything else.
std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace entente::protocol
