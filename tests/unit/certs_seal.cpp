#include "certs/seal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "certs/random.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::certs {
namespace {

using protocol::as_bytes;
using protocol::hex;
using tests::array_of;
using tests::audit_vectors;
using tests::blob_of;
using tests::log_vectors;
using tests::text_of;

TEST(Seal, XaesOfTheSpecification) {
    for (const auto& entry : audit_vectors().at("xaes_256_gcm").as_array()) {
        const auto& vector = entry.as_object();
        const Blob key = blob_of(vector.at("key"));
        const std::string nonce = text_of(vector.at("nonce_ascii"));
        const std::string associated = text_of(vector.at("aad_ascii"));
        const std::string plain = text_of(vector.at("plaintext_ascii"));
        const Blob sealed = xaes_seal(key, as_bytes(nonce), as_bytes(associated), as_bytes(plain));
        EXPECT_EQ(hex(sealed), text_of(vector.at("out")));
        const auto opened = xaes_open(key, as_bytes(nonce), as_bytes(associated), sealed);
        ASSERT_TRUE(opened);
        EXPECT_EQ(protocol::as_text(*opened), plain);
    }
}

// The accumulated test of the specification's reference implementation needs SHAKE; this is our own over every length that could
// cross a block boundary.
TEST(Seal, OpensWhatItSealedAtEveryLength) {
    const auto key = random_array<key_size>();
    for (std::size_t size = 0; size < 200; ++size) {
        Blob plain(size);
        random_bytes(plain);
        const auto nonce = random_array<nonce_size>();
        const Blob associated(size % 40, 0x11);
        const Blob sealed = xaes_seal(key, nonce, associated, plain);
        EXPECT_EQ(sealed.size(), size + seal_tag_size);
        EXPECT_EQ(xaes_open(key, nonce, associated, sealed), plain) << size;
    }
}

class Sealed : public testing::Test {
  protected:
    const std::array<std::uint8_t, key_size> key = random_array<key_size>();
    const KeyId id = random_array<16>();
    const Blob domain = {'a', 0, 1, 2, 3};
    const Blob plain = Blob(100, 0x5a);
    const Blob envelope = seal_envelope(id, key, domain, plain);
};

TEST_F(Sealed, EnvelopeNamesItsKeyAndOpens) {
    EXPECT_EQ(envelope.size(), plain.size() + envelope_overhead);
    EXPECT_EQ(envelope_key(envelope), id);
    EXPECT_EQ(open_envelope(key, domain, envelope), plain);
    EXPECT_NE(seal_envelope(id, key, domain, plain), envelope) << "nonces must differ";
}

TEST_F(Sealed, EveryFlippedBitIsNoticed) {
    for (std::size_t bit = 0; bit < envelope.size() * 8; ++bit) {
        Blob bent = envelope;
        bent[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(open_envelope(key, domain, bent)) << "bit " << bit;
    }
}

TEST_F(Sealed, EveryOtherPlaceOrKeyIsNoticed) {
    for (std::size_t bit = 0; bit < domain.size() * 8; ++bit) {
        Blob elsewhere = domain;
        elsewhere[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(open_envelope(key, elsewhere, envelope)) << "bit " << bit;
    }
    EXPECT_FALSE(open_envelope(key, Bytes(domain).first(4), envelope));
    EXPECT_FALSE(open_envelope(random_array<key_size>(), domain, envelope));
}

TEST_F(Sealed, EveryCutIsNoticed) {
    for (std::size_t size = 0; size < envelope.size(); ++size) {
        EXPECT_FALSE(open_envelope(key, domain, Bytes(envelope).first(size))) << size;
    }
    Blob longer = envelope;
    longer.push_back(0);
    EXPECT_FALSE(open_envelope(key, domain, longer));
    EXPECT_FALSE(envelope_key({}));
    EXPECT_FALSE(xaes_open(key, random_array<nonce_size>(), {}, Blob(15)));
}

TEST(Wrap, KeyOfTheVectorsByteForByte) {
    const auto& vector = log_vectors().at("dek_wrap").as_object();
    const auto& section = log_vectors().at("sections").as_array().at(1).as_object();
    const auto kek = blob_of(vector.at("kek"));
    const auto kek_id = array_of<16>(blob_of(vector.at("kek_id")));
    const auto key_id = array_of<16>(blob_of(section.at("dek_id")));
    const auto owner = tests::hash_of(vector.at("owner_hash"));
    const auto generation = static_cast<std::uint32_t>(vector.at("generation").as_int64());
    const Blob wrapped = wrap_key(kek, kek_id, generation, key_id, owner, blob_of(section.at("dek")), blob_of(vector.at("nonce")));
    EXPECT_EQ(hex(wrapped), text_of(vector.at("wrapped")));
    EXPECT_EQ(wrapped.size(), wrapped_key_size);
    EXPECT_EQ(wrapping_of(wrapped)->generation, 7U);
    EXPECT_EQ(wrapping_of(wrapped)->wrapping_id, kek_id);
    const auto key = unwrap_key(kek, key_id, owner, wrapped);
    ASSERT_TRUE(key);
    EXPECT_EQ(hex(key->bytes()), text_of(section.at("dek")));
}

TEST(Wrap, AnotherKeyIdOwnerOrBitIsNoticed) {
    const auto kek = random_array<key_size>();
    const auto key_id = random_array<16>();
    const Hash owner = random_array<32>();
    const Blob wrapped = wrap_key(kek, random_array<16>(), 3, key_id, owner, random_array<key_size>(), random_array<nonce_size>());
    EXPECT_TRUE(unwrap_key(kek, key_id, owner, wrapped));
    EXPECT_FALSE(unwrap_key(kek, random_array<16>(), owner, wrapped));
    EXPECT_FALSE(unwrap_key(kek, key_id, random_array<32>(), wrapped));
    EXPECT_FALSE(unwrap_key(random_array<key_size>(), key_id, owner, wrapped));
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        Blob bent = wrapped;
        bent[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(unwrap_key(kek, key_id, owner, bent)) << "bit " << bit;
    }
    EXPECT_FALSE(unwrap_key(kek, key_id, owner, Bytes(wrapped).first(93)));
}

}  // namespace
}  // namespace entente::certs
