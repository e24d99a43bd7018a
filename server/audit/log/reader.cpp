#include "server/audit/log/reader.hpp"

#include <algorithm>
#include <limits>

#include "protocol/encoding.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"

namespace entente::audit {

using protocol::Blob;
using protocol::Bytes;
using store::ReadTxn;
using store::Tag;
using store::Vault;

namespace {

constexpr std::int64_t list_max = 1'000;

// A row as it was read, so that sections can be opened after the statement has ended.
struct Kept {
    Line line;
    Blob entry;
    Blob sealed;
};

Kept keep(const EntryRow& row) {
    Kept kept;
    kept.line.index = row.index;
    std::ranges::copy(row.event.first(std::min(row.event.size(), kept.line.event.size())), kept.line.event.begin());
    kept.line.time = {row.time};
    kept.line.operation = row.operation;
    kept.line.outcome = row.outcome == 1 ? Outcome::success : Outcome::failure;
    kept.line.reason = row.reason;
    kept.entry.assign(row.entry.begin(), row.entry.end());
    kept.line.leaf = leaf_hash(row.entry);
    kept.sealed.assign(row.sealed.begin(), row.sealed.end());
    return kept;
}

struct Parts {
    Entry entry;
    std::vector<std::optional<Bytes>> envelopes;
};

Parts parts_of(const Kept& kept) {
    auto entry = decode_entry(kept.entry);
    if (!entry) throw Tampered("entry " + std::to_string(kept.line.index) + " is not an entry of the log");
    auto envelopes = unpack_envelopes(kept.sealed, entry->sections.size());
    if (!envelopes) throw Tampered("the envelopes of entry " + std::to_string(kept.line.index) + " do not fit it");
    return {*std::move(entry), *std::move(envelopes)};
}

// Nothing: its key is destroyed, or the envelope was erased.
std::optional<OpenedSection> open_text(ReadTxn& txn, Vault& vault, const Parts& parts, std::size_t at) {
    if (!parts.envelopes[at]) return std::nullopt;
    const auto padded =
        vault.open_section(txn, parts.entry.event, static_cast<Tag>(parts.entry.sections[at].tag), *parts.envelopes[at]);
    if (!padded) return std::nullopt;
    auto opened = unpad_section(*padded);
    if (!opened) throw Tampered("a section of event " + protocol::uuid_text(parts.entry.event) + " opens to something else");
    return opened;
}

void open_core(ReadTxn& txn, Vault& vault, const Parts& parts, Line& line) {
    line.kind = static_cast<std::uint8_t>(parts.entry.kind());
    for (std::size_t i = 0; i < parts.entry.sections.size(); ++i) {
        if (parts.entry.sections[i].tag == static_cast<std::uint8_t>(Tag::core))
            line.core = open_text(txn, vault, parts, i).value_or(OpenedSection{}).text;
    }
}

// The statement for a filter. Scope and case drive it through their own indexes: a company's list costs what the company has.
std::string list_statement(const Filter& filter) {
    std::string sql = "SELECT " ENTENTE_ENTRY_COLUMNS " FROM audit_entry e";
    std::string index = "e.idx";
    if (filter.company) {
        sql += " JOIN audit_party p ON p.idx = e.idx AND p.company = $4";
        index = "p.idx";
    }
    if (filter.case_id) {
        sql += filter.company ? " JOIN audit_case c ON c.idx = e.idx AND c.case_id = $5"
                              : " JOIN audit_case c ON c.idx = e.idx AND c.case_id = $4";
        index = "c.idx";
    }
    sql += " WHERE " + index + " >= $1 AND " + index + " < $2 ORDER BY " + index;
    sql += filter.newest_first ? " DESC LIMIT $3" : " LIMIT $3";
    return sql;
}

}  // namespace

std::vector<Line> list(ReadTxn& txn, Vault& vault, const Filter& filter) {
    const std::int64_t before = filter.before.value_or(std::numeric_limits<std::int64_t>::max());
    const std::int64_t limit = std::clamp<std::int64_t>(filter.limit, 0, list_max);
    const std::string sql = list_statement(filter);
    std::vector<Kept> rows;
    const auto take = [&](const store::Row& row) { rows.push_back(keep(entry_row(row))); };
    if (filter.company && filter.case_id) {
        txn.each(sql, {filter.from, before, limit, filter.company->value, filter.case_id.value}, take);
    } else if (filter.company) {
        txn.each(sql, {filter.from, before, limit, filter.company->value}, take);
    } else if (filter.case_id) {
        txn.each(sql, {filter.from, before, limit, filter.case_id.value}, take);
    } else {
        txn.each(sql, {filter.from, before, limit}, take);
    }
    std::vector<Line> lines;
    for (Kept& row : rows) {
        open_core(txn, vault, parts_of(row), row.line);
        lines.push_back(std::move(row.line));
    }
    return lines;
}

namespace {

std::optional<Kept> find_entry(ReadTxn& txn, const EntryKey& key, const std::optional<protocol::CompanyId>& company) {
    const auto take = [](const store::Row& row) { return keep(entry_row(row)); };
    if (const auto* index = std::get_if<std::int64_t>(&key)) {
        if (!company) return txn.first("SELECT " ENTENTE_ENTRY_COLUMNS " FROM audit_entry e WHERE e.idx = $1", {*index}, take);
        return txn.first("SELECT " ENTENTE_ENTRY_COLUMNS
                         " FROM audit_entry e JOIN audit_party p ON p.idx = e.idx AND p.company = $2 WHERE e.idx = $1",
                         {*index, company->value}, take);
    }
    const Bytes event = std::get<protocol::EventId>(key);
    if (!company) return txn.first("SELECT " ENTENTE_ENTRY_COLUMNS " FROM audit_entry e WHERE e.event = $1", {event}, take);
    return txn.first("SELECT " ENTENTE_ENTRY_COLUMNS
                     " FROM audit_entry e JOIN audit_party p ON p.idx = e.idx AND p.company = $2 WHERE e.event = $1",
                     {event, company->value}, take);
}

bool may_open(const Viewer& viewer, Tag tag, const store::Owner& owner) {
    return viewer.all || tag == Tag::core || std::ranges::find(viewer.owners, owner) != viewer.owners.end();
}

SectionView view_section(ReadTxn& txn, Vault& vault, const Parts& parts, std::size_t at, const Viewer& viewer) {
    const SectionDigest& digest = parts.entry.sections[at];
    SectionView view{.tag = static_cast<Tag>(digest.tag), .commitment = digest.commitment, .sealed_hash = digest.sealed};
    const auto owner = parts.envelopes[at] ? vault.owner_of(txn, *parts.envelopes[at]) : std::nullopt;
    // Erased shows to everybody who sees the entry: it is a fact of the log.
    if (!owner) {
        view.state = SectionState::erased;
    } else if (may_open(viewer, view.tag, *owner)) {
        auto opened = open_text(txn, vault, parts, at);
        view.state = opened ? SectionState::opened : SectionState::erased;
        if (opened) {
            view.text = std::move(opened->text);
            view.salt = opened->salt;
        }
    }
    return view;
}

}  // namespace

std::optional<Shown> show(ReadTxn& txn, Vault& vault, const EntryKey& key, const std::optional<protocol::CompanyId>& company,
                          const Viewer& viewer) {
    auto found = find_entry(txn, key, company);
    if (!found) return std::nullopt;
    const Parts parts = parts_of(*found);
    Shown shown{.line = std::move(found->line), .entry = found->entry, .leaf = leaf_hash(found->entry), .sections = {}};
    open_core(txn, vault, parts, shown.line);
    for (std::size_t i = 0; i < parts.entry.sections.size(); ++i)
        shown.sections.push_back(view_section(txn, vault, parts, i, viewer));
    return shown;
}

std::optional<LeafEntry> find_leaf(ReadTxn& txn, const EntryKey& key, const std::optional<protocol::CompanyId>& company) {
    auto found = find_entry(txn, key, company);
    if (!found) return std::nullopt;
    return LeafEntry{found->line.index, std::move(found->entry)};
}

Head head(ReadTxn& txn) {
    const auto row = read_head(txn);
    if (!row) return {.size = 0, .root = empty_root(), .last = {}};
    return {.size = row->size, .root = row->root, .last = {row->last_time}};
}

}  // namespace entente::audit
