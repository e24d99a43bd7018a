#pragma once
// Tiles of 256 hashes (c2sp.org/tlog-tiles): how the tree is stored and exported. Tile n of level l holds the roots over the leaves
// [(n*256+i) * 256^l, (n*256+i+1) * 256^l) for i = 0..255, so level 0 holds leaf hashes. A full tile never changes again.
//
// Stateless on purpose: which tiles a growing tree completed follows from the two sizes, and their hashes from what is stored
// below, so a transaction that rolls back leaves nothing behind in memory.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/audit/format/merkle.hpp"

namespace entente::audit {

inline constexpr unsigned tile_levels = 8;   // levels of the tree in one tile
inline constexpr unsigned tile_width = 256;  // hashes in a full tile

struct TileId {
    unsigned level = 0;
    std::uint64_t number = 0;
    unsigned width = tile_width;  // fewer: partial
    bool operator==(const TileId&) const = default;
};

// Full tiles that exist at `to` leaves but did not at `from`, lower levels first: each is made of hashes that exist by then.
std::vector<TileId> completed_tiles(std::uint64_t from, std::uint64_t to);
// The partial tiles at the right edge, one a level that has an unfinished one.
std::vector<TileId> partial_tiles(std::uint64_t size);

// tile/<level>/<number>[.p/<width>], the number in groups of three digits: 1234067 is x001/x234/067.
std::string tile_path(const TileId& tile);
std::string entries_path(std::uint64_t number, unsigned width = tile_width);
// sealed/<number>[.p/<width>]: the envelopes beside a bundle of entries, in an exported log.
std::string sealed_path(std::uint64_t number, unsigned width = tile_width);

// The stored hashes of a tile, full or not, in order.
using TileSource = std::function<std::vector<Hash>(unsigned level, std::uint64_t number)>;

// Nodes for proofs, computed inside the tiles that hold them. A tile that is shorter than the tree's size says throws Fault.
NodeSource nodes_in_tiles(TileSource tile);

}  // namespace entente::audit
