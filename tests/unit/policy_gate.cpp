// The three-key gate, row by row: each situation is the good one, spoilt in one place, and the answer is the reason for that place.

#include "policy/gate.hpp"

#include <algorithm>
#include <functional>

#include "policy_support.hpp"

namespace entente::policy {
namespace {

struct Row {
    std::string_view expected;
    std::function<void(Situation&)> spoil;
};

void check(std::span<const Row> rows) {
    for (const Row& row : rows) {
        Situation situation;
        row.spoil(situation);
        const Decision decision = situation.decide();
        EXPECT_EQ(told(decision), row.expected);
        if (decision.verdict == Verdict::allow) continue;
        EXPECT_TRUE(decision.released.empty()) << row.expected;
        EXPECT_FALSE(decision.text.empty()) << row.expected;
        EXPECT_FALSE(decision.next_step.empty()) << row.expected << ": nobody is told what would make it pass";
        EXPECT_EQ(decision.text.find('{'), std::string::npos) << decision.text;
    }
}

TEST(Gate, AllowsWhenAllThreeKeysTurn) {
    const Decision decision = Situation{}.decide();
    EXPECT_EQ(told(decision), "allow all_keys_turn");
    EXPECT_EQ(decision.agreement, AgreementId{501});
    EXPECT_EQ(decision.agreement_version, 3);
    EXPECT_EQ(decision.document_digest, digest);
    EXPECT_EQ(decision.authorization, AuthorizationId{901});
    EXPECT_EQ(decision.authorization_version, 2);
    // What both permit, and case facts always. Product is in the agreement only, personal_contact in the authorization only.
    EXPECT_EQ(decision.released, (DataClasses{DataClass::case_facts, DataClass::technical, DataClass::diagnostics}));
}

TEST(Gate, TheFirstKeyNamesWhatIsWrongWithTheAgreement) {
    const Row rows[]{
        {"refuse agreement_missing", [](Situation& s) { s.agreements.clear(); }},
        {"refuse agreement_missing", [](Situation& s) { s.agreements[0].parties = {submitter, stranger}; }},
        {"refuse agreement_missing", [](Situation& s) { s.agreements[0].parties = {stranger, receiver}; }},
        {"refuse agreement_missing", [](Situation& s) { s.to = stranger; }},
        {"refuse agreement_missing", [](Situation& s) { s.to = {}; }},
        {"refuse same_company", [](Situation& s) { s.to = s.from; }},
        {"refuse agreement_not_accepted", [](Situation& s) { s.agreements[0].acceptances.pop_back(); }},
        {"refuse agreement_not_accepted", [](Situation& s) { s.agreements[0].acceptances.clear(); }},
        {"refuse agreement_not_accepted", [](Situation& s) { s.agreements[0].acceptances[1].company = stranger; }},
        {"refuse agreement_not_accepted", [](Situation& s) { s.agreements[0].acceptances[1].company = submitter; }},
        {"refuse agreement_not_accepted", [](Situation& s) { s.agreements[0].parties.push_back(stranger); }},
        {"refuse agreement_not_accepted", [](Situation& s) { s.agreements[0].acceptances[0].at = after(now); }},
        {"allow all_keys_turn", [](Situation& s) { s.agreements[0].acceptances[0].at = now; }},
        {"refuse agreement_not_in_force", [](Situation& s) { s.agreements[0].state = AgreementState::draft; }},
        {"refuse agreement_not_in_force", [](Situation& s) { s.agreements[0].state = AgreementState::offered; }},
        {"refuse agreement_suspended", [](Situation& s) { s.agreements[0].state = AgreementState::suspended; }},
        {"refuse agreement_superseded", [](Situation& s) { s.agreements[0].state = AgreementState::superseded; }},
        {"refuse agreement_terminated", [](Situation& s) { s.agreements[0].state = AgreementState::terminated; }},
        {"refuse agreement_not_yet_valid", [](Situation& s) { s.agreements[0].valid_from = after(now); }},
        {"allow all_keys_turn", [](Situation& s) { s.agreements[0].valid_from = now; }},
        {"refuse agreement_expired", [](Situation& s) { s.agreements[0].valid_until = now; }},
        {"allow all_keys_turn", [](Situation& s) { s.agreements[0].valid_until = after(now); }},
        {"allow all_keys_turn", [](Situation& s) { s.agreements[0].valid_until.reset(); }},
        {"refuse agreement_document_missing", [](Situation& s) { s.agreements[0].document_digest.pop_back(); }},
        {"refuse agreement_document_missing", [](Situation& s) { s.agreements[0].document_digest[0] = 'A'; }},
        {"refuse agreement_other_purpose", [](Situation& s) { s.agreements[0].purpose = "sales"; }},
        {"refuse agreement_other_purpose", [](Situation& s) { s.purpose = "sales"; }},
        // Free text is no purpose, even where both sides wrote the same.
        {"refuse agreement_other_purpose",
         [](Situation& s) {
             s.purpose = "Support for Anna";
             s.agreements[0].purpose = s.purpose;
         }},
    };
    check(rows);
}

TEST(Gate, TheSecondKeyNamesWhatIsWrongWithTheAuthorization) {
    const Row rows[]{
        {"hold authorization_missing", [](Situation& s) { s.authorizations.clear(); }},
        {"hold authorization_missing", [](Situation& s) { s.authorizations[0].company = receiver; }},
        {"hold authorization_missing", [](Situation& s) { s.authorizations[0].customer = other_customer; }},
        {"hold authorization_other_partner", [](Situation& s) { s.authorizations[0].partners = {stranger}; }},
        {"hold authorization_other_partner", [](Situation& s) { s.authorizations[0].partners.clear(); }},
        {"hold authorization_other_purpose", [](Situation& s) { s.authorizations[0].purpose = "sales"; }},
        {"hold authorization_not_granted", [](Situation& s) { s.authorizations[0].state = AuthorizationState::requested; }},
        {"refuse authorization_refused", [](Situation& s) { s.authorizations[0].state = AuthorizationState::refused; }},
        {"hold authorization_withdrawn", [](Situation& s) { s.authorizations[0].state = AuthorizationState::withdrawn; }},
        {"hold authorization_not_yet_valid", [](Situation& s) { s.authorizations[0].not_before = after(now); }},
        {"allow all_keys_turn", [](Situation& s) { s.authorizations[0].not_before = now; }},
        {"hold authorization_expired", [](Situation& s) { s.authorizations[0].until = now; }},
        {"allow all_keys_turn", [](Situation& s) { s.authorizations[0].until = after(now); }},
        {"hold authorization_assurance_too_low", [](Situation& s) { s.authorizations[0].assurance = Assurance::attested; }},
        {"hold authorization_assurance_too_low", [](Situation& s) { s.agreements[0].required_assurance = Assurance::confirmed; }},
        {"allow all_keys_turn",
         [](Situation& s) {
             s.agreements[0].required_assurance = Assurance::attested;
             s.authorizations[0].assurance = Assurance::attested;
         }},
        {"hold technical_not_permitted", [](Situation& s) { s.authorizations[0].classes = {DataClass::diagnostics}; }},
        {"hold technical_not_permitted", [](Situation& s) { s.agreements[0].permitted = {DataClass::diagnostics}; }},
    };
    check(rows);
}

TEST(Gate, AnAgreementOfManyJoinsThoseWhoAcceptedIt) {
    const auto third_silent = [](Situation& s) { s.agreements[0].parties.push_back(stranger); };
    const Row rows[]{
        {"refuse agreement_not_accepted", third_silent},
        {"allow all_keys_turn",
         [=](Situation& s) {
             third_silent(s);
             s.agreements[0].kind = protocol::AgreementKind::consortium;
         }},
        {"refuse agreement_not_accepted",
         [](Situation& s) {
             s.agreements[0].kind = protocol::AgreementKind::consortium;
             s.agreements[0].acceptances.pop_back();
         }},
        {"allow all_keys_turn",
         [=](Situation& s) {
             third_silent(s);
             s.agreements[0].kind = protocol::AgreementKind::one_to_many;
             s.agreements[0].hub = receiver;
         }},
        {"refuse agreement_missing",
         [=](Situation& s) {
             third_silent(s);
             s.agreements[0].kind = protocol::AgreementKind::one_to_many;
             s.agreements[0].hub = stranger;
         }},
        {"refuse agreement_expired", [](Situation& s) { s.agreements[0].state = AgreementState::expired; }},
    };
    check(rows);
}

TEST(Gate, ProductsAndCasesNarrowBothKeys) {
    const Row rows[]{
        {"refuse agreement_other_product",
         [](Situation& s) {
             s.agreements[0].products = {product_a};
             s.products = std::vector{product_b};
         }},
        {"refuse agreement_other_product",
         [](Situation& s) {
             s.agreements[0].products = {product_a};
             s.products = std::vector<std::string>{};
         }},
        {"allow all_keys_turn",
         [](Situation& s) {
             s.agreements[0].products = {product_b, product_a};
             s.products = std::vector{product_a};
         }},
        {"hold authorization_other_product",
         [](Situation& s) {
             s.authorizations[0].product_codes = {product_a};
             s.products = std::vector{product_b};
         }},
        {"hold authorization_other_product", [](Situation& s) { s.authorizations[0].product_codes = {product_a}; }},
        {"allow all_keys_turn",
         [](Situation& s) {
             s.authorizations[0].product_codes = {product_a};
             s.products = std::vector{product_b, product_a};
         }},
        // What has not the form of a code matches nothing, not even itself.
        {"hold authorization_other_product",
         [](Situation& s) {
             s.authorizations[0].product_codes = {"CANARY product"};
             s.products = std::vector<std::string>{"CANARY product"};
         }},
        {"hold authorization_other_case", [](Situation& s) { s.authorizations[0].cases = {{77}}; }},
        {"allow all_keys_turn",
         [](Situation& s) {
             s.authorizations[0].cases = {{78}, {77}};
             s.case_id = {77};
         }},
    };
    check(rows);
}

TEST(Gate, AnOralAuthorizationOpensOnlyWhereTheAgreementPermitsItAndOnlyForItsTime) {
    const auto oral = [](Situation& s) {
        s.authorizations[0].emergency = true;
        s.authorizations[0].assurance = Assurance::attested;
        s.agreements[0].required_assurance = Assurance::confirmed;
    };
    const Row rows[]{
        {"hold emergency_not_permitted", [oral](Situation& s) { oral(s); }},
        {"allow all_keys_turn",
         [oral](Situation& s) {
             oral(s);
             s.agreements[0].emergency_hours = 24;
         }},
        {"hold emergency_not_confirmed",
         [oral](Situation& s) {
             oral(s);
             s.agreements[0].emergency_hours = 24;
             s.authorizations[0].until = now;
         }},
        {"hold authorization_withdrawn",
         [oral](Situation& s) {
             oral(s);
             s.agreements[0].emergency_hours = 24;
             s.authorizations[0].state = AuthorizationState::withdrawn;
         }},
        // The customer's own "no" is not overcome by an engineer's word.
        {"refuse authorization_refused",
         [oral](Situation& s) {
             oral(s);
             s.agreements[0].emergency_hours = 24;
             s.authorizations.push_back(good_authorization());
             s.authorizations[1].id = {902};
             s.authorizations[1].state = AuthorizationState::refused;
         }},
    };
    check(rows);
}

TEST(Gate, TheCustomerMustBeExactlyOne) {
    using Kind = CustomerFinding::Kind;
    const Row rows[]{
        {"hold customer_missing", [](Situation& s) { s.finding = {Kind::none, {}, "customer_missing"}; }},
        {"hold customer_ambiguous", [](Situation& s) { s.finding = {Kind::several, {}, "customer_ambiguous"}; }},
        {"hold customer_contact_not_of_customer",
         [](Situation& s) { s.finding = {Kind::conflict, {}, "customer_contact_not_of_customer"}; }},
        {"hold customer_missing", [](Situation& s) { s.finding = {Kind::none, customer, ""}; }},
        {"hold customer_missing", [](Situation& s) { s.finding = {Kind::one, {}, "customer_named"}; }},
        {"hold customer_missing", [](Situation& s) { s.finding = {Kind::conflict, customer, "all_keys_turn"}; }},
        // Without an agreement nobody is told anything about customers.
        {"refuse agreement_missing",
         [](Situation& s) {
             s.agreements.clear();
             s.finding = {Kind::none, {}, "customer_missing"};
         }},
    };
    check(rows);
}

TEST(Gate, NamesTheCompaniesWhoseAcceptanceIsMissing) {
    Situation situation;
    situation.agreements[0].parties = {receiver, stranger, submitter, stranger};
    situation.agreements[0].acceptances = {{submitter, "x", now}};
    const Decision decision = situation.decide();
    EXPECT_EQ(told(decision), "refuse agreement_not_accepted");
    EXPECT_EQ(decision.missing, (std::vector{receiver, stranger}));
    EXPECT_NE(decision.text.find("company 22 and company 33"), std::string::npos) << decision.text;
    EXPECT_NE(decision.next_step.find("/agreements/501/accept"), std::string::npos) << decision.next_step;
}

TEST(Gate, OfSeveralAgreementsTellsTheReasonNearestToBeingMended) {
    Situation situation;
    situation.agreements.assign(3, good_agreement());
    situation.agreements[0].state = AgreementState::terminated;
    situation.agreements[1].valid_until = now;
    situation.agreements[1].id = {502};
    situation.agreements[2].acceptances.pop_back();
    situation.agreements[2].id = {503};
    EXPECT_EQ(told(situation.decide()), "refuse agreement_not_accepted");
    EXPECT_EQ(situation.decide().agreement, AgreementId{503});
    situation.agreements.pop_back();
    EXPECT_EQ(told(situation.decide()), "refuse agreement_expired");
    situation.agreements.pop_back();
    EXPECT_EQ(told(situation.decide()), "refuse agreement_terminated");
}

TEST(Gate, ChoosesMostClassesThenLatestEndThenLowestId) {
    Situation situation;
    situation.authorizations.assign(4, good_authorization());
    for (std::size_t i = 0; i < 4; ++i) situation.authorizations[i].id = {static_cast<std::int64_t>(910 - i)};
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{907});  // all equal: the lowest id
    situation.authorizations[1].until = after(situation.authorizations[1].until);
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{909});
    situation.authorizations[0].classes.add(DataClass::product);
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{910});
    // A class that the agreement does not permit is no advantage.
    situation.authorizations[2].classes.add(DataClass::contractual);
    situation.authorizations[2].classes.add(DataClass::customer_identity);
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{910});
    std::ranges::reverse(situation.authorizations);
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{910});  // whatever the order of rows
}

