// Masking: what is not permitted is replaced, the same value by the same word, and no markup, entity or repetition lets one
// through.

#include <set>

#include "policy/detectors.hpp"
#include "policy/minimisation.hpp"
#include "policy_support.hpp"
#include "protocol/markup.hpp"

namespace entente::policy {
namespace {

const Detectors& detectors() {
    static const Detectors built;
    return built;
}

std::string masked(std::string_view text, DataClasses permitted, Pseudonyms& pseudonyms) {
    return mask(text, detectors().scan(text), permitted, pseudonyms).text;
}

std::string masked_html(std::string_view html, DataClasses permitted = {}) {
    Pseudonyms pseudonyms;
    return mask_html(html, detectors().scan(protocol::visible_text(html)), permitted, pseudonyms).text;
}

TEST(Mask, KeepsWhatIsPermittedAndNeverASecret) {
    const std::string text = "anna@corp.example uses password=Zug-Abteil9";
    Pseudonyms pseudonyms;
    EXPECT_EQ(masked(text, {}, pseudonyms), "[mail-1] uses password=[secret removed]");
    EXPECT_EQ(masked(text, {DataClass::personal_contact}, pseudonyms), "anna@corp.example uses password=[secret removed]");
    EXPECT_EQ(masked(text, DataClasses::from_bits(0xff), pseudonyms), "anna@corp.example uses password=[secret removed]");
}

TEST(Mask, CountsByClass) {
    Pseudonyms pseudonyms;
    const std::string text = "a@corp.example b@corp.example password=Zug-Abteil9";
    const Masked result = mask(text, detectors().scan(text), {}, pseudonyms);
    EXPECT_EQ(result.counts, (std::vector<std::pair<std::string, int>>{{"personal_contact", 2}, {"secret", 1}}));
    EXPECT_TRUE(mask("nothing", detectors().scan("nothing"), {}, pseudonyms).counts.empty());
}

TEST(Mask, AScanOfAnotherTextIsABug) {
    Pseudonyms pseudonyms;
    EXPECT_DEATH(mask("longer text", detectors().scan("short"), {}, pseudonyms), "assertion failed");
}

TEST(Pseudonyms, AreStableWithinACaseAndPerSide) {
    Pseudonyms ours;
    EXPECT_EQ(masked("anna@corp.example, ben@corp.example, Anna@Corp.Example", {}, ours), "[mail-1], [mail-2], [mail-1]");
    EXPECT_EQ(masked("call +49 30 901820-14 or +49 (30) 90182014", {}, ours), "call [phone-1] or [phone-1]");
    EXPECT_EQ(masked("later: ben@corp.example", {}, ours), "later: [mail-2]");
    // The other side's map knows nothing of ours: the same value gets that side's own word, so guessing tells nothing.
    Pseudonyms theirs;
    EXPECT_EQ(masked("is it ben@corp.example or anna@corp.example?", {}, theirs), "is it [mail-1] or [mail-2]?");
}

TEST(Pseudonyms, AreStoredAndReadBack) {
    Pseudonyms pseudonyms;
    pseudonyms.label("mail", "anna@corp.example");
    pseudonyms.label("name", "Anna \"the\" Berg\n");
    pseudonyms.label("mail", "\xff\xfe");
    const std::string json = pseudonyms.to_json();
    const auto back = Pseudonyms::from_json(json);
    ASSERT_TRUE(back) << json;
    EXPECT_EQ(*back, pseudonyms);
    EXPECT_EQ(back->to_json(), json);
    Pseudonyms continued = *back;
    EXPECT_EQ(continued.label("mail", "ben@corp.example"), "[mail-3]");
    EXPECT_EQ(continued.label("name", "ANNA  the BERG"), "[name-1]");
    EXPECT_EQ(Pseudonyms::from_json(Pseudonyms{}.to_json())->size(), 0U);
    for (const char* broken :
         {"", "{}", "[]", R"({"entries":[],"format":"pseudonyms/3"})", R"({"entries":[{"kind":"mail"}],"format":"pseudonyms/1"})",
          R"({"entries":[{"kind":"MAIL","value":"x"}],"format":"pseudonyms/1"})",
          R"({"entries":[{"kind":"mail","value":"x"}],"format":"pseudonyms/2"})",
          R"({"entries":[{"kind":"mail","number":0,"value":"x"}],"format":"pseudonyms/2"})",
          R"({"entries":[{"kind":"mail","value":"x"},{"kind":"mail","value":"x"}],"format":"pseudonyms/1"})"}) {
        EXPECT_FALSE(Pseudonyms::from_json(broken)) << broken;
    }
}

TEST(Pseudonyms, AMapOfTheFirstFormatIsStillRead) {
    auto map = Pseudonyms::from_json(
        R"({"entries":[{"kind":"mail","value":"a@corp.example"},{"kind":"mail","value":"b@corp.example"}],"format":"pseudonyms/1"})");
    ASSERT_TRUE(map);
    EXPECT_EQ(map->label("mail", "B@corp.example"), "[mail-2]");
    EXPECT_EQ(map->label("mail", "c@corp.example"), "[mail-3]");
}

TEST(Pseudonyms, MachinesStandBareAndParseableFormsLookLikeWhatTheyStandFor) {
    Pseudonyms map;
    EXPECT_EQ(map.label("host", "db01.corp.example"), "HOST-1");
    EXPECT_EQ(map.parseable("host", "DB01.corp.example"), "host-1.invalid");
    EXPECT_EQ(map.label("addr", "10.4.1.7"), "ADDR-1");
    EXPECT_EQ(map.parseable("addr", "10.4.1.8"), "192.0.2.2");
    EXPECT_EQ(map.parseable("addr", "fd00::17"), "2001:db8::3");
    EXPECT_EQ(map.parseable("mac", "00:16:3E:5E:6C:00"), "00:00:5E:00:53:01");
    EXPECT_EQ(map.parseable("mac", "0016.3e5e.6c01"), "0000.5e00.5302");
    EXPECT_EQ(map.parseable("mail", "anna@corp.example"), "mail-1@masked.invalid");
    EXPECT_EQ(map.parseable("phone", "+49 30 901820"), "[phone-1]");
    for (int i = 0; i < 1000; ++i) map.parseable("addr", "10.9." + std::to_string(i / 250) + '.' + std::to_string(i % 250));
    std::set<std::string> all;
    for (const Pseudonyms::Row& row : map.rows()) {
        EXPECT_TRUE(all.insert(row.stand_in).second) << row.stand_in;
        EXPECT_TRUE(detectors().scan(row.stand_in).findings.empty()) << row.stand_in;
    }
}

TEST(Pseudonyms, AShortNameAndItsFullNameAreOneMachineUnlessThereAreTwo) {
    Pseudonyms map;
    EXPECT_EQ(map.label("host", "db01"), "HOST-1");
    EXPECT_EQ(map.label("host", "db01.a.example"), "HOST-1");
    EXPECT_EQ(map.label("host", "db01.b.example"), "HOST-2");
    EXPECT_EQ(map.label("host", "db02.a.example"), "HOST-3");
    EXPECT_EQ(map.label("host", "db02.b.example"), "HOST-4");
    EXPECT_EQ(map.label("host", "db02"), "HOST-5");
    EXPECT_EQ(*Pseudonyms::from_json(map.to_json()), map);
    EXPECT_EQ(Pseudonyms::from_json(map.to_json())->label("host", "DB01.A.example"), "HOST-1");
}

TEST(Pseudonyms, TheOwnerReadsTheWayBackAsItWasSpelled) {
    Pseudonyms map;
    map.label("host", "DB01.corp.example");
    map.label("name", "Anna Berg");
    const auto back = Pseudonyms::from_json(map.to_json());
    ASSERT_TRUE(back);
    const auto rows = back->rows();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].placeholder, "HOST-1");
    EXPECT_EQ(rows[0].value, "DB01.corp.example");
    EXPECT_EQ(rows[1].placeholder, "[name-1]");
    EXPECT_EQ(rows[1].value, "Anna Berg");
}

