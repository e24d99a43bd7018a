#include "protocol/mail/mime_read.hpp"

#include <algorithm>
#include <optional>

#include "protocol/encoding.hpp"
#include "protocol/mail/charset.hpp"
#include "protocol/mail/html_text.hpp"
#include "protocol/mail/mime_parts.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

constexpr int depth_max = 8;
constexpr std::size_t parts_max = 64;
constexpr std::size_t header_value_max = 2'000;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = ascii_lower(c);
    return out;
}

// RFC 3676: a line that ends in a blank goes on in the next one, unless it is the signature's mark.
std::string unflowed(std::string_view text, bool delete_space) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.starts_with(' ')) line.remove_prefix(1);  // space-stuffing
        const bool goes_on = line.ends_with(' ') && line != "-- " && !line.starts_with('>') && !text.empty();
        if (goes_on && delete_space) line.remove_suffix(1);
        out += line;
        if (!goes_on) out += '\n';
    }
    return out;
}

class Reading {
  public:
    explicit Reading(ReceivedMail& mail) : mail_(mail) {}

    void part(const Headers& headers, std::string_view body, int depth) {
        if (++parts_ > parts_max || depth > depth_max) return;
        const ContentType type = content_type(headers);
        if (type.name.starts_with("multipart/") && !type.parameter("boundary").empty()) return multipart(type, body, depth);
        if (type.name == "message/delivery-status") return status(decoded_body(headers, body));
        if (type.name == "message/rfc822" || type.name == "text/rfc822-headers" || type.name == "message/global") {
            if (!mail_.is_report) ++mail_.attachments;
            return;
        }
        const bool text_part = type.name == "text/plain" || type.name == "text/html";
        if (!text_part || is_attachment(headers)) {
            ++mail_.attachments;
            return;
        }
        text(type, decoded_body(headers, body));
    }

    void finish() {
        const bool use_html = plain_.find_first_not_of(" \t\n") == std::string::npos;
        mail_.text = std::string(utf8_prefix(use_html ? html_ : plain_, mail_text_max));
    }

  private:
    void multipart(const ContentType& type, std::string_view body, int depth) {
        if (type.name == "multipart/report" && lower(type.parameter("report-type")) == "delivery-status") {
            mail_.is_report = true;
            mail_.automatic = true;
        }
        for (const std::string_view inner : split_multipart(body, type.parameter("boundary"))) {
            std::string_view rest = inner;
            const Headers headers = read_headers(rest);
            part(headers, rest, depth + 1);
        }
    }

    void text(const ContentType& type, const std::string& bytes) {
        std::string utf8 = to_utf8(std::string_view(bytes).substr(0, mail_text_max), type.parameter("charset"));
        if (type.name == "text/html") {
            html_ += html_to_text(utf8);
            return;
        }
        if (lower(type.parameter("format")) == "flowed") utf8 = unflowed(utf8, lower(type.parameter("delsp")) == "yes");
        if (!plain_.empty() && !plain_.ends_with('\n')) plain_ += '\n';
        if (plain_.size() < mail_text_max) plain_ += utf8;
    }

    // Groups of fields parted by blank lines: the first is about the message, each further one about a recipient.
    void status(const std::string& body) {
        std::string_view rest = body;
        while (!rest.empty() && mail_.report.size() < parts_max) {
            const std::size_t before = rest.size();
            const Headers group = read_headers(rest);
            const std::string_view action = group.first("Action");
            if (!action.empty()) {
                std::string code;
                for (const char c : group.first("Status").substr(0, 12)) {
                    if ((c < '0' || c > '9') && c != '.') break;
                    code += c;
                }
                mail_.report.push_back({lower(action.substr(0, action.find_first_of(" \t;("))), std::move(code)});
            }
            if (rest.size() == before) break;
        }
    }

    ReceivedMail& mail_;
    std::string plain_, html_;
    std::size_t parts_ = 0;
};

void read_addresses(const Headers& headers, ReceivedMail& mail) {
    mail.from = addresses_in(std::string(headers.first("From").substr(0, header_value_max)));
    for (Mailbox& from : mail.from) from.name = decode_words(from.name);
    for (const std::string_view name : {"Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"})
        for (const std::string_view value : headers.all(name))
            for (const Mailbox& found : addresses_in(value.substr(0, 20'000)))
                if (mail.recipients.size() < 200) mail.recipients.push_back(found.address);
}

bool written_by_a_program(const Headers& headers) {
    const std::string submitted = lower(headers.first("Auto-Submitted"));
    const std::string precedence = lower(headers.first("Precedence"));
    return (!submitted.empty() && !submitted.starts_with("no")) || precedence == "bulk" || precedence == "junk" ||
           precedence == "list" || precedence == "auto_reply" || !headers.first("X-Autoreply").empty() ||
           !headers.first("X-Autorespond").empty() || !headers.first("List-Id").empty() || headers.first("Return-Path") == "<>";
}

}  // namespace

ReceivedMail read_mail(std::string_view bytes) {
    ReceivedMail mail;
    if (bytes.starts_with("From ")) bytes.remove_prefix(std::min(bytes.size(), bytes.find('\n')));  // mbox line of a pipe
    while (bytes.starts_with('\n') || bytes.starts_with("\r\n")) bytes.remove_prefix(bytes.front() == '\r' ? 2 : 1);
    const Headers headers = read_headers(bytes);
    read_addresses(headers, mail);
    mail.subject = decode_words(headers.first("Subject").substr(0, header_value_max));
    std::ranges::replace(mail.subject, '\n', ' ');
    mail.message_id = headers.first("Message-ID").substr(0, 250);
    mail.automatic = written_by_a_program(headers);
    for (const std::string_view value : headers.all("Authentication-Results"))
        if (mail.authentication_results.size() < 20) mail.authentication_results.emplace_back(value.substr(0, header_value_max));
    Reading reading(mail);
    reading.part(headers, bytes, 0);
    reading.finish();
    return mail;
}

}  // namespace entente::protocol::mail