TEST(Gate, SecretsAreNeverReleasedAndCaseFactsAlways) {
    Situation situation;
    situation.agreements[0].permitted = DataClasses::from_bits(0xff);
    situation.authorizations[0].classes = DataClasses::from_bits(0xff);
    EXPECT_EQ(situation.decide().released.bits(), 0x7fU);
    situation.authorizations[0].classes = {DataClass::technical};
    EXPECT_EQ(situation.decide().released, (DataClasses{DataClass::case_facts, DataClass::technical}));
}

TEST(Gate, AReferenceNarrowsTheChoiceAndAForeignOneCountsAsAbsent) {
    Situation situation;
    situation.authorizations.push_back(good_authorization());
    situation.authorizations[1].id = {902};
    situation.authorizations[1].classes = {DataClass::technical};
    situation.referenced = {902};
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{902});  // although 901 releases more
    situation.authorizations[1].until = now;
    EXPECT_EQ(told(situation.decide()), "hold authorization_expired");

    situation.referenced = {4711};  // unknown
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{901});
    situation.authorizations[1].company = receiver;  // foreign
    situation.referenced = {902};
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{901});
    situation.authorizations.erase(situation.authorizations.begin());
    EXPECT_EQ(told(situation.decide()), "hold authorization_missing");
}

