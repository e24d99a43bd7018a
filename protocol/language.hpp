#pragma once
// The languages in which the gateway writes to people.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace entente::protocol {

enum class Language : std::uint8_t { english, german, japanese };
inline constexpr int language_count = 3;
inline constexpr std::array languages{Language::english, Language::german, Language::japanese};

std::string_view name(Language language);                       // en, de, ja
std::optional<Language> parse_language(std::string_view text);  // exactly these

// One sentence in every language, in the order of the enumeration.
struct Said {
    std::array<std::string_view, language_count> in;
    constexpr std::string_view operator[](Language language) const { return in[static_cast<std::size_t>(language)]; }
};

}  // namespace entente::protocol
