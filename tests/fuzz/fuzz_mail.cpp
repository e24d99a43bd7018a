// Mails of strangers: whatever comes, the reader ends, gives valid UTF-8 and clean addresses, and a reply is no longer than its
// mail.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/encoding.hpp"
#include "protocol/mail/address.hpp"
#include "protocol/mail/html_text.hpp"
#include "protocol/mail/mime_read.hpp"
#include "protocol/mail/mime_write.hpp"
#include "protocol/mail/reply_text.hpp"
#include "protocol/result.hpp"

using namespace entente::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const mail::ReceivedMail read = mail::read_mail(bytes);
    ENTENTE_ASSERT(valid_utf8(read.text) && valid_utf8(read.subject) && !read.subject.contains('\n'));
    for (const auto& recipient : read.recipients) ENTENTE_ASSERT(mail::clean_address(recipient) == recipient);
    for (const auto& from : read.from) ENTENTE_ASSERT(valid_utf8(from.name) && mail::clean_address(from.address) == from.address);
    const std::string own = mail::reply_text(read.text);
    ENTENTE_ASSERT(valid_utf8(own) && own.size() <= read.text.size());
    ENTENTE_ASSERT(mail::first_line(own, 80).size() <= 80 * 4);
    if (!valid_utf8(bytes)) return 0;
    ENTENTE_ASSERT(valid_utf8(mail::html_to_text(bytes)));

    // What we write with a hostile subject reads back as one mail with one recipient.
    mail::OutgoingMail ours;
    ours.from = {std::string(bytes.substr(0, 0)), "gateway@gw.example"};
    ours.to = {std::string(utf8_prefix(bytes, 200)), "ada@b.example"};
    ours.subject = utf8_prefix(bytes, 400);
    ours.message_id = "x@gw.example";
    ours.text = bytes;
    const mail::ReceivedMail back = mail::read_mail(mail::to_mime(ours));
    ENTENTE_ASSERT(back.recipients.size() == 1 && back.recipients.front() == "ada@b.example");
    return 0;
}
