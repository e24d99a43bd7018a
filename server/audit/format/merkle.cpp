#include "server/audit/format/merkle.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "certs/digest.hpp"
#include "protocol/result.hpp"

namespace entente::audit {
namespace {

constexpr std::uint8_t leaf_prefix = 0x00;
constexpr std::uint8_t node_prefix = 0x01;

// The largest power of two below n, for n > 1: where RFC 6962 splits n leaves.
std::uint64_t split(std::uint64_t n) {
    return std::bit_floor(n - 1);
}

// Root over the leaves [begin, end). In every range that the recursion reaches, begin is a multiple of the next power of two.
Hash range_root(std::uint64_t begin, std::uint64_t end, const NodeSource& node) {
    const std::uint64_t count = end - begin;
    if (std::has_single_bit(count)) {
        const auto level = static_cast<unsigned>(std::countr_zero(count));
        return node(level, begin >> level);
    }
    const std::uint64_t middle = begin + split(count);
    return node_hash(range_root(begin, middle, node), range_root(middle, end, node));
}

void halve_both(std::uint64_t& a, std::uint64_t& b) {
    a >>= 1U;
    b >>= 1U;
}

// While the node is a left child without a right sibling it moves up unchanged.
void skip_lone_levels(std::uint64_t& fn, std::uint64_t& sn) {
    while ((fn & 1U) == 0 && fn != 0) halve_both(fn, sn);
}

}  // namespace

Hash leaf_hash(Bytes entry) {
    return certs::sha256_of({Bytes(&leaf_prefix, 1), entry});
}

Hash node_hash(const Hash& left, const Hash& right) {
    // One update call instead of three is a tenth of the cost of the whole hash.
    std::array<std::uint8_t, 65> message;
    message[0] = node_prefix;
    std::ranges::copy(left, message.begin() + 1);
    std::ranges::copy(right, message.begin() + 33);
    return certs::sha256(message);
}

Hash empty_root() {
    return certs::sha256({});
}

Hash root_of(std::span<const Hash> leaves) {
    Frontier frontier;
    for (const Hash& leaf : leaves) frontier.append(leaf);
    return frontier.root();
}

std::optional<Frontier> Frontier::from(std::uint64_t size, std::vector<Hash> nodes) {
    if (nodes.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
    Frontier frontier;
    frontier.size_ = size;
    frontier.nodes_ = std::move(nodes);
    return frontier;
}

std::optional<Frontier> Frontier::decode(std::uint64_t size, Bytes nodes) {
    if (nodes.size() % 32 != 0) return std::nullopt;
    std::vector<Hash> hashes(nodes.size() / 32);
    for (std::size_t i = 0; i < hashes.size(); ++i) std::ranges::copy(nodes.subspan(i * 32, 32), hashes[i].begin());
    return from(size, std::move(hashes));
}

void Frontier::append(const Hash& leaf) {
    Hash node = leaf;
    for (std::uint64_t rest = size_; (rest & 1U) != 0; rest >>= 1U) {
        node = node_hash(nodes_.back(), node);
        nodes_.pop_back();
    }
    nodes_.push_back(node);
    ++size_;
}

Hash Frontier::root() const {
    if (nodes_.empty()) return empty_root();
    Hash root = nodes_.back();
    for (std::size_t i = nodes_.size() - 1; i > 0; --i) root = node_hash(nodes_[i - 1], root);
    return root;
}

Blob Frontier::encode() const {
    Blob out;
    out.reserve(nodes_.size() * 32);
    for (const Hash& node : nodes_) out.insert(out.end(), node.begin(), node.end());
    return out;
}

Hash root_at(std::uint64_t size, const NodeSource& node) {
    return size == 0 ? empty_root() : range_root(0, size, node);
}

std::vector<Hash> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeSource& node) {
    ENTENTE_ASSERT(index < size);
    std::vector<Hash> from_root;
    std::uint64_t begin = 0;
    std::uint64_t end = size;
    while (end - begin > 1) {
        const std::uint64_t middle = begin + split(end - begin);
        if (index < middle) {
            from_root.push_back(range_root(middle, end, node));
            end = middle;
        } else {
            from_root.push_back(range_root(begin, middle, node));
            begin = middle;
        }
    }
    std::ranges::reverse(from_root);
    return from_root;
}

std::vector<Hash> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeSource& node) {
    ENTENTE_ASSERT(from <= to);
    if (from == 0 || from == to) return {};
    std::vector<Hash> from_top;
    std::uint64_t begin = 0;
    std::uint64_t end = to;
    bool whole = true;  // the old tree ends exactly where this range does and began it: its root is known to the verifier
    while (from != end) {
        const std::uint64_t middle = begin + split(end - begin);
        if (from <= middle) {
            from_top.push_back(range_root(middle, end, node));
            end = middle;
        } else {
            from_top.push_back(range_root(begin, middle, node));
            begin = middle;
            whole = false;
        }
    }
    if (!whole) from_top.push_back(range_root(begin, end, node));
    std::ranges::reverse(from_top);
    return from_top;
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof, const Hash& root) {
    if (index >= size) return false;
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Hash computed = leaf;
    for (const Hash& sibling : proof) {
        if (sn == 0) return false;
        if ((fn & 1U) != 0 || fn == sn) {
            computed = node_hash(sibling, computed);
            skip_lone_levels(fn, sn);
        } else {
            computed = node_hash(computed, sibling);
        }
        halve_both(fn, sn);
    }
    return sn == 0 && computed == root;
}

bool verify_consistency(std::uint64_t from, std::uint64_t to, std::span<const Hash> proof, const Hash& from_root,
                        const Hash& to_root) {
    if (from > to) return false;
    if (from == to) return proof.empty() && from_root == to_root;
    if (from == 0) return proof.empty() && from_root == empty_root();

    // RFC 9162 section 2.1.4.2. An old tree of a power of two is itself the first node of the path.
    if (proof.empty()) return false;
    const bool old_is_first = std::has_single_bit(from);
    Hash old_computed = old_is_first ? from_root : proof.front();
    Hash new_computed = old_computed;
    std::uint64_t fn = from - 1;
    std::uint64_t sn = to - 1;
    while ((fn & 1U) != 0) halve_both(fn, sn);
    for (const Hash& sibling : proof.subspan(old_is_first ? 0 : 1)) {
        if (sn == 0) return false;
        if ((fn & 1U) != 0 || fn == sn) {
            old_computed = node_hash(sibling, old_computed);
            new_computed = node_hash(sibling, new_computed);
            skip_lone_levels(fn, sn);
        } else {
            new_computed = node_hash(new_computed, sibling);
        }
        halve_both(fn, sn);
    }
    return sn == 0 && old_computed == from_root && new_computed == to_root;
}

}  // namespace entente::audit
