#pragma once
// From a rule's candidate to the place of the value: what stands around it decides whether it is one, and where it ends.

#include <optional>
#include <string_view>

#include "policy/rules/default_rules.hpp"
#include "policy/values.hpp"

namespace entente::policy {

// `match` is what the rule's pattern matched in `text`, `group` its captured value (the match where it captures none).
std::optional<Span> confirm(Check check, std::string_view text, Span match, Span group);

}  // namespace entente::policy
