// Roles and operations as a snapshot, so that whoever changes the table sees which rights moved; the reasons with their words
// likewise.

#include "policy/access.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>

#include "policy/clocks.hpp"
#include "policy_support.hpp"

namespace entente::policy {
namespace {

using protocol::Role;
constexpr Role all_roles[]{Role::engineer,   Role::compliance, Role::administrator,
                           Role::api_client, Role::auditor,    Role::gateway_operator};

void is_as_committed(const std::string& rendered, const std::string& file_name) {
    const std::string file = std::string(ENTENTE_SOURCE_DIR) + "/tests/snapshots/" + file_name;
    if (const char* update = std::getenv("UPDATE_SNAPSHOTS"); update != nullptr && std::string_view(update) == "1") {
        std::ofstream(file) << rendered;
    }
    std::ifstream in(file);
    const std::string committed{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(rendered, committed) << "if the change is meant, run again with UPDATE_SNAPSHOTS=1";
}

TEST(Access, IsAsCommitted) {
    std::ostringstream out;
    for (int i = 0; i < operation_count; ++i) {
        const auto operation = static_cast<Operation>(i);
        out << name(operation) << ':';
        for (const Role role : all_roles) {
            if (may(role, operation)) out << ' ' << protocol::name(role);
        }
        out << '\n';
    }
    is_as_committed(out.str(), "policy_access.txt");
}

TEST(Access, KeepsTheOperatorAwayFromCasesAndCustomersDecisions) {
    for (const Operation operation :
         {Operation::case_read, Operation::case_write, Operation::case_pick_customer, Operation::customer_read,
          Operation::authorization_read, Operation::authorization_request, Operation::authorization_attest,
          Operation::authorization_decide, Operation::authorization_withdraw}) {
        EXPECT_FALSE(may(Role::gateway_operator, operation)) << name(operation);
    }
    for (int i = 0; i < operation_count; ++i) {
        const auto operation = static_cast<Operation>(i);
        const bool reads =
            name(operation).ends_with("_read") || operation == Operation::audit_verify || operation == Operation::audit_receipt;
        if (!reads) EXPECT_FALSE(may(Role::auditor, operation)) << name(operation);
    }
    EXPECT_FALSE(may(Role::engineer, Operation::authorization_decide));
    EXPECT_FALSE(may(Role::api_client, Operation::authorization_attest));
}

TEST(Reasons, AreSortedUniqueAndAsCommitted) {
    std::ostringstream out;
    std::string_view last;
    for (const Reason& reason : reasons()) {
        EXPECT_LT(last, reason.code);
        last = reason.code;
        EXPECT_EQ(find_reason(reason.code), &reason);
        EXPECT_FALSE(reason.text.ends_with('.')) << reason.code;
        EXPECT_TRUE(std::ranges::all_of(reason.code, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; })) << reason.code;
        out << reason.code << '\n';
    }
    EXPECT_EQ(find_reason("no_such_reason"), nullptr);
    EXPECT_EQ(find_reason(""), nullptr);
    is_as_committed(out.str(), "policy_reasons.txt");
}

TEST(Reasons, TakeTheCasesTokenFromTheCaller) {
    EXPECT_EQ(for_case("POST /api/v1/cases/{case}/customer", "Hq2sV8nT0LkYp5cWd3aB"),
              "POST /api/v1/cases/Hq2sV8nT0LkYp5cWd3aB/customer");
    EXPECT_EQ(for_case("nothing to fill", "x"), "nothing to fill");
}

TEST(Decision, names_companies_for_people) {
    Decision decision{.text = "there is no agreement between company 12 and company 120",
                      .next_step = "an administrator of company 12 accepts it: POST /api/v1/agreements/12/accept"};
    const std::array names{std::pair{protocol::CompanyId{12}, std::string_view("company 120")},
                           std::pair{protocol::CompanyId{120}, std::string_view("Borealis Systems")}};
    name_companies(decision, names);
    EXPECT_EQ(decision.text, "there is no agreement between company 120 (company 12) and Borealis Systems (company 120)");
    EXPECT_EQ(decision.next_step, "an administrator of company 120 (company 12) accepts it: POST /api/v1/agreements/12/accept");
    Decision none{.text = "the company's own rules", .next_step = "the company 7 and company 1"};
    const Decision before = none;
    name_companies(none, names);
    EXPECT_EQ(none, before);
}

TEST(Clocks, TheFirstReactionIsDueByPriority) {
    const protocol::ResponseTargets targets{.high_minutes = 60, .medium_minutes = 240, .low_minutes = 1440};
    EXPECT_EQ(response_minutes(protocol::Priority::high, targets), 60);
    EXPECT_EQ(response_minutes(protocol::Priority::medium, targets), 240);
    EXPECT_EQ(response_minutes(protocol::Priority::low, targets), 1440);
}

}  // namespace
}  // namespace entente::policy
