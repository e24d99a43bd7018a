#pragma once
// What policy answers: a verdict, the one reason behind it, and everything a person needs to make it pass.
//
// Reason codes are stable: they stand in answers, in the audit log and in tests. Their words and next steps live in one table
// (decision.cpp). A Decision is a value; the same inputs give the same bytes. Nothing in it is personal data.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/classes.hpp"
#include "protocol/ids.hpp"

namespace entente::policy {

enum class Verdict : std::uint8_t {
    allow,   // all three keys turn
    hold,    // something is missing that somebody can bring
    refuse,  // no agreement, or the customer said no
};
std::string_view name(Verdict verdict);  // allow, hold, refuse

// `text` is a plain sentence without full stop, `next_step` what makes it pass. Both may hold the place-holders {submitter},
// {receiver}, {customer}, {agreement}, {authorization} and {missing}, which a Decision has filled in with ids, and {case}, which
// only the caller knows (see `for_case`).
struct Reason {
    std::string_view code;  // snake_case, stable
    std::string_view text;
    std::string_view next_step;
};

// All reasons, sorted by code.
std::span<const Reason> reasons();
// The row of the table with this code, or nullptr. The code in it lives as long as the program.
const Reason* find_reason(std::string_view code);

struct Decision {
    Verdict verdict = Verdict::refuse;
    std::string_view reason;  // code of a row in the table
    std::string text;
    std::string next_step;
    protocol::AgreementId agreement;  // the one that counts, or the one the reason speaks of; none: no such agreement
    std::int64_t agreement_version = 0;
    std::string document_digest;
    protocol::AuthorizationId authorization;  // likewise
    std::int64_t authorization_version = 0;
    protocol::DataClasses released;            // empty unless the verdict is allow; never has `secret`
    std::vector<protocol::CompanyId> missing;  // whose acceptance is missing (agreement_not_accepted), ascending

    bool operator==(const Decision&) const = default;
};

// For people: "company 12" in text and next step becomes "Borealis Systems (company 12)", where the name is given.
void name_companies(Decision& decision, std::span<const std::pair<protocol::CompanyId, std::string_view>> names);

// Replaces {case} in a text or next step by the case's token.
std::string for_case(std::string_view text, std::string_view token);

}  // namespace entente::policy
