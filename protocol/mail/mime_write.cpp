#include "protocol/mail/mime_write.hpp"

#include <array>
#include <chrono>

#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::protocol::mail {
namespace {

constexpr std::size_t line_max = 76;
constexpr std::size_t encoded_word_max = 75;
constexpr std::string_view hex_digits = "0123456789ABCDEF";
// Neither can occur in a quoted-printable or base64 body: "=_" is no escape and '=' ends base64.
constexpr std::string_view mixed_boundary = "=_entente_parts";
constexpr std::string_view alternative_boundary = "=_entente_views";

// What stands in a header is one line of visible characters, whatever it was before.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
    ENTENTE_ASSERT(valid_utf8(out));
    return out;
}

bool plain_ascii(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x7f || static_cast<unsigned char>(c) < 0x20) return false;
    return true;
}

// "=?UTF-8?B?...?=" words, each whole characters and at most 75 long; the first one fits behind what the line holds already.
std::string encoded_words(std::string_view text, std::size_t used) {
    constexpr std::string_view head = "=?UTF-8?B?";
    std::string out;
    std::size_t room = line_max > used + 20 ? line_max - used : 0;
    if (room == 0) {
        out += "\r\n ";
        room = line_max - 1;
    }
    while (!text.empty()) {
        const std::size_t letters = (std::min(room, encoded_word_max) - head.size() - 2) / 4 * 3;
        const std::string_view piece = utf8_prefix(text, letters);
        if (!out.empty() && !out.ends_with(' ')) out += "\r\n ";
        out += std::string(head) + base64(as_bytes(piece)) + "?=";
        text.remove_prefix(piece.size());
        room = line_max - 1;
    }
    return out;
}

// Folds plain ASCII at blanks.
std::string folded(std::string_view text, std::size_t used) {
    std::string out;
    while (!text.empty()) {
        auto end = text.find(' ', 1);
        if (end == std::string_view::npos) end = text.size();
        const std::string_view word = text.substr(0, end);  // with the blank before it
        if (used + word.size() > line_max && word.front() == ' ' && word.size() > 1) {
            out += "\r\n";
            used = 0;
        }
        out += word;
        used += word.size();
        text.remove_prefix(end);
    }
    return out;
}

std::string display_name(std::string_view name, std::size_t used) {
    const std::string line = one_line(name);
    if (!plain_ascii(line) || line.contains("=?") || line.size() > 60) return encoded_words(line, used);
    std::string quoted = "\"";
    for (const char c : line) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

const std::string& checked(const std::string& address) {
    ENTENTE_ASSERT(clean_address(address) == address);
    return address;
}

std::string mailbox(const Mailbox& box, std::size_t used) {
    if (box.name.empty()) return checked(box.address);
    return display_name(box.name, used) + "\r\n <" + checked(box.address) + ">";
}

// msg-id of our own making; a received one is written only when it is nothing but visible ASCII.
std::string message_id(std::string_view id) {
    std::string out = "<";
    for (const char c : id)
        if (c > 0x20 && c < 0x7f && c != '<' && c != '>') out += c;
    return out + ">";
}

void add(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

std::string base64_lines(std::string_view bytes) {
    const std::string text = base64(as_bytes(bytes));
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += line_max) out += text.substr(at, line_max) + "\r\n";
    return out;
}

bool mostly_ascii(std::string_view text) {
    std::size_t others = 0;
    for (const char c : text) others += static_cast<unsigned char>(c) >= 0x80 ? 1 : 0;
    return others * 6 <= text.size();
}

void add_text_part(std::string& out, std::string_view media_type, std::string_view text) {
    const bool quoted = mostly_ascii(text);
    add(out, "Content-Type", std::string(media_type) + "; charset=utf-8");
    add(out, "Content-Transfer-Encoding", quoted ? "quoted-printable" : "base64");
    out += "\r\n";
    if (quoted) {
        out += quoted_printable(text);
        return;
    }
    std::string lines;
    for (const char c : text) lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
    out += base64_lines(lines);
}

void add_body(std::string& out, const OutgoingMail& mail) {
    if (mail.html.empty()) return add_text_part(out, "text/plain", mail.text);
    add(out, "Content-Type", "multipart/alternative;\r\n boundary=\"" + std::string(alternative_boundary) + "\"");
    out += "\r\n--" + std::string(alternative_boundary) + "\r\n";
    add_text_part(out, "text/plain", mail.text);
    out += "\r\n--" + std::string(alternative_boundary) + "\r\n";
    add_text_part(out, "text/html", mail.html);
    out += "\r\n--" + std::string(alternative_boundary) + "--\r\n";
}

// filename*=UTF-8''percent-encoded (RFC 2231) beside a plain ASCII name for old readers.
std::string file_name(std::string_view name) {
    std::string plain, encoded;
    for (const char c : one_line(name)) {
        const auto byte = static_cast<unsigned char>(c);
        const bool safe =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        plain += safe ? c : '_';
        if (safe) {
            encoded += c;
        } else {
            encoded += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
        }
    }
    std::string out = ";\r\n filename=\"" + plain + "\"";
    if (plain != encoded) out += ";\r\n filename*=UTF-8''" + encoded;
    return out;
}

void add_attachment(std::string& out, const Attachment& attachment) {
    out += "\r\n--" + std::string(mixed_boundary) + "\r\n";
    add(out, "Content-Type", attachment.media_type);
    add(out, "Content-Transfer-Encoding", "base64");
    add(out, "Content-Disposition", "attachment" + file_name(attachment.name));
    out += "\r\n" + base64_lines(attachment.bytes);
}

}  // namespace

