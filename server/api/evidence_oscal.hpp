#pragma once
// Evidence as OSCAL 1.1.3 assessment results (NIST): an observation for each control that the gateway serves, with counts as
// properties and the pack's files as relevant evidence. There are no findings, because whether a control is met is not ours to say.

#include <string>
#include <string_view>

#include "server/operations/evidence.hpp"

namespace entente::api {

// Identifiers follow from log, scope, period and seed, so the same evidence gives the same document.
std::string oscal_results(const operations::Evidence& evidence, std::string_view origin);

}  // namespace entente::api