TEST(Pseudonyms, NeverHoldASecret) {
    Pseudonyms pseudonyms;
    masked("password=CANARY-Abteil9 and CANARY-Abteil9, https://u:CANARYx9@h.example/ Authorization: Bearer CANARY0123456789abcdef",
           {}, pseudonyms);
    EXPECT_EQ(pseudonyms.to_json().find("CANARY"), std::string::npos) << pseudonyms.to_json();
}

TEST(Pseudonyms, NamesOnceSeenAreKnownLater) {
    Pseudonyms pseudonyms;
    EXPECT_EQ(masked("Contact: Anna Berg", {}, pseudonyms), "Contact: [name-1]");
    const std::string note = "I spoke to ANNA BERG again";
    EXPECT_EQ(mask(note, detectors().scan(note, pseudonyms.known_names()), {}, pseudonyms).text, "I spoke to [name-1] again");
}

TEST(MaskHtml, NeitherTagsNorEntitiesSplitAValue) {
    for (const char* html :
         {"<p>write to <b>anna</b>@corp.example</p>", "<p>anna&#64;corp&period;example</p>", "anna@corp<i></i>.exa<!-- x -->mple",
          "<p>an&shy;na@corp.example</p>", "&#x61;nna&commat;corp.example", "<span>anna</span><span>@corp.example</span>",
          "<a href=\"mailto:anna@corp.example\">mail</a>", "<a href=\"https://x.example/?u=anna@corp.example\">link</a>"}) {
        const std::string out = masked_html(html);
        EXPECT_EQ(protocol::visible_text(out).find("corp"), std::string::npos) << html << " -> " << out;
        EXPECT_EQ(out.find("corp"), std::string::npos) << html << " -> " << out;
    }
    for (const char* html :
         {"<p>password: <b>Zug-Abteil9</b></p>", "password&colon;&nbsp;Zug-Abteil9", "pass<i>word</i>=Zug<u></u>-Abteil9",
          "<pre>password=Zug-Abteil9\nx=1</pre><p>Zug-Ab<b>teil9</b></p>"}) {
        const std::string out = masked_html(html, DataClasses::from_bits(0xff));
        EXPECT_EQ(out.find("Abteil"), std::string::npos) << html << " -> " << out;
        EXPECT_EQ(out.find("teil9"), std::string::npos) << html << " -> " << out;
        EXPECT_NE(out.find("[secret removed]"), std::string::npos) << html << " -> " << out;
    }
}

