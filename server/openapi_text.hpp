#pragma once
// The contract of the wire (protocol/openapi/entente.openapi.yaml), embedded at build time so that a gateway serves what it was
// built with.

#include <string_view>

namespace entente {

std::string_view openapi_text();

}  // namespace entente
