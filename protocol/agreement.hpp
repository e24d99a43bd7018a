#pragma once
// A legal agreement between companies: the first key. Its text is named by digest, so that every past exchange resolves to the
// exact words that were in force.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/classes.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"

namespace entente::protocol {

enum class AgreementState : std::uint8_t { draft, offered, in_force, suspended, superseded, terminated };
std::string_view name(AgreementState state);
std::optional<AgreementState> parse_agreement_state(std::string_view text);

// How surely the customer's authorization must have been obtained; higher is stronger.
enum class Assurance : std::uint8_t {
    attested,   // the engineer who asked says so
    recorded,   // a second person of the company recorded it with evidence: still the company's word, given twice
    covered,    // a clause of the customer's contract covers it; the clause and the contract's digest are recorded
    confirmed,  // the customer answered through a link
    signed_     // the customer signed with a key that was pinned before
};
std::string_view name(Assurance assurance);
std::optional<Assurance> parse_assurance(std::string_view text);

// One company's acceptance of exactly this document version.
struct Acceptance {
    CompanyId company;
    std::string signatory;  // personal data: sealed at rest
    Instant at;
};

struct Agreement {
    AgreementId id;
    std::string title;
    std::string document_version;
    std::string document_digest;     // lower-case hex SHA-256 of the document's bytes
    std::vector<CompanyId> parties;  // two or more; covers every pair
    std::vector<Acceptance> acceptances;
    Instant valid_from;
    std::optional<Instant> valid_until;  // exclusive
    AgreementState state = AgreementState::draft;
    DataClasses permitted;
    std::string purpose;  // for example support
    Assurance required_assurance = Assurance::recorded;
    std::vector<std::string> products;  // none: any. Names; for the gate the codes of policy/gate.hpp
    int emergency_hours = 0;            // how long an oral authorization in an emergency may stand unconfirmed; 0: never
    std::int64_t version = 1;           // of this record
};

}  // namespace entente::protocol
