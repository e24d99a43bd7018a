#pragma once
// Is a dotted name the name of a machine or network of somebody, or does it only look alike (packages, files, public sites)?

#include <string_view>

namespace entente::policy {

// Any letter case. At least two labels under a top-level domain that machines are named under.
bool telling_domain(std::string_view name);
// Under a top-level domain that only exists inside (local, internal, corp, lan, ...). `name` in lower case.
bool internal_domain(std::string_view name);
// `name` is `domain` or below it. Both in lower case.
bool under_domain(std::string_view name, std::string_view domain);

}  // namespace entente::policy
