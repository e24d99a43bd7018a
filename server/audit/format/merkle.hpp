#pragma once
// The tree: RFC 6962 section 2.1 (the same in RFC 9162) with SHA-256. Pure values; nothing here knows where hashes are stored.
//
//   leaf(e) = SHA-256(00 || e), node(l, r) = SHA-256(01 || l || r), root of nothing = SHA-256("")
//
// A node is named by its level (a node of level k covers 2^k leaves) and its index among the nodes of that level.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "protocol/encoding.hpp"
#include "server/audit/format/record.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;

Hash leaf_hash(Bytes entry);
Hash node_hash(const Hash& left, const Hash& right);
Hash empty_root();
Hash root_of(std::span<const Hash> leaves);

// The right edge of a tree: the roots of its complete subtrees, largest first (one a set bit of the size, at most 63). All that
// appending needs; cheap to copy, so a transaction that fails drops its copy.
class Frontier {
  public:
    Frontier() = default;
    static std::optional<Frontier> from(std::uint64_t size,
                                        std::vector<Hash> nodes);            // nothing: their number does not fit the size
    static std::optional<Frontier> decode(std::uint64_t size, Bytes nodes);  // of encode()

    void append(const Hash& leaf);
    Hash root() const;
    std::uint64_t size() const { return size_; }
    const std::vector<Hash>& nodes() const { return nodes_; }
    Blob encode() const;  // the nodes one after the other; the size is kept beside them

  private:
    std::uint64_t size_ = 0;
    std::vector<Hash> nodes_;
};

// Where proofs take complete nodes from. It is asked only for nodes that lie inside the tree.
using NodeSource = std::function<Hash(unsigned level, std::uint64_t index)>;

Hash root_at(std::uint64_t size, const NodeSource& node);
// Siblings from leaf to root; index < size.
std::vector<Hash> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeSource& node);
// From an earlier size to a later one; empty for 0 and for equal sizes.
std::vector<Hash> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeSource& node);

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof, const Hash& root);
bool verify_consistency(std::uint64_t from, std::uint64_t to, std::span<const Hash> proof, const Hash& from_root,
                        const Hash& to_root);

}  // namespace entente::audit
