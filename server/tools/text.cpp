#include "server/tools/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "protocol/encoding.hpp"

namespace entente::tools {
namespace {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

Character next_character(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (length == 0 || lead >= 0xf5 || text.size() < length) return {0xfffd, 1, false};
    char32_t code = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return {0xfffd, 1, false};
        code = code << 6U | (byte(i) & 0x3fU);
    }
    // A longer spelling than needed, a surrogate: no reader of UTF-8 has to take them.
    if (!protocol::valid_utf8(text.substr(0, length))) return {0xfffd, 1, false};
    return {code, length, true};
}

using Range = std::pair<char32_t, char32_t>;

bool within(char32_t code, const auto& ranges) {
    return std::ranges::any_of(ranges, [&](const Range& range) { return code >= range.first && code <= range.second; });
}

// The blocks that occur in practice, from Unicode's EastAsianWidth and general categories; exact tables would be 600 rows.
constexpr std::array<Range, 8> zero_width{{{0x0300, 0x036f},
                                           {0x0483, 0x0489},
                                           {0x0591, 0x05bd},
                                           {0x1ab0, 0x1aff},
                                           {0x200b, 0x200d},
                                           {0x20d0, 0x20ff},
                                           {0xfe00, 0xfe0f},
                                           {0xfe20, 0xfe2f}}};
constexpr std::array<Range, 10> double_width{{{0x1100, 0x115f},
                                              {0x2e80, 0x303e},
                                              {0x3041, 0x33ff},
                                              {0x3400, 0x4dbf},
                                              {0x4e00, 0x9fff},
                                              {0xac00, 0xd7a3},
                                              {0xf900, 0xfaff},
                                              {0xff00, 0xff60},
                                              {0x1f300, 0x1faff},
                                              {0x20000, 0x3fffd}}};
// Directions, isolates, line and paragraph separators, the byte order mark: invisible and able to make a text read differently.
constexpr std::array<Range, 5> misleading{
    {{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}}};

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || within(code, misleading);
}

void append_utf8(std::string& out, char32_t code) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6U), put(0x80 | (code & 0x3fU));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12U), put(0x80 | (code >> 6U & 0x3fU)), put(0x80 | (code & 0x3fU));
    } else {
        put(0xf0 | code >> 18U), put(0x80 | (code >> 12U & 0x3fU)), put(0x80 | (code >> 6U & 0x3fU)), put(0x80 | (code & 0x3fU));
    }
}

std::size_t width_of(char32_t code) {
    return within(code, zero_width) ? 0 : within(code, double_width) ? 2 : 1;
}

// An entity without `&` and `;`; empty when it is none that we know.
std::string decode_entity(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> known{
        {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", " "}}};
    for (const auto& [entity, text] : known) {
        if (name == entity) return std::string(text);
    }
    if (name.size() < 2 || name[0] != '#') return {};
    const bool hexadecimal = name[1] == 'x' || name[1] == 'X';
    char32_t code = 0;
    for (const char c : name.substr(hexadecimal ? 2 : 1)) {
        const int digit = c >= '0' && c <= '9'                  ? c - '0'
                          : hexadecimal && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hexadecimal && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                                : -1;
        if (digit < 0 || code > 0x10ffff) return {};
        code = code * (hexadecimal ? 16U : 10U) + static_cast<char32_t>(digit);
    }
    std::string out;
    if (code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) append_utf8(out, code);
    return out;
}

bool breaks_line(std::string_view tag) {
    const std::string name = lower(tag.substr(0, tag.find_first_of(" \t\n/", tag.starts_with('/') ? 1 : 0)));
    constexpr std::array<std::string_view, 8> breaking{"br", "/p", "/li", "/div", "/h1", "/h2", "/tr", "hr"};
    return std::ranges::find(breaking, name) != breaking.end();
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character c = next_character(text);
        width += width_of(c.code);
        text.remove_prefix(c.bytes);
    }
    return width;
}

std::string printable(std::string_view text, Lines lines) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = next_character(text);
        if (c.code == '\t' || (c.code == '\n' && lines == Lines::join)) {
            out.push_back(' ');
        } else if (c.code == '\n') {
            out.push_back('\n');
        } else if (c.code == '\r' && text.size() > 1 && text[1] == '\n') {
            // The line break that follows says it.
        } else if (is_control(c.code) || !c.valid) {
            append_utf8(out, 0xfffd);
        } else {
            out.append(text.substr(0, c.bytes));
        }
        text.remove_prefix(c.bytes);
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const Character c = next_character(text);
        if (used + width_of(c.code) + 1 > width) break;
        used += width_of(c.code);
        out.append(text.substr(0, c.bytes));
        text.remove_prefix(c.bytes);
    }
    return out + "…";
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    const std::size_t used = display_width(text);
    if (used < width) out.append(width - used, ' ');
    return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view rest = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        std::string line;
        const std::size_t indent = std::min(rest.find_first_not_of(' '), rest.size());
        line.append(indent, ' ');
        rest.remove_prefix(indent);
        bool empty = true;
        while (!rest.empty()) {
            const std::size_t space = std::min(rest.find(' '), rest.size());
            const std::string_view word = rest.substr(0, space);
            rest.remove_prefix(std::min(space + 1, rest.size()));
            if (!empty && display_width(line) + 1 + display_width(word) > width) {
                out.push_back(std::exchange(line, std::string(indent, ' ')));
                empty = true;
            }
            if (!empty) line.push_back(' ');
            line.append(word);
            empty = false;
        }
        out.push_back(empty ? std::string() : std::move(line));
    }
    return out;
}

std::string plain_text(std::string_view html) {
    std::string out;
    while (!html.empty()) {
        if (html[0] == '<') {
            const std::size_t end = html.find('>');
            if (end == std::string_view::npos) {
                out.append(html);
                break;
            }
            if (breaks_line(html.substr(1, end - 1))) out.push_back('\n');
            html.remove_prefix(end + 1);
            continue;
        }
        if (html[0] == '&') {
            const std::size_t end = html.substr(0, 12).find(';');
            const std::string decoded = end == std::string_view::npos ? std::string() : decode_entity(html.substr(1, end - 1));
            if (!decoded.empty()) {
                out.append(decoded);
                html.remove_prefix(end + 1);
                continue;
            }
        }
        out.push_back(html[0]);
        html.remove_prefix(1);
    }
    return std::string(trimmed(out));
}

std::string shell_quoted(std::string_view word) {
    constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,+=%";
    if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos) return std::string(word);
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'') {
            out.append("'\\''");
        } else {
            out.push_back(c);
        }
    }
    return out + "'";
}

std::string lower(std::string_view ascii) {
    std::string out(ascii);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string upper(std::string_view ascii) {
    std::string out(ascii);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return out;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
    return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    return lower(a) == lower(b);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string url_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                                c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out.push_back(c);
        } else {
            out.push_back('%');
            out.push_back(digits[byte >> 4U]);
            out.push_back(digits[byte & 15U]);
        }
    }
    return out;
}

}  // namespace entente::tools
