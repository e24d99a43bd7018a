#pragma once
// Spellings of enumerations as data: one table gives both directions. Used by the .cpp files of this folder.

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "protocol/result.hpp"

namespace entente::protocol {

template <class E, std::size_t n>
using NameTable = std::array<std::pair<E, std::string_view>, n>;

template <class E, std::size_t n>
constexpr std::string_view name_in(const NameTable<E, n>& table, E wanted) {
    for (const auto& [value, text] : table)
        if (value == wanted) return text;
    ENTENTE_ASSERT(false && "enumerator without a spelling");
    return {};
}

// Our own interface spells exactly.
template <class E, std::size_t n>
constexpr std::optional<E> find_exact(const NameTable<E, n>& table, std::string_view text) {
    for (const auto& [value, spelling] : table)
        if (spelling == text) return value;
    return std::nullopt;
}

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool same_letters(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
    return true;
}

// The Connect dialect has seen lower-case spellings in the field: letters compare without regard to case (ASCII).
template <class E, std::size_t n>
constexpr std::optional<E> find_any_case(const NameTable<E, n>& table, std::string_view text) {
    for (const auto& [value, spelling] : table)
        if (same_letters(spelling, text)) return value;
    return std::nullopt;
}

}  // namespace entente::protocol
