#pragma once
// Decimal numbers as the texts of the log spell them: no sign, no leading zero, at most 2^64 - 1. One spelling a value.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace entente::audit {

inline std::optional<std::uint64_t> plain_decimal(std::string_view text) {
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stopped != text.data() + text.size() || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    return number;
}

}  // namespace entente::audit
