#pragma once
// Proofs out of the stored tree: that an entry is in it, and that an earlier tree is the beginning of a later one. Complete tiles
// never change, so they are kept in memory, bounded; a proof costs a handful of hashes and at most one read a level.
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
    using Hashes = std::shared_ptr<const std::vector<Hash>>;
    using Place = std::pair<unsigned, std::uint64_t>;

    NodeSource nodes(store::ReadTxn& txn, std::uint64_t size);
    Hashes tile(store::ReadTxn& txn, Place place, std::uint64_t size);
    Hashes partial(store::ReadTxn& txn, Place place, std::uint64_t size);
    Hashes cached(const Place& place);
    void keep(const Place& place, Hashes hashes);

    std::mutex mutex_;
    std::map<Place, Hashes> tiles_;  // complete ones, and the beginnings of unfinished ones
};

}  // namespace entente::audit
