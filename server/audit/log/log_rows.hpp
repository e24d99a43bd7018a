#pragma once
// Reads the tables of the log: the one place that knows their columns besides the appender's inserts.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/store/store.hpp"

namespace entente::audit {

struct HeadRow {
    std::int64_t size = 0;
    Hash root{};
    protocol::Blob frontier;
    std::int64_t last_time = 0;
    bool operator==(const HeadRow&) const = default;
};
std::optional<HeadRow> read_head(store::ReadTxn& txn);

// When a log of this size was frozen (kind 8), if that is its newest entry.
std::optional<protocol::Instant> frozen_since(store::ReadTxn& txn, std::int64_t size);
// Throws Frozen where the log that is stored is.
void require_not_frozen(store::ReadTxn& txn);

// A row of audit_entry. The views die with the row.
struct EntryRow {
    std::int64_t index = 0;
    protocol::Bytes event;
    std::int64_t time = 0;
    protocol::Bytes entry;
    protocol::Bytes sealed;
    std::string_view operation;
    std::int64_t outcome = 0;
    std::string_view reason;
};
// Its columns in this order, without the word SELECT; `e` is the table.
#define ENTENTE_ENTRY_COLUMNS "e.idx, e.event, e.time, e.entry, e.sealed, e.operation, e.outcome, e.reason"
EntryRow entry_row(const store::Row& row);

// Rows of the indices [from, to) in order.
void each_entry(store::ReadTxn& txn, std::int64_t from, std::int64_t to, const std::function<void(const EntryRow&)>& use);

// Envelopes of one entry: each behind its length (u32), or 0xFFFFFFFF where it was erased.
protocol::Blob pack_envelopes(const std::vector<protocol::Blob>& envelopes);
protocol::Blob pack_envelopes(const std::vector<std::optional<protocol::Bytes>>& envelopes);
// Views into `sealed`, nothing for an erased one. No answer when the bytes are not exactly `count` envelopes.
std::optional<std::vector<std::optional<protocol::Bytes>>> unpack_envelopes(protocol::Bytes sealed, std::size_t count);

std::optional<std::vector<Hash>> read_tile(store::ReadTxn& txn, unsigned level, std::uint64_t number);
std::vector<Hash> hashes_of(protocol::Bytes tile);  // empty when the length is no multiple of a hash

// The hash of a leaf computed piece by piece, apart from format/merkle: the check of what merkle computed.
Hash leaf_hash_again(protocol::Bytes entry);

// The hashes of a tile, full or at the right edge of a log of `size`, from what is stored below it: entries for level 0, tiles for
// the others.
std::vector<Hash> tile_from_below(store::ReadTxn& txn, unsigned level, std::uint64_t number, std::uint64_t size);

}  // namespace entente::audit
