#pragma once
// The contract of the wire (protocol/openapi/entente.openapi.yaml) as it is, as JSON, and as two pages for people, embedded at
// build time so that a gateway serves what it was built with. Made by protocol/openapi/render.py.

#include <string_view>

namespace entente {

std::string_view openapi_text();
std::string_view openapi_json();
std::string_view openapi_page();
std::string_view problems_page();
std::string_view page_style_digest();  // SHA-256, base64

}  // namespace entente
