#pragma once
// Where a value that follows a key word ends. Pure functions over bytes.
//
// Values come in many shapes: quoted, with escaped quotes (JSON in a log line), bare in a command, an ini line, a connection
// string, a YAML block. In doubt the value is longer rather than shorter. A place-holder that masking has put there is no value.

#include <cstddef>
#include <optional>
#include <string_view>

#include "policy/likeness.hpp"

namespace entente::policy {

// The value after a key whose match is [key.begin, key.end), separator included. Nothing for an empty value, a place-holder, a
// variable (${NAME}), stars, a word such as "required", a nested object.
std::optional<Span> assigned_value(std::string_view text, Span key);

std::optional<Span> element_value(std::string_view text, std::size_t begin);  // of an XML element, behind its start tag
std::optional<Span> header_value(std::string_view text, std::size_t begin);   // of an Authorization header
std::optional<Span> line_value(std::string_view text, std::size_t begin);     // rest of the line or of the quoted text; needs a '='
std::optional<Span> spoken_value(std::string_view text, std::size_t begin);   // the word after "the password is"
Span private_key_block(std::string_view text, Span begin_line);
Span putty_key_block(std::string_view text, Span lines_line);

}  // namespace entente::policy
