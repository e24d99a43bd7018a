// Family names alone: when a word in a text is a person.

#include "policy/family_names.hpp"

#include <gtest/gtest.h>

#include "policy/minimisation.hpp"

namespace entente::policy {
namespace {

const Detectors& detectors() {
    static const Detectors built;
    return built;
}

std::string masked_with(std::string_view text, std::vector<std::string> families, std::vector<std::string> full = {}) {
    std::vector<KnownName> names;
    for (std::string& one : full) names.push_back({.text = std::move(one), .data_class = protocol::DataClass::personal_contact});
    for (std::string& one : families)
        names.push_back({.text = std::move(one), .data_class = protocol::DataClass::personal_contact, .family = true});
    Pseudonyms pseudonyms;
    return mask(text, detectors().scan(text, names), Sharing(protocol::DataClasses{}), pseudonyms).text;
}

TEST(FamilyNames, AreFoundWhereTheyAreWrittenAsNames) {
    const auto masked = [](std::string_view text) { return masked_with(text, {"Okafor", "van der Meer"}); };
    EXPECT_EQ(masked("as Okafor said"), "as [name-1] said");
    EXPECT_EQ(masked("Okafor's shift; ask Okafor."), "[name-1]'s shift; ask [name-1].");
    EXPECT_EQ(masked("(cc Okafor, OKAFOR)"), "(cc [name-1], [name-1])");
    EXPECT_EQ(masked("ask van der Meer again"), "ask [name-1] again");
    for (const char* text : {"okafor is a user", "/srv/Okafor/x", "com.Okafor.Main", "Okafor.java", "Okafor_db", "db-Okafor",
                             "Okafor-7", "Okafor::run", "x=Okafor", "Okafor@", "Okaforville"})
        EXPECT_EQ(masked(text), text);
}

TEST(FamilyNames, ThatAreWordsNeedMoreThanACapital) {
    const auto masked = [](std::string_view text) { return masked_with(text, {"Long", "Kern", "Lee"}, {"Anna Long"}); };
    for (const char* text : {"Long outages were seen", "der Kern ist im Speicher", "LEE distance", "Lee side"})
        EXPECT_EQ(masked(text), text);
    EXPECT_EQ(masked("Mr. Long called"), "Mr. [name-1] called");
    EXPECT_EQ(masked("Frau Kern meldet sich"), "Frau [name-1] meldet sich");
    EXPECT_EQ(masked("Lee-san and Leeさん"), "[name-1]-san and [name-1]さん");
    EXPECT_EQ(masked("Anna Long opened it. Then Long left for a long time."),
              "[name-1] opened it. Then [name-2] left for a long time.");
}

TEST(FamilyNames, WithoutCapitalsNeedAnHonorificOrTheFullName) {
    EXPECT_EQ(masked_with("田中さんに確認", {"田中"}), "[name-1]さんに確認");
    EXPECT_EQ(masked_with("田中電機の装置", {"田中"}), "田中電機の装置");
}

TEST(FamilyNames, AMaskedTextHoldsNoneOfThem) {
    const std::string once = masked_with("Okafor and Mr. Long: Okafor said Long", {"Okafor", "Long"}, {"Anna Long"});
    EXPECT_EQ(masked_with(once, {"Okafor", "Long"}, {"Anna Long"}), once);
    EXPECT_EQ(once.find("Okafor"), std::string::npos);
}

TEST(FamilyNames, OfAFullName) {
    EXPECT_EQ(family_name_of("Ada Okafor"), "Okafor");
    EXPECT_EQ(family_name_of("Jan van der Meer"), "van der Meer");
    EXPECT_EQ(family_name_of("Tanaka, Mei"), "Tanaka");
    EXPECT_EQ(family_name_of("田中 恵"), "田中");
    EXPECT_EQ(family_name_of("田中　恵"), "田中");
    EXPECT_EQ(family_name_of("Bo Lundqvist"), "Lundqvist");
    EXPECT_FALSE(family_name_of("Support"));
    EXPECT_FALSE(family_name_of(""));
}

TEST(FamilyNames, AOneWordNameMetOnceIsNoWordElsewhere) {
    Pseudonyms pseudonyms;
    pseudonyms.label("name", "Long");
    const auto names = pseudonyms.known_names();
    ASSERT_EQ(names.size(), 1U);
    EXPECT_TRUE(names[0].family);
    EXPECT_TRUE(detectors().scan("a long time, Long outages", names).findings.empty());
}

}  // namespace
}  // namespace entente::policy
