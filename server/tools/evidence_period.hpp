#pragma once
// A period as a person writes it: 2026, 2026-Q3, 2026-11, 2026-11-27 (whole ones, UTC), A..B of any of those (both included), or
// 90d (so many days up to now).

#include <optional>
#include <string_view>

#include "protocol/instant.hpp"

namespace entente::tools {

struct Period {
    protocol::Instant from;
    protocol::Instant until;  // exclusive
};
// Nothing for what is no period, or an empty one.
std::optional<Period> parse_period(std::string_view text, protocol::Instant now);

}  // namespace entente::tools
