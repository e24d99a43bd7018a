#include "protocol/encoding.hpp"

namespace entente::protocol {

namespace {

constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(Bytes bytes, std::string_view alphabet, bool padded) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = bytes.size() - i;
        const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                    static_cast<std::uint32_t>(left > 1 ? bytes[i + 1] : 0) << 8 |
                                    static_cast<std::uint32_t>(left > 2 ? bytes[i + 2] : 0);
        out += alphabet[group >> 18 & 63];
        out += alphabet[group >> 12 & 63];
        if (left > 1) out += alphabet[group >> 6 & 63];
        if (left > 2) out += alphabet[group & 63];
        if (padded) out.append(left > 2 ? 0 : 3 - left, '=');
    }
    return out;
}

std::optional<Blob> decode64(std::string_view text, std::string_view alphabet) {
    if (text.size() % 4 == 1) return std::nullopt;
    Blob out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t six = alphabet.find(c);
        if (six == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(six);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.push_back(static_cast<std::uint8_t>(bits >> held & 0xff));
        }
    }
    // Bits that no byte takes must be zero: one spelling a value.
    if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return out;
}

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Bytes of the character that begins at `text`, 0 when it is not valid there.
std::size_t character_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto follows = [&](std::size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
    const std::uint8_t lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (!follows(1) || !follows(2)) return 0;
        if (lead == 0xe0 && at(1) < 0xa0) return 0;
        if (lead == 0xed && at(1) > 0x9f) return 0;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (lead == 0xf0 && at(1) < 0x90) return 0;
        if (lead == 0xf4 && at(1) > 0x8f) return 0;
        return 4;
    }
    return 0;
}

}  // namespace

std::string hex(Bytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<Blob> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Blob out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = nibble(text[i]);
        const int low = nibble(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

std::string base64(Bytes bytes) {
    return encode64(bytes, standard_alphabet, true);
}

std::optional<Blob> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("==")) {
        text.remove_suffix(2);
    } else if (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    return decode64(text, standard_alphabet);
}

std::string base64url(Bytes bytes) {
    return encode64(bytes, url_alphabet, false);
}

std::optional<Blob> from_base64url(std::string_view text) {
    return decode64(text, url_alphabet);
}

std::string uuid_text(const EventId& id) {
    const std::string digits = hex(id);
    return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' + digits.substr(16, 4) + '-' +
           digits.substr(20);
}

std::optional<EventId> parse_uuid(std::string_view text) {
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
    std::string digits;
    for (const char c : text)
        if (c != '-') digits += c;
    const auto bytes = from_hex(digits);
    if (!bytes || bytes->size() != 16) return std::nullopt;
    EventId id{};
    std::copy(bytes->begin(), bytes->end(), id.begin());
    return id;
}

bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

std::optional<std::string_view> cut_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::size_t utf8_length(std::string_view text) {
    std::size_t characters = 0;
    for (const char c : text)
        if ((static_cast<std::uint8_t>(c) & 0xc0) != 0x80) ++characters;
    return characters;
}

}  // namespace entente::protocol
