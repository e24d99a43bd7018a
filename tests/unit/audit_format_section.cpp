#include "server/audit/format/section.hpp"

#include <gtest/gtest.h>

#include <string>

#include "certs/digest.hpp"
#include "certs/seal.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::audit {
namespace {

using protocol::hex;
using tests::array_of;
using tests::blob_of;
using tests::hash_of;
using tests::log_vectors;
using tests::text_of;

TEST(Section, EverySectionOfTheVectorsByteForByte) {
    const Hash log = log_id(text_of(log_vectors().at("origin")));
    EXPECT_EQ(log, hash_of(log_vectors().at("log_id")));
    const auto event = array_of<16>(blob_of(log_vectors().at("event_id")));
    for (const auto& value : log_vectors().at("sections").as_array()) {
        const auto& vector = value.as_object();
        const auto tag = static_cast<std::uint8_t>(vector.at("tag").as_int64());
        const std::string text = text_of(vector.at("canonical"));
        const Salt salt = hash_of(vector.at("salt"));
        EXPECT_EQ(section_commitment(tag, salt, text), hash_of(vector.at("commitment")));

        const auto key_id = array_of<16>(blob_of(vector.at("dek_id")));
        const Blob domain = section_domain(log, event, tag);
        EXPECT_EQ(hex(domain) + "0101" + hex(key_id), text_of(vector.at("aad")));
        const Blob padded = pad_section(salt, text);
        const Blob envelope = certs::seal_envelope(key_id, blob_of(vector.at("dek")), domain, padded, blob_of(vector.at("nonce")));
        EXPECT_EQ(hex(envelope), text_of(vector.at("envelope")));
        EXPECT_EQ(certs::sha256(envelope), hash_of(vector.at("sealed_hash")));

        const auto opened = certs::open_envelope(blob_of(vector.at("dek")), domain, blob_of(vector.at("envelope")));
        ASSERT_TRUE(opened);
        const auto section = unpad_section(*opened);
        ASSERT_TRUE(section);
        EXPECT_EQ(section->text, text);
        EXPECT_EQ(section->salt, salt);
    }
}

TEST(Section, AnEnvelopeOpensOnlyInItsPlace) {
    const auto& vector = log_vectors().at("sections").as_array().at(1).as_object();
    const Blob key = blob_of(vector.at("dek"));
    const Blob envelope = blob_of(vector.at("envelope"));
    const Hash log = hash_of(log_vectors().at("log_id"));
    const auto event = array_of<16>(blob_of(log_vectors().at("event_id")));
    EXPECT_TRUE(certs::open_envelope(key, section_domain(log, event, 2), envelope));
    EXPECT_FALSE(certs::open_envelope(key, section_domain(log, event, 3), envelope)) << "another section";
    auto other_event = event;
    other_event[15] ^= 1U;
    EXPECT_FALSE(certs::open_envelope(key, section_domain(log, other_event, 2), envelope)) << "another event";
    EXPECT_FALSE(certs::open_envelope(key, section_domain(log_id("gw.example.com/audit/test2"), event, 2), envelope))
        << "another log";
}

TEST(Section, CommitmentBindsTagSaltAndText) {
    const Salt salt{1};
    const Hash commitment = section_commitment(1, salt, "text");
    EXPECT_NE(commitment, section_commitment(2, salt, "text"));
    EXPECT_NE(commitment, section_commitment(1, Salt{2}, "text"));
    EXPECT_NE(commitment, section_commitment(1, salt, "text "));
}

TEST(Section, PaddingHidesTheLengthAndComesOffExactly) {
    const Salt salt{7};
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string text(size, 'm');
        const Blob padded = pad_section(salt, text);
        EXPECT_EQ(padded.size() % 64, 0U);
        EXPECT_LT(padded.size() - 36 - size, 64U);
        const auto opened = unpad_section(padded);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->text, text);
    }
}

TEST(Section, RefusesPaddingThatNobodyWrites) {
    const Blob good = pad_section(Salt{7}, "text");
    Blob bent = good;
    bent.back() = 1;
    EXPECT_FALSE(unpad_section(bent)) << "not zeros";
    bent = good;
    bent.resize(128);
    EXPECT_FALSE(unpad_section(bent)) << "a block too many";
    bent = good;
    bent[32] = 0xff;
    EXPECT_FALSE(unpad_section(bent)) << "a length beyond the end";
    EXPECT_FALSE(unpad_section(Bytes(good).first(63)));
    EXPECT_FALSE(unpad_section({}));
}

TEST(Section, PendingMacOfTheVectors) {
    const auto& vector = log_vectors().at("pending_mac").as_object();
    const auto node = array_of<16>(blob_of(vector.at("node_id")));
    const Hash mac =
        pending_mac(blob_of(vector.at("key")), node, static_cast<std::uint64_t>(vector.at("incarnation").as_int64()),
                    static_cast<std::uint64_t>(vector.at("seq").as_int64()), blob_of(log_vectors().at("entries").as_array().at(1)));
    EXPECT_EQ(mac, hash_of(vector.at("mac")));
}

TEST(Section, ErasedListsAreSortedAndReadBack) {
    const std::vector<ErasedSection> sections{{1, 2}, {1, 4}, {300, 2}};
    EXPECT_EQ(parse_erased_list(erased_list(sections)), sections);
    Blob bent = erased_list(sections);
    bent[8] = 4;
    EXPECT_FALSE(parse_erased_list(bent)) << "repeated";
    bent.pop_back();
    EXPECT_FALSE(parse_erased_list(bent)) << "cut";
}

TEST(Section, OriginsAreOnePlainLine) {
    EXPECT_TRUE(valid_origin("gw.example.com/audit/2026a"));
    for (const char* origin : {"", "https://gw.example.com/audit", "gw example", "gw+audit", "gw\n", "g\xc3\xa4"})
        EXPECT_FALSE(valid_origin(origin)) << origin;
    EXPECT_FALSE(valid_origin(std::string(256, 'a')));
}

}  // namespace
}  // namespace entente::audit