// --- the dishonest engineer ---

TEST(DishonestEngineer, SomebodyElsesAuthorizationOpensNothing) {
    Situation situation;
    situation.authorizations[0].customer = other_customer;
    situation.referenced = situation.authorizations[0].id;
    EXPECT_EQ(told(situation.decide()), "hold authorization_other_customer");
    // Not even where the right customer has one: the contradiction is for a person to clear up.
    situation.authorizations.push_back(good_authorization());
    situation.authorizations[1].id = {902};
    EXPECT_EQ(told(situation.decide()), "hold authorization_other_customer");
    situation.referenced = {};
    EXPECT_EQ(told(situation.decide()), "allow all_keys_turn");
    // The receiver's authorization of the same number is nobody's here.
    situation.authorizations.pop_back();
    situation.authorizations[0].company = receiver;
    situation.authorizations[0].customer = customer;
    situation.referenced = situation.authorizations[0].id;
    EXPECT_EQ(told(situation.decide()), "hold authorization_missing");
}

TEST(DishonestEngineer, AnOwnAttestationDoesNotOutweighTheCustomersNo) {
    Situation situation;
    situation.agreements[0].required_assurance = Assurance::attested;
    situation.authorizations[0].assurance = Assurance::attested;
    EXPECT_EQ(told(situation.decide()), "allow all_keys_turn");

    Authorization no = good_authorization();
    no.id = {950};
    no.state = AuthorizationState::refused;
    situation.authorizations.push_back(no);
    EXPECT_EQ(told(situation.decide()), "refuse authorization_refused");
    EXPECT_EQ(situation.decide().authorization, AuthorizationId{950});
    situation.referenced = {901};
    EXPECT_EQ(told(situation.decide()), "refuse authorization_refused");
    situation.authorizations[1].state = AuthorizationState::withdrawn;
    EXPECT_EQ(told(situation.decide()), "hold authorization_withdrawn");

    // It speaks of another partner, or its time is over: then the attestation counts.
    situation.authorizations[1].partners = {stranger};
    EXPECT_EQ(told(situation.decide()), "allow all_keys_turn");
    situation.authorizations[1] = no;
    situation.authorizations[1].until = now;
    EXPECT_EQ(told(situation.decide()), "allow all_keys_turn");

    // A second person's record outweighs it, because the customer may change their mind.
    situation.authorizations[1] = no;
    situation.authorizations[0].assurance = Assurance::recorded;
    EXPECT_EQ(told(situation.decide()), "allow all_keys_turn");
}

