#pragma once
// JSON Web Signatures and keys (RFC 7515, 7517, 7518, 8037) as plain values: the compact form taken apart, the protected header and
// public keys read strictly. Nothing here proves anything; certs/jws checks signatures.
//
// Strict on purpose: a header holds `alg`, `typ` and `kid` and nothing else, so that no member can bring a key of its own (jku,
// jwk, x5u, x5c) or change what the rest means (crit, b64). `alg` is one of two algorithms; `none` and everything symmetric is
// unknown.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

enum class JwsAlgorithm : std::uint8_t {
    eddsa,  // Ed25519
    es256   // ECDSA with P-256 and SHA-256
};
std::string_view name(JwsAlgorithm algorithm);  // EdDSA, ES256
std::optional<JwsAlgorithm> parse_jws_algorithm(std::string_view text);

struct JwsHeader {
    JwsAlgorithm algorithm = JwsAlgorithm::eddsa;
    std::string typ;  // empty when absent
    std::string kid;  // likewise
};

// Malformed (code jws_header) for anything but the three members as texts.
Result<JwsHeader> decode_jws_header(std::string_view json);

inline constexpr std::size_t jws_bytes_max = 8'192;

struct CompactJws {
    JwsHeader header;
    std::string payload;        // decoded, not trusted
    Blob signature;             // 64 bytes
    std::string signing_input;  // what the signature covers
};
// Three parts in strict base64url without padding, at most jws_bytes_max. Malformed: jws_form, jws_header.
Result<CompactJws> parse_compact_jws(std::string_view text);

// A public key somebody pinned: Ed25519 (32 bytes) or a point of P-256 (65 bytes, uncompressed).
struct PublicKey {
    JwsAlgorithm algorithm = JwsAlgorithm::eddsa;
    Blob bytes;
    std::string kid;  // as given, or empty
    bool operator==(const PublicKey&) const = default;
};
// A JWK of kty OKP/Ed25519 or EC/P-256. One that holds a private part is refused with a sentence that says so (jwk_private).
Result<PublicKey> decode_jwk(std::string_view json);
// The members that count for a thumbprint (RFC 7638), in its order and without blanks.
std::string thumbprint_input(const PublicKey& key);
std::string encode_jwk(const PublicKey& key);

}  // namespace entente::protocol
