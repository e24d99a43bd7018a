#pragma once
// May a rule accept this case in the receiver's name? Pure: the caller brings what the receiver itself can see of the case, so that
// a rule can never rest on something that was withheld from its owner.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/automation.hpp"
#include "protocol/collaboration.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

struct AcceptanceFacts {
    protocol::Instant now;
    protocol::CaseStatus status = protocol::CaseStatus::open;
    protocol::Flow flow = protocol::Flow::held;
    bool test = false;
    protocol::CompanyId submitter;
    protocol::CompanyId receiver;
    protocol::DepartmentId department;
    protocol::Instant released_at;
    std::vector<std::pair<std::string, std::string>> fields;  // label and value, as the receiver reads them now
    bool existing_case = false;  // it names a case of the same two companies that a person of the receiver accepted
};

struct AcceptanceVerdict {
    bool fires = false;
    // rule_fires, or why not: rule_ended, other_company, case_held, case_not_open, test_case, other_department, other_partner,
    // older_than_rule, evidence_missing.
    std::string_view reason;
};

AcceptanceVerdict decide_acceptance(const protocol::AcceptanceRule& rule, const AcceptanceFacts& facts);

// Is it a rule at all: evidence that is named and means something, an end within a year, a time to act within 30 days. Every
// violation with its JSON pointer.
protocol::Result<void> check_acceptance_rule(const protocol::AcceptanceRule& rule, protocol::Instant now);

}  // namespace entente::policy
