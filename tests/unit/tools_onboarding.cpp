// Company files: what they may say, and that every mistake is told at once with file and line.

#include <gtest/gtest.h>

#include "server/tools/onboarding.hpp"

namespace entente::tools {
namespace {

constexpr std::string_view whole = R"(
[company]
name = "Northwind Storage"
domain = "northwind.example"
response_minutes = { high = 30, low = 2880 }

[form]
admin_note = "<p>Welcome</p>"
[[form.field]]
label = "Customer Company"
section = "customer"
class = "customer_identity"
stage = "acceptance"
identifies_customer = true
required = true
[[form.field]]
label = "Product"
type = "TIERSELECT"
paths = ["Array:Controller:Firmware", "Array:Drive", "Host"]
class = "product"

[[department]]
name = "Block"
tags = ["san"]
[department.form]
[[department.form.field]]
label = "Severity"
type = "SELECT"
options = ["one", "two"]
order = 5

[[user]]
username = "ada@northwind.example"
first_name = "Ada"
last_name = "Okafor"
email = "ada@northwind.example"
role = "compliance"

[[client]]
name = "Connector"

[[customer]]
name = "Harbour Freight Lines"
aliases = ["HFL"]
domains = ["harbourfreight.example"]
[[customer.contact]]
name = "Mei Tanaka"
email = "mei@harbourfreight.example"

[[agreement]]
title = "Mutual support"
document_version = "1.0"
document = "mutual.md"
parties = ["northwind.example", "fabrikam.example"]
valid_from = "2026-01-01"
classes = ["technical", "product"]
[[agreement.acceptance]]
company = "northwind.example"
signatory = "Ines Duarte"
)";

TEST(Onboarding, AWholeCompany) {
    const auto plan = parse_onboarding(whole, "a.toml");
    ASSERT_TRUE(plan) << plan.error().message;
    const CompanyPlan& company = *plan->company;
    EXPECT_EQ(company.domain, "northwind.example");
    EXPECT_EQ(company.targets.high_minutes, 30);
    EXPECT_EQ(company.targets.medium_minutes, 240);
    ASSERT_EQ(company.form->fields.size(), 2U);
    EXPECT_EQ(company.form->fields[0].section, protocol::Section::common_customer);
    EXPECT_EQ(company.form->fields[0].stage, protocol::Stage::acceptance);
    EXPECT_TRUE(company.form->fields[0].identifies_customer);
    EXPECT_EQ(company.form->fields[1].display_order, 20);
    ASSERT_EQ(company.form->fields[1].selections.size(), 2U);
    EXPECT_EQ(company.form->fields[1].selections[0].children[0].children[0].value, "Firmware");
    EXPECT_EQ(company.departments[0].form->fields[0].display_order, 5);
    EXPECT_EQ(company.users[0].role, "compliance");
    EXPECT_EQ(company.clients[0].role, "api_client");
    EXPECT_EQ(company.customers[0].contacts[0].email, "mei@harbourfreight.example");
    EXPECT_EQ(plan->agreements[0].valid_from, "2026-01-01T00:00:00Z");
    EXPECT_EQ(plan->agreements[0].assurance, "recorded");
    EXPECT_EQ(plan->agreements[0].acceptances[0].signatory, "Ines Duarte");
}

TEST(Onboarding, EveryMistakeAtOnceWithItsLine) {
    const auto plan = parse_onboarding(R"([company]
name = "X"
colour = "red"

[[user]]
username = "ada"
first_name = 7
last_name = "O"
role = "king"

[[agreement]]
title = ""
document_version = "1"
document = "x.md"
parties = ["a.example"]
classes = ["gossip"]
)",
                                       "b.toml");
    ASSERT_FALSE(plan);
    const std::string& all = plan.error().message;
    for (const char* expected :
         {"b.toml:1: company.domain: it is missing", "b.toml:3: company.colour: there is no such key",
          "b.toml:5: user.email: it is missing", "b.toml:7: user.first_name: a text in quotes is needed",
          "b.toml:9: user.role: 'king' is none of engineer, compliance", "b.toml:12: agreement.title: it must not be empty",
          "b.toml:15: agreement.parties: an agreement has two parties",
          "b.toml:16: agreement.classes: there is no data class 'gossip'"}) {
        EXPECT_NE(all.find(expected), std::string::npos) << expected << "\nnot in\n" << all;
    }
    EXPECT_EQ(plan.error().violations.size(), 8U) << all;
}

TEST(Onboarding, FormsAreJudged) {
    const auto plan = parse_form(R"([[field]]
label = "Product"
type = "SELECT"
[[field]]
label = "Product"
type = "TIERSELECT"
[[field]]
label = "Secret"
type = "DATE"
class = "wisdom"
stage = "later"
)",
                                 "f.toml");
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().violations.size(), 6U) << plan.error().message;
    EXPECT_NE(plan.error().message.find("this form has that label already"), std::string::npos);
}

TEST(Onboarding, WhatIsNoToml) {
    const auto plan = parse_onboarding("[company\nname = 1", "c.toml");
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().message.substr(0, 9), "c.toml:1:");
    EXPECT_FALSE(parse_onboarding("", "empty.toml"));
    EXPECT_FALSE(parse_onboarding("[[user]]\nusername='x'\n", "no-company.toml"));
    EXPECT_FALSE(parse_onboarding("company = 3", "wrong.toml"));
}

TEST(Onboarding, AFormsBody) {
    const auto form = parse_form(
        "admin_note = 'Hi'\n[[field]]\nlabel = 'P'\ntype = 'TIERSELECT'\npaths = ['A:B']\nclass = 'product'\n", "f.toml");
    ASSERT_TRUE(form) << form.error().message;
    protocol::JsonWriter json;
    json.object();
    write_form(json, *form);
    json.end();
    EXPECT_EQ(
        json.take(),
        R"({"adminNote":"Hi","escalationInstructions":"","fields":[{"section":"PROBLEM_SECTION","label":"P","type":"TIERSELECT",)"
        R"("options":[],"selections":["A:B"],"displayOrder":10,"required":false,)"
        R"("dataClass":"product","stage":"release","identifiesCustomer":false}]})");
}

}  // namespace
}  // namespace entente::tools
