#pragma once
// A customer's authorization of a collaboration: the second key. Shaped after ISO/IEC TS 27560: who, to whom, what for, which kinds
// of data, from when until when, how it was obtained, and the evidence's digest.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/agreement.hpp"
#include "protocol/classes.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"

namespace entente::protocol {

enum class AuthorizationState : std::uint8_t { requested, granted, refused, withdrawn };
std::string_view name(AuthorizationState state);
std::optional<AuthorizationState> parse_authorization_state(std::string_view text);

struct Authorization {
    AuthorizationId id;
    CompanyId company;  // controller: the company whose customer it is
    CustomerId customer;
    std::vector<CompanyId> partners;  // who may receive
    std::string purpose;
    DataClasses classes;
    std::vector<std::string> products;       // none: any. Sealed at rest
    std::vector<std::string> product_codes;  // the same for the gate (policy/gate.hpp)
    std::vector<CaseId> cases;               // none: any
    std::string conditions;                  // in the words of who asked; sealed at rest
    Instant not_before;
    Instant until;  // exclusive
    // Given by word of mouth in an emergency (semantics 4): `until` is when it ends unless the customer confirms it, and
    // `asked_until` is the end that a confirmation gives it.
    bool emergency = false;
    Instant asked_until;
    AuthorizationState state = AuthorizationState::requested;
    Assurance assurance = Assurance::attested;
    UserId requested_by;
    UserId decided_by;
    std::string obtained_how;     // personal data possible: sealed at rest
    std::string evidence_digest;  // lower-case hex SHA-256, or empty
    Instant created_at;
    Instant decided_at;
    std::int64_t version = 1;
};

}  // namespace entente::protocol
