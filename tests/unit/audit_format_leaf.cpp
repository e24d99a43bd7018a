#include "server/audit/format/leaf.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/audit/format/section.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::audit {
namespace {

using tests::blob_of;
using tests::hash_of;
using tests::log_vectors;

Hash filled(std::uint8_t byte) {
    Hash hash;
    hash.fill(byte);
    return hash;
}

Entry entry_with(Extension extension) {
    Entry entry{.time = {1'767'225'600'000'000}, .sections = {{1, filled(2), filled(3)}}, .extension = std::move(extension)};
    entry.event.fill(9);
    return entry;
}

std::vector<Entry> one_of_each_kind() {
    return {entry_with(Event{}),
            entry_with(Erasure{ErasureScope::case_scope, {filled(1), filled(2)}, 7, filled(3)}),
            entry_with(KeyChange{KeyPurpose::kek_generation, KeyAction::retire, "kek-0002"}),
            entry_with(LogStart{}),
            entry_with(LogStart{LogStart::Previous{"gw.example.com/audit/2026a", 99, filled(4)}}),
            entry_with(Heartbeat{42}),
            entry_with(Reseal{5, filled(6)}),
            entry_with(Gap{{1, 2, 3}, 5, {{1, 1}, {7, 9}}}),
            entry_with(Freeze{"key compromised"}),
            entry_with(ReadBatch{12, filled(7)})};
}

TEST(Leaf, EntriesOfTheVectorsReadAndWriteByteForByte) {
    const auto& entries = log_vectors().at("entries").as_array();
    const std::vector<Kind> kinds{Kind::log_start, Kind::event, Kind::heartbeat, Kind::erasure};
    ASSERT_EQ(entries.size(), kinds.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Blob bytes = blob_of(entries[i]);
        const auto entry = decode_entry(bytes);
        ASSERT_TRUE(entry) << i << ": " << entry.error().message;
        EXPECT_EQ(entry->kind(), kinds[i]);
        EXPECT_EQ(encode_entry(*entry), bytes) << i;
    }
}

TEST(Leaf, EventOfTheVectorsIsBuiltFromItsSections) {
    Entry entry{.time = {1'767'225'600'000'000}, .event = tests::array_of<16>(blob_of(log_vectors().at("event_id")))};
    for (const auto& value : log_vectors().at("sections").as_array()) {
        const auto& section = value.as_object();
        entry.sections.push_back({static_cast<std::uint8_t>(section.at("tag").as_int64()), hash_of(section.at("commitment")),
                                  hash_of(section.at("sealed_hash"))});
    }
    EXPECT_EQ(encode_entry(entry), blob_of(log_vectors().at("entries").as_array().at(1)));
    EXPECT_EQ(encode_entry(entry).size(), 229U);
}

TEST(Leaf, ErasureOfTheVectorsNamesTheDestroyedKey) {
    const auto& erasure = log_vectors().at("erasure").as_object();
    const auto key_id = tests::array_of<16>(blob_of(log_vectors().at("sections").as_array().at(1).as_object().at("dek_id")));
    EXPECT_EQ(destroyed_key_hash(key_id), hash_of(erasure.at("dek_id_hash")));
    const Blob list = erased_list({{1, 2}});
    EXPECT_EQ(list, blob_of(erasure.at("list")));
    EXPECT_EQ(erased_list_digest(list), hash_of(erasure.at("list_digest")));
    const auto entry = decode_entry(blob_of(log_vectors().at("entries").as_array().at(3)));
    ASSERT_TRUE(entry);
    const Erasure expected{ErasureScope::customer, {hash_of(erasure.at("dek_id_hash"))}, 1, hash_of(erasure.at("list_digest"))};
    EXPECT_EQ(std::get<Erasure>(entry->extension), expected);
}

TEST(Leaf, EveryKindReadsBackAsWritten) {
    for (const Entry& entry : one_of_each_kind()) {
        const auto again = decode_entry(encode_entry(entry));
        ASSERT_TRUE(again) << static_cast<int>(entry.kind()) << ": " << again.error().message;
        EXPECT_EQ(*again, entry);
    }
}

TEST(Leaf, EveryCutAndEveryAppendedByteIsRefused) {
    for (const Entry& entry : one_of_each_kind()) {
        const Blob bytes = encode_entry(entry);
        for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_entry(Bytes(bytes).first(size)));
        Blob longer = bytes;
        longer.push_back(0);
        EXPECT_FALSE(decode_entry(longer));
    }
}

// Whatever still decodes after a change is spelled exactly as the encoder would spell it: no two byte strings mean the same entry.
TEST(Leaf, WhateverDecodesIsTheOnlySpelling) {
    for (const Entry& entry : one_of_each_kind()) {
        const Blob bytes = encode_entry(entry);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            Blob bent = bytes;
            bent[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            const auto decoded = decode_entry(bent);
            if (!decoded) continue;
            EXPECT_EQ(encode_entry(*decoded), bent) << "bit " << bit;
            EXPECT_NE(*decoded, entry);
        }
    }
}

struct Wrong {
    const char* what;
    std::size_t at;
    std::uint8_t byte;
};

TEST(Leaf, RefusesWhatTheLayoutForbids) {
    const Blob good = encode_entry(entry_with(Event{}));
    for (const Wrong& wrong :
         {Wrong{"magic", 3, '2'}, Wrong{"kind 0", 4, 0}, Wrong{"kind 10", 4, 10},
          Wrong{"an event with the extension of another kind", 4, 5}, Wrong{"nine sections", 5, 9}, Wrong{"no sections", 5, 0},
          Wrong{"reserved", 6, 1}, Wrong{"reserved", 7, 1}, Wrong{"time beyond 63 bits", 8, 0x80}, Wrong{"tag 0", 32, 0},
          Wrong{"reserved tag", 32, 6}, Wrong{"an event without a core section", 32, 2}}) {
        Blob bent = good;
        bent[wrong.at] = wrong.byte;
        const auto decoded = decode_entry(bent);
        ASSERT_FALSE(decoded) << wrong.what;
        EXPECT_EQ(decoded.error().code, "entry_malformed");
    }
}

TEST(Leaf, RefusesUnsortedAndRepeatedTags) {
    Entry entry = entry_with(Event{});
    entry.sections.push_back({3, {}, {}});
    const Blob good = encode_entry(entry);
    ASSERT_TRUE(decode_entry(good));
    for (const auto& [first, second] : {std::pair<std::uint8_t, std::uint8_t>{1, 1}, {3, 1}}) {
        Blob bent = good;
        bent[32] = first;
        bent[97] = second;
        EXPECT_FALSE(decode_entry(bent));
    }
}

TEST(Leaf, ForgedCountsAskForNoMemory) {
    EXPECT_FALSE(decode_extension(2, *protocol::from_hex("01ffffffff")));
    EXPECT_FALSE(decode_extension(7, *protocol::from_hex("000000000000000000000000000000000000000000000005ffffffff")));
    EXPECT_FALSE(decode_extension(9, *protocol::from_hex("00000000" + std::string(64, '0')))) << "an empty batch";
    EXPECT_FALSE(decode_extension(3, *protocol::from_hex("0501000161"))) << "unknown purpose";
    EXPECT_FALSE(decode_extension(3, *protocol::from_hex("01040001610a"))) << "unknown action";
    EXPECT_FALSE(decode_extension(8, *protocol::from_hex("610a"))) << "control character";
}

}  // namespace
}  // namespace entente::audit
