#pragma once
// Character classes of ASCII text, independent of any locale. For the sources of the detectors.

#include <cstddef>
#include <string_view>

namespace entente::policy {

inline bool digit(char c) {
    return c >= '0' && c <= '9';
}
inline bool lower(char c) {
    return c >= 'a' && c <= 'z';
}
inline bool upper(char c) {
    return c >= 'A' && c <= 'Z';
}
inline bool letter(char c) {
    return lower(c) || upper(c);
}
inline bool blank(char c) {
    return c == ' ' || c == '\t';
}
inline bool line_end(char c) {
    return c == '\n' || c == '\r';
}
inline bool among(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}
inline char at_or(std::string_view text, std::size_t at, char otherwise) {
    return at < text.size() ? text[at] : otherwise;
}

}  // namespace entente::policy
