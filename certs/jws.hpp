#pragma once
// Compact JSON Web Signatures by EdDSA (Ed25519) and ES256 (audit and crypto reference, section 22): customers sign authorizations,
// signatories accept agreements, the gateway signs receipts. Keys are pinned by the caller; a header can name one, never bring one.

#include <span>
#include <string>
#include <string_view>

#include "certs/sign.hpp"
#include "protocol/jose.hpp"
#include "protocol/result.hpp"

namespace entente::certs {

// Does the signature over the parsed text fit this key? False also for a key of another algorithm or that is no point of its curve.
bool signature_fits(const protocol::CompactJws& jws, const protocol::PublicKey& key);

// The payload of a text of exactly this `typ`, signed by the key that its `kid` names among the pinned ones. Errors: malformed
// (jws_form, jws_header), forbidden (jws_type, jws_key_unknown, jws_signature).
protocol::Result<std::string> verify_jws(std::string_view compact, std::string_view typ,
                                         std::span<const protocol::PublicKey> pinned);

std::string sign_jws(const SigningKey& key, std::string_view kid, std::string_view typ, std::string_view payload);

// Can signatures be checked with it: a point of the curve, of no small order? For keys that somebody registers.
bool usable_key(const protocol::PublicKey& key);

// RFC 7638: base64url of SHA-256, the name that a key has when nobody gave it one.
std::string thumbprint(const protocol::PublicKey& key);

}  // namespace entente::certs
