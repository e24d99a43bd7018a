// What our mails say: every kind in every language, with the same facts in both forms, and nothing that a value could break out of.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "protocol/mail/letters.hpp"
#include "protocol/mail/reply_text.hpp"
#include "protocol/mail/words.hpp"
#include "protocol/markup.hpp"

namespace entente::protocol::mail {
namespace {

const std::string evil = "<script>alert(1)</script>\"&' {who} {x}";

CaseFacts facts() {
    CaseFacts facts;
    facts.number = "BW-9001";
    facts.token = "gP7fZ8GuoZ6ml1F09BAe";
    facts.company = "Brightwater Storage";
    facts.partner = "Keplin Networks";
    facts.partner_number = "KN-77120";
    facts.link = "https://gw.example/cases/gP7fZ8GuoZ6ml1F09BAe";
    facts.replies = true;
    return facts;
}

void expect_both(const Letter& letter, std::string_view what) {
    EXPECT_TRUE(letter.text.contains(what)) << letter.text;
    EXPECT_TRUE(letter.html.contains(escape_html(what))) << letter.html;
}

TEST(Letters, EveryEventHasItsWordsInEveryLanguage) {
    for (const Language language : languages) {
        std::set<std::string> subjects;
        for (int i = 0; i < event_kind_count; ++i) {
            const Letter letter = case_letter(language, facts(), static_cast<EventKind>(i), "Keplin Networks", nullptr);
            EXPECT_TRUE(letter.subject.starts_with("[BW-9001] ")) << letter.subject;
            EXPECT_TRUE(subjects.insert(letter.subject).second) << letter.subject;
            for (const std::string_view what : {"BW-9001", "gP7fZ8GuoZ6ml1F09BAe", "KN-77120", "Brightwater Storage"})
                expect_both(letter, what);
            EXPECT_TRUE(letter.text.starts_with(reply_mark));
            EXPECT_TRUE(letter.html.contains("<html lang=\"" + std::string(name(language)) + "\">"));
        }
    }
}

TEST(Letters, ContentIsThereOnlyWhenGiven) {
    const CaseContent content{"Paths drop", "watchdog none:\nno loss"};
    const Letter with = case_letter(Language::german, facts(), EventKind::note_created, "Keplin Networks", &content);
    EXPECT_TRUE(with.text.contains("    watchdog none:\n    no loss"));
    expect_both(with, "Paths drop");
    const Letter without = case_letter(Language::german, facts(), EventKind::note_created, "Keplin Networks", nullptr);
    EXPECT_FALSE(without.text.contains("watchdog"));
    expect_both(without, words::content_stays[Language::german]);
}

TEST(Letters, ValuesNeverBecomeMarkupOrTerms) {
    CaseFacts hostile = facts();
    hostile.number = hostile.partner = hostile.company = hostile.partner_number = hostile.link = evil;
    const CaseContent content{evil, evil};
    for (const Language language : languages) {
        const Letter letters[] = {
            case_letter(language, hostile, EventKind::note_created, evil, &content),
            digest_letter(language, evil, true, {{evil, evil, EventKind::case_closed, {}}}, evil),
            test_letter(language, evil),
            reply_refused_letter(language, evil, evil, evil),
            authorization_request_letter(language, {evil, evil, evil, {}}),
            authorization_code_letter(language, {evil, evil, {}}),
            authorization_receipt_letter(language, {evil, evil, AuthorizationDecision::narrowed, Instant{}, evil}),
            authorization_notice_letter(language, {evil, evil, evil, {}}),
        };
        for (const Letter& letter : letters) {
            EXPECT_FALSE(letter.html.contains("<script")) << letter.html;
            EXPECT_FALSE(letter.html.contains("href=\"" + evil)) << letter.html;
            EXPECT_FALSE(letter.subject.empty());
        }
    }
}

TEST(Letters, ACodeMailNamesNobodyElse) {
    const Letter letter =
        authorization_code_letter(Language::japanese, {"Brightwater Storage", "482 913", {1'795'512'600LL * 1'000'000}});
    expect_both(letter, "482 913");
    expect_both(letter, "2026-11-24 09:30 UTC");
    EXPECT_FALSE(letter.subject.contains("482"));
}

TEST(Letters, ARefusalIsNoPermission) {
    const Letter letter = authorization_receipt_letter(
        Language::english, {"Brightwater Storage", "Keplin Networks", AuthorizationDecision::refused, Instant{}, ""});
    EXPECT_FALSE(letter.text.contains("Valid until"));
    expect_both(letter, "refused");
}

}  // namespace
}  // namespace entente::protocol::mail
