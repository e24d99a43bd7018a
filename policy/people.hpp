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

// The name in front of a mail address that begins at `address`: one word or more before "<", two or more before "(".
std::optional<Span> name_before_address(std::string_view text, std::size_t address);

}  // namespace entente::policy
