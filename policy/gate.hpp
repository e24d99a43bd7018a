#pragma once
// The three-key gate: may a case of `submitter` about this customer flow to `receiver` at this moment, and which data classes?
//
// Key 1: an agreement in force between both companies. Key 2: an authorization of exactly this customer that names the receiver.
// Key 3: only classes that both permit, and never secrets (policy/minimisation applies them value by value). Reads no clock and no
// store: the caller brings the facts of one moment, all of them in the company's scope; what does not concern the pair or the
// customer is ignored. Refusals are their own lines, the one permission is last.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/customer.hpp"
#include "policy/decision.hpp"
#include "protocol/agreement.hpp"
#include "protocol/authorization.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::policy {

// The form of recorded decisions and the rules behind them; moves when either changes its meaning.
inline constexpr std::string_view gate_version = "gate/1";

struct GateInput {
    protocol::CompanyId submitter;
    protocol::CompanyId receiver;
    protocol::Instant at;
    std::span<const protocol::Agreement> agreements;  // at least all that name both companies
    CustomerFinding customer;
    std::span<const protocol::Authorization>
        authorizations;                    // at least all of the submitter for this customer, and the referenced one
    protocol::AuthorizationId referenced;  // what the engineer wrote; unknown or foreign counts as absent
    std::string_view purpose = "support";  // a code: a-z 0-9 _ -, at most 64; anything else matches no agreement
    // What the case is about, as codes: 16 hex digits that the caller derives from each product's name, for agreements,
    // authorizations and the case in the same way. Names stay out of the record, equal names are equal codes. Nothing: not known
    // yet (before a case exists), then no agreement fails by its products.
    std::optional<std::span<const std::string>> products = std::nullopt;
    protocol::CaseId case_id = {};  // for authorizations of single cases
};

// Does the agreement cover this pair at all: both parties, and in one_to_many one of them the hub?
bool joins(const protocol::Agreement& agreement, protocol::CompanyId one, protocol::CompanyId other);

bool product_code(std::string_view text);  // has that form; what has not matches nothing

Decision decide_gate(const GateInput& input);

// Key 1 alone: is the way open between these companies? For the answer to a create before anything else is looked at. The verdict
// is allow (reason `agreement_in_force`, released = what the agreement permits) or refuse.
Decision decide_agreement(const GateInput& input);

// The complete inputs that count and the outcome as one canonical JSON object (audit and crypto reference, section 5): ids,
// versions, states, instants as decimal microseconds in text, class bits. No names, no titles, no signatories.
std::string decision_json(const GateInput& input, const Decision& decision);

// Recomputes the decision from the recorded inputs alone. The recorded outcome is not looked at. `malformed` when the text is not
// what decision_json writes.
protocol::Result<Decision> replay_decision(std::string_view json);

// Does the recorded outcome come out again, to the same bytes?
protocol::Result<bool> replays_exactly(std::string_view json);

}  // namespace entente::policy
