#include "server/audit/format/merkle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "certs/digest.hpp"
#include "server/audit/format/tiles.hpp"
#include "tests/vectors/vectors.hpp"

namespace entente::audit {
namespace {

using protocol::as_bytes;
using protocol::hex;
using tests::audit_vectors;
using tests::blob_of;
using tests::hash_of;
using tests::log_vectors;
using tests::text_of;

std::vector<Hash> reference_leaves() {
    std::vector<Hash> leaves;
    for (const auto& leaf : audit_vectors().at("rfc6962").at("leaves_hex").as_array()) leaves.push_back(leaf_hash(blob_of(leaf)));
    return leaves;
}

std::vector<Hash> numbered_leaves(std::size_t count) {
    std::vector<Hash> leaves;
    leaves.reserve(count);
    for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(as_bytes("leaf " + std::to_string(i))));
    return leaves;
}

NodeSource over(const std::vector<Hash>& leaves) {
    return [&leaves](unsigned level, std::uint64_t index) {
        return root_of(std::span(leaves).subspan(index << level, std::size_t{1} << level));
    };
}

std::vector<Hash> hashes_of(const boost::json::value& list) {
    std::vector<Hash> hashes;
    for (const auto& entry : list.as_array()) hashes.push_back(hash_of(entry));
    return hashes;
}

std::pair<std::uint64_t, std::uint64_t> pair_of(std::string_view key) {
    const std::string text(key);
    return {std::stoull(text), std::stoull(text.substr(text.find(',') + 1))};
}

// MTH exactly as RFC 6962 writes it, as a second opinion.
Hash by_definition(std::span<const Hash> leaves) {
    if (leaves.empty()) return certs::sha256({});
    if (leaves.size() == 1) return leaves.front();
    std::size_t k = 1;
    while (k * 2 < leaves.size()) k *= 2;
    return node_hash(by_definition(leaves.first(k)), by_definition(leaves.subspan(k)));
}

TEST(Merkle, HashersOfThePublicReference) {
    EXPECT_EQ(hex(empty_root()), text_of(audit_vectors().at("rfc6962").at("empty_root")));
    EXPECT_EQ(hex(leaf_hash({})), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    EXPECT_TRUE(hex(leaf_hash(as_bytes("L123456"))).starts_with("395aa064"));
    certs::Sha256 node;
    node.update(Blob{1});
    node.update(as_bytes("N123N456"));
    EXPECT_TRUE(hex(node.finish()).starts_with("aa217fe8"));
}

TEST(Merkle, RootsOfThePublicReference) {
    const auto leaves = reference_leaves();
    Frontier frontier;
    EXPECT_EQ(frontier.root(), empty_root());
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        frontier.append(leaves[size - 1]);
        const Hash expected = hash_of(audit_vectors().at("rfc6962").at("roots").at(std::to_string(size)));
        EXPECT_EQ(frontier.root(), expected) << size;
        EXPECT_EQ(root_at(size, over(leaves)), expected) << size;
        EXPECT_EQ(root_of(std::span(leaves).first(size)), expected) << size;
    }
}

TEST(Merkle, ProofsOfThePublicReference) {
    const auto leaves = reference_leaves();
    const auto& vectors = audit_vectors().at("rfc6962").as_object();
    const auto root = [&](std::uint64_t size) { return root_of(std::span(leaves).first(size)); };
    for (const auto& entry : vectors.at("inclusion").as_object()) {
        const auto [index, size] = pair_of(entry.key());
        const auto proof = inclusion_proof(index, size, over(leaves));
        EXPECT_EQ(proof, hashes_of(entry.value())) << entry.key();
        EXPECT_TRUE(verify_inclusion(leaves[index], index, size, proof, root(size))) << entry.key();
    }
    for (const auto& entry : vectors.at("consistency").as_object()) {
        const auto [from, to] = pair_of(entry.key());
        const auto proof = consistency_proof(from, to, over(leaves));
        EXPECT_EQ(proof, hashes_of(entry.value())) << entry.key();
        EXPECT_TRUE(verify_consistency(from, to, proof, root(from), root(to))) << entry.key();
    }
}

TEST(Merkle, TheFourEntryLog) {
    std::vector<Hash> leaves;
    for (const auto& entry : log_vectors().at("entries").as_array()) leaves.push_back(leaf_hash(blob_of(entry)));
    EXPECT_EQ(leaves, hashes_of(log_vectors().at("leaf_hashes")));
    EXPECT_EQ(root_of(leaves), hash_of(log_vectors().at("root")));
    const Hash root_3 = hash_of(log_vectors().at("root_3"));
    EXPECT_EQ(root_of(std::span(leaves).first(3)), root_3);
    const auto lines = [&](const char* name) {
        std::vector<Hash> hashes;
        for (const auto& line : log_vectors().at(name).as_array())
            hashes.push_back(tests::array_of<32>(*protocol::from_base64(text_of(line))));
        return hashes;
    };
    EXPECT_EQ(consistency_proof(1, 4, over(leaves)), lines("consistency_1_4"));
    EXPECT_EQ(consistency_proof(3, 4, over(leaves)), lines("consistency_3_4"));
    EXPECT_TRUE(verify_consistency(1, 4, lines("consistency_1_4"), leaves[0], root_of(leaves)));
    EXPECT_TRUE(verify_consistency(3, 4, lines("consistency_3_4"), root_3, root_of(leaves)));
}

TEST(Merkle, EveryProofOfEverySmallTreeVerifiesAndNothingElseDoes) {
    const auto leaves = numbered_leaves(33);
    for (std::uint64_t size = 1; size <= leaves.size(); ++size) {
        const Hash root = by_definition(std::span(leaves).first(size));
        EXPECT_EQ(root_of(std::span(leaves).first(size)), root);
        for (std::uint64_t index = 0; index < size; ++index) {
            const auto proof = inclusion_proof(index, size, over(leaves));
            ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof, root));
            for (std::uint64_t other = 0; other < size; ++other) {
                if (other == index) continue;
                EXPECT_FALSE(verify_inclusion(leaves[index], other, size, proof, root))
                    << index << " as " << other << " of " << size;
            }
            EXPECT_FALSE(verify_inclusion(leaves[index], index, size, proof, leaves[0]) && size > 1);
            auto wrong = proof;
            wrong.push_back(root);
            EXPECT_FALSE(verify_inclusion(leaves[index], index, size, wrong, root));
            if (!proof.empty()) {
                EXPECT_FALSE(verify_inclusion(leaves[index], index, size, std::span(proof).first(proof.size() - 1), root));
                wrong = proof;
                wrong.front()[0] ^= 1U;
                EXPECT_FALSE(verify_inclusion(leaves[index], index, size, wrong, root));
            }
        }
        EXPECT_FALSE(verify_inclusion(leaves[0], size, size, {}, root));
    }
}

