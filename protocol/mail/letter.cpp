#include "protocol/mail/letter.hpp"

#include "protocol/encoding.hpp"
#include "protocol/mail/reply_text.hpp"
#include "protocol/mail/words.hpp"
#include "protocol/markup.hpp"
#include "protocol/result.hpp"

namespace entente::protocol::mail {
namespace {

// Two columns per wide character: good enough to line up labels in a terminal or a mail with fixed letters.
std::size_t columns(std::string_view text) {
    std::size_t wide = 0;
    for (const char c : text) wide += (static_cast<unsigned char>(c) & 0xf0) == 0xe0 ? 1 : 0;
    return utf8_length(text) + wide;
}

std::string indented(std::string_view text) {
    std::string out = "    ";
    for (const char c : text) {
        out += c;
        if (c == '\n') out += "    ";
    }
    return out;
}

std::string as_text(const Layout& layout) {
    std::string out;
    if (layout.reply_mark) out += std::string(reply_mark) + " " + std::string(words::reply_above[layout.language]) + "\n\n";
    if (!layout.heading.empty()) out += layout.heading + "\n\n";
    for (const std::string& paragraph : layout.paragraphs) out += paragraph + "\n\n";
    if (!layout.code.empty()) out += "    " + layout.code + "\n\n";
    std::size_t width = 0;
    for (const auto& [label, value] : layout.facts) width = std::max(width, columns(label));
    for (const auto& [label, value] : layout.facts)
        out += "  " + label + std::string(width + 2 - columns(label), ' ') + value + "\n";
    if (!layout.facts.empty()) out += "\n";
    for (const auto& [label, value] : layout.quotes) out += label + "\n\n" + indented(value) + "\n\n";
    for (const std::string& item : layout.items) out += "  - " + item + "\n";
    if (!layout.items.empty()) out += "\n";
    if (!layout.link.empty()) out += layout.link_label + "\n" + layout.link + "\n\n";
    for (const std::string& paragraph : layout.closing) out += paragraph + "\n\n";
    if (layout.footer.empty()) return out;
    out += "-- \n";
    for (const std::string& line : layout.footer) out += line + "\n";
    return out;
}

std::string lines_as_html(std::string_view plain) {
    std::string out;
    for (const char c : escape_html(plain)) out += c == '\n' ? std::string("<br>\n") : std::string(1, c);
    return out;
}

std::string tag(std::string_view element, std::string_view style, std::string_view plain) {
    return "<" + std::string(element) + " style=\"" + std::string(style) + "\">" + lines_as_html(plain) + "</" +
           std::string(element) + ">\n";
}

// No pictures, no scripts, no style sheets from elsewhere: nothing in it tells anybody that it was opened.
std::string as_html(const Layout& layout) {
    constexpr std::string_view muted = "color:#666;font-size:13px;margin:0 0 6px";
    constexpr std::string_view plain = "margin:0 0 14px";
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"" + std::string(name(layout.language)) +
        "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" +
        escape_html(layout.subject) +
        "</title></head>\n<body style=\"margin:0;padding:20px;font:16px/1.5 sans-serif;color:#1b1b1b;background:#fff\">\n"
        "<div style=\"max-width:620px\">\n";
    if (layout.reply_mark) out += tag("p", muted, std::string(reply_mark) + " " + std::string(words::reply_above[layout.language]));
    if (!layout.heading.empty()) out += tag("h1", "font-size:20px;line-height:1.3;margin:0 0 16px", layout.heading);
    for (const std::string& paragraph : layout.paragraphs) out += tag("p", plain, paragraph);
    if (!layout.code.empty()) out += tag("p", "font:bold 28px monospace;letter-spacing:4px;margin:0 0 16px", layout.code);
    if (!layout.facts.empty()) {
        out += "<table role=\"presentation\" style=\"border-collapse:collapse;margin:0 0 16px\">\n";
        for (const auto& [label, value] : layout.facts)
            out += "<tr><td style=\"padding:2px 16px 2px 0;color:#666;vertical-align:top\">" + escape_html(label) +
                   "</td><td style=\"padding:2px 0\">" + lines_as_html(value) + "</td></tr>\n";
        out += "</table>\n";
    }
    for (const auto& [label, value] : layout.quotes) {
        out += tag("p", "margin:0 0 4px;color:#666", label);
        out += tag("div", "border-left:3px solid #bbb;padding:2px 12px;margin:0 0 16px", value);
    }
    if (!layout.items.empty()) {
        out += "<ul style=\"margin:0 0 16px;padding-left:20px\">\n";
        for (const std::string& item : layout.items) out += "<li>" + lines_as_html(item) + "</li>\n";
        out += "</ul>\n";
    }
    if (!layout.link.empty())
        out += "<p style=\"margin:0 0 16px\"><a href=\"" + escape_html(layout.link) + "\">" + escape_html(layout.link_label) +
               "</a></p>\n";
    for (const std::string& paragraph : layout.closing) out += tag("p", plain, paragraph);
    if (!layout.footer.empty()) {
        out += "<hr style=\"border:0;border-top:1px solid #ddd;margin:20px 0 10px\">\n";
        for (const std::string& line : layout.footer) out += tag("p", muted, line);
    }
    return out + "</div>\n</body></html>\n";
}

}  // namespace

Letter render(const Layout& layout) {
    return {layout.subject, as_text(layout), as_html(layout)};
}

std::string fill(std::string_view sentence, const Terms& terms) {
    std::string out;
    while (!sentence.empty()) {
        const auto open = sentence.find('{');
        out += sentence.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = sentence.find('}', open);
        ENTENTE_ASSERT(close != std::string_view::npos);
        const auto term = terms.find(sentence.substr(open + 1, close - open - 1));
        ENTENTE_ASSERT(term != terms.end());
        out += term->second;
        sentence.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace entente::protocol::mail
