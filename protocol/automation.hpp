#pragma once
// What a company lets the gateway do for it without a person: accept cases by rule, and prove that a partner's intake is alive.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"

namespace entente::protocol {

using AcceptanceRuleId = Id<struct AcceptanceRuleTag>;
using IntakeProbeId = Id<struct IntakeProbeTag>;

// What a rule may rest on. A rule without evidence cannot exist: accepting whatever comes is no acceptance.
enum class EvidenceKind : std::uint8_t { serial_number, contract, product, existing_case };
std::string_view name(EvidenceKind kind);
std::optional<EvidenceKind> parse_evidence_kind(std::string_view text);

struct Evidence {
    EvidenceKind kind = EvidenceKind::serial_number;
    std::string field;                // label of the form's field that shows it; none for existing_case
    std::vector<std::string> values;  // one of them must stand there; "SN-10*" is a beginning. None for existing_case
};

struct AcceptanceRule {
    AcceptanceRuleId id;
    CompanyId company;  // the receiver, whose rule it is
    std::string name;
    DepartmentId department;          // none: every form of the company
    std::vector<CompanyId> partners;  // submitters it holds for; none: all
    std::vector<Evidence> evidence;   // every one of them must be there
    std::string next_steps;           // told to the submitter
    int act_within_hours = 24;        // in which a person should have acted on what it accepted
    Instant until;                    // exclusive
    Instant created_at;
    std::optional<Instant> ended_at;
};

// A test case that one company sends to a partner's department from time to time.
struct IntakeProbe {
    IntakeProbeId id;
    CompanyId company;  // who sends it
    DepartmentId department;
    CustomerId customer;  // whose authorization it travels under: the company's own test customer
    int every_hours = 24 * 7;
    Instant next_at;
    CaseId last_case;
    std::optional<Instant> last_sent_at;
    std::string last_result;  // sent, held, proven, unanswered, or the code of the refusal; empty: not sent yet
    Instant created_at;
    std::optional<Instant> ended_at;
};

}  // namespace entente::protocol