TEST(Merkle, EveryConsistencyProofVerifiesAndChangedOnesDoNot) {
    const auto leaves = numbered_leaves(33);
    const auto root = [&](std::uint64_t size) { return root_of(std::span(leaves).first(size)); };
    for (std::uint64_t to = 0; to <= leaves.size(); ++to) {
        for (std::uint64_t from = 0; from <= to; ++from) {
            const auto proof = consistency_proof(from, to, over(leaves));
            ASSERT_TRUE(verify_consistency(from, to, proof, root(from), root(to))) << from << " to " << to;
            EXPECT_FALSE(verify_consistency(from, to, proof, leaf_hash({}), root(to)));
            if (from > 0) {
                EXPECT_FALSE(verify_consistency(from, to, proof, root(from), leaf_hash({})));
            }
            auto longer = proof;
            longer.push_back(root(to));
            EXPECT_FALSE(verify_consistency(from, to, longer, root(from), root(to)));
            if (from > 0 && from < to) {
                EXPECT_FALSE(verify_consistency(from, to, {}, root(from), root(to)));
            }
            for (std::size_t i = 0; i < proof.size(); ++i) {
                auto bent = proof;
                bent[i][31] ^= 1U;
                EXPECT_FALSE(verify_consistency(from, to, bent, root(from), root(to)));
            }
        }
    }
    EXPECT_FALSE(verify_consistency(2, 1, {}, root(2), root(1)));
}

TEST(Merkle, FrontierSurvivesStorage) {
    const auto leaves = numbered_leaves(70);
    Frontier frontier;
    for (const Hash& leaf : leaves) {
        const auto restored = Frontier::decode(frontier.size(), frontier.encode());
        ASSERT_TRUE(restored);
        frontier = *restored;
        frontier.append(leaf);
    }
    EXPECT_EQ(frontier.root(), by_definition(leaves));
    EXPECT_FALSE(Frontier::decode(71, frontier.encode()));
    EXPECT_FALSE(Frontier::decode(70, Bytes(frontier.encode()).first(95)));
}

