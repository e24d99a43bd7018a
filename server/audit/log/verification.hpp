#pragma once
// The state of one verification: rows go in by index, findings come out. Private to verify.cpp and verification.cpp.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "server/audit/format/leaf.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/row_replay.hpp"
#include "server/audit/log/verify.hpp"

namespace entente::audit {

class Verification {
  public:
    explicit Verification(const VerifyOptions& options) : options_(options) {}

    void head_is(std::optional<HeadRow> head);
    // The next row in order. Statements may run in `txn` meanwhile.
    void row(store::ReadTxn& txn, const EntryRow& row);
    // The entry at next() cannot be read.
    void unreadable(const std::string& why);
    void missing_until(std::int64_t index);
    void finish(store::ReadTxn& txn);

    std::int64_t next() const { return next_; }
    // Nothing more is reported, so there is no point in going on.
    bool full() const { return report_.more; }
    void find(Check check, std::optional<std::int64_t> index, std::string sentence);
    VerifyReport take() { return std::move(report_); }

  private:
    // A section that does not open any more because its key was destroyed, or whose envelope is gone (no key hash).
    struct Hole {
        ErasedSection section;
        std::optional<Hash> key_hash;
    };
    // A section that the list of an erasure entry names.
    struct Listed {
        ErasedSection section;
        std::int64_t by = 0;  // index of that entry
        auto operator<=>(const Listed&) const = default;
    };
    // Hashes of one level that do not fill a tile yet.
    struct Edge {
        std::vector<Hash> hashes;
        std::uint64_t tiles = 0;
        bool broken = false;  // holds a placeholder
    };

    void check_entry(const EntryRow& row, const Entry& entry);
    void check_sections(store::ReadTxn& txn, const EntryRow& row, const Entry& entry);
    void open_section(store::ReadTxn& txn, const EntryRow& row, const Entry& entry, std::size_t at, Bytes envelope);
    void check_core(store::ReadTxn& txn, const EntryRow& row, std::string_view text);
    void grow(store::ReadTxn* txn, std::size_t level, const Hash& hash, bool broken);
    void check_tile(store::ReadTxn& txn, std::size_t level, const Edge& edge);
    void check_head();
    void locate_by_frontier();
    void check_events();
    void check_erasure(store::ReadTxn& txn, std::int64_t index, const Erasure& erasure);
    void check_holes();
    void check_listed();
    void check_rows(store::ReadTxn& txn);
    void check_counts(store::ReadTxn& txn);

    const VerifyOptions& options_;
    VerifyReport report_;
    std::optional<HeadRow> head_;
    std::int64_t next_ = 0;
    std::int64_t last_time_ = 0;
    std::optional<std::int64_t> frozen_before_;  // the entry that follows a freeze
    Frontier frontier_;
    bool broken_ = false;  // an entry is missing or unreadable: the root cannot be right
    std::vector<Edge> edges_;
    std::vector<protocol::EventId> events_;
    std::vector<Hole> holes_;
    std::set<Hash> destroyed_keys_;
    std::vector<Listed> listed_;
    RowReplay rows_;
    std::int64_t parties_ = 0;
    std::int64_t cases_ = 0;
    bool all_cores_read_ = true;
};

}  // namespace entente::audit
