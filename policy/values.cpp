#include "policy/values.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "policy/ascii.hpp"
#include "policy/rules/default_rules.hpp"
#include "protocol/encoding.hpp"

namespace entente::policy {

namespace {

constexpr std::size_t value_bytes_max = 4096;  // beyond this, a missing closing quote does not swallow the text

bool base64_character(char c) {
    return letter(c) || digit(c) || c == '+' || c == '/' || c == '=';
}

bool escaped_line_end(std::string_view text, std::size_t at) {
    return text[at] == '\\' && (at_or(text, at + 1, ' ') == 'n' || at_or(text, at + 1, ' ') == 'r');
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (blank(text.front()) || line_end(text.front()))) text.remove_prefix(1);
    while (!text.empty() && (blank(text.back()) || line_end(text.back()))) text.remove_suffix(1);
    return text;
}

Span trim(std::string_view text, Span span) {
    while (span.begin < span.end && (blank(text[span.begin]) || line_end(text[span.begin]))) ++span.begin;
    while (span.end > span.begin && (blank(text[span.end - 1]) || line_end(text[span.end - 1]))) --span.end;
    return span;
}

// Does an assignment `name=` or `name: ` begin here? `blanks` allows blanks inside the name ("User Id=").
bool assignment_at(std::string_view text, std::size_t at, bool blanks) {
    while (at < text.size() && blank(text[at])) ++at;
    if (!letter(at_or(text, at, '0')) && at_or(text, at, '0') != '_') return false;
    const std::size_t limit = std::min(text.size(), at + 40);
    for (; at < limit; ++at) {
        const char c = text[at];
        if (c == '=') return true;
        if (c == ':') return blank(at_or(text, at + 1, ' ')) || line_end(at_or(text, at + 1, ' '));
        const bool inside = letter(c) || digit(c) || c == '_' || c == '.' || c == '-' || (blanks && c == ' ');
        if (!inside) return false;
    }
    return false;
}

// Ends a bare value: what follows the bracket or comma shows that it does not belong to the value.
bool boundary_after(std::string_view text, std::size_t at) {
    const char next = at_or(text, at + 1, '\n');
    return blank(next) || line_end(next) || among(next, "\"'`,;)]}>") || (next == '\\' && escaped_line_end(text, at + 1));
}

// `open` counts brackets that the value itself has opened: their closing ones belong to it.
bool ends_bare_value(std::string_view text, std::size_t at, int& open) {
    const char c = text[at];
    if (line_end(c) || c == '"' || c == '`') return true;
    if (c == '\\') return escaped_line_end(text, at) || at_or(text, at + 1, ' ') == '"';
    if (among(c, "([{")) ++open;
    if (among(c, ")]}") && open > 0) return --open < 0;
    if (c == '\'' || among(c, ")]}")) return boundary_after(text, at);
    if (among(c, ",;&")) return boundary_after(text, at) || assignment_at(text, at + 1, true);
    if (c == '<') return letter(at_or(text, at + 1, ' ')) || among(at_or(text, at + 1, ' '), "/!");
    if (c == '>') return boundary_after(text, at) || at_or(text, at + 1, ' ') == '<';
    return false;
}

// May blanks belong to a bare value? Where the key is the first thing on its line (indent, list dash, quote aside) as in a
// configuration file, but not behind NAME= of a shell.
bool value_to_line_end(std::string_view text, Span key) {
    while (key.begin < key.end && !letter(text[key.begin]) && static_cast<unsigned char>(text[key.begin]) < 0x80) ++key.begin;
    std::size_t line = key.begin;
    while (line > 0 && !line_end(text[line - 1]) && key.begin - line < 200) --line;
    std::string_view before = text.substr(line, key.begin - line);
    while (!before.empty() && among(before.front(), " \t-\"'#>*")) before.remove_prefix(1);
    if (std::ranges::any_of(before, [](char c) { return blank(c) || among(c, "=:,;&?/({["); })) return false;
    const std::string_view name = text.substr(key.begin, key.end - key.begin);
    return !name.ends_with('=') || std::ranges::any_of(name, lower);
}

Span bare_value(std::string_view text, std::size_t begin, bool may_hold_blanks) {
    std::size_t at = begin;
    std::size_t first_word = 0;
    int open = 0;
    while (at < text.size() && at - begin < value_bytes_max) {
        if (const std::size_t held = placeholder_length(text, at); held != 0) {
            at += held;
            continue;
        }
        if (ends_bare_value(text, at, open)) break;
        if (blank(text[at])) {
            if (first_word == 0) first_word = at - begin;
            const std::string_view word = text.substr(begin, first_word);
            if (!may_hold_blanks || like_credential(word) || plainly_none(word)) break;
            if (assignment_at(text, at + 1, false) || at_or(text, at + 1, ' ') == '#') break;
        }
        ++at;
    }
    return trim(text, {begin, at});
}

// [begin, end) between quotes. `quote` begins at `at`: backslashes, then " ' or `.
std::optional<Span> quoted_value(std::string_view text, std::size_t at) {
    std::size_t mark = at;
    while (mark < text.size() && text[mark] == '\\') ++mark;
    const std::size_t slashes = mark - at;
    const char quote = at_or(text, mark, ' ');
    if (slashes > 7 || !among(quote, "\"'`")) return std::nullopt;
    const std::size_t begin = mark + 1;
    const std::size_t limit = std::min(text.size(), begin + value_bytes_max);
    for (std::size_t i = begin; i < limit; ++i) {
        if (line_end(text[i])) return Span{begin, i};
        if (text[i] != quote) continue;
        std::size_t before = i;
        while (before > begin && text[before - 1] == '\\') --before;
        const std::size_t here = i - before;
        if (slashes == 0 ? here % 2 != 0 : here > slashes) continue;  // the quote itself is escaped
        if (slashes == 0 && quote == '\'' && at_or(text, i + 1, ' ') == '\'') {
            ++i;  // SQL doubles it
            continue;
        }
        return Span{begin, slashes == 0 ? i : before};
    }
    return Span{begin, limit};
}

// “ ” „ « » and their single forms: three bytes, or two for guillemets.
std::size_t typographic_quote(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at);
    for (const std::string_view mark : {"\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x98", "\xe2\x80\x99",
                                        "\xe2\x80\x9a", "\xc2\xab", "\xc2\xbb", "\xe3\x80\x8c", "\xe3\x80\x8d"}) {
        if (rest.starts_with(mark)) return mark.size();
    }
    return 0;
}

