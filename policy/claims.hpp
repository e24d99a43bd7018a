#pragma once
// Do the claims of a signed authorization suffice? Its signature was proven before (certs/jws); here its words are judged.

#include <string_view>

#include "protocol/instant.hpp"
#include "protocol/result.hpp"
#include "protocol/signed_authorization.hpp"

namespace entente::policy {

struct ClaimsExpected {
    std::string_view issuer;    // whose key it was
    std::string_view customer;  // sub
    std::string_view audience;  // this gateway's public address
    protocol::Instant now;
};

// Clocks may differ by a minute. It may last 90 days at most, must not be over, must not be issued in the future, and must be fresh
// enough that its end was its writer's choice: exp after nbf. Errors: forbidden with claims_issuer, claims_subject,
// claims_audience, claims_not_yet, claims_expired, claims_too_long.
protocol::Result<void> judge_claims(const protocol::SignedAuthorization& claims, const ClaimsExpected& expected);

}  // namespace entente::policy
