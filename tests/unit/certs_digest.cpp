#include "certs/digest.hpp"

#include <gtest/gtest.h>

#include <string>

#include "certs/keys.hpp"
#include "certs/sign.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::certs {
namespace {

using protocol::as_bytes;
using protocol::hex;
using tests::blob_of;
using tests::log_vectors;
using tests::text_of;

TEST(Digest, Sha256OfFips180Examples) {
    EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, PiecesHashLikeTheWhole) {
    const std::string text(1'000, 'x');
    const Bytes whole = as_bytes(text);
    Sha256 hasher;
    for (std::size_t at = 0; at < whole.size(); at += 7)
        hasher.update(whole.subspan(at, std::min<std::size_t>(7, whole.size() - at)));
    EXPECT_EQ(hasher.finish(), sha256(whole));
    hasher.update(as_bytes("abc"));  // the next message begins afresh
    EXPECT_EQ(hasher.finish(), sha256(as_bytes("abc")));
    EXPECT_EQ(sha256_of({whole.first(10), {}, whole.subspan(10)}), sha256(whole));
}

// RFC 4231, cases 1, 2 and 6.
TEST(Digest, HmacOfRfc4231) {
    EXPECT_EQ(hex(hmac_sha256(Blob(20, 0x0b), as_bytes("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(Blob(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, HmacWithAnEmptyKeyDoesNotUseTheKeyOfBefore) {
    const Hash before = hmac_sha256(as_bytes("a key"), as_bytes("message"));
    const Hash empty = hmac_sha256({}, as_bytes("message"));
    EXPECT_NE(before, empty);
    EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, HkdfOfTheVectors) {
    const auto& vector = log_vectors().at("hkdf_db").as_object();
    EXPECT_EQ(hkdf_sha256(blob_of(vector.at("ikm")), blob_of(vector.at("info")), 32), blob_of(vector.at("okm")));
    // The database key is that derivation.
    const DerivedKeys keys(blob_of(vector.at("ikm")));
    EXPECT_EQ(hex(keys.database()), text_of(vector.at("okm")));
    EXPECT_NE(hex(keys.index()), hex(keys.token()));
    EXPECT_NE(hex(keys.pending()), hex(keys.database()));
}

// RFC 5869, case 3: empty salt and info.
TEST(Digest, HkdfOfRfc5869) {
    EXPECT_EQ(hex(hkdf_sha256(Blob(22, 0x0b), {}, 42)),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Digest, ComparesWholeContents) {
    EXPECT_TRUE(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
    EXPECT_TRUE(equal_constant_time({}, {}));
    EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
}

TEST(Digest, BlindIndexSeparatesFieldsAndKeys) {
    const Blob key(32, 1);
    EXPECT_EQ(blind_index(key, "mail", "a@b.example"), blind_index(key, "mail", "a@b.example"));
    EXPECT_NE(blind_index(key, "mail", "a@b.example"), blind_index(key, "name", "a@b.example"));
    EXPECT_NE(blind_index(key, "mail", "a@b.example"), blind_index(Blob(32, 2), "mail", "a@b.example"));
    const std::string message("gw-audit/v1/index/mail\0a@b.example", 34);
    EXPECT_EQ(blind_index(key, "mail", "a@b.example"), hmac_sha256(key, as_bytes(message)));
}

// RFC 8032 section 7.1, tests 1 and 2.
TEST(Sign, Ed25519OfRfc8032) {
    const SigningKey first(*protocol::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT_EQ(hex(first.public_key()), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    EXPECT_EQ(hex(first.sign({})),
              "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246551"
              "41438e7a100b");
    const SigningKey second(*protocol::from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    EXPECT_EQ(hex(second.sign(Blob{0x72})),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d"
              "291612bb0c00");
}

TEST(Sign, RefusesEveryFlippedBitAndWrongSizes) {
    const SigningKey key(Blob(32, 7));
    const Blob message{1, 2, 3, 4};
    const Signature signature = key.sign(message);
    EXPECT_TRUE(verify_ed25519(key.public_key(), message, signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        Signature bent = signature;
        bent.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(verify_ed25519(key.public_key(), message, bent)) << bit;
    }
    EXPECT_FALSE(verify_ed25519(key.public_key(), Blob{1, 2, 3}, signature));
    EXPECT_FALSE(verify_ed25519(Blob(32, 0), message, signature));
    EXPECT_FALSE(verify_ed25519(Blob(31, 0), message, signature));
    EXPECT_FALSE(verify_ed25519(key.public_key(), message, Bytes(signature).first(63)));
}

}  // namespace
}  // namespace entente::certs
