#include "protocol/mail/mime_parts.hpp"

#include <array>
#include <optional>

#include "protocol/encoding.hpp"
#include "protocol/mail/charset.hpp"
#include "protocol/mail/mime_read.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

constexpr std::size_t fields_max = 500;
constexpr std::size_t header_bytes_max = 64 * 1024;
constexpr std::size_t parts_max = 64;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = ascii_lower(c);
    return out;
}

// One line without its end, taken from the front.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// `; name=value` pairs; quoted values are unquoted, RFC 2231 values of one piece are decoded.
std::vector<std::pair<std::string, std::string>> read_parameters(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> found;
    while (found.size() < 32) {
        const auto begin = text.find(';');
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin + 1);
        const auto equals = text.find_first_of("=;");
        if (equals == std::string_view::npos) break;
        if (text[equals] == ';') continue;
        std::string name = lower(trimmed(text.substr(0, equals)));
        text.remove_prefix(equals + 1);
        text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
        std::string value;
        if (text.starts_with('"')) {
            std::size_t i = 1;
            for (; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\\' && i + 1 < text.size()) ++i;
                value += text[i];
            }
            text.remove_prefix(std::min(text.size(), i + 1));
        } else {
            const auto end = std::min(text.size(), text.find(';'));
            value = trimmed(text.substr(0, end));
            text.remove_prefix(end);
        }
        found.emplace_back(std::move(name), std::move(value));
    }
    return found;
}

// The bytes of "=?charset?B?text?=" at the front, or nothing.
struct Word {
    std::string charset;
    std::string bytes;
    std::size_t size = 0;
};
std::optional<Word> encoded_word(std::string_view text) {
    if (!text.starts_with("=?")) return std::nullopt;
    const auto charset_end = text.find('?', 2);
    if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
        return std::nullopt;
    const auto end = text.find("?=", charset_end + 3);
    if (end == std::string_view::npos || end > 1'000) return std::nullopt;
    Word word;
    word.charset = text.substr(2, charset_end - 2);
    word.charset.erase(std::min(word.charset.size(), word.charset.find('*')));  // a language may follow (RFC 2231)
    const char encoding = ascii_lower(text[charset_end + 1]);
    const std::string_view payload = text.substr(charset_end + 3, end - charset_end - 3);
    if (payload.find_first_of(" \t\n") != std::string_view::npos) return std::nullopt;
    if (encoding == 'b') {
        word.bytes = from_base64_tolerant(payload);
    } else if (encoding == 'q') {
        std::string spaced(payload);
        for (char& c : spaced) c = c == '_' ? ' ' : c;
        word.bytes = from_quoted_printable(spaced + "=\n");
    } else {
        return std::nullopt;
    }
    word.size = end + 2;
    return word;
}

}  // namespace

std::string_view Headers::first(std::string_view name) const {
    for (const auto& [field, value] : fields_)
        if (same_letters(field, name)) return value;
    return {};
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const auto& [field, value] : fields_)
        if (same_letters(field, name)) found.emplace_back(value);
    return found;
}

void Headers::add(std::string name, std::string value) {
    bytes_ += name.size() + value.size();
    if (fields_.size() < fields_max && bytes_ <= header_bytes_max) fields_.emplace_back(std::move(name), std::move(value));
}

Headers read_headers(std::string_view& rest) {
    Headers headers;
    std::string name, value;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        if (line.empty()) break;
        if (line.front() == ' ' || line.front() == '\t') {
            if (value.size() < header_bytes_max) value += " " + std::string(trimmed(line));
            continue;
        }
        if (!name.empty()) headers.add(std::move(name), std::move(value));
        const auto colon = line.find(':');
        name = colon == std::string_view::npos ? std::string{} : std::string(trimmed(line.substr(0, colon)));
        value = colon == std::string_view::npos ? std::string{} : std::string(trimmed(line.substr(colon + 1)));
    }
    if (!name.empty()) headers.add(std::move(name), std::move(value));
    return headers;
}

std::string_view ContentType::parameter(std::string_view wanted) const {
    for (const auto& [name_found, value] : parameters)
        if (name_found == wanted) return value;
    return {};
}

ContentType content_type(const Headers& headers) {
    ContentType type;
    const std::string_view value = headers.first("Content-Type");
    const std::string name = lower(trimmed(value.substr(0, value.find(';'))));
    if (name.contains('/')) type.name = name;
    type.parameters = read_parameters(value);
    return type;
}

bool is_attachment(const Headers& headers) {
    return lower(headers.first("Content-Disposition")).starts_with("attachment");
}

std::string decoded_body(const Headers& headers, std::string_view body) {
    const std::string encoding = lower(trimmed(headers.first("Content-Transfer-Encoding")));
    if (encoding == "quoted-printable") return from_quoted_printable(body);
    if (encoding == "base64") return from_base64_tolerant(body);
    return std::string(body);
}

std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary) {
    std::vector<std::string_view> parts;
    const std::string mark = "--" + std::string(boundary);
    std::optional<std::size_t> begin;
    for (std::size_t at = 0; at < body.size() && parts.size() < parts_max;) {
        const auto end = std::min(body.size(), body.find('\n', at));
        std::string_view line = body.substr(at, end - at);
        const std::size_t line_begin = at;
        at = std::min(body.size(), end + 1);
        if (!line.starts_with(mark)) continue;
        line = trimmed(line.substr(mark.size()));
        if (!line.empty() && line != "--") continue;
        if (begin) parts.push_back(body.substr(*begin, line_begin > *begin ? line_begin - *begin - 1 : 0));
        begin = at;
        if (line == "--") return parts;
    }
    if (begin && parts.size() < parts_max) parts.push_back(body.substr(*begin));
    return parts;
}

std::string from_quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const bool last = !text.contains('\n');
        std::string_view line = take_line(text);
        line = line.substr(0, line.find_last_not_of(" \t") + 1);
        bool soft = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] != '=') {
                out += line[i];
            } else if (i + 1 == line.size()) {
                soft = true;
            } else if (i + 2 < line.size() && hex_value(line[i + 1]) >= 0 && hex_value(line[i + 2]) >= 0) {
                out += static_cast<char>(hex_value(line[i + 1]) * 16 + hex_value(line[i + 2]));
                i += 2;
            } else {
                out += '=';
            }
        }
        if (!soft && !last) out += '\n';
    }
    return out;
}

std::string from_base64_tolerant(std::string_view text) {
    std::string out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const int value = base64_value(c);
        if (value < 0) continue;
        held = (held << 6 | static_cast<std::uint32_t>(value)) & 0xfffff;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits & 0xff);
    }
    return out;
}

std::string decode_words(std::string_view value) {
    std::string out, bytes, charset;
    const auto flush = [&] {
        out += to_utf8(bytes, charset);
        bytes.clear();
    };
    bool after_word = false;
    while (!value.empty()) {
        // Blanks between two encoded words are none; words of one character set may split a character.
        const auto next = value.find_first_not_of(" \t\r\n");
        if (after_word && next != std::string_view::npos && encoded_word(value.substr(next))) value.remove_prefix(next);
        if (auto word = encoded_word(value)) {
            if (!same_letters(charset, word->charset)) flush();
            charset = word->charset;
            bytes += word->bytes;
            value.remove_prefix(word->size);
            after_word = true;
            continue;
        }
        flush();
        charset.clear();
        after_word = false;
        const auto end = std::max<std::size_t>(1, std::min(value.size(), value.find("=?", 1)));
        out += to_utf8(value.substr(0, end), "utf-8");
        value.remove_prefix(end);
    }
    flush();
    return out;
}

}  // namespace entente::protocol::mail
