#pragma once
// Confirms candidates for numbers of persons (telephone, bank, card, identity) and mail addresses from what stands around them, so
// that times, versions, hashes and addresses of machines are not mistaken for them.

#include <optional>
#include <string_view>

#include "policy/rules/default_rules.hpp"
#include "policy/values.hpp"

namespace entente::policy {

// `candidate` is what the rule's pattern captured. The span that is really the number, or nothing.
std::optional<Span> confirm_number(Check check, std::string_view text, Span candidate);
std::optional<Span> confirm_mail(std::string_view text, Span candidate);

}  // namespace entente::policy
