#pragma once
// Reads a mail that came back: a person's reply or a mail server's report (RFC 5322, 2045 to 2047, 2231, 3462, 3464).
//
// Never trusts its input to be well-formed and never fails: what cannot be read is left out. Cost is linear, depth and counts are
// bounded. Nothing in here decides who wrote it: the From line is a claim.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mail/address.hpp"

namespace entente::protocol::mail {

// One recipient's fate in a delivery status notification.
struct ReportedRecipient {
    std::string action;  // failed, delayed, delivered, ... in lower case
    std::string status;  // 5.1.1
};

struct ReceivedMail {
    std::vector<Mailbox> from;
    std::vector<std::string> recipients;  // every address in Delivered-To, X-Original-To, Envelope-To, To, Cc, in this order
    std::string subject;                  // decoded, one line
    std::string message_id;
    std::vector<std::string> authentication_results;  // values of Authentication-Results, topmost first, unfolded
    bool automatic = false;                           // Auto-Submitted, Precedence, a list or a report: nobody wrote it by hand
    std::string text;                                 // UTF-8, as the author's program showed it; HTML already as plain text
    std::size_t attachments = 0;                      // further parts, which are not read
    bool is_report = false;                           // multipart/report with a delivery status
    std::vector<ReportedRecipient> report;
};

inline constexpr std::size_t mail_text_max = 200'000;  // bytes of text taken

ReceivedMail read_mail(std::string_view bytes);

// Decodes the encoded words of a header value.
std::string decode_words(std::string_view value);

}  // namespace entente::protocol::mail
