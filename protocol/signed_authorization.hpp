#pragma once
// The claims of an authorization that a customer signed (audit and crypto reference, section 22; type gw-authz+jwt). Read strictly:
// a claim that is missing, of another type or unknown makes the whole text malformed. Whether they may be believed is for
// certs/jws, whether they suffice for policy/claims.

#include <string>
#include <string_view>
#include <vector>

#include "protocol/classes.hpp"
#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

inline constexpr std::string_view signed_authorization_type = "gw-authz+jwt";

struct SignedAuthorization {
    std::string issuer;                 // iss: whose pinned keys count
    std::string subject;                // sub: the customer's id at the company that asked, in decimal digits
    std::string audience;               // aud: the public address of this gateway
    std::string id;                     // jti: counts once
    Instant issued_at;                  // iat
    Instant not_before;                 // nbf
    Instant expires;                    // exp
    std::vector<std::string> partners;  // registered domains of the companies that may receive
    std::vector<std::string> products;  // none: any
    std::vector<std::string> cases;     // tokens; none: any
    DataClasses scope;                  // words of protocol/classes separated by blanks
    std::string purpose;                // a code
};

Result<SignedAuthorization> decode_signed_authorization(std::string_view json);

}  // namespace entente::protocol
