#pragma once
// Addresses, host names and serial numbers: is this candidate one that tells something about somebody's network?
//
// Conservative where programs write things that only look alike: versions with four parts, package and file names, times, digests,
// and addresses that mean the same everywhere (loopback, masks, multicast, the ranges kept for documentation: RFC 5737, 3849,
// 7042).

#include <optional>
#include <string_view>

#include "policy/likeness.hpp"
#include "policy/rules/default_rules.hpp"

namespace entente::policy {

// `match` is the whole match of the rule's pattern, `group` the candidate in it.
std::optional<Span> confirm_host(Check check, std::string_view text, Span match, Span group);

// Letters, digits and the like of a machine's name: at least one letter, and a digit, hyphen or dot.
bool like_host(std::string_view name);
// A name that is looked for wherever it stands once it was found: long enough and no word of a language.
bool distinctive_host(std::string_view name);

}  // namespace entente::policy
