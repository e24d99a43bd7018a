#include "server/audit/log/row_replay.hpp"

#include <algorithm>

#include "server/audit/format/told_rows.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/reader.hpp"

namespace entente::audit {

using store::CriticalRow;
using store::ReadTxn;

namespace {

std::string row_name(const CriticalRow& row) {
    return std::string(store::name(row.kind)) + " " + std::to_string(row.id);
}

using Told = std::map<CriticalRow, protocol::Hash>;

std::optional<Told> rows_in(std::string_view core) {
    const auto rows = told_rows(core);
    if (!rows) return std::nullopt;
    Told told;
    for (const auto& [name, digest] : *rows) {
        const auto known = store::parse_critical(name.kind);
        if (!known) return std::nullopt;
        told[{*known, name.id}] = digest;
    }
    return told;
}

}  // namespace

bool RowReplay::told_by(std::int64_t index, std::string_view core) {
    const auto told = rows_in(core);
    if (!told) return false;
    for (const auto& [row, digest] : *told) last_[row] = {digest, index};
    return true;
}

void RowReplay::compare(ReadTxn& txn, bool all_read, const Found& found) const {
    const bool seeded = store::rows_seeded(txn);
    std::map<CriticalRow, std::int64_t> kept;
    store::each_told(txn, [&](const store::Told& told) {
        kept.emplace(told.row, told.index);
        const auto last = last_.find(told.row);
        if (last == last_.end() || last->second.index != told.index || last->second.digest != told.digest) {
            if (!all_read && (last == last_.end() || last->second.index < told.index)) return;
            found(told.index, "the digest kept of the " + row_name(told.row) + " is not the last that the log told");
        }
    });
    for (const auto& [row, word] : last_) {
        if (!kept.contains(row)) found(word.index, "no digest is kept of the " + row_name(row) + ", which the log told");
        if (store::row_digest(txn, row) != word.digest && (all_read || (kept.contains(row) && kept.at(row) == word.index)))
            found(word.index, "the " + row_name(row) + " is not stored as entry " + std::to_string(word.index) +
                                  " told: an older copy was put back, or it was changed past the gateway");
    }
    if (!seeded || !all_read) return;
    store::each_critical_row(txn, [&](const CriticalRow& row) {
        if (!last_.contains(row)) found(std::nullopt, "the " + row_name(row) + " is in no entry of the log");
    });
}

namespace {

void compare_rows_at_start(ReadTxn& txn, store::Vault& vault) {
    store::require_none_touched(txn);
    std::map<std::int64_t, Told> by_entry;
    store::each_told(txn, [&](const store::Told& told) {
        if (store::row_digest(txn, told.row) != told.digest)
            throw Tampered("the " + row_name(told.row) + " is not stored as entry " + std::to_string(told.index) +
                           " of the audit log told: an older copy was put back, or it was changed past the gateway");
        by_entry[told.index][told.row] = told.digest;
    });
    for (const auto& [index, rows] : by_entry) {
        for (const Line& line : list(txn, vault, {.from = index, .before = index + 1, .limit = 1})) {
            if (line.core.empty()) continue;  // expired: the scrub says so
            const auto told = rows_in(line.core);
            for (const auto& [row, digest] : rows)
                if (!told || !told->contains(row) || told->at(row) != digest)
                    throw Tampered("entry " + std::to_string(index) + " of the audit log does not tell the " + row_name(row) +
                                   " as it is kept");
        }
    }
    if (!store::rows_seeded(txn)) {
        if (txn.first("SELECT idx FROM audit_entry WHERE operation = $1", {rows_seeded_operation},
                      [](const store::Row& row) { return row.number(0); }))
            throw Tampered("the data say that no row was ever told to the audit log, and the log says otherwise");
        return;
    }
    store::each_critical_row(txn, [&](const CriticalRow& row) { store::check_row(txn, row.kind, row.id); });
}

}  // namespace

void check_rows_at_start(ReadTxn& txn, store::Vault& vault) {
    try {
        compare_rows_at_start(txn, vault);
    } catch (const store::RowTampered& tampered) {
        throw Tampered(tampered.what());
    }
}

}  // namespace entente::audit
