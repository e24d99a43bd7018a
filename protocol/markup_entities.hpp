#pragma once
// Character references of HTML: the 252 names of HTML 4, the ASCII punctuation names of HTML 5, and numbers.

#include <cstddef>
#include <string>
#include <string_view>

namespace entente::protocol {

// Decodes the reference at the beginning of `text`, which starts with '&'. Appends the character to `out` and returns how many
// bytes the reference takes; 0 when it is none that we know (the ampersand is then text). Characters that may not stand in a text
// become U+FFFD. A semicolon is required.
std::size_t decode_reference(std::string_view text, std::string& out);

void append_utf8(std::string& out, char32_t character);

}  // namespace entente::protocol
