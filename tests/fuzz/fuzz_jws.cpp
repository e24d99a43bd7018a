// Signed texts and keys as strangers send them: refused or read, never believed without a pinned key.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "certs/jws.hpp"
#include "protocol/signed_acceptance.hpp"
#include "protocol/signed_authorization.hpp"

using namespace entente;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    ENTENTE_ASSERT(!certs::verify_jws(text, "gw-authz+jwt", {}));
    if (const auto jws = protocol::parse_compact_jws(text)) {
        ENTENTE_ASSERT(jws->signature.size() == 64 && text.size() <= protocol::jws_bytes_max);
        // One key of each kind: whatever the text says, checking it must end in an answer.
        static const auto ed25519 =
            protocol::decode_jwk(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
        static const auto es256 = protocol::decode_jwk(
            R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
        static_cast<void>(certs::signature_fits(*jws, *ed25519));
        static_cast<void>(certs::signature_fits(*jws, *es256));
        static_cast<void>(protocol::decode_signed_authorization(jws->payload));
    }
    if (const auto key = protocol::decode_jwk(text)) {
        if (certs::usable_key(*key)) ENTENTE_ASSERT(protocol::decode_jwk(protocol::encode_jwk(*key))->bytes == key->bytes);
    }
    static_cast<void>(protocol::decode_signed_authorization(text));
    static_cast<void>(protocol::decode_signed_acceptance(text));
    return 0;
}
