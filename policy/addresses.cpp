#include "policy/addresses.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "policy/ascii.hpp"

namespace entente::policy {

namespace {

bool hex_digit(char c) {
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool within(std::uint32_t address, std::uint32_t network, int bits) {
    return (address ^ network) >> (32 - bits) == 0;
}

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a << 24 | b << 16 | c << 8 | d;
}

std::string lower_hex(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (hex_digit(c)) digits += upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    return digits;
}

std::vector<std::string_view> groups_of(std::string_view text) {
    std::vector<std::string_view> groups;
    std::size_t from = 0;
    while (true) {
        const std::size_t colon = text.find(':', from);
        groups.push_back(text.substr(from, colon - from));
        if (colon == std::string_view::npos) return groups;
        from = colon + 1;
    }
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
    std::uint32_t address = 0;
    std::size_t at = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0 && at_or(text, at++, ' ') != '.') return std::nullopt;
        std::uint32_t value = 0;
        const std::size_t begin = at;
        while (at < text.size() && digit(text[at]) && at - begin < 3)
            value = value * 10 + static_cast<std::uint32_t>(text[at++] - '0');
        if (at == begin || value > 255 || (at - begin > 1 && text[begin] == '0')) return std::nullopt;
        address = address << 8 | value;
    }
    return at == text.size() ? std::optional(address) : std::nullopt;
}

bool private_range(std::uint32_t a) {
    return within(a, ip(10, 0, 0, 0), 8) || within(a, ip(172, 16, 0, 0), 12) || within(a, ip(192, 168, 0, 0), 16) ||
           within(a, ip(100, 64, 0, 0), 10);
}

bool meaningless(std::uint32_t a) {
    if (a >> 24 == 0 || a >> 24 == 127 || a >> 24 >= 224) return true;  // this network, loopback, multicast, masks
    if (within(a, ip(192, 0, 2, 0), 24) || within(a, ip(198, 51, 100, 0), 24) || within(a, ip(203, 0, 113, 0), 24)) return true;
    if (within(a, ip(198, 18, 0, 0), 15) || a == ip(169, 254, 169, 254)) return true;
    return a == ip(8, 8, 8, 8) || a == ip(8, 8, 4, 4) || a == ip(1, 1, 1, 1) || a == ip(9, 9, 9, 9);
}

bool telling_ipv6(std::string_view text) {
    if (text.size() < 3 || text.size() > 45) return false;
    const std::size_t gap = text.find("::");
    if (gap != std::string_view::npos && text.find("::", gap + 1) != std::string_view::npos) return false;
    if (text.front() == ':' && gap != 0) return false;
    std::size_t filled = 0;
    bool long_group = false;
    bool any_digit = false;
    bool all_pairs = true;
    auto groups = groups_of(text);
    if (groups.size() > 9) return false;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const std::string_view group = groups[i];
        if (group.empty()) continue;
        if (i + 1 == groups.size() && group.find('.') != std::string_view::npos) {
            const auto mapped = parse_ipv4(group);
            if (!mapped || meaningless(*mapped)) return false;
            filled += 2;
            any_digit = long_group = true;
            all_pairs = false;
            continue;
        }
        if (group.size() > 4 || !std::ranges::all_of(group, hex_digit)) return false;
        ++filled;
        long_group = long_group || group.size() >= 3;
        all_pairs = all_pairs && group.size() == 2;
        any_digit = any_digit || std::ranges::any_of(group, digit);
    }
    if (gap == std::string_view::npos) return filled == 8 && groups.size() == 8 && !all_pairs && any_digit;
    if (filled < 2 || filled > 7 || !any_digit || !long_group) return false;
    const std::string low = lower_hex(groups[0]) + ":" + (groups.size() > 1 ? lower_hex(groups[1]) : "");
    return low != "2001:db8" && low != "2001:0db8";
}

bool telling_hardware_address(std::string_view text) {
    const std::string digits = lower_hex(text);
    if (digits.size() != 12 && digits.size() != 16) return false;
    const bool letters = std::ranges::any_of(digits, [](char c) { return !digit(c); });
    if (text.find('.') != std::string_view::npos || text.find('-') != std::string_view::npos) {
        if (!letters && !digits.starts_with("00")) return false;
    }
    const char separator = text.find_first_of(":-.") == std::string_view::npos ? ' ' : text[text.find_first_of(":-.")];
    if (!std::ranges::all_of(text, [&](char c) { return hex_digit(c) || c == separator; })) return false;
    if (std::ranges::all_of(digits, [&](char c) { return c == digits.front(); })) return false;
    return !digits.starts_with("00005e0053") && !digits.starts_with("02005e") && !digits.starts_with("01005e") &&
           !digits.starts_with("3333");
}

std::string ipv4_stand_in(int n) {
    const auto dotted = [](std::uint32_t a) {
        return std::to_string(a >> 24) + '.' + std::to_string(a >> 16 & 255U) + '.' + std::to_string(a >> 8 & 255U) + '.' +
               std::to_string(a & 255U);
    };
    const auto k = static_cast<std::uint32_t>(n - 1);
    constexpr std::array networks{ip(192, 0, 2, 0), ip(198, 51, 100, 0), ip(203, 0, 113, 0)};
    if (k < networks.size() * 254) return dotted(networks[k / 254] + 1 + k % 254);
    return dotted(ip(198, 18, 0, 0) + 1 + (k - static_cast<std::uint32_t>(networks.size()) * 254) % 131'070U);
}

std::string ipv6_stand_in(int n) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string low, high;
    auto k = static_cast<std::uint32_t>(n);
    const auto part = [&](std::uint32_t v) {
        std::string s;
        do s.insert(s.begin(), hex[v & 15U]);
        while ((v >>= 4) != 0);
        return s;
    };
    low = part(k & 0xffffU);
    if (k >> 16 != 0) high = part(k >> 16) + ":";
    return "2001:db8::" + high + low;
}

std::string hardware_stand_in(int n, std::string_view like) {
    const auto k = static_cast<std::uint32_t>(n);
    std::array<std::uint32_t, 8> bytes{0, 0, 0x5e, 0, 0x53, k & 255U, 0, 0};
    if (k > 255) bytes = {2, 0, 0x5e, k >> 16 & 255U, k >> 8 & 255U, k & 255U, 0, 0};
    const bool capital = std::ranges::any_of(like, upper);
    const std::string_view hex = capital ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string out;
    std::size_t nibble = 0;
    for (const char c : like) {
        if (!hex_digit(c)) {
            out += c;
            continue;
        }
        const std::uint32_t byte = bytes[std::min<std::size_t>(nibble / 2, 7)];
        out += hex[nibble % 2 == 0 ? byte >> 4 : byte & 15U];
        ++nibble;
    }
    return out;
}

}  // namespace entente::policy
