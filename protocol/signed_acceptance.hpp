#pragma once
// The claims of a signatory's acceptance of an agreement (audit and crypto reference, section 22; type gw-agreement+jwt): exactly
// this document and version, for this party, by this person, at this time. Read strictly, like protocol/signed_authorization.

#include <string>
#include <string_view>

#include "protocol/instant.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

inline constexpr std::string_view signed_acceptance_type = "gw-agreement+jwt";

struct SignedAcceptance {
    std::string audience;          // aud: the public address of this gateway
    std::int64_t agreement = 0;    // its id
    std::string document_digest;   // document_sha256
    std::string document_version;  // document_version
    std::string party;             // registered domain of the company
    std::string signer;            // name of the signatory
    Instant signed_at;             // iat
};

Result<SignedAcceptance> decode_signed_acceptance(std::string_view json);

}  // namespace entente::protocol