std::string header_text(std::string_view utf8, std::size_t used) {
    const std::string line = one_line(utf8);
    if (plain_ascii(line) && !line.contains("=?")) {
        std::string out = folded(line, used);
        bool fits = true;
        for (std::size_t at = 0, end = 0; at < out.size(); at = end + 2) {
            end = std::min(out.find("\r\n", at), out.size());
            fits = fits && end - at <= 200;
        }
        if (fits) return out;
    }
    return encoded_words(line, used);
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    const auto put = [&](std::string_view piece) {
        if (column + piece.size() > line_max - 1) {
            out += "=\r\n";
            column = 0;
        }
        out += piece;
        column += piece.size();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        const bool line_end = i + 1 == text.size() || text[i + 1] == '\n';
        if (c == '\n') {
            out += "\r\n";
            column = 0;
        } else if (byte < 0x20 || byte >= 0x7f || c == '=' || (c == ' ' && line_end) || (column == 0 && c == '.')) {
            const std::array<char, 3> escape{'=', hex_digits[byte >> 4], hex_digits[byte & 15]};
            put({escape.data(), escape.size()});
        } else {
            put({&c, 1});
        }
    }
    if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
    return out;
}

std::string mail_date(Instant instant) {
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string iso = to_rfc3339(instant);  // 2026-11-24T09:30:00Z
    const std::chrono::sys_days day{std::chrono::days{instant.seconds() / 86'400}};
    const auto month = static_cast<unsigned>(std::chrono::year_month_day(day).month());
    return std::string(days.at(std::chrono::weekday(day).c_encoding())) + ", " + iso.substr(8, 2) + " " + months.at(month - 1) +
           " " + iso.substr(0, 4) + " " + iso.substr(11, 8) + " +0000";
}

std::string to_mime(const OutgoingMail& mail) {
    std::string out;
    add(out, "Date", mail_date(mail.date));
    add(out, "From", mailbox(mail.from, 6));
    add(out, "To", mailbox(mail.to, 4));
    if (!mail.reply_to.empty()) add(out, "Reply-To", checked(mail.reply_to));
    add(out, "Subject", header_text(mail.subject, 9));
    add(out, "Message-ID", message_id(mail.message_id));
    if (!mail.references.empty()) {
        add(out, "In-Reply-To", message_id(mail.references.back()));
        std::string all;
        for (const std::string& reference : mail.references) all += (all.empty() ? "" : "\r\n ") + message_id(reference);
        add(out, "References", all);
    }
    for (const auto& [name, value] : mail.further) add(out, name, header_text(value, name.size() + 2));
    if (!mail.language.empty()) add(out, "Content-Language", mail.language);
    add(out, "MIME-Version", "1.0");
    if (mail.attachments.empty()) {
        add_body(out, mail);
        return out;
    }
    add(out, "Content-Type", "multipart/mixed;\r\n boundary=\"" + std::string(mixed_boundary) + "\"");
    out += "\r\n--" + std::string(mixed_boundary) + "\r\n";
    add_body(out, mail);
    for (const Attachment& attachment : mail.attachments) add_attachment(out, attachment);
    out += "\r\n--" + std::string(mixed_boundary) + "--\r\n";
    return out;
}

}  // namespace entente::protocol::mail
