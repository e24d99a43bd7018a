#include "policy/claims.hpp"

namespace entente::policy {

using protocol::ErrorKind;
using protocol::fail;

namespace {
constexpr std::int64_t tolerance_s = 60;
constexpr std::int64_t longest_s = 90LL * 86'400;
}  // namespace

protocol::Result<void> judge_claims(const protocol::SignedAuthorization& claims, const ClaimsExpected& expected) {
    if (claims.issuer != expected.issuer)
        return fail(ErrorKind::forbidden, "claims_issuer", "iss is not the signer to whom the key belongs");
    if (claims.subject != expected.customer) return fail(ErrorKind::forbidden, "claims_subject", "sub is another customer");
    if (claims.audience != expected.audience)
        return fail(ErrorKind::forbidden, "claims_audience", "aud is not the address of this gateway");
    if (claims.issued_at > expected.now.plus_seconds(tolerance_s))
        return fail(ErrorKind::forbidden, "claims_not_yet", "iat lies in the future");
    if (claims.expires <= expected.now.plus_seconds(-tolerance_s) || claims.expires <= claims.not_before)
        return fail(ErrorKind::forbidden, "claims_expired", "exp has passed");
    if (claims.expires > claims.not_before.plus_seconds(longest_s) || claims.expires > claims.issued_at.plus_seconds(2 * longest_s))
        return fail(ErrorKind::forbidden, "claims_too_long", "an authorization may last 90 days at most");
    return {};
}

}  // namespace entente::policy
