#pragma once
// Conditional requests of the own API (RFC 9110, section 13): an ETag names what this caller was shown; If-Match makes a change
// happen only to that.

#include <string>
#include <string_view>

#include "server/api/route.hpp"

namespace entente::api {

enum class Condition { optional, required };

// `current` is the entity tag as it stands now, with its quotes. `changed_since` (412) when If-Match names others only,
// `unconditional` (428) when it is required and absent. `*` fits whatever exists.
protocol::Result<void> may_change(const Call& call, std::string_view current, Condition condition);

// If-None-Match names what would be sent: 304 is enough. Weak tags compare as strong ones here.
bool already_has(const Call& call, std::string_view current);

}  // namespace entente::api
