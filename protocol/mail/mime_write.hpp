#pragma once
// A mail as bytes: RFC 5322 headers, RFC 2047 words, RFC 2231 file names, multipart/alternative with plain text first.
//
// Header injection is impossible by construction: a name, subject or further header loses every control character before it is
// written, and addresses are written only when clean_address() gives them back unchanged (anything else is a bug: assertion).
// Lines end in CRLF and are at most 78 characters long, except an address or identifier that cannot be folded (below 998).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/instant.hpp"
#include "protocol/mail/address.hpp"

namespace entente::protocol::mail {

struct Attachment {
    std::string name;        // file name, any text
    std::string media_type;  // "application/json": ours, never a caller's
    std::string bytes;
};

struct OutgoingMail {
    Mailbox from;
    Mailbox to;
    std::string reply_to;  // clean address; empty: none
    std::string subject;
    Instant date;
    std::string message_id;                                    // without angle brackets
    std::vector<std::string> references;                       // the same; the last one is what this mail answers
    std::vector<std::pair<std::string, std::string>> further;  // our own headers: ASCII names, unstructured values
    std::string language;                                      // Content-Language
    std::string text;                                          // UTF-8, lines end in \n
    std::string html;                                          // empty: plain text alone
    std::vector<Attachment> attachments;
};

std::string to_mime(const OutgoingMail& mail);

// "Tue, 24 Nov 2026 09:30:00 +0000"
std::string mail_date(Instant instant);

// An unstructured value, encoded and folded; `used` is how much of the first line is taken.
std::string header_text(std::string_view utf8, std::size_t used);

std::string quoted_printable(std::string_view text);

}  // namespace entente::protocol::mail
