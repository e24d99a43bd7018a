#pragma once
// Text for a terminal: how wide it is, what is safe to print, what HTML says in plain words.
//
// Partners' words reach the terminal of an engineer, so control characters, escape sequences and direction overrides never do.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace entente::tools {

// Columns that a terminal uses: combining marks 0, wide East Asian characters and emoji 2, others 1. Broken UTF-8 counts by byte.
std::size_t display_width(std::string_view text);

// Everything that could move the cursor, colour the screen or turn the reading direction becomes U+FFFD; tabs become a blank.
// Line breaks stay only where `lines` allows them.
enum class Lines { keep, join };
std::string printable(std::string_view text, Lines lines);

// At most `width` columns, the cut marked by an ellipsis.
std::string shortened(std::string_view text, std::size_t width);

// Fills with blanks up to `width` columns.
std::string padded(std::string_view text, std::size_t width);

// Paragraphs broken at blanks to at most `width` columns; words longer than that stay whole.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// The text that a reader of simple HTML sees: tags dropped, <br>, </p>, </li> and </div> as line breaks, entities decoded.
std::string plain_text(std::string_view html);

// A word for a shell: quoted if it needs to be.
std::string shell_quoted(std::string_view word);

std::string lower(std::string_view ascii);
std::string upper(std::string_view ascii);
// "1 case", "2 cases".
std::string counted(std::int64_t number, std::string_view one, std::string_view many);
bool is_number(std::string_view text);  // digits and nothing else
bool same_ignoring_case(std::string_view a, std::string_view b);
std::string_view trimmed(std::string_view text);

// Percent-encodes everything but unreserved characters, for a path segment or a query value.
std::string url_encoded(std::string_view text);

}  // namespace entente::tools
