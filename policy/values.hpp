#pragma once
// Where a value that follows a key word ends, and whether it looks like a credential. Pure functions over bytes.
//
// Values stand in many dress: quoted, with escaped quotes (JSON in a log line), bare in a command, an ini line, a connection
// string, a YAML block. In doubt the value is longer rather than shorter. A place-holder that masking has put there is no value.

#include <cstddef>
#include <optional>
#include <string_view>

namespace entente::policy {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;  // exclusive
};

// Length of the place-holder ("[secret removed]", "[mail-3]") that begins at `at`, or 0.
std::size_t placeholder_length(std::string_view text, std::size_t at);

// The same span, or a longer one whose end does not cut a place-holder.
Span past_placeholders(std::string_view text, Span value);

// The value after a key whose match is [key.begin, key.end), separator included. Nothing for an empty value, a place-holder, a
// variable (${NAME}), stars, a word such as "required", a nested object.
std::optional<Span> assigned_value(std::string_view text, Span key);

std::optional<Span> element_value(std::string_view text, std::size_t begin);  // of an XML element, behind its start tag
std::optional<Span> header_value(std::string_view text, std::size_t begin);   // of an Authorization header
std::optional<Span> line_value(std::string_view text, std::size_t begin);     // rest of the line or of the quoted text; needs a '='
std::optional<Span> spoken_value(std::string_view text, std::size_t begin);   // the word after "the password is"
Span private_key_block(std::string_view text, Span begin_line);
Span putty_key_block(std::string_view text, Span lines_line);

// Nothing that could be a secret: empty, place-holders only, variables, stars, harmless words.
bool plainly_none(std::string_view value);
// Mixed characters, at least six, and not a path, an address, a date, a number or a version.
bool like_credential(std::string_view value);
// At least 24 characters of base64 or 32 of hexadecimal digits, many different ones.
bool like_random(std::string_view value);
bool like_path(std::string_view value);
bool basic_credentials(std::string_view base64_text);

}  // namespace entente::policy
