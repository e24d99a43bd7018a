// Acceptance by rule: fires on the evidence it names, and on nothing else.

#include <gtest/gtest.h>

#include "policy/acceptance.hpp"

namespace entente::policy {
namespace {

using protocol::AcceptanceRule;
using protocol::Evidence;
using protocol::EvidenceKind;

const protocol::Instant now = *protocol::parse_rfc3339("2030-05-04T09:30:00Z");

AcceptanceRule rule() {
    AcceptanceRule made;
    made.id = {1};
    made.company = {31};
    made.name = "Under contract";
    made.evidence = {{EvidenceKind::serial_number, "Serial number", {"SN-10*", "AB-7"}}};
    made.created_at = now.plus_seconds(-3600);
    made.until = now.plus_seconds(86'400);
    return made;
}

AcceptanceFacts facts() {
    AcceptanceFacts made;
    made.now = now;
    made.flow = protocol::Flow::open;
    made.submitter = {12};
    made.receiver = {31};
    made.department = {310};
    made.released_at = now.plus_seconds(-60);
    made.fields = {{"Serial number", "SN-1004"}, {"Product", "Cloud : Vault"}};
    return made;
}

TEST(Acceptance, FiresOnItsEvidence) {
    EXPECT_TRUE(decide_acceptance(rule(), facts()).fires);
    AcceptanceFacts other = facts();
    for (const char* value : {"sn-10", " SN-1004711 ", "ab-7"}) {
        other.fields[0].second = value;
        EXPECT_TRUE(decide_acceptance(rule(), other).fires) << value;
    }
    for (const char* value : {"", "SN-1", "XSN-1004", "AB-77", "SN-20"}) {
        other.fields[0].second = value;
        EXPECT_EQ(decide_acceptance(rule(), other).reason, "evidence_missing") << value;
    }
}

TEST(Acceptance, EverythingNamedMustBeThere) {
    AcceptanceRule both = rule();
    both.evidence.push_back({EvidenceKind::product, "product", {"cloud:vault"}});
    both.evidence.push_back({EvidenceKind::existing_case, "", {}});
    AcceptanceFacts seen = facts();
    EXPECT_FALSE(decide_acceptance(both, seen).fires);
    seen.existing_case = true;
    EXPECT_TRUE(decide_acceptance(both, seen).fires);
    seen.fields.pop_back();
    EXPECT_FALSE(decide_acceptance(both, seen).fires);
    AcceptanceRule nothing = rule();
    nothing.evidence.clear();
    EXPECT_FALSE(decide_acceptance(nothing, facts()).fires) << "a rule whose words were erased asserts nothing";
}

// Whatever the evidence: one look at each thing that forbids it.
TEST(Acceptance, NeverForAHeldATestOrAnAnsweredCase) {
    const auto reason = [](auto change) {
        AcceptanceFacts changed = facts();
        AcceptanceRule changed_rule = rule();
        change(changed, changed_rule);
        return decide_acceptance(changed_rule, changed).reason;
    };
    for (const auto flow : {protocol::Flow::held, protocol::Flow::frozen, protocol::Flow::ended})
        EXPECT_EQ(reason([&](auto& f, auto&) { f.flow = flow; }), "case_held");
    for (const auto status : {protocol::CaseStatus::accepted, protocol::CaseStatus::information, protocol::CaseStatus::closed,
                              protocol::CaseStatus::rejected})
        EXPECT_EQ(reason([&](auto& f, auto&) { f.status = status; }), "case_not_open");
    EXPECT_EQ(reason([](auto& f, auto&) { f.test = true; }), "test_case");
    EXPECT_EQ(reason([](auto& f, auto&) { f.receiver = {32}; }), "other_company");
    EXPECT_EQ(reason([](auto&, auto& r) { r.department = {311}; }), "other_department");
    EXPECT_EQ(reason([](auto&, auto& r) { r.partners = {{13}}; }), "other_partner");
    EXPECT_EQ(reason([](auto&, auto& r) { r.until = now; }), "rule_ended") << "the end is exclusive";
    EXPECT_EQ(reason([](auto&, auto& r) { r.ended_at = now; }), "rule_ended");
    EXPECT_EQ(reason([](auto& f, auto&) { f.released_at = now.plus_seconds(-7200); }), "older_than_rule");
}

TEST(Acceptance, RulesThatAssertNothingAreNone) {
    const auto valid = [](auto change) {
        AcceptanceRule changed = rule();
        change(changed);
        return check_acceptance_rule(changed, now).has_value();
    };
    EXPECT_TRUE(valid([](auto&) {}));
    EXPECT_FALSE(valid([](auto& r) { r.evidence.clear(); }));
    for (const char* value : {"", " ", "*", "ab*", "S*N", "SN*10*"})
        EXPECT_FALSE(valid([&](auto& r) { r.evidence[0].values = {value}; })) << value;
    EXPECT_FALSE(valid([](auto& r) { r.evidence[0].field.clear(); }));
    EXPECT_FALSE(valid([](auto& r) { r.until = now; }));
    EXPECT_FALSE(valid([](auto& r) { r.until = now.plus_seconds(std::int64_t{367} * 86'400); }));
    EXPECT_FALSE(valid([](auto& r) { r.act_within_hours = 0; }));
}

}  // namespace
}  // namespace entente::policy