std::optional<Span> typographic_value(std::string_view text, std::size_t at) {
    const std::size_t open = typographic_quote(text, at);
    if (open == 0) return std::nullopt;
    const std::size_t begin = at + open;
    std::size_t end = begin;
    while (end < text.size() && end - begin < value_bytes_max && !line_end(text[end]) && typographic_quote(text, end) == 0) ++end;
    return Span{begin, end};
}

std::size_t indent_of(std::string_view text, std::size_t line) {
    std::size_t at = line;
    while (at < text.size() && blank(text[at])) ++at;
    return at - line;
}

std::size_t next_line(std::string_view text, std::size_t at) {
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
}

// YAML's block scalars: `|` or `>` and the lines that are indented deeper than the key's.
std::optional<Span> block_value(std::string_view text, Span key) {
    std::size_t at = key.end;
    if (!among(at_or(text, at, ' '), "|>")) return std::nullopt;
    ++at;
    while (at < text.size() && (among(text[at], "+-") || digit(text[at]))) ++at;
    while (at < text.size() && (blank(text[at]) || text[at] == '\r')) ++at;
    if (at_or(text, at, ' ') != '\n') return std::nullopt;
    std::size_t line = key.begin;
    while (line > 0 && text[line - 1] != '\n') --line;
    const std::size_t indent = indent_of(text, line);
    const std::size_t begin = at + 1;
    std::size_t end = begin;
    while (end < text.size() && end - begin < value_bytes_max) {
        const std::size_t here = indent_of(text, end);
        const bool empty = at_or(text, end + here, '\n') == '\n' || at_or(text, end + here, '\n') == '\r';
        if (!empty && here <= indent) break;
        end = next_line(text, end);
    }
    return trim(text, {begin, end});
}

std::optional<Span> unless_none(std::string_view text, Span span) {
    if (plainly_none(text.substr(span.begin, span.end - span.begin))) return std::nullopt;
    return span;
}

}  // namespace

std::optional<Span> assigned_value(std::string_view text, Span key) {
    const std::size_t at = key.end;
    if (at >= text.size() || line_end(text[at])) return std::nullopt;
    if (const auto quoted = quoted_value(text, at)) return unless_none(text, *quoted);
    if (const auto quoted = typographic_value(text, at)) return unless_none(text, *quoted);
    if (const auto block = block_value(text, key)) return unless_none(text, *block);
    const char first = text[at];
    if (first == '{' && at_or(text, at + 1, ' ') != '{')
        return std::nullopt;  // a nested object; its members have keys of their own
    if (first == '[' && placeholder_length(text, at) == 0) {
        std::size_t end = at;
        while (end < text.size() && end - at < value_bytes_max && !line_end(text[end]) && text[end] != ']') {
            const std::size_t held = placeholder_length(text, end);
            end += held == 0 ? 1 : held;
        }
        return unless_none(text, {at + 1, end});
    }
    return unless_none(text, bare_value(text, at, value_to_line_end(text, key)));
}

std::optional<Span> element_value(std::string_view text, std::size_t begin) {
    constexpr std::string_view data = "<![CDATA[";
    const bool raw = text.substr(begin).starts_with(data);
    if (raw) begin += data.size();
    const std::string_view window = text.substr(begin, value_bytes_max);
    std::size_t length = raw ? window.find("]]>") : window.find('<');
    if (length == std::string_view::npos) length = std::min(window.size(), window.find('\n'));
    return unless_none(text, trim(text, {begin, begin + length}));
}

