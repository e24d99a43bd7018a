#pragma once
// Rows that decide who may do what (audit and crypto reference, section 16.4): agreements, authorizations, companies, people,
// clients, certificates, webhook targets, keys of companies and customers. The engine authenticates pages but not their age: an old
// page that somebody puts back is accepted. So the digest of each such row is told by an entry of the log, and reading a row
// compares.
//
// Who changes a row calls `touch` in the same work; at the end of the batch the appender computes the digests, leaves an entry
// with all of them, and notes its index. Who reads a row for a decision calls `check_row`; each connection looks at a row at most
// once a second. The scrub replays the log and compares every row.
//
// Data keys need no digest: a wrapped key authenticates itself, and a destroyed one is named by its erasure entry.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/result.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// The row is not what the log says. Nothing is decided by it.
class RowTampered : public protocol::Fault {
  public:
    using Fault::Fault;
};

// `certificates`, `company_keys` and `customer_keys`: all of one client, company or customer together.
enum class Critical : std::uint8_t {
    agreement,
    authorization,
    company,
    user,
    client,
    certificates,
    webhook,
    company_keys,
    customer_keys
};
inline constexpr int critical_count = 9;
std::string_view name(Critical kind);
std::optional<Critical> parse_critical(std::string_view text);

struct CriticalRow {
    Critical kind = Critical::agreement;
    std::int64_t id = 0;
    auto operator<=>(const CriticalRow&) const = default;
};

void touch(Txn& txn, Critical kind, std::int64_t id);
// RowTampered, unless the row is as its entry says, or was changed in this very batch.
void check_row(ReadTxn& txn, Critical kind, std::int64_t id);

// --- for who writes and replays the log ---
// The row with its parts, in the one spelling that its digest is made of; empty: it is not there.
std::string row_text(ReadTxn& txn, const CriticalRow& row);
// audit::row_digest of it. A row that is not there has a digest too.
protocol::Hash row_digest(ReadTxn& txn, const CriticalRow& row);
std::vector<CriticalRow> touched_rows(ReadTxn& txn);
// RowTampered where a row is marked as changed before a batch begins: the marks of a batch go with it, so somebody marked a row of
// their own to have the next batch tell it.
void require_none_touched(ReadTxn& txn);
// The entry `index` tells it.
void note_told(Txn& txn, const CriticalRow& row, const protocol::Hash& digest, std::int64_t index);
struct Told {
    CriticalRow row;
    protocol::Hash digest{};
    std::int64_t index = 0;
};
void each_told(ReadTxn& txn, const std::function<void(const Told&)>& use);
// Rows in existence, in order, whether they were told or not.
void each_critical_row(ReadTxn& txn, const std::function<void(const CriticalRow&)>& use);
bool rows_seeded(ReadTxn& txn);
// Touches every row that was never told; answers how many. For data of an earlier version, once.
std::int64_t seed_rows(Txn& txn);

}  // namespace entente::store
