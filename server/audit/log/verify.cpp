#include "server/audit/log/verify.hpp"

#include <algorithm>

#include "protocol/result.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/verification.hpp"
#include "server/store/sqlcipher.hpp"

namespace entente::audit {

using protocol::Fault;
using store::ReadTxn;

namespace {

constexpr std::int64_t rows_at_once = 512;
constexpr std::int64_t page_size = 4'096;

// Runs a read; on a file each call may get a fresh connection, in a live store all share one snapshot.
using Run = std::function<void(const store::ReadWork&)>;

// Reads on from next(); true when there was something. Rows before a damaged one are done when this throws.
bool read_some(Verification& verification, const Run& run) {
    bool any = false;
    run([&](ReadTxn& txn) {
        txn.each("SELECT " ENTENTE_ENTRY_COLUMNS " FROM audit_entry e WHERE e.idx >= $1 ORDER BY e.idx LIMIT $2",
                 {verification.next(), rows_at_once}, [&](const store::Row& row) {
                     any = true;
                     verification.row(txn, entry_row(row));
                 });
    });
    return any;
}

// After damage: the entry at next() alone.
void read_one(Verification& verification, const Run& run) {
    const std::int64_t index = verification.next();
    try {
        run([&](ReadTxn& txn) { each_entry(txn, index, index + 1, [&](const EntryRow& row) { verification.row(txn, row); }); });
        if (verification.next() == index) verification.missing_until(index + 1);
    } catch (const std::exception& fault) {
        // The row itself may have been read and a tile or key behind it not: then it is done, and what failed is reported.
        if (verification.next() == index) verification.unreadable(fault.what());
    }
}

VerifyReport verify_with(const Run& run, const VerifyOptions& options) {
    Verification verification(options);
    std::int64_t size = 0;
    try {
        run([&](ReadTxn& txn) {
            auto head = read_head(txn);
            size = head ? head->size : 0;
            verification.head_is(std::move(head));
        });
    } catch (const std::exception& fault) {
        verification.find(Check::head, std::nullopt, std::string("the head row cannot be read: ") + fault.what());
    }
    while (!verification.full()) {
        try {
            if (!read_some(verification, run)) break;
        } catch (const std::exception&) {
            if (verification.next() >= size) break;  // what follows is nothing that the head knows
            read_one(verification, run);
        }
    }
    if (!verification.full()) {
        try {
            run([&](ReadTxn& txn) { verification.finish(txn); });
        } catch (const std::exception& fault) {
            verification.find(Check::page, std::nullopt, std::string("a table beside the entries cannot be read: ") + fault.what());
        }
    }
    return verification.take();
}

// What else than entries of the log is hit, as far as it has a name.
std::string whats_hit(store::DatabaseFile& file) {
    std::string names;
    for (const std::string& table : file.unreadable_tables()) names += (names.empty() ? "" : ", ") + table;
    if (names.empty()) return "every table can still be read whole: only an index or free space is damaged";
    return "cannot be read whole: " + names;
}

void report_pages(store::DatabaseFile& file, const VerifyOptions& options, VerifyReport& report) {
    const bool all_read = report.size > 0 && report.entries == report.size;
    const std::vector<std::int64_t> pages = file.damaged_pages();
    if (all_read && !pages.empty()) report.findings.push_back({Check::page, std::nullopt, whats_hit(file)});
    for (const std::int64_t page : pages) {
        if (report.findings.size() >= options.findings_max) {
            report.more = true;
            return;
        }
        std::string sentence = "page " + std::to_string(page) + " of the file (bytes " + std::to_string((page - 1) * page_size) +
                               " to " + std::to_string(page * page_size - 1) + ") is damaged";
        if (all_read) sentence += "; no entry of the log lives on it";
        report.findings.push_back({Check::page, std::nullopt, std::move(sentence)});
    }
}

}  // namespace

std::string_view check_name(Check check) {
    switch (check) {
        case Check::readable:
            return "readable";
        case Check::present:
            return "present";
        case Check::entry:
            return "entry";
        case Check::event:
            return "event";
        case Check::time:
            return "time";
        case Check::sealed:
            return "sealed";
        case Check::key:
            return "key";
        case Check::opens:
            return "opens";
        case Check::commitment:
            return "commitment";
        case Check::canonical:
            return "canonical";
        case Check::tile:
            return "tile";
        case Check::root:
            return "root";
        case Check::head:
            return "head";
        case Check::page:
            return "page";
        case Check::rows:
            return "rows";
        case Check::erasure:
            return "erasure";
    }
    return "unknown";
}

std::optional<std::int64_t> VerifyReport::first_bad() const {
    std::optional<std::int64_t> first;
    for (const Finding& finding : findings) {
        if (finding.index && (!first || *finding.index < *first)) first = finding.index;
    }
    return first;
}

VerifyReport verify(ReadTxn& txn, const VerifyOptions& options) {
    return verify_with([&](const store::ReadWork& work) { work(txn); }, options);
}

VerifyReport verify_file(const std::filesystem::path& file, protocol::Bytes key, const VerifyOptions& options) {
    const auto database = store::open_database_file(file, key);
    VerifyReport report = verify_with([&](const store::ReadWork& work) { database->read(work); }, options);
    report_pages(*database, options, report);
    return report;
}

std::optional<std::int64_t> page_of_entry(const std::filesystem::path& file, protocol::Bytes key, std::int64_t index) {
    const auto database = store::open_database_file(file, key);
    Blob entry;
    database->read([&](ReadTxn& txn) {
        each_entry(txn, index, index + 1, [&](const EntryRow& row) { entry.assign(row.entry.begin(), row.entry.end()); });
    });
    return entry.empty() ? std::nullopt : database->find_page(entry);
}

namespace {

void check_right_edge(ReadTxn& txn, const HeadRow& head) {
    const auto size = static_cast<std::uint64_t>(head.size);
    const auto tiles = [&](unsigned level, std::uint64_t number) {
        const bool full = ((number + 1) << (tile_levels * (level + 1))) <= size;
        if (!full) return tile_from_below(txn, level, number, size);
        auto stored = read_tile(txn, level, number);
        if (!stored || stored->size() != tile_width) throw Tampered("a tile of the audit log is missing or has the wrong length");
        return *std::move(stored);
    };
    if (root_at(size, nodes_in_tiles(tiles)) != head.root)
        throw Tampered("the audit log's entries do not have the root that its head says");
}

// The newest core section must open: otherwise keys, origin and data do not belong together.
void check_newest_opens(ReadTxn& txn, store::Vault& vault, std::int64_t size) {
    each_entry(txn, std::max<std::int64_t>(0, size - 1), size, [&](const EntryRow& row) {
        const auto entry = decode_entry(row.entry);
        if (!entry || entry->time.us != row.time) throw Tampered("the newest entry of the audit log is malformed");
        const auto envelopes = unpack_envelopes(row.sealed, entry->sections.size());
        if (!envelopes) throw Tampered("the envelopes of the newest entry of the audit log do not fit it");
        if (!envelopes->empty() && envelopes->front()) {
            vault.open_section(txn, entry->event, static_cast<store::Tag>(entry->sections.front().tag), *envelopes->front());
        }
    });
}

}  // namespace

void check_at_start(ReadTxn& txn, store::Vault& vault) {
    const std::int64_t newest =
        txn.first("SELECT idx FROM audit_entry ORDER BY idx DESC LIMIT 1", {}, [](const store::Row& row) { return row.number(0); })
            .value_or(-1);
    const auto head = read_head(txn);
    if (newest + 1 != (head ? head->size : 0)) {
        throw Tampered("the newest entry of the audit log is " + std::to_string(newest) + ", but its head says " +
                       std::to_string(head ? head->size : 0) + " entries");
    }
    try {
        if (head) check_right_edge(txn, *head);
        if (head) check_newest_opens(txn, vault, head->size);
        vault.check_keys(txn);
    } catch (const Tampered&) {
        throw;
    } catch (const store::Unavailable&) {
        throw;  // a disk that cannot be read is no evidence
    } catch (const Fault& fault) {
        // A page whose authentication fails looks to the engine like memory that it did not get: that stays tampering.
        throw Tampered(fault.what());
    }
}

}  // namespace entente::audit
