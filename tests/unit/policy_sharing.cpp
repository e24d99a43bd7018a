// Sharing rules and labels: floors that nothing goes below, the document that is stored, what a label may do.

#include "policy/actions.hpp"
#include "policy/labels.hpp"
#include "policy/minimisation.hpp"
#include "policy_support.hpp"

namespace entente::policy {
namespace {

Finding a(std::string_view code, DataClass data_class) {
    return {0, 1, data_class, code, {data_class}};
}
const DataClasses everything = DataClasses::from_bits(0xff);

TEST(SharingRules, TheDefaultsShareMachinesUnderPseudonymsAndPersonsByClass) {
    const SharingRules rules;
    EXPECT_EQ(action_for(a("host_name", DataClass::diagnostics), everything, rules), Action::pseudonymise);
    EXPECT_EQ(action_for(a("mail_address", DataClass::personal_contact), everything, rules), Action::allow);
    EXPECT_EQ(action_for(a("mail_address", DataClass::personal_contact), {}, rules), Action::pseudonymise);
    EXPECT_EQ(action_for(a("payment_card", DataClass::personal_contact), everything, rules), Action::pseudonymise);
    EXPECT_EQ(action_for(a("github_token", DataClass::secret), everything, rules), Action::mask);
    EXPECT_FALSE(rules.may_object());
}

TEST(SharingRules, NoDocumentGoesBelowTheFloors) {
    SharingRules rules;
    for (const Action action : {Action::allow, Action::parseable, Action::pseudonymise}) {
        EXPECT_FALSE(rules.set("credential", action));
        EXPECT_FALSE(rules.set("private_key", action));
    }
    EXPECT_FALSE(rules.set("nothing", Action::mask));
    EXPECT_TRUE(rules.set("private_key", Action::refuse));
    EXPECT_EQ(action_for(a("private_key", DataClass::secret), everything, rules), Action::refuse);
    EXPECT_EQ(action_for(a("password_hash", DataClass::secret), everything, rules), Action::mask);
    ASSERT_TRUE(rules.set("host_name", Action::allow));
    EXPECT_EQ(action_for(a("host_name", DataClass::diagnostics), everything, rules), Action::allow);
    EXPECT_EQ(action_for(a("host_name", DataClass::diagnostics), {DataClass::technical}, rules), Action::pseudonymise);
    // A finding of two classes needs both.
    Finding both = a("mail_address", DataClass::personal_contact);
    both.classes.add(DataClass::customer_identity);
    EXPECT_EQ(action_for(both, {DataClass::personal_contact}, rules), Action::pseudonymise);
}

// Every kind, every action, permitted or not: what comes out is at least as strict as asked for, and never `allow` without the
// class.
TEST(SharingRules, EveryCombination) {
    for (const KindInfo& kind : finding_kinds()) {
        for (int i = 0; i < 6; ++i) {
            const auto action = static_cast<Action>(i);
            SharingRules rules;
            const bool secret = kind.name == "credential" || kind.name == "private_key";
            ASSERT_EQ(rules.set(kind.name, action),
                      (!secret || action >= Action::mask) &&
                          (kind.name != "uninspected_file" || action == Action::allow || action >= Action::hold));
            const Finding one =
                a(kind.name == "credential" ? "assigned_secret" : kind.name, secret ? DataClass::secret : DataClass::diagnostics);
            EXPECT_EQ(finding_kinds()[kind_of(one)].name, kind.name);
            for (const DataClasses permitted : {everything, DataClasses{}}) {
                const Action done = action_for(one, permitted, rules);
                EXPECT_GE(done, rules.action(kind_of(one)));
                if (permitted.empty() || secret) EXPECT_NE(done, Action::allow);
            }
        }
    }
}

TEST(SharingRules, AreStoredAsWhatDiffersFromTheDefaults) {
    SharingRules rules;
    EXPECT_EQ(rules.to_json(), R"({"actions":{},"format":"sharing-rules/1"})");
    rules.set("ip_address", Action::parseable);
    rules.set("private_key", Action::refuse);
    EXPECT_EQ(rules.to_json(), R"({"actions":{"ip_address":"parseable","private_key":"refuse"},"format":"sharing-rules/1"})");
    EXPECT_EQ(*SharingRules::from_json(rules.to_json()), rules);
    EXPECT_TRUE(rules.may_object());
    EXPECT_FALSE(rules.at_least_as_strict_as(SharingRules{}));
    for (const char* broken : {"", "{}", R"({"actions":{},"format":"sharing-rules/2"})",
                               R"({"actions":{"credential":"allow"},"format":"sharing-rules/1"})",
                               R"({"actions":{"nonsense":"mask"},"format":"sharing-rules/1"})",
                               R"({"actions":{"host_name":"maybe"},"format":"sharing-rules/1"})",
                               R"({"actions":{},"format":"sharing-rules/1","more":1})"})
        EXPECT_FALSE(SharingRules::from_json(broken)) << broken;
}

TEST(SharingRules, KindsAreSortedAndExplained) {
    for (std::size_t i = 1; i < finding_kinds().size(); ++i) EXPECT_LT(finding_kinds()[i - 1].name, finding_kinds()[i].name);
    for (const KindInfo& kind : finding_kinds()) EXPECT_FALSE(kind.title.empty() || kind.rationale.empty());
}

TEST(Mask, SaysThatAnItemIsToBeHeldOrRefused) {
    static const Detectors detectors;
    SharingRules rules;
    rules.set("phone_number", Action::hold);
    rules.set("payment_card", Action::refuse);
    const std::string text = "call +49 30 901820 77 about card 4111 1111 1111 1111";
    Pseudonyms pseudonyms;
    const Masked masked = mask(text, detectors.scan(text), Sharing(everything, rules), pseudonyms);
    EXPECT_EQ(masked.text, "call [removed] about card [removed]");
    EXPECT_EQ(masked.strictest, Action::refuse);
    EXPECT_EQ(masked.kinds, (std::vector<std::string_view>{"payment_card", "phone_number"}));
    const Masked reviewed = mask(text, detectors.scan(text), Sharing(everything, rules, true), pseudonyms);
    EXPECT_EQ(reviewed.text, "call +49 30 901820 77 about card [removed]");
    const Masked narrow = mask(text, detectors.scan(text), Sharing({}, rules, true), pseudonyms);
    EXPECT_EQ(narrow.text, "call [phone-1] about card [removed]");
}

TEST(Mask, PlaceholdersAreCountedByTheirWord) {
    EXPECT_EQ(placeholders_in("HOST-1 [mail-2] HOST-3 [secret removed] [removed] XHOST-1 HOST-x"),
              (std::vector<std::pair<std::string, int>>{{"host", 2}, {"mail", 1}, {"removed", 1}, {"secret", 1}}));
}

TEST(Labels, AreReadInAnySpelling) {
    EXPECT_EQ(parse_label("TLP:AMBER+STRICT"), Label::amber_strict);
    EXPECT_EQ(parse_label("tlp:white"), Label::clear);
    EXPECT_EQ(parse_label("Red"), Label::red);
    for (const char* none : {"", "TLP:", "TLP:PINK", "amber alert", "TLP:RED and more", "reddish"})
        EXPECT_FALSE(parse_label(none)) << none;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(parse_label(name(static_cast<Label>(i))), static_cast<Label>(i));
}

TEST(Labels, TheHighestMarkingOfATextCounts) {
    EXPECT_EQ(marking_in("TLP:GREEN first, then [TLP:AMBER] and tlp: green"), Label::amber);
    EXPECT_EQ(marking_in("TLP AMBER+STRICT"), Label::amber_strict);
    EXPECT_FALSE(marking_in("the HTLP:RED bus, tlpred, a red light"));
    const OwnLabel own[]{{"vertraulich", Label::amber_strict}, {"internal", Label::green}};
    EXPECT_EQ(marking_in("*** VERTRAULICH ***\ntext", own), Label::amber_strict);
    EXPECT_EQ(marking_in("Classification: Internal\ntext", own), Label::green);
    EXPECT_FALSE(marking_in("an internal error", own));
    const Label parts[]{Label::green, Label::amber, Label::clear};
    EXPECT_EQ(highest(parts, Label::clear), Label::amber);
}

TEST(Labels, LoweringTakesASecondPerson) {
    EXPECT_TRUE(judge_relabel({Label::green, Label::red, "ada", ""}).takes_effect);
    EXPECT_FALSE(judge_relabel({Label::red, Label::green, "ada", ""}).takes_effect);
    EXPECT_FALSE(judge_relabel({Label::red, Label::green, "ada", "ada"}).takes_effect);
    EXPECT_TRUE(judge_relabel({Label::red, Label::green, "ada", "bo"}).takes_effect);
    EXPECT_TRUE(within_ceiling(Label::amber, Label::amber));
    EXPECT_FALSE(within_ceiling(Label::amber_strict, Label::amber));
}

}  // namespace
}  // namespace entente::policy
