#pragma once
// Names of persons where the text itself says that a name follows: "Contact: Anna Berg", "Regards,\nAnna Berg", "Dear Ms. Berg".
// Conservative: capitalised words only, and none that make it a team, a role or a product word.

#include <optional>
#include <string_view>

#include "policy/rules/default_rules.hpp"
#include "policy/values.hpp"

namespace entente::policy {

// `match` is what the rule's pattern matched: the label up to where the name should begin.
std::optional<Span> confirm_person(Check check, std::string_view text, Span match);

}  // namespace entente::policy
