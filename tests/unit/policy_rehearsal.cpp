// Rehearsal of the gate: recorded decisions under other terms, from the recorded inputs alone.

#include "policy/rehearsal.hpp"

#include "tests/unit/policy_support.hpp"

namespace entente::policy {
namespace {

std::string recorded(Situation& s) {
    const GateInput input = s.input();
    return decision_json(input, decide_gate(input));
}

Rehearsed rehearsed(Situation& s, const GateTerms& terms) {
    const auto result = rehearse_decision(recorded(s), terms);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result.value_or(Rehearsed{});
}

TEST(GateRehearsal, TheRecordedTermsChangeNothing) {
    Situation s;
    GateTerms terms;
    EXPECT_EQ(rehearsed(s, terms).change, Change::same);
    terms.permitted = s.agreements[0].permitted;
    terms.required_assurance = s.agreements[0].required_assurance;
    terms.emergency_hours = s.agreements[0].emergency_hours;
    terms.products = s.agreements[0].products;
    terms.purpose = s.agreements[0].purpose;
    terms.valid_from = s.agreements[0].valid_from;
    terms.valid_until = s.agreements[0].valid_until;
    const Rehearsed same = rehearsed(s, terms);
    EXPECT_EQ(same.change, Change::same);
    EXPECT_EQ(same.then, same.now);
    EXPECT_EQ(same.at, now);
}

TEST(GateRehearsal, SaysWhatWouldHaveBecomeOfADecision) {
    const auto change = [](GateTerms terms) {
        Situation s;
        return rehearsed(s, terms);
    };
    const Rehearsed delayed = change({.required_assurance = Assurance::confirmed});
    EXPECT_EQ(delayed.change, Change::delayed);
    EXPECT_EQ(delayed.now.reason, "authorization_assurance_too_low");
    EXPECT_EQ(change({.suspended = true}).change, Change::blocked);
    EXPECT_EQ(change({.valid_until = now}).now.reason, "agreement_expired");
    EXPECT_EQ(change({.purpose = "training"}).now.reason, "agreement_other_purpose");
    EXPECT_EQ(change({.permitted = DataClasses{DataClass::technical}}).change, Change::narrowed);
    EXPECT_EQ(change({.permitted = DataClasses{DataClass::technical, DataClass::diagnostics, DataClass::personal_contact}}).change,
              Change::widened);
    EXPECT_EQ(change({.agreement = {999}, .suspended = true}).change, Change::same) << "the terms of another agreement";

    Situation held;
    held.authorizations[0].assurance = Assurance::attested;
    const Rehearsed released = rehearsed(held, {.required_assurance = Assurance::attested});
    EXPECT_EQ(released.then.verdict, Verdict::hold);
    EXPECT_EQ(released.change, Change::released);

    Situation refused;
    refused.agreements[0].products = {product_a};
    const std::vector<std::string> about{product_b};
    GateInput input = refused.input();
    input.products = about;
    const std::string json = decision_json(input, decide_gate(input));
    const auto unblocked = rehearse_decision(json, {.products = std::vector<std::string>{}});
    ASSERT_TRUE(unblocked);
    EXPECT_EQ(unblocked->then.verdict, Verdict::refuse);
    EXPECT_EQ(unblocked->change, Change::released);
}

TEST(GateRehearsal, WhatDoesNotComeOutAgainIsNotJudged) {
    Situation s;
    std::string json = recorded(s);
    const std::size_t at = json.find("\"verdict\":\"allow\"");
    ASSERT_NE(at, std::string::npos);
    json.replace(at, 17, "\"verdict\":\"hold\"");
    const auto result = rehearse_decision(json, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "not_exact");
    EXPECT_EQ(rehearse_decision("{}", {}).error().code, "not_a_decision");
}

// Whatever is recorded: terms that permit less never release more, and a suspension releases nothing of its agreement.
TEST(GateRehearsal, StricterTermsNeverReleaseMore) {
    for (std::uint32_t first = 0; first < 64; ++first) {
        for (std::uint32_t second = 0; second < 64; ++second) {
            Situation s;
            s.agreements[0].permitted = DataClasses::from_bits(first << 1);
            s.authorizations[0].classes = DataClasses::from_bits(0x7eU);
            GateTerms terms{.permitted = DataClasses::from_bits((first & second) << 1)};
            const Rehearsed narrower = rehearsed(s, terms);
            ASSERT_EQ(narrower.then.released.both(narrower.now.released), narrower.now.released) << first << ' ' << second;
            ASSERT_NE(narrower.change, Change::widened);
            ASSERT_NE(narrower.change, Change::released);
            terms.suspended = true;
            ASSERT_TRUE(rehearsed(s, terms).now.released.empty());
        }
    }
}

}  // namespace
}  // namespace entente::policy
