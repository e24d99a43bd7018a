#include "server/audit/log/log_rows.hpp"

#include <algorithm>
#include <array>

#include "certs/digest.hpp"
#include "server/audit/format/bytes.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/appender.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;

namespace {

constexpr std::uint32_t erased_mark = 0xffff'ffff;

Hash hash_from(Bytes bytes) {
    Hash hash{};
    if (bytes.size() != hash.size()) throw Tampered("a stored hash has the wrong length");
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

}  // namespace

std::optional<HeadRow> read_head(store::ReadTxn& txn) {
    return txn.first("SELECT size, root, frontier, last_time FROM audit_head WHERE id = 1", {}, [](const store::Row& row) {
        const Bytes frontier = row.bytes(2);
        return HeadRow{row.number(0), hash_from(row.bytes(1)), Blob(frontier.begin(), frontier.end()), row.number(3)};
    });
}

std::optional<protocol::Instant> frozen_since(store::ReadTxn& txn, std::int64_t size) {
    std::optional<protocol::Instant> since;
    each_entry(txn, std::max<std::int64_t>(0, size - 1), size, [&](const EntryRow& row) {
        const auto entry = decode_entry(row.entry);
        if (entry && entry->kind() == Kind::freeze) since = entry->time;
    });
    return since;
}

void require_not_frozen(store::ReadTxn& txn) {
    const auto head = read_head(txn);
    const auto since = frozen_since(txn, head ? head->size : 0);
    if (since) throw Frozen("the log is frozen since " + protocol::to_rfc3339(*since) + ", because somebody else knew its key");
}

EntryRow entry_row(const store::Row& row) {
    return {row.number(0), row.bytes(1), row.number(2), row.bytes(3), row.bytes(4), row.text(5), row.number(6), row.text(7)};
}

void each_entry(store::ReadTxn& txn, std::int64_t from, std::int64_t to, const std::function<void(const EntryRow&)>& use) {
    txn.each("SELECT " ENTENTE_ENTRY_COLUMNS " FROM audit_entry e WHERE e.idx >= $1 AND e.idx < $2 ORDER BY e.idx", {from, to},
             [&](const store::Row& row) { use(entry_row(row)); });
}

Blob pack_envelopes(const std::vector<Blob>& envelopes) {
    std::size_t size = 0;
    for (const Blob& envelope : envelopes) size += 4 + envelope.size();
    ByteWriter out(size);
    for (const Blob& envelope : envelopes) {
        out.u32(static_cast<std::uint32_t>(envelope.size()));
        out.bytes(envelope);
    }
    return out.take();
}

Blob pack_envelopes(const std::vector<std::optional<Bytes>>& envelopes) {
    ByteWriter out;
    for (const auto& envelope : envelopes) {
        out.u32(envelope ? static_cast<std::uint32_t>(envelope->size()) : erased_mark);
        if (envelope) out.bytes(*envelope);
    }
    return out.take();
}

std::optional<std::vector<std::optional<Bytes>>> unpack_envelopes(Bytes sealed, std::size_t count) {
    ByteReader in(sealed);
    std::vector<std::optional<Bytes>> envelopes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t size = in.u32();
        if (size == erased_mark) {
            envelopes.emplace_back();
        } else {
            envelopes.emplace_back(in.bytes(size));
        }
    }
    if (!in.complete()) return std::nullopt;
    return envelopes;
}

std::vector<Hash> hashes_of(Bytes tile) {
    std::vector<Hash> hashes;
    if (tile.size() % sizeof(Hash) != 0) return hashes;
    for (; !tile.empty(); tile = tile.subspan(sizeof(Hash))) hashes.push_back(hash_from(tile.first(sizeof(Hash))));
    return hashes;
}

std::optional<std::vector<Hash>> read_tile(store::ReadTxn& txn, unsigned level, std::uint64_t number) {
    return txn.first("SELECT hashes FROM audit_tile WHERE level = $1 AND n = $2",
                     {static_cast<std::int64_t>(level), static_cast<std::int64_t>(number)},
                     [](const store::Row& row) { return hashes_of(row.bytes(0)); });
}

Hash leaf_hash_again(Bytes entry) {
    thread_local certs::Sha256 hasher;
    constexpr std::array<std::uint8_t, 1> prefix{0};
    hasher.update(prefix);
    hasher.update(entry);
    return hasher.finish();
}

std::vector<Hash> tile_from_below(store::ReadTxn& txn, unsigned level, std::uint64_t number, std::uint64_t size) {
    const std::uint64_t below = size >> (tile_levels * level);  // complete nodes of this level
    const std::uint64_t first = number * tile_width;
    const std::uint64_t end = std::min<std::uint64_t>(below, first + tile_width);
    std::vector<Hash> hashes;
    if (level == 0) {
        each_entry(txn, static_cast<std::int64_t>(first), static_cast<std::int64_t>(end),
                   [&](const EntryRow& row) { hashes.push_back(leaf_hash_again(row.entry)); });
    } else {
        for (std::uint64_t n = first; n < end; ++n) {
            const auto lower = read_tile(txn, level - 1, n);
            if (!lower || lower->size() != tile_width)
                throw Tampered("tile " + std::to_string(n) + " of level " + std::to_string(level - 1) + " is missing");
            hashes.push_back(root_of(*lower));
        }
    }
    if (hashes.size() != end - first)
        throw Tampered("entries between " + std::to_string(first) + " and " + std::to_string(end) + " are missing");
    return hashes;
}

}  // namespace entente::audit
