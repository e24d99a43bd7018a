#pragma once
// Time zones of the machine's tz database (Debian package tzdata), as the rules that policy/clocks computes with. Read once each
// and kept; a newer database is seen after a restart.

#include <memory>
#include <string_view>

#include "policy/clocks.hpp"

namespace entente {

// Rules from 1990 on as far as the database knows them (2037). Nothing for a name that it does not have. Any thread; Fault when
// there is no database at all.
std::shared_ptr<const policy::ZoneRules> zone_rules(std::string_view name);

}  // namespace entente