std::optional<Span> line_value(std::string_view text, std::size_t begin) {
    if (begin >= text.size()) return std::nullopt;
    Span span{begin, begin};
    if (const auto quoted = quoted_value(text, begin)) {
        span = *quoted;
    } else {
        while (span.end < text.size() && !line_end(text[span.end]) && !escaped_line_end(text, span.end)) {
            const char c = text[span.end];
            if ((c == '"' || c == '\'') && boundary_after(text, span.end)) break;
            ++span.end;
        }
        span = trim(text, span);
    }
    if (text.substr(span.begin, span.end - span.begin).find('=') == std::string_view::npos) return std::nullopt;
    return unless_none(text, span);
}

std::optional<Span> header_value(std::string_view text, std::size_t begin) {
    while (begin < text.size() && among(text[begin], "\"'\\`[")) {
        if (placeholder_length(text, begin) != 0) break;
        ++begin;
    }
    std::size_t end = begin;
    while (end < text.size() && (letter(text[end]) || digit(text[end]) || text[end] == '-')) ++end;
    std::string scheme(text.substr(begin, end - begin));
    for (char& c : scheme) c = upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    constexpr std::array single{"bearer", "basic", "token", "negotiate", "ntlm", "apikey", "api-key", "splunk", "key", "jwt"};
    constexpr std::array whole{"digest", "aws4-hmac-sha256", "hawk",          "oauth",           "signature",
                               "mac",    "sharedkey",        "sharedkeylite", "goog4-rsa-sha256"};
    const auto is = [&](const char* word) { return scheme == word; };
    const bool known_single = std::ranges::any_of(single, is);
    const bool known_whole = std::ranges::any_of(whole, is);
    if ((!known_single && !known_whole) || !blank(at_or(text, end, '\n'))) {
        const Span bare = bare_value(text, begin, false);
        if (bare.end - bare.begin < 16 || !like_credential(text.substr(bare.begin, bare.end - bare.begin))) return std::nullopt;
        return bare;
    }
    while (end < text.size() && blank(text[end])) ++end;
    Span span{end, end};
    while (span.end < text.size()) {
        if (const std::size_t held = placeholder_length(text, span.end); held != 0) {
            span.end += held;
            continue;
        }
        const char c = text[span.end];
        if (line_end(c) || escaped_line_end(text, span.end)) break;
        if (known_single && (blank(c) || among(c, "\"'`<>"))) break;
        if (known_whole && (c == '\'' || c == '"') && boundary_after(text, span.end) && at_or(text, span.end + 1, ' ') != ',')
            break;
        ++span.end;
    }
    return unless_none(text, trim(text, span));
}

std::optional<Span> spoken_value(std::string_view text, std::size_t begin) {
    if (begin >= text.size()) return std::nullopt;
    if (const auto quoted = quoted_value(text, begin)) return unless_none(text, *quoted);
    if (const auto quoted = typographic_value(text, begin)) return unless_none(text, *quoted);
    Span span = bare_value(text, begin, false);
    while (span.end > span.begin && among(text[span.end - 1], ".,;:")) --span.end;
    if (!like_credential(text.substr(span.begin, span.end - span.begin))) return std::nullopt;
    return span;
}

namespace {

// Lines of base64 or of the key's own headers, from `at` on; escaped line breaks count as part of them.
std::size_t key_lines_end(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (at < text.size()) {
        const std::size_t next = next_line(text, at);
        const std::string_view line = trimmed(text.substr(at, next - at));
        const bool header = line.starts_with("Proc-Type:") || line.starts_with("DEK-Info:") || line.starts_with("Version:") ||
                            line.starts_with("Comment:") || line.starts_with("Private-MAC:");
        const bool key = std::ranges::all_of(line, [](char c) { return base64_character(c) || c == '\\'; });
        if (!header && !key) {
            std::size_t stop = at;
            while (stop < next && (base64_character(text[stop]) || text[stop] == '\\')) ++stop;
            return stop - at >= 16 ? stop : end;
        }
        if (!line.empty()) end = static_cast<std::size_t>(line.data() - text.data()) + line.size();
        at = next;
    }
    return end;
}

}  // namespace

Span private_key_block(std::string_view text, Span begin_line) {
    constexpr std::size_t key_bytes_max = 16'384;
    const std::string_view window = text.substr(begin_line.end, key_bytes_max);
    const std::size_t closing = window.find("-----END");
    const std::size_t another = window.find("-----BEGIN");
    if (closing == std::string_view::npos || another < closing) return {begin_line.begin, key_lines_end(text, begin_line.end)};
    std::size_t end = begin_line.end + closing + 8;
    const std::size_t dashes = text.substr(end, 80).find("-----");
    end = dashes == std::string_view::npos ? end : end + dashes + 5;
    return {begin_line.begin, end};
}

Span putty_key_block(std::string_view text, Span lines_line) {
    return {lines_line.begin, std::max(lines_line.end, key_lines_end(text, next_line(text, lines_line.end)))};
}

}  // namespace entente::policy