TEST(DishonestEngineer, AskingAgainAfterARefusalHoldsTheCase) {
    Situation situation;
    situation.authorizations[0].state = AuthorizationState::refused;
    situation.authorizations.push_back(good_authorization());
    situation.authorizations[1].id = {902};
    situation.authorizations[1].state = AuthorizationState::requested;
    EXPECT_EQ(told(situation.decide()), "hold authorization_not_granted");
}

// --- the record ---

TEST(GateRecord, HoldsWhatCountsAndNothingPersonal) {
    Situation situation;
    situation.agreements.push_back(good_agreement());
    situation.agreements[1].id = {599};
    situation.agreements[1].parties = {receiver, stranger};  // none of the submitter's business
    situation.authorizations.push_back(good_authorization());
    situation.authorizations[1].id = {999};
    situation.authorizations[1].customer = other_customer;
    const std::string json = decision_json(situation.input(), situation.decide());
    EXPECT_EQ(
        json,
        R"({"agreements":[{"acceptances":[{"at":"1899999999999999","company":11},{"at":"1899999999999999","company":22}],)"
        R"("assurance":"recorded","classes":14,"digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",)"
        R"("from":"1899999999999999","id":501,"parties":[11,22],"purpose":"support","state":"in_force","until":"1900086400000000",)"
        R"("version":3}],"at":"1900000000000000","authorizations":[{"assurance":"recorded","classes":42,"customer":7,)"
        R"("from":"1899999999999999","id":901,"partners":[22],"purpose":"support","state":"granted","until":"1900003600000000",)"
        R"("version":2}],"customer":{"id":7,"kind":"one","reason":"customer_named"},"format":"gate/1","outcome":{"agreement":501,)"
        R"("agreement_version":3,"authorization":901,"authorization_version":2,)"
        R"("digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","reason":"all_keys_turn","released":11,)"
        R"("verdict":"allow"},"purpose":"support","receiver":22,"referenced":0,"submitter":11})");
    EXPECT_EQ(json.find("CANARY"), std::string::npos);
}