TEST(MaskHtml, KeepsTheHarmlessMarkupAroundIt) {
    EXPECT_EQ(masked_html("<p>Contact <b>us</b>: anna@corp.example</p><script>x()</script>"),
              protocol::sanitise_html("<p>Contact <b>us</b>: [mail-1]</p><script>x()</script>"));
    EXPECT_EQ(masked_html("<p>fine</p>"), "<p>fine</p>");
}

// A canary in each shape that a value can have, in text and in markup.
TEST(MaskHtml, NoCanarySurvives) {
    const std::string canaries[]{
        "password=CANARY-1x",      "token: CANARY0123456789", "\"secret\":\"CANARY two\"",   "<b>api_key</b>: CANARY0123456789",
        "CANARY.one@corp.example", "Contact: Canary Person",  "https://u:CANARYx@h.example/"};
    for (const std::string& canary : canaries) {
        for (const std::string& html :
             {canary, "<p>" + canary + "</p>", "text before " + canary + " and after", protocol::escape_html(canary)}) {
            const std::string out = masked_html(html);
            EXPECT_EQ(out.find("CANARY"), std::string::npos) << html << " -> " << out;
            EXPECT_EQ(out.find("Canary"), std::string::npos) << html << " -> " << out;
        }
    }
}

}  // namespace
}  // namespace entente::policy
