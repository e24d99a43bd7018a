// The bytes of outgoing mails: headers that nobody can break out of, words that every mail program decodes.

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "protocol/mail/address.hpp"
#include "protocol/mail/mime_read.hpp"
#include "protocol/mail/mime_write.hpp"

namespace entente::protocol::mail {
namespace {

OutgoingMail sample() {
    OutgoingMail mail;
    mail.from = {"Entente", "gateway@gw.example"};
    mail.to = {"Ada Okafor", "ada@brightwater.example"};
    mail.reply_to = "reply+abc@gw.example";
    mail.subject = "[BW-9001] Keplin Networks accepted the case";
    mail.date = {1'795'512'600LL * 1'000'000};
    mail.message_id = "m1.case@gw.example";
    mail.references = {"case@gw.example"};
    mail.further = {{"Auto-Submitted", "auto-generated"}};
    mail.language = "en";
    mail.text = "Hello\n\nsecond line\n";
    mail.html = "<p>Hello</p>\n";
    return mail;
}

std::vector<std::string> lines_of(const std::string& bytes) {
    std::vector<std::string> lines;
    std::istringstream in(bytes);
    for (std::string line; std::getline(in, line);) {
        EXPECT_TRUE(line.ends_with('\r')) << line;
        line.pop_back();
        lines.push_back(line);
    }
    return lines;
}

TEST(MimeWrite, WritesWhatItReads) {
    const std::string bytes = to_mime(sample());
    const ReceivedMail back = read_mail(bytes);
    EXPECT_EQ(back.subject, sample().subject);
    EXPECT_EQ(back.from.at(0), sample().from);
    EXPECT_EQ(back.recipients, std::vector<std::string>{"ada@brightwater.example"});
    EXPECT_EQ(back.text, "Hello\n\nsecond line\n");
    EXPECT_TRUE(back.automatic);
    EXPECT_TRUE(bytes.contains("In-Reply-To: <case@gw.example>\r\n"));
    EXPECT_TRUE(bytes.contains("multipart/alternative"));
}

TEST(MimeWrite, EveryLineIsShortAndAscii) {
    OutgoingMail mail = sample();
    mail.subject = std::string(90, 'x') + " ケースの共有が許可されました。長い件名は折り返されます " + std::string(120, 'y');
    mail.to.name = "Bäcker, Jörg \"Joe\" <joe@evil.example>";
    mail.text = std::string(500, 'a') + "\n.\n..dots\nFrom here\ntrailing \n" + std::string(300, '=') + "\näöü\n";
    mail.attachments = {{"Beleg für 許可.json", "application/json", "{\"a\":1}"}};
    for (const std::string& line : lines_of(to_mime(mail))) {
        EXPECT_LE(line.size(), 78U) << line;
        for (const char c : line) EXPECT_LT(static_cast<unsigned char>(c), 0x7f) << line;
        EXPECT_FALSE(line == ".");
    }
    const ReceivedMail back = read_mail(to_mime(mail));
    EXPECT_EQ(back.subject, mail.subject);
    EXPECT_EQ(back.recipients, std::vector<std::string>{"ada@brightwater.example"});
    EXPECT_EQ(back.text, mail.text);
    EXPECT_EQ(back.attachments, 1U);
}

TEST(MimeWrite, JapaneseBodiesComeBackWhole) {
    OutgoingMail mail = sample();
    mail.text = "ケースの内容はゲートウェイ内に保管されています。\n";
    mail.html.clear();
    const std::string bytes = to_mime(mail);
    EXPECT_TRUE(bytes.contains("Content-Transfer-Encoding: base64"));
    EXPECT_EQ(read_mail(bytes).text, mail.text);
}

TEST(MimeWrite, NothingInAValueBeginsAHeader) {
    for (const std::string poison :
         {"x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "x\rBcc: eve@evil.example", "x\r\n\r\nBody", "x\x0b\x0c\x01"}) {
        OutgoingMail mail = sample();
        mail.subject = mail.to.name = mail.from.name = poison;
        mail.message_id = mail.references.at(0) = poison;
        mail.further.emplace_back("X-Entente-Case", poison);
        mail.attachments = {{poison, "application/json", "{}"}};
        for (const std::string& line : lines_of(to_mime(mail))) {
            EXPECT_FALSE(line.starts_with("Bcc")) << line;
            EXPECT_FALSE(line.starts_with("Body")) << line;
        }
    }
}

TEST(Address, OneSpellingOrNone) {
    EXPECT_EQ(clean_address("Ada.Okafor+x@BrightWater.Example"), "Ada.Okafor+x@brightwater.example");
    for (const char* wrong :
         {"", "@", "a@", "@b", "a b@c.example", "a@b@c", "\"a b\"@c.example", "a@b..c", "a@-b.c", ".a@b.c", "a..b@c",
          "a@b.c\r\nRCPT TO:<eve@evil.example>", "a@[127.0.0.1]", "ä@b.example", "a@b_c.example", "<a@b.c>", "a@b.c."})
        EXPECT_FALSE(clean_address(wrong)) << wrong;
    EXPECT_FALSE(clean_address(std::string(65, 'a') + "@b.example"));
}

TEST(Address, ListsAreTakenApart) {
    const auto found = addresses_in(
        "\"Okafor, Ada\" <ada@b.example>, bo@k.example (Bo, not ada@evil.example), Group: x@y.example;, <@relay:z@y.example>");
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0], (Mailbox{"Okafor, Ada", "ada@b.example"}));
    EXPECT_EQ(found[1].address, "bo@k.example");
    EXPECT_EQ(found[2].address, "x@y.example");
    EXPECT_EQ(found[3].address, "z@y.example");
    EXPECT_TRUE(addresses_in("nobody").empty());
}

TEST(Address, TagsBelongToTheirBox) {
    const std::string tagged = with_tag("reply@gw.example", "abc234");
    EXPECT_EQ(tagged, "reply+abc234@gw.example");
    EXPECT_EQ(tag_of(tagged, "reply@gw.example"), "abc234");
    EXPECT_EQ(tag_of("REPLY+abc@GW.example", "reply@gw.example"), "abc");
    EXPECT_FALSE(tag_of("reply@gw.example", "reply@gw.example"));
    EXPECT_FALSE(tag_of("reply+abc@other.example", "reply@gw.example"));
    EXPECT_FALSE(tag_of("replyx+abc@gw.example", "reply@gw.example"));
}

TEST(MimeWrite, TheDateNamesItsDay) {
    EXPECT_EQ(mail_date({1'795'512'600LL * 1'000'000}), "Tue, 24 Nov 2026 09:30:00 +0000");
}

}  // namespace
}  // namespace entente::protocol::mail
