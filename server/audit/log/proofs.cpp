#include "server/audit/log/proofs.hpp"

#include <bit>
#include <string>

#include "server/audit/format/tiles.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"

namespace entente::audit {

using store::ReadTxn;

namespace {

constexpr std::size_t tiles_max = 1'024;  // 16 MiB with the nodes between

}  // namespace

Proofs::Tile::Tile(std::vector<Hash> hashes) : levels(tile_levels + 1) {
    levels.front() = std::move(hashes);
    grow();
}

void Proofs::Tile::grow() {
    for (std::size_t level = 1; level < levels.size(); ++level) {
        const auto& below = levels[level - 1];
        auto& nodes = levels[level];
        while (nodes.size() < below.size() / 2) nodes.push_back(node_hash(below[2 * nodes.size()], below[2 * nodes.size() + 1]));
    }
}

Proofs::TilePtr Proofs::cached(const Place& place) {
    const std::lock_guard hold(mutex_);
    const auto found = tiles_.find(place);
    return found == tiles_.end() ? nullptr : found->second;
}

void Proofs::keep(const Place& place, TilePtr tile) {
    const std::lock_guard hold(mutex_);
    // Level 0 goes first: its tiles are many, and each upper one costs 256 of them.
    if (tiles_.size() >= tiles_max) tiles_.erase(tiles_.begin());
    auto& slot = tiles_[place];
    if (!slot || slot->size() < tile->size()) slot = std::move(tile);
}

// An unfinished tile, from what is stored below it: what is there already stays right as the log grows, so only the rest is read.
Proofs::TilePtr Proofs::partial(ReadTxn& txn, Place place, std::uint64_t size) {
    const auto [level, number] = place;
    const std::uint64_t first = number * tile_width;
    const std::uint64_t count = (size >> (tile_levels * level)) - first;
    TilePtr known = cached(place);
    if (known && known->size() >= count) return known;
    auto tile_now = known ? std::make_shared<Tile>(*known) : std::make_shared<Tile>(std::vector<Hash>{});
    auto& hashes = tile_now->levels.front();
    if (level == 0) {
        each_entry(txn, static_cast<std::int64_t>(first + hashes.size()), static_cast<std::int64_t>(first + count),
                   [&](const EntryRow& row) { hashes.push_back(leaf_hash_again(row.entry)); });
        if (hashes.size() != count)
            throw Tampered("entries between " + std::to_string(first) + " and " + std::to_string(size) + " are missing");
    }
    while (hashes.size() < count) hashes.push_back(tile(txn, {level - 1, first + hashes.size()}, size)->levels.back().front());
    tile_now->grow();
    keep(place, tile_now);
    return tile_now;
}

Proofs::TilePtr Proofs::tile(ReadTxn& txn, Place place, std::uint64_t size) {
    const auto [level, number] = place;
    const bool full = (number + 1) * tile_width <= size >> (tile_levels * level);
    if (!full) return partial(txn, place, size);
    if (auto known = cached(place); known && known->size() == tile_width) return known;
    auto stored = read_tile(txn, level, number);
    if (!stored || stored->size() != tile_width)
        throw Tampered("tile " + std::to_string(number) + " of level " + std::to_string(level) + " is missing");
    auto read = std::make_shared<const Tile>(*std::move(stored));
    keep(place, read);
    return read;
}

NodeSource Proofs::nodes(ReadTxn& txn, std::uint64_t size) {
    // Each proof needs several nodes of one tile in a row.
    auto last = std::make_shared<std::pair<Place, TilePtr>>();
    return [this, &txn, size, last](unsigned level, std::uint64_t index) {
        const unsigned inside = level % tile_levels;
        const std::uint64_t first = index << inside;  // among the hashes of the tile's level
        const Place place{level / tile_levels, first / tile_width};
        if (!last->second || last->first != place) *last = {place, tile(txn, place, size)};
        const auto& nodes_there = last->second->levels[inside];
        const auto at = static_cast<std::size_t>((first % tile_width) >> inside);
        if (at >= nodes_there.size())
            throw protocol::Fault("tile " + tile_path({place.first, place.second}) + " is shorter than the log");
        return nodes_there[at];
    };
}

std::vector<Hash> Proofs::inclusion(ReadTxn& txn, std::uint64_t index, std::uint64_t size) {
    return inclusion_proof(index, size, nodes(txn, size));
}

std::vector<Hash> Proofs::consistency(ReadTxn& txn, std::uint64_t from, std::uint64_t to) {
    return consistency_proof(from, to, nodes(txn, to));
}

Hash Proofs::root(ReadTxn& txn, std::uint64_t size) {
    return root_at(size, nodes(txn, size));
}

Frontier Proofs::frontier(ReadTxn& txn, std::uint64_t size) {
    const NodeSource node = nodes(txn, size);
    std::vector<Hash> edge;
    std::uint64_t begin = 0;
    for (unsigned bit = 64; bit-- > 0;) {
        const std::uint64_t width = std::uint64_t{1} << bit;
        if ((size & width) == 0) continue;
        edge.push_back(node(bit, begin >> bit));
        begin += width;
    }
    return *Frontier::from(size, std::move(edge));
}

}  // namespace entente::audit
