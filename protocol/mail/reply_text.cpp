#include "protocol/mail/reply_text.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/encoding.hpp"

namespace entente::protocol::mail {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string_view unquoted(std::string_view line) {
    line = trimmed(line);
    while (line.starts_with('>')) line = trimmed(line.substr(1));
    return line;
}

bool quoted(std::string_view line) {
    return trimmed(line).starts_with('>');
}

template <std::size_t n>
bool begins_with_any(std::string_view line, const std::array<std::string_view, n>& starts) {
    return std::ranges::any_of(starts, [&](std::string_view start) { return line.starts_with(start); });
}

bool mentions_time_or_address(std::string_view line) {
    return std::ranges::any_of(line, [](char c) { return c >= '0' && c <= '9'; }) || line.contains('@');
}

// "On Tue, 24 Nov 2026 at 10:00, Entente <...> wrote:" in the programs' languages; it may go over two lines.
bool introduces_quote(std::string_view line) {
    line = trimmed(line);
    if (line.size() > 400) return false;
    const bool english = line.starts_with("On ") && line.ends_with("wrote:");
    const bool german = (line.starts_with("Am ") || line.starts_with("On ")) &&
                        (line.ends_with("schrieb:") || (line.contains(" schrieb ") && line.ends_with(':')));
    const bool japanese = line.ends_with("のメール:") || line.ends_with("書きました:") || line.ends_with("wrote：") ||
                          line.ends_with("書きました：") || line.ends_with("のメール：");
    return (english || german || japanese) && mentions_time_or_address(line);
}

// Outlook and its likes put the old mail below a rule or a block of headers.
bool begins_old_mail(std::string_view line, std::string_view next) {
    constexpr std::array<std::string_view, 6> rules{"-----Original Message-----",   "-----Ursprüngliche Nachricht-----",
                                                    "-----Original-Nachricht-----", "-----Urspruengliche Nachricht-----",
                                                    "-----元のメッセージ-----",     "________________________________"};
    constexpr std::array<std::string_view, 4> from{"From:", "Von:", "差出人:", "差出人："};
    constexpr std::array<std::string_view, 8> then{
        "Sent:", "Date:", "Gesendet:", "Datum:", "送信日時:", "送信日時：", "To:", "An:"};
    line = trimmed(line);
    if (begins_with_any(line, rules)) return true;
    return (begins_with_any(line, from) || line.starts_with("*From:*")) && begins_with_any(trimmed(next), then);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return lines;
}

// How many lines from the top are the author's own.
std::size_t own_lines(const std::vector<std::string_view>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view next = i + 1 < lines.size() ? lines[i + 1] : std::string_view{};
        if (unquoted(lines[i]).contains(reply_mark)) return i;
        if (lines[i] == "-- " || trimmed(lines[i]) == "--") return i;
        if (quoted(lines[i])) continue;
        if (begins_old_mail(lines[i], next)) return i;
        const bool two_lines = introduces_quote(std::string(trimmed(lines[i])) + " " + std::string(trimmed(next)));
        if (!introduces_quote(lines[i]) && !two_lines) continue;
        // Answers below the quote: go on, but only when an unquoted line follows the quoted ones.
        std::size_t after = i + (introduces_quote(lines[i]) ? 1 : 2);
        while (after < lines.size() && trimmed(lines[after]).empty()) ++after;
        if (after >= lines.size() || !quoted(lines[after])) return i;
        while (after < lines.size() && (quoted(lines[after]) || trimmed(lines[after]).empty())) {
            if (unquoted(lines[after]).contains(reply_mark)) return i;
            ++after;
        }
        if (after >= lines.size()) return i;
    }
    return lines.size();
}

// Joined, without blanks at line ends and without runs of empty lines.
std::string tidy(const std::vector<std::string_view>& lines) {
    std::string out;
    bool blank = false;
    for (std::string_view line : lines) {
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        if (line.empty()) {
            blank = !out.empty();
            continue;
        }
        if (blank) out += '\n';
        blank = false;
        out += line;
        out += '\n';
    }
    while (out.ends_with('\n')) out.pop_back();
    return out;
}

// Who answers below a quoted mail of ours leaves nothing above it: then every unquoted line is the answer.
std::vector<std::string_view> below_the_quote(const std::vector<std::string_view>& lines) {
    const bool marked =
        std::ranges::any_of(lines, [](std::string_view line) { return quoted(line) && unquoted(line).contains(reply_mark); });
    std::vector<std::string_view> own;
    if (!marked) return own;
    for (const std::string_view line : lines) {
        if (line == "-- " || trimmed(line) == "--") break;
        if (!quoted(line) && !introduces_quote(line)) own.push_back(line);
    }
    return own;
}

}  // namespace

std::string reply_text(std::string_view plain) {
    std::vector<std::string_view> lines = lines_of(plain);
    std::size_t end = own_lines(lines);
    while (end > 0 && (trimmed(lines[end - 1]).empty() || quoted(lines[end - 1]) || introduces_quote(lines[end - 1]))) --end;
    if (end == 0) return tidy(below_the_quote(lines));
    lines.resize(end);
    return tidy(lines);
}

std::string first_line(std::string_view text, std::size_t characters) {
    std::string line(trimmed(text.substr(0, text.find('\n'))));
    if (utf8_length(line) <= characters) return line;
    while (utf8_length(line) >= characters) line = utf8_prefix(line, line.size() - 1);
    return line + "…";
}

}  // namespace entente::protocol::mail
