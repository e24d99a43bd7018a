#pragma once
// Does this look like a credential, a place-holder, a path? Pure functions over bytes, shared by everything that confirms
// candidates.

#include <cstddef>
#include <string_view>

namespace entente::policy {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;  // exclusive
};

// Length of the place-holder ("[secret removed]", "[mail-3]", "HOST-2") that begins at `at`, or 0.
std::size_t placeholder_length(std::string_view text, std::size_t at);

// The same span, or a longer one whose end does not cut a place-holder.
Span past_placeholders(std::string_view text, Span value);

// Nothing that could be a secret: empty, place-holders only, variables, stars, harmless words.
bool plainly_none(std::string_view value);
// Mixed characters, at least six, and not a path, an address, a date, a number or a version.
bool like_credential(std::string_view value);
// At least 24 characters of base64 or 32 of hexadecimal digits, many different ones.
bool like_random(std::string_view value);
// What an issuer would hand out: a digit or both cases, and not one character over and over.
bool like_issued(std::string_view value);
bool like_path(std::string_view value);
bool basic_credentials(std::string_view base64_text);

}  // namespace entente::policy
