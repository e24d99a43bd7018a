// Which customer is a case about: exact names, no guesses, and the tricks of somebody who would like it to be another one.

#include "policy/customer.hpp"

#include "policy_support.hpp"

namespace entente::policy {
namespace {

using Kind = CustomerFinding::Kind;
using protocol::Customer;

std::vector<Customer> customers() {
    Customer nordwind{
        .id = customer, .company = submitter, .name = "Nordwind Logistics GmbH", .aliases = {"Nordwind Logistics", "NWL AG"}};
    nordwind.domains = {{"nordwind.example", true}, {"nwl.example", false}};
    Customer harbour{.id = other_customer, .company = submitter, .name = "Harbour & Sons", .aliases = {"Harbour", "ハーバー商事"}};
    harbour.domains = {{"harbour.example", true}};
    Customer group{.id = {9}, .company = submitter, .name = "Nordwind", .aliases = {}};
    return {nordwind, harbour, group};
}

CustomerFinding find(CustomerEvidence evidence, CustomerId picked = {}) {
    static const auto known = customers();
    return find_customer(known, evidence, "vendor.example", "partner.example", picked);
}

std::string told(const CustomerFinding& finding) {
    return std::string(name(finding.kind)) + ' ' + std::to_string(finding.customer.value) + ' ' + std::string(finding.reason);
}

TEST(NormaliseName, FoldsWhatAReaderTakesForTheSame) {
    EXPECT_EQ(normalise_name("  Nordwind   Logistics,\tLtd. "), "nordwind logistics ltd");
    EXPECT_EQ(normalise_name("NORDWIND\u00a0LOGISTICS LTD"), "nordwind logistics ltd");
    EXPECT_EQ(normalise_name("Ｎｏｒｄｗｉｎｄ"), "nordwind");      // full-width letters
    EXPECT_EQ(normalise_name("Nord\u200bwind\u00ad"), "nordwind");  // invisible characters
    EXPECT_EQ(normalise_name("Straße"), normalise_name("STRASSE"));
    EXPECT_EQ(normalise_name("Cafe\u0301"), normalise_name("CAFÉ"));
    EXPECT_EQ(normalise_name("Harbour & Sons"), "harbour sons");
    EXPECT_EQ(normalise_name("Acme®"), "acme");
    EXPECT_EQ(normalise_name("㈱日本"), normalise_name("(株)日本"));
    EXPECT_EQ(normalise_name("ｶﾞｽ"), normalise_name("ガス"));
    EXPECT_EQ(normalise_name("..."), "");
    EXPECT_EQ(normalise_name("\xff"), "");
}

TEST(NormaliseName, KeepsDifferentNamesApart) {
    EXPECT_NE(normalise_name("N\u043erdwind"), normalise_name("Nordwind"));  // Cyrillic o
    EXPECT_NE(normalise_name("Nordwlnd"), normalise_name("NordwInd"));
    EXPECT_NE(normalise_name("Nordwind 2"), normalise_name("Nordwind"));
    EXPECT_NE(normalise_name("C+"), normalise_name("C"));
    EXPECT_NE(normalise_name("Müller"), normalise_name("Mueller"));
}

TEST(MailDomains, AreFoundInAsciiForm) {
    EXPECT_EQ(mail_domains("Anna <anna@Nordwind.EXAMPLE>, b@x.example."),
              (std::vector<std::string>{"nordwind.example", "x.example"}));
    EXPECT_EQ(mail_domains("jörg@bücher.example"), (std::vector<std::string>{"xn--bcher-kva.example"}));
    EXPECT_EQ(mail_domains("a＠vendor．example"), (std::vector<std::string>{"vendor.example"}));
    EXPECT_TRUE(mail_domains("@ and no@ mail").empty());
    EXPECT_TRUE(domain_within("mail.vendor.example", "vendor.example"));
    EXPECT_FALSE(domain_within("badvendor.example", "vendor.example"));
    EXPECT_FALSE(domain_within("vendor.example", ""));
}

TEST(FindCustomer, MatchesExactlyOneNameOrAlias) {
    EXPECT_EQ(told(find({.names = {"nordwind logistics gmbh"}})), "one 7 customer_named");
    EXPECT_EQ(told(find({.names = {"NWL-AG"}})), "one 7 customer_named");
    EXPECT_EQ(told(find({.names = {"", "Nordwind Logistics", "  "}})), "one 7 customer_named");
    EXPECT_EQ(told(find({.names = {"Nordwind"}})), "one 9 customer_named");
    EXPECT_EQ(told(find({.names = {"ハーバー商事"}})), "one 8 customer_named");
}

TEST(FindCustomer, NeverGuesses) {
    for (const char* given :
         {"", "Nordwind Logistic", "Nordwind Logistics Inc", "Nordwnd Logistics GmbH", "logistics", "...", "\xff\xfe"}) {
        EXPECT_EQ(told(find({.names = {given}})), "none 0 customer_missing") << given;
    }
    EXPECT_EQ(told(find({})), "none 0 customer_missing");
    EXPECT_EQ(told(find({.mails = {"anna@nordwind.example"}})), "none 0 customer_missing");  // a mail address alone names nobody
    EXPECT_EQ(told(find({.names = {"Nordwind Logistics", "Harbour"}})), "several 0 customer_ambiguous");
    EXPECT_EQ(told(find({.names = {"Nordwind Logistics", "Unknown Ltd"}})), "several 0 customer_ambiguous");
}

TEST(FindCustomer, TwoRecordsOfOneNameAreSeveral) {
    auto twice = customers();
    twice[1].aliases.push_back("nwl ag");
    EXPECT_EQ(told(find_customer(twice, {.names = {"NWL AG"}}, "vendor.example", "partner.example")),
              "several 0 customer_ambiguous");
    twice[1].active = false;
    EXPECT_EQ(told(find_customer(twice, {.names = {"NWL AG"}}, "vendor.example", "partner.example")), "one 7 customer_named");
}

TEST(DishonestEngineer, AnotherCustomersNameInTheTextHoldsTheCase) {
    const auto with = [](const char* text) { return told(find({.names = {"Nordwind Logistics"}, .texts = {"node down", text}})); };
    EXPECT_EQ(with("the array of Nordwind Logistics lost a path"), "one 7 customer_named");
    EXPECT_EQ(with("as last week at HARBOUR, port B"), "conflict 0 customer_ambiguous");
    EXPECT_EQ(with("ticket=Harbour\u200b&sons"), "conflict 0 customer_ambiguous");
    EXPECT_EQ(with("それはハーバー商事のサーバーです"), "conflict 0 customer_ambiguous");
    EXPECT_EQ(with("the harbours are closed"), "one 7 customer_named");                    // whole words only
    EXPECT_EQ(with("cluster nordwind has three nodes"), "conflict 0 customer_ambiguous");  // the group is another customer
    EXPECT_EQ(with("Nordwind Logistics and Nordwind share it"), "conflict 0 customer_ambiguous");
}

TEST(DishonestEngineer, LookAlikesAreNobody) {
    EXPECT_EQ(told(find({.names = {"N\u043erdwind Logistics"}})), "none 0 customer_missing");
    EXPECT_EQ(told(find({.names = {"Nordw\u0131nd Logistics"}})), "none 0 customer_missing");  // dotless i
    EXPECT_EQ(told(find({.names = {"Nordwind Log\u0456stics"}})), "none 0 customer_missing");
}

TEST(DishonestEngineer, AMailAddressOfAnotherCustomerHoldsTheCase) {
    const auto with = [](const char* mail) { return told(find({.names = {"Nordwind Logistics"}, .mails = {mail}})); };
    EXPECT_EQ(with("anna@nordwind.example"), "one 7 customer_named");
    EXPECT_EQ(with("anna@freemail.example"), "one 7 customer_named");
    EXPECT_EQ(with("anna@harbour.example"), "conflict 0 customer_ambiguous");
    EXPECT_EQ(with("Anna <anna@DC1.harbour.example>"), "conflict 0 customer_ambiguous");
    EXPECT_EQ(told(find({.names = {"Harbour"}, .mails = {"anna@nwl.example"}})), "one 8 customer_named");  // not confirmed
    EXPECT_EQ(told(find({.names = {"Nordwind Logistics"}, .texts = {"cc: ben@harbour.example"}})), "conflict 0 customer_ambiguous");
}

TEST(DishonestEngineer, AnOwnMailAddressIsNoCustomers) {
    for (const char* mail :
         {"eve@vendor.example", "eve@mail.VENDOR.example", "Eve <eve@partner.example>", "eve＠vendor．example"}) {
        EXPECT_EQ(told(find({.names = {"Nordwind Logistics"}, .mails = {mail}})), "conflict 0 customer_contact_not_of_customer")
            << mail;
        EXPECT_EQ(told(find({.names = {"Nordwind Logistics"}, .mails = {mail}}, customer)),
                  "conflict 0 customer_contact_not_of_customer");
    }
    EXPECT_EQ(told(find({.names = {"Nordwind Logistics"}, .mails = {"eve@notvendor.example"}})), "one 7 customer_named");
}

TEST(FindCustomer, APersonsChoiceSettlesWhatTheTextLeavesOpen) {
    EXPECT_EQ(told(find({}, customer)), "one 7 customer_picked");
    EXPECT_EQ(told(find({.names = {"Nordwind Logistics", "Harbour"}}, other_customer)), "one 8 customer_picked");
    EXPECT_EQ(told(find({.names = {"Harbour"}}, CustomerId{4711})), "one 8 customer_named");  // no such customer: no choice
}

}  // namespace
}  // namespace entente::policy
