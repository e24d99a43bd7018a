// Mails that come back: what a person wrote anew, whichever program sent it, and what mail servers report.

#include <gtest/gtest.h>

#include <string>

#include "protocol/mail/charset.hpp"
#include "protocol/mail/html_text.hpp"
#include "protocol/mail/mime_read.hpp"
#include "protocol/mail/reply_text.hpp"

namespace entente::protocol::mail {
namespace {

std::string reply_in(const std::string& bytes) {
    return reply_text(read_mail(bytes).text);
}

TEST(MimeRead, DecodesSubjectsOfEveryKind) {
    EXPECT_EQ(decode_words("=?UTF-8?B?44Kx44O844K5?= =?UTF-8?Q?_f=C3=BCr?= all"), "ケース für all");
    EXPECT_EQ(decode_words("=?ISO-2022-JP?B?GyRCJTEhPCU5GyhC?="), "ケース");
    EXPECT_EQ(decode_words("=?iso-8859-1?q?Gr=FC=DFe?="), "Grüße");
    // One character split over two words.
    EXPECT_EQ(decode_words("=?UTF-8?B?44I=?= =?UTF-8?B?sQ==?="), "ケ");
    EXPECT_EQ(decode_words("broken =?UTF-8?X?abc?= =?"), "broken =?UTF-8?X?abc?= =?");
}

TEST(MimeRead, PrefersThePlainPart) {
    const std::string mail =
        "From: Ada <ada@b.example>\r\nTo: reply+x@gw.example\r\nSubject: Re: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n"
        "Content-Type: multipart/alternative; boundary=\"in ner\"\r\n\r\n--in ner\r\n"
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n--in "
        "ner\r\n"
        "Content-Type: text/html\r\n\r\n<p>not this</p>\r\n--in ner--\r\n--outer\r\n"
        "Content-Type: image/png; name=a.png\r\nContent-Disposition: attachment\r\n\r\nxx\r\n--outer--\r\n";
    const ReceivedMail read = read_mail(mail);
    EXPECT_EQ(reply_text(read.text), "Grüße");
    EXPECT_EQ(read.attachments, 1U);
    EXPECT_FALSE(read.automatic);
    EXPECT_EQ(read.recipients, std::vector<std::string>{"reply+x@gw.example"});
}

TEST(MimeRead, ReadsHtmlWhenThereIsNothingElse) {
    const std::string mail =
        "From: a@b.example\nContent-Type: text/html; charset=Shift_JIS\nContent-Transfer-Encoding: base64\n\n"
        "PGh0bWw+PGhlYWQ+PHN0eWxlPnB7fTwvc3R5bGU+PC9oZWFkPjxib2R5PjxwPoKgguiCqoLGgqQ8L3A+PGJsb2NrcXVvdGU+"
        "b2xkPC9ibG9ja3F1b3RlPjwvYm9keT48L2h0bWw+\n";
    EXPECT_EQ(reply_in(mail), "ありがとう");
}

TEST(MimeRead, UnknownCharsetsStayReadable) {
    EXPECT_EQ(to_utf8("caf\xe9", "x-unheard-of"), "café");
    EXPECT_EQ(to_utf8("caf\xc3\xa9", ""), "café");
    EXPECT_EQ(to_utf8("a\xff z", "utf-8"), "a\xef\xbf\xbd z");
    EXPECT_EQ(to_utf8(std::string("a\0b\x1b[31m\rc", 10), "us-ascii"), "ab[31m\nc");
}

TEST(MimeRead, KnowsWhatAProgramWrote) {
    for (const char* header :
         {"Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "List-Id: <x.y>", "Return-Path: <>"})
        EXPECT_TRUE(read_mail("From: a@b.c\n" + std::string(header) + "\n\nAway\n").automatic) << header;
    EXPECT_FALSE(read_mail("From: a@b.c\nAuto-Submitted: no\nReturn-Path: <a@b.c>\n\nHere\n").automatic);
}

TEST(MimeRead, ReadsDeliveryReports) {
    const std::string report =
        "From: MAILER-DAEMON@mx.example\r\nTo: reply+tag@gw.example\r\nSubject: Undelivered\r\nReturn-Path: <>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; ada@b.example\r\nAction: failed\r\nStatus: 5.1.1 (no such user)\r\n\r\n"
        "Final-Recipient: rfc822; bo@b.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\nSubject: old\r\n\r\nbody\r\n--b--\r\n";
    const ReceivedMail read = read_mail(report);
    EXPECT_TRUE(read.is_report);
    ASSERT_EQ(read.report.size(), 2U);
    EXPECT_EQ(read.report[0].action, "failed");
    EXPECT_EQ(read.report[0].status, "5.1.1");
    EXPECT_EQ(read.report[1].action, "delayed");
}

TEST(HtmlText, ShowsWhatAReaderSees) {
    EXPECT_EQ(html_to_text("<div>one</div><div>two <b>bold</b>&nbsp;&amp; more</div>"), "one\ntwo bold & more\n");
    EXPECT_EQ(html_to_text("a<script>alert('</b>')</script>b<!-- no --><style>x</style>c"), "abc");
    EXPECT_EQ(html_to_text("new<blockquote type=cite><p>old</p></blockquote>"), "new\n> old\n");
    EXPECT_EQ(html_to_text("1 < 2 <x y='a>b'>ok"), "1 < 2 ok");
    EXPECT_EQ(html_to_text("<style>never closed"), "");
}

TEST(ReplyText, LeavesWhatIsNew) {
    struct Case {
        const char* mail;
        const char* own;
    };
    const Case cases[] = {
        {"Fixed, thanks.\n\nOn Tue, 24 Nov 2026 at 10:00, Entente <g@gw.example> wrote:\n> ##- Entente -## Please\n> old\n",
         "Fixed, thanks."},
        {"Läuft.\n\nAm 24.11.2026 um 10:00 schrieb Entente <g@gw.example>:\n> alt\n> alt\n", "Läuft."},
        {"直りました。\n\n2026年11月24日(火) 10:00 Entente <g@gw.example>のメール:\n> 古い\n", "直りました。"},
        {"Works.\n-- \nAda Okafor\nBrightwater\n", "Works."},
        {"Works.\n\n-----Original Message-----\nFrom: Entente\nSent: today\n\nold", "Works."},
        {"Geht.\n\nVon: Entente <g@gw.example>\nGesendet: Dienstag\nAn: Ada\n\nalt", "Geht."},
        {"Works\n##- Entente -## Please write above\nold", "Works"},
        {"> is it slow?\nYes.\n> since when?\nMonday.\n", "> is it slow?\nYes.\n> since when?\nMonday."},
        {"On Tue, 24 Nov 2026, Entente wrote:\n> ##- Entente -## x\n> old\n\nBelow is fine too.\n-- \nAda", "Below is fine too."},
        {"On Tue, 24 Nov 2026 at 10:00,\nEntente <g@gw.example> wrote:\n> old\n", ""},
        {"On Monday we restart.\n\n\n\nThen we see.", "On Monday we restart.\n\nThen we see."},
        {"", ""},
    };
    for (const Case& each : cases) EXPECT_EQ(reply_text(each.mail), each.own) << each.mail;
}

TEST(ReplyText, SummariesAreOneShortLine) {
    EXPECT_EQ(first_line("Fixed\nrest", 80), "Fixed");
    EXPECT_EQ(first_line("あいうえおかきくけこ", 5), "あいうえ…");
}

}  // namespace
}  // namespace entente::protocol::mail