// What a log of this size would have stored, tile by tile as it grew.
class StoredTiles {
  public:
    explicit StoredTiles(const std::vector<Hash>& leaves) {
        for (std::uint64_t size = 0; size < leaves.size();) {
            const std::uint64_t next = std::min<std::uint64_t>(leaves.size(), size + 1'000);
            for (const TileId& tile : completed_tiles(size, next)) tiles_[{tile.level, tile.number}] = make(leaves, tile);
            size = next;
        }
        for (const TileId& tile : partial_tiles(leaves.size())) tiles_[{tile.level, tile.number}] = make(leaves, tile);
    }
    std::vector<Hash> operator()(unsigned level, std::uint64_t number) const { return tiles_.at({level, number}); }
    std::size_t count(unsigned level, bool full) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            tiles_, [&](const auto& tile) { return tile.first.first == level && (tile.second.size() == tile_width) == full; }));
    }

  private:
    std::vector<Hash> make(const std::vector<Hash>& leaves, const TileId& tile) const {
        std::vector<Hash> hashes;
        for (std::uint64_t i = 0; i < tile.width; ++i) {
            const std::uint64_t index = tile.number * tile_width + i;
            hashes.push_back(tile.level == 0 ? leaves.at(index) : root_of(tiles_.at({tile.level - 1, index})));
        }
        return hashes;
    }
    std::map<std::pair<unsigned, std::uint64_t>, std::vector<Hash>> tiles_;
};

// The example of the tiles specification: 70,000 entries.
TEST(Tiles, HoldATreeOfSeventyThousand) {
    const auto leaves = numbered_leaves(70'000);
    const StoredTiles tiles(leaves);
    EXPECT_EQ(tiles.count(0, true), 273U);
    EXPECT_EQ(tiles(0, 273).size(), 112U);
    EXPECT_EQ(tiles.count(1, true), 1U);
    EXPECT_EQ(tiles(1, 1).size(), 17U);
    EXPECT_EQ(tiles(2, 0).size(), 1U);

    const NodeSource node = nodes_in_tiles(std::cref(tiles));
    const Hash root = root_of(leaves);
    EXPECT_EQ(root_at(leaves.size(), node), root);
    for (const std::uint64_t index : {0U, 1U, 255U, 256U, 65'535U, 65'536U, 69'887U, 69'888U, 69'999U}) {
        const auto proof = inclusion_proof(index, leaves.size(), node);
        EXPECT_TRUE(verify_inclusion(leaves[index], index, leaves.size(), proof, root)) << index;
    }
    for (const std::uint64_t from : {1U, 2U, 255U, 256U, 257U, 65'536U, 65'537U, 69'999U}) {
        EXPECT_TRUE(
            verify_consistency(from, leaves.size(), consistency_proof(from, leaves.size(), node), root_at(from, node), root))
            << from;
    }
}

TEST(Tiles, PathsOfTheSpecification) {
    EXPECT_EQ(tile_path({0, 1'234'067}), "tile/0/x001/x234/067");
    EXPECT_EQ(tile_path({1, 1, 17}), "tile/1/001.p/17");
    EXPECT_EQ(tile_path({0, 0}), "tile/0/000");
    EXPECT_EQ(tile_path({2, 1'000}), "tile/2/x001/000");
    EXPECT_EQ(entries_path(273, 112), "tile/entries/273.p/112");
}

TEST(Tiles, CompletedTilesAreNamedOnce) {
    std::vector<TileId> one_by_one;
    for (std::uint64_t size = 0; size < 66'000; ++size) {
        for (const TileId& tile : completed_tiles(size, size + 1)) one_by_one.push_back(tile);
    }
    auto at_once = completed_tiles(0, 66'000);
    EXPECT_EQ(one_by_one.size(), 257U + 1U);
    EXPECT_EQ(at_once.size(), one_by_one.size());
    EXPECT_TRUE(completed_tiles(66'000, 66'000).empty());
    EXPECT_TRUE(partial_tiles(65'536).size() == 1U && partial_tiles(65'536).front() == (TileId{2, 0, 1}));
}

}  // namespace
}  // namespace entente::audit
