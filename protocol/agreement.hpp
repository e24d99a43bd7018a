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

enum class AgreementState : std::uint8_t { draft, offered, in_force, suspended, superseded, terminated, expired };
std::string_view name(AgreementState state);
std::optional<AgreementState> parse_agreement_state(std::string_view text);

// Which pairs of parties it covers, and who must have accepted.
enum class AgreementKind : std::uint8_t {
    bilateral,    // every pair, once all have accepted
    one_to_many,  // each member with the hub, once these two have accepted
    consortium    // each member with each other, once these two have accepted
};
std::string_view name(AgreementKind kind);
std::optional<AgreementKind> parse_agreement_kind(std::string_view text);

// Data protection: what a party is to the data it receives, and what a transfer between countries rests on.
enum class PartyRole : std::uint8_t { controller, joint_controller, processor };
std::string_view name(PartyRole role);
std::optional<PartyRole> parse_party_role(std::string_view text);
enum class TransferBasis : std::uint8_t { none_needed, adequacy, standard_clauses, binding_rules, derogation };
std::string_view name(TransferBasis basis);
std::optional<TransferBasis> parse_transfer_basis(std::string_view text);

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
    std::string signed_digest{};  // SHA-256 of the signed text, where the signatory signed it; empty: recorded by an administrator
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
    AgreementKind kind = AgreementKind::bilateral;
    CompanyId hub;                 // of one_to_many
    std::vector<PartyRole> roles;  // of `parties`, in their order; missing: controller
    TransferBasis transfer_basis = TransferBasis::none_needed;
    std::string label_ceiling;  // the highest label that may cross: a TLP 2.0 label or an own class; empty: none set
    bool acknowledge = false;   // changes that widen take effect once every other party has acknowledged them
    AgreementId supersedes;     // ends when this one comes in force
    int emergency_hours = 0;    // how long an oral authorization in an emergency may stand unconfirmed; 0: never
    std::int64_t version = 1;   // of this record
};

}  // namespace entente::protocol
