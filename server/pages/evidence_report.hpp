#pragma once
// The readable part of an evidence pack, and of the list after a suspicion: one HTML document each, without scripts, without
// anything from elsewhere, pictures as inline SVG beside the numbers that they show; made to be printed.
//
// Nothing in it says by whom it was made, nor when, unless the period goes on: the same period, once over, seed and state give the
// same bytes.

#include <string>
#include <string_view>

#include "server/operations/evidence.hpp"

namespace entente::pages {

std::string evidence_report(const operations::Evidence& evidence, std::string_view origin);
std::string breach_report(const operations::Breach& breach, std::string_view origin);

}  // namespace entente::pages
