#pragma once
// Bytes and text: hexadecimal, base64 (RFC 4648), UUID text (RFC 9562), UTF-8 validity. Decoders are strict: one spelling a value.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"

namespace entente::protocol {

using Bytes = std::span<const std::uint8_t>;
using Blob = std::vector<std::uint8_t>;
using Hash = std::array<std::uint8_t, 32>;

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string hex(Bytes bytes);  // lower case
std::optional<Blob> from_hex(std::string_view text);

std::string base64(Bytes bytes);                         // with padding
std::optional<Blob> from_base64(std::string_view text);  // padding required
std::string base64url(Bytes bytes);                      // without padding
std::optional<Blob> from_base64url(std::string_view text);

std::string uuid_text(const EventId& id);  // 0190f5fe-7c00-7a00-8000-000000000001
std::optional<EventId> parse_uuid(std::string_view text);

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text);

// The longest prefix of at most `bytes_max` bytes that does not cut a character; `text` must be valid UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

// Cuts the next line, without its newline, from the front; nothing if no newline is left.
std::optional<std::string_view> cut_line(std::string_view& text);

// Characters (code points) of valid UTF-8: limits of the contract count characters, not bytes.
std::size_t utf8_length(std::string_view text);

}  // namespace entente::protocol
