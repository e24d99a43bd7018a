// Signed texts: the examples of RFC 7515, RFC 8037 and RFC 7638, and everything that must be refused.

#include "certs/jws.hpp"

#include <gtest/gtest.h>

#include <string>

#include "protocol/encoding.hpp"

namespace entente::certs {
namespace {

using protocol::as_bytes;
using protocol::base64url;
using protocol::decode_jwk;
using protocol::ErrorKind;
using protocol::parse_compact_jws;
using protocol::PublicKey;

// RFC 8037, appendix A.
constexpr std::string_view ed25519_jwk = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view ed25519_seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr std::string_view ed25519_jws =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
// RFC 7515, appendix A.3.
constexpr std::string_view es256_jwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view es256_jws =
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

PublicKey key_of(std::string_view jwk) {
    auto key = decode_jwk(jwk);
    EXPECT_TRUE(key) << jwk;
    return key ? *key : PublicKey{};
}

SigningKey signing_key() {
    return SigningKey(*protocol::from_base64url(ed25519_seed));
}

std::string code_of(const protocol::Result<std::string>& result) {
    return result ? "good" : result.error().code;
}

TEST(Jws, TheExampleOfRfc8037Verifies) {
    const auto jws = parse_compact_jws(ed25519_jws);
    ASSERT_TRUE(jws);
    EXPECT_EQ(jws->payload, "Example of Ed25519 signing");
    EXPECT_TRUE(signature_fits(*jws, key_of(ed25519_jwk)));
    EXPECT_FALSE(signature_fits(*jws, key_of(es256_jwk)));
}

TEST(Jws, TheExampleOfRfc7515Verifies) {
    const auto jws = parse_compact_jws(es256_jws);
    ASSERT_TRUE(jws);
    EXPECT_TRUE(jws->payload.starts_with("{\"iss\":\"joe\",\r\n"));
    EXPECT_TRUE(signature_fits(*jws, key_of(es256_jwk)));
    EXPECT_FALSE(signature_fits(*jws, key_of(ed25519_jwk)));
}

TEST(Jws, EveryFlippedBitOfTheSignatureCounts) {
    for (const auto& [text, jwk] : {std::pair(ed25519_jws, ed25519_jwk), std::pair(es256_jws, es256_jwk)}) {
        auto jws = *parse_compact_jws(text);
        for (std::size_t bit = 0; bit < 512; ++bit) {
            jws.signature[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            ASSERT_FALSE(signature_fits(jws, key_of(jwk))) << bit;
            jws.signature[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        }
        jws.signing_input += ' ';
        EXPECT_FALSE(signature_fits(jws, key_of(jwk)));
    }
}

TEST(Jws, ThumbprintOfRfc8037) {
    EXPECT_EQ(thumbprint(key_of(ed25519_jwk)), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Jws, WhatIsSignedHereVerifiesByKidAndType) {
    PublicKey key = key_of(ed25519_jwk);
    key.kid = "mine";
    const std::string text = sign_jws(signing_key(), "mine", "gw-authz+jwt", R"({"a":1})");
    EXPECT_EQ(code_of(verify_jws(text, "gw-authz+jwt", {{key}})), "good");
    EXPECT_EQ(*verify_jws(text, "gw-authz+jwt", {{key}}), R"({"a":1})");
    EXPECT_EQ(code_of(verify_jws(text, "other+jwt", {{key}})), "jws_type");
    EXPECT_EQ(code_of(verify_jws(text, "gw-authz+jwt", {})), "jws_key_unknown");
    PublicKey other = key;
    other.kid = "other";
    EXPECT_EQ(code_of(verify_jws(text, "gw-authz+jwt", {{other}})), "jws_key_unknown");
    PublicKey wrong = key_of(es256_jwk);
    wrong.kid = "mine";
    EXPECT_EQ(code_of(verify_jws(text, "gw-authz+jwt", {{wrong}})), "jws_signature");
    // No kid: nothing is pinned for it, even where a key without a name is.
    EXPECT_EQ(code_of(verify_jws(sign_jws(signing_key(), "", "gw-authz+jwt", "{}"), "gw-authz+jwt", {{key_of(ed25519_jwk)}})),
              "jws_key_unknown");
}

std::string with_header(std::string_view header) {
    const std::string input = base64url(as_bytes(header)) + "." + base64url(as_bytes("{}"));
    return input + "." + base64url(signing_key().sign(as_bytes(input)));
}

TEST(Jws, AHeaderHoldsThreeMembersAndNoOther) {
    PublicKey key = key_of(ed25519_jwk);
    key.kid = "k";
    EXPECT_EQ(code_of(verify_jws(with_header(R"({"alg":"EdDSA","typ":"t","kid":"k"})"), "t", {{key}})), "good");
    for (
        const std::string_view header : {
            R"({"alg":"none","typ":"t","kid":"k"})",
            R"({"alg":"None","typ":"t","kid":"k"})",
            R"({"alg":"HS256","typ":"t","kid":"k"})",
            R"({"alg":"RS256","typ":"t","kid":"k"})",
            R"({"alg":"eddsa","typ":"t","kid":"k"})",
            R"({"typ":"t","kid":"k"})",
            R"({"alg":"EdDSA","alg":"none","typ":"t","kid":"k"})",
            R"({"alg":["EdDSA"],"typ":"t","kid":"k"})",
            R"({"alg":"EdDSA","typ":"t","kid":1})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","jku":"https://evil.example/keys"})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","x5u":"https://evil.example/cert"})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","x5c":["MIIB"]})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","crit":["exp"],"exp":1})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","b64":false})",
            R"({"alg":"EdDSA","typ":"t","kid":"k","crit":null})",
            R"(["alg"])",
            R"(no json)",
        }) {
        EXPECT_EQ(code_of(verify_jws(with_header(header), "t", {{key}})), "jws_header") << header;
    }
}

TEST(Jws, TheFormIsStrict) {
    const std::string good = with_header(R"({"alg":"EdDSA","typ":"t","kid":"k"})");
    PublicKey key = key_of(ed25519_jwk);
    key.kid = "k";
    const std::size_t first = good.find('.'), second = good.find('.', first + 1);
    for (const std::string& text : {
             std::string(),
             good.substr(0, second),
             good + ".",
             good + "=",
             good + "A",
             " " + good,
             good.substr(0, first) + "=" + good.substr(first),
             good.substr(0, second + 1),
             good.substr(0, second + 1) + "AAAA",
             good + std::string(protocol::jws_bytes_max, 'A'),
         }) {
        EXPECT_EQ(code_of(verify_jws(text, "t", {{key}})), "jws_form");
    }
}

TEST(Jws, OnlyPublicKeysOfTheTwoCurvesAreTaken) {
    EXPECT_EQ(decode_jwk(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"x"})").error().code,
              "jwk_private");
    for (
        const std::string_view jwk : {
            R"({"kty":"oct","k":"AAAA"})",
            R"({"kty":"RSA","n":"AAAA","e":"AQAB"})",
            R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
            R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})",
            R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})",
            R"({"kty":"EC","crv":"P-384","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
            R"("text")",
        }) {
        EXPECT_FALSE(decode_jwk(jwk)) << jwk;
    }
    EXPECT_TRUE(usable_key(key_of(ed25519_jwk)));
    EXPECT_TRUE(usable_key(key_of(es256_jwk)));
    PublicKey off_curve = key_of(es256_jwk);
    off_curve.bytes[64] ^= 1;
    EXPECT_FALSE(usable_key(off_curve));
    PublicKey small_order = key_of(ed25519_jwk);
    small_order.bytes.assign(32, 0);
    EXPECT_FALSE(usable_key(small_order));
    // A key survives its own spelling.
    for (const std::string_view jwk : {ed25519_jwk, es256_jwk}) {
        PublicKey key = key_of(jwk);
        key.kid = "name";
        EXPECT_EQ(key_of(protocol::encode_jwk(key)), key);
    }
}

}  // namespace
}  // namespace entente::certs