TEST(GateRecord, ReplayDependsOnTheRecordedInputsAlone) {
    Situation situation;
    const std::string json = decision_json(situation.input(), situation.decide());
    EXPECT_EQ(*replay_decision(json), situation.decide());
    EXPECT_TRUE(*replays_exactly(json));

    const auto changed = [&](std::string_view what, std::string_view with) {
        std::string copy = json;
        copy.replace(copy.find(what), what.size(), with);
        return copy;
    };
    // A changed outcome does not come out again; a changed input gives another outcome.
    EXPECT_FALSE(*replays_exactly(changed(R"("released":11)", R"("released":75)")));
    const std::string withdrawn = changed(R"("state":"granted")", R"("state":"withdrawn")");
    EXPECT_FALSE(*replays_exactly(withdrawn));
    EXPECT_EQ(told(*replay_decision(withdrawn)), "hold authorization_withdrawn");

    for (const auto& [what, with] : std::vector<std::pair<std::string_view, std::string_view>>{
             {R"("gate/1")", R"("gate/2")"},
             {R"("at":"1900000000000000")", R"("at":"now")"},
             {R"("at":"1900000000000000")", R"("at":"01900000000000000")"},
             {R"("classes":14)", R"("classes":256)"},
             {R"("classes":14)", R"("classes":-1)"},
             {R"("state":"granted")", R"("state":"given")"},
             {R"("parties":[11,22])", R"("parties":11)"},
             {R"("receiver":22,)", ""},
             {R"("kind":"one")", R"("kind":"two")"},
         }) {
        const auto replayed = replay_decision(changed(what, with));
        ASSERT_FALSE(replayed) << with;
        EXPECT_EQ(replayed.error().kind, protocol::ErrorKind::malformed);
    }
    EXPECT_FALSE(replay_decision(""));
    EXPECT_FALSE(replay_decision("{}"));
    EXPECT_FALSE(replay_decision("[]"));
}

TEST(GateRecord, TextThatIsNoCodeStaysOutAndDecidesTheSame) {
    Situation situation;
    situation.purpose = "Anna's CANARY";
    situation.agreements[0].purpose = situation.purpose;
    situation.agreements[0].document_digest = "CANARY digest";
    const std::string json = decision_json(situation.input(), situation.decide());
    EXPECT_EQ(json.find("CANARY"), std::string::npos) << json;
    EXPECT_EQ(*replay_decision(json), situation.decide());
}

}  // namespace
}  // namespace entente::policy
