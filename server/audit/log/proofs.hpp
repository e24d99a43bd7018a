#pragma once
// Proofs out of the stored tree: that an entry is in it, and that an earlier tree is the beginning of a later one. Complete tiles
// never change, so they are kept in memory, bounded, with the nodes between their hashes and their root: a proof is looked up, and
// only a tile that is not kept costs a read and its 255 hashes.
//
// Any thread, each with its own transaction. Errors: Tampered when a tile that the size calls for is missing or short.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "server/audit/format/merkle.hpp"
#include "server/store/store.hpp"

namespace entente::audit {

class Proofs {
  public:
    // The sizes are at most that of the log as `txn` sees it, index < size, from <= to.
    std::vector<Hash> inclusion(store::ReadTxn& txn, std::uint64_t index, std::uint64_t size);
    std::vector<Hash> consistency(store::ReadTxn& txn, std::uint64_t from, std::uint64_t to);
    Hash root(store::ReadTxn& txn, std::uint64_t size);
    // The right edge of the tree of that size.
    Frontier frontier(store::ReadTxn& txn, std::uint64_t size);

  private:
    // The hashes of a tile, full or not, and over them the nodes of each pair that is complete, up to the root of a full one.
    struct Tile {
        std::vector<std::vector<Hash>> levels;
        explicit Tile(std::vector<Hash> hashes);
        void grow();  // the nodes over hashes that were added
        std::size_t size() const { return levels.front().size(); }
    };
    using TilePtr = std::shared_ptr<const Tile>;
    using Place = std::pair<unsigned, std::uint64_t>;

    NodeSource nodes(store::ReadTxn& txn, std::uint64_t size);
    TilePtr tile(store::ReadTxn& txn, Place place, std::uint64_t size);
    TilePtr partial(store::ReadTxn& txn, Place place, std::uint64_t size);
    TilePtr cached(const Place& place);
    void keep(const Place& place, TilePtr tile);

    std::mutex mutex_;
    std::map<Place, TilePtr> tiles_;  // complete ones, and the beginnings of unfinished ones
};

}  // namespace entente::audit
