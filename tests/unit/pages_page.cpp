// The customer's pages as text: nothing gets in unescaped, every language says everything, the answers to the five questions are
// there.

#include "server/pages/page.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/pages/html.hpp"
#include "server/pages/words.hpp"

namespace entente::pages {
namespace {

using operations::PageFacts;
using operations::PageStep;
using operations::Step;
using protocol::DataClass;
using protocol::Instant;
using protocol::Language;

constexpr Instant until{1'900'000'000'000'000};  // 2030-03-17T17:46:40Z
constexpr std::string_view evil = "<script>alert('1')</script>&\"";

PageFacts facts() {
    PageFacts facts;
    facts.link.address = "mei.tanaka@harbourline.example";
    facts.customer = "Harbourline Shipping";
    facts.vendor.name = "Brightwater Storage";
    facts.vendor.domain = "brightwater.example";
    facts.partners.resize(1);
    facts.partners[0].id = {31};
    facts.partners[0].name = "Keplin Networks";
    facts.partners[0].domain = "keplin.example";
    facts.authorization.partners = {{31}};
    facts.authorization.purpose = "support";
    facts.authorization.classes = {DataClass::case_facts, DataClass::technical, DataClass::diagnostics};
    facts.authorization.until = until;
    facts.decidable = true;
    return facts;
}

bool has(const std::string& page, std::string_view what) {
    return page.find(what) != std::string::npos;
}

std::size_t count(const std::string& page, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++found;
    return found;
}

TEST(Html, EscapesEverythingButItsOwnMarkup) {
    Html out;
    out.raw("<p title=\"").text("a\"b").raw("\">").text("<&>'").say("{a} and {b}", {{"a", "{b}"}, {"b", "<i>"}}).raw("</p>");
    EXPECT_EQ(out.take(), "<p title=\"a&quot;b\">&lt;&amp;&gt;&#39;{b} and &lt;i&gt;</p>");
}

TEST(Pages, NoValueBecomesMarkup) {
    PageFacts f = facts();
    f.customer = f.vendor.name = f.vendor.domain = f.partners[0].name = f.partners[0].domain = evil;
    f.authorization.conditions = evil;
    f.authorization.products = {std::string(evil)};
    f.authorization.purpose = evil;
    f.cases = {std::string(evil)};
    f.link.address = std::string(evil) + "@x";
    PageStep step;
    step.facts = f;
    step.receipt_token = step.ticket = step.record = evil;
    step.disclosures.push_back({until, {99}, std::string(evil), std::string(evil), 1});
    step.disclosures_total = 1;
    step.shown.push_back({std::string(evil), {99}, true, true, true, {std::string(evil)}, 2});
    step.facts.authorization.state = protocol::AuthorizationState::granted;
    operations::FeedbackVisit visit;
    visit.vendor = visit.partners = visit.token = evil;
    for (const Language language : protocol::languages) {
        const Place place{evil, language};
        for (const std::string& page :
             {ask_page(f, place, Step::code_wrong), decided_page(step, place), receipt_door(f, place, Step::done),
              receipt_page(step, place), no_link_page(language), feedback_page(visit, place)}) {
            EXPECT_FALSE(has(page, "<script")) << page;
            EXPECT_FALSE(has(page, "alert('1')"));
            EXPECT_EQ(count(page, "<style>"), 1U);
            EXPECT_TRUE(has(page, "</html>"));
        }
    }
}

TEST(Pages, AnswerTheFiveQuestionsInEveryLanguage) {
    for (const Language language : protocol::languages) {
        const std::string page = ask_page(facts(), {"TOKEN", language}, Step::done);
        for (const std::string_view fact : {"Brightwater Storage (brightwater.example)", "Keplin Networks (keplin.example)",
                                            "Harbourline Shipping", "2030-03-17 17:46 UTC"})
            EXPECT_TRUE(has(page, fact)) << fact;
        EXPECT_TRUE(has(page, words::kind(DataClass::technical)[language]));
        EXPECT_TRUE(has(page, words::kind_example(DataClass::diagnostics)[language]));
        EXPECT_FALSE(has(page, words::kind(DataClass::personal_contact)[language])) << "was not asked for";
        EXPECT_TRUE(has(page, words::never_leaves_text[language]));
        EXPECT_TRUE(has(page, words::support_purpose[language]));
        EXPECT_TRUE(has(page, words::if_no[language]));
        EXPECT_TRUE(has(page, "<html lang=\"" + std::string(protocol::name(language)) + "\">"));
    }
}

TEST(Pages, TheReceiptListsWhichPartsOfACaseCouldBeRead) {
    PageStep step;
    step.facts = facts();
    step.shown.push_back({"CASE", step.facts.partners[0].id, true, true, false, {"Product", "Log excerpt"}, 3});
    for (const Language language : protocol::languages) {
        const std::string page = receipt_page(step, {"TOKEN", language});
        for (const std::string_view part : {"<li>Product</li>", "<li>Log excerpt</li>"}) EXPECT_TRUE(has(page, part));
        EXPECT_TRUE(has(page, words::member_summary[language]));
        EXPECT_TRUE(has(page, filled(words::member_notes[language], {{"count", "3"}})));
    }
}

TEST(Pages, TheReceiptSaysWhenItDoesNotListEveryDisclosure) {
    PageStep step;
    step.facts = facts();
    step.disclosures.push_back({until, {31}, "case.read", "TOKEN", 1});
    step.disclosures_total = 1;
    EXPECT_FALSE(has(receipt_page(step, {"TOKEN", Language::english}), "The newest"));
    step.disclosures_total = 700;
    EXPECT_TRUE(has(receipt_page(step, {"TOKEN", Language::english}),
                    "The newest 1 of 700; Brightwater Storage can tell you the older ones."));
    for (const Language language : protocol::languages) EXPECT_TRUE(has(receipt_page(step, {"TOKEN", language}), "700"));
}

TEST(Pages, TheQuestionHasFiveAnswersAndMarksTheOneThatWasGiven) {
    operations::FeedbackVisit visit;
    visit.vendor = "Brightwater Storage";
    visit.score = 4;
    for (const Language language : protocol::languages) {
        const std::string page = feedback_page(visit, {"TOKEN", language});
        EXPECT_EQ(count(page, "type=\"radio\""), 5U);
        EXPECT_EQ(count(page, " checked"), 1U);
        EXPECT_TRUE(has(page, "value=\"4\" checked"));
        visit.step = operations::FeedbackVisit::Step::over;
        EXPECT_EQ(count(feedback_page(visit, {"TOKEN", language}), "<form"), 0U) << "nothing to answer while it is worked on";
        visit.step = operations::FeedbackVisit::Step::question;
    }
}

TEST(Pages, EveryFieldHasALabelAndEveryPageOneHeading) {
    PageStep step;
    step.facts = facts();
    step.facts.authorization.state = protocol::AuthorizationState::granted;
    for (const Language language : protocol::languages) {
        const Place place{"TOKEN", language};
        for (const std::string& page :
             {ask_page(facts(), place, Step::done), decided_page(step, place), receipt_door(facts(), place, Step::done),
              receipt_page(step, place), no_link_page(language), feedback_page({}, place)}) {
            EXPECT_EQ(count(page, "<h1>"), 1U);
            EXPECT_EQ(count(page, "<main>"), 1U);
            for (const std::string_view id : {"code", "until"}) {
                const std::string field = " id=\"" + std::string(id) + "\"", label = "for=\"" + std::string(id) + "\"";
                EXPECT_EQ(count(page, field), count(page, label)) << id;
            }
            EXPECT_EQ(count(page, "type=\"checkbox\"") + count(page, "type=\"radio\""), count(page, "<label class=\"tick\">"));
            const std::string body = page.substr(page.find("</style>"));
            EXPECT_FALSE(has(body, "{")) << "a place-holder was left";
        }
    }
}

TEST(Pages, ADecidedLinkOffersNothingToDecide) {
    PageFacts f = facts();
    f.decidable = false;
    f.authorization.state = protocol::AuthorizationState::refused;
    const std::string page = ask_page(f, {"TOKEN", Language::english}, Step::done);
    EXPECT_FALSE(has(page, "<form"));
    EXPECT_TRUE(has(page, "You refused."));
}

TEST(Pages, AnOralOneSaysWhenItEnds) {
    PageFacts f = facts();
    f.authorization.emergency = true;
    f.authorization.asked_until = until.plus_seconds(86'400);
    const std::string page = ask_page(f, {"TOKEN", Language::english}, Step::done);
    EXPECT_TRUE(has(page, "can see the information below now"));
    EXPECT_TRUE(has(page, "2030-03-17 17:46 UTC"));
    EXPECT_TRUE(has(page, "max=\"2030-03-18\""));
}

TEST(Pages, ThePolicyAllowsOneStyleSheetAndNoScript) {
    const std::string& policy = content_security_policy();
    EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-")) << policy;
    EXPECT_FALSE(has(policy, "unsafe"));
    EXPECT_FALSE(has(policy, "script"));
}

}  // namespace
}  // namespace entente::pages
