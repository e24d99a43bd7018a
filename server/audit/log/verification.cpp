#include "server/audit/log/verification.hpp"

#include <algorithm>
#include <limits>

#include "certs/digest.hpp"
#include "certs/seal.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/core_section.hpp"
#include "server/audit/log/erasure.hpp"

namespace entente::audit {

using store::ReadTxn;
using store::Tag;

namespace {

std::string entry_name(std::int64_t index) {
    return "entry " + std::to_string(index);
}

std::string section_name(std::int64_t index, std::uint8_t tag) {
    return "section " + std::to_string(static_cast<int>(tag)) + " of " + entry_name(index);
}

}  // namespace

void Verification::find(Check check, std::optional<std::int64_t> index, std::string sentence) {
    if (report_.findings.size() >= options_.findings_max) {
        report_.more = true;
        return;
    }
    report_.findings.push_back({check, index, std::move(sentence)});
}

void Verification::head_is(std::optional<HeadRow> head) {
    head_ = std::move(head);
    report_.size = head_ ? head_->size : 0;
}

void Verification::unreadable(const std::string& why) {
    find(Check::readable, next_,
         entry_name(next_) + " cannot be read: the part of the file that holds it is damaged (" + why + ")");
    broken_ = true;
    all_cores_read_ = false;
    grow(nullptr, 0, {}, true);
    ++next_;
}

void Verification::missing_until(std::int64_t index) {
    if (index <= next_) return;
    const std::string what = index - next_ == 1 ? entry_name(next_) + " is"
                                                : "entries " + std::to_string(next_) + " to " + std::to_string(index - 1) + " are";
    find(Check::present, next_, what + " missing");
    broken_ = true;
    all_cores_read_ = false;
    for (; next_ < index; ++next_) grow(nullptr, 0, {}, true);
}

void Verification::row(ReadTxn& txn, const EntryRow& row) {
    missing_until(row.index);
    ++next_;
    ++report_.entries;
    const Hash leaf = leaf_hash(row.entry);
    if (const auto entry = decode_entry(row.entry)) {
        check_entry(row, *entry);
        if (const auto* erasure = std::get_if<Erasure>(&entry->extension)) check_erasure(txn, row.index, *erasure);
        check_sections(txn, row, *entry);
    } else {
        all_cores_read_ = false;
        find(Check::entry, row.index, entry_name(row.index) + " is malformed: " + entry.error().message);
    }
    frontier_.append(leaf);
    grow(&txn, 0, leaf, false);
    if (options_.progress && (next_ % 1024 == 0 || next_ == report_.size)) options_.progress(next_, report_.size);
}

void Verification::check_entry(const EntryRow& row, const Entry& entry) {
    events_.push_back(entry.event);
    if (!std::ranges::equal(row.event, entry.event) || row.time != entry.time.us) {
        find(Check::entry, row.index, "the columns beside " + entry_name(row.index) + " name another event or time than the entry");
    }
    const auto* start = std::get_if<LogStart>(&entry.extension);
    // A log that was put back on purpose goes on after an entry that says so.
    if (row.index == 0 ? start == nullptr : start != nullptr && !start->previous) {
        find(Check::entry, row.index,
             entry_name(row.index) + (row.index == 0 ? " does not start a log" : " starts a log inside the log"));
    }
    if (start == nullptr && frozen_before_ == row.index)
        find(Check::entry, row.index, entry_name(row.index) + " follows the freeze of the log and starts none");
    if (entry.kind() == Kind::freeze) frozen_before_ = row.index + 1;
    if (entry.kind() == Kind::event &&
        (entry.sections.empty() || entry.sections.front().tag != static_cast<std::uint8_t>(Tag::core))) {
        find(Check::entry, row.index, entry_name(row.index) + " has no core section");
    }
    if (entry.time.us < last_time_) find(Check::time, row.index, entry_name(row.index) + " is older than the one before it");
    last_time_ = std::max(last_time_, entry.time.us);
}

void Verification::check_sections(ReadTxn& txn, const EntryRow& row, const Entry& entry) {
    const auto envelopes = unpack_envelopes(row.sealed, entry.sections.size());
    if (!envelopes) {
        all_cores_read_ = false;
        find(Check::sealed, row.index, "what is sealed beside " + entry_name(row.index) + " does not fit its sections");
        return;
    }
    for (std::size_t i = 0; i < entry.sections.size(); ++i) {
        const auto& envelope = (*envelopes)[i];
        if (!envelope) {
            ++report_.erased;
            holes_.push_back({{static_cast<std::uint64_t>(row.index), entry.sections[i].tag}, std::nullopt});
            if (entry.sections[i].tag == static_cast<std::uint8_t>(Tag::core)) all_cores_read_ = false;
            continue;
        }
        ++report_.sections;
        if (certs::sha256(*envelope) != entry.sections[i].sealed) {
            find(Check::sealed, row.index,
                 section_name(row.index, entry.sections[i].tag) + " is sealed in other bytes than the log committed to");
        }
        if (options_.vault != nullptr) open_section(txn, row, entry, i, *envelope);
    }
}

void Verification::open_section(ReadTxn& txn, const EntryRow& row, const Entry& entry, std::size_t at, Bytes envelope) {
    const SectionDigest& digest = entry.sections[at];
    const bool core = digest.tag == static_cast<std::uint8_t>(Tag::core);
    std::optional<Blob> padded;
    try {
        padded = options_.vault->open_section(txn, entry.event, static_cast<Tag>(digest.tag), envelope);
    } catch (const std::exception& fault) {
        all_cores_read_ = all_cores_read_ && !core;
        find(Check::opens, row.index, section_name(row.index, digest.tag) + " does not open: " + fault.what());
        return;
    }
    if (!padded) {
        ++report_.erased;
        all_cores_read_ = all_cores_read_ && !core;
        holes_.push_back({{static_cast<std::uint64_t>(row.index), digest.tag},
                          destroyed_key_hash(certs::envelope_key(envelope).value_or(certs::KeyId{}))});
        return;
    }
    const auto opened = unpad_section(*padded);
    if (!opened || section_commitment(digest.tag, opened->salt, opened->text) != digest.commitment) {
        all_cores_read_ = all_cores_read_ && !core;
        find(Check::commitment, row.index, section_name(row.index, digest.tag) + " says something else than the log committed to");
        return;
    }
    ++report_.opened;
    if (!protocol::check_canonical(opened->text))
        find(Check::canonical, row.index, section_name(row.index, digest.tag) + " is not canonical");
    if (core) check_core(txn, row, opened->text);
}

// The columns beside an entry decide who finds it: they must say what the core section says.
void Verification::check_core(ReadTxn& txn, const EntryRow& row, std::string_view text) {
    const auto core = read_core_section(text);
    const auto entry = decode_entry(row.entry);
    if (!core || !entry || core->uid != protocol::uuid_text(entry->event) || core->time_ms != entry->time.milliseconds()) {
        find(Check::entry, row.index, entry_name(row.index) + " and its core section name different events or times");
        return;
    }
    if (core->operation != row.operation || core->outcome != row.outcome || core->reason != row.reason) {
        find(Check::entry, row.index, "the columns beside " + entry_name(row.index) + " do not say what its core section says");
    }
    if (core->operation == rows_operation && !rows_.told_by(row.index, text))
        find(Check::rows, row.index, entry_name(row.index) + " should tell about rows and does not");
    const auto listed = [&](std::string_view sql, std::int64_t id) {
        if (txn.first(sql, {id, row.index}, [](const store::Row& found) { return found.number(0); })) return;
        find(Check::entry, row.index, entry_name(row.index) + " is hidden from a company or case that it belongs to");
    };
    for (const std::int64_t party : core->parties) listed("SELECT idx FROM audit_party WHERE company = $1 AND idx = $2", party);
    if (core->case_id != 0) listed("SELECT idx FROM audit_case WHERE case_id = $1 AND idx = $2", core->case_id);
    parties_ += static_cast<std::int64_t>(core->parties.size());
    cases_ += core->case_id != 0 ? 1 : 0;
}

// Adds a hash to the right edge of a level; a full tile is compared with the stored one and becomes a hash of the next level.
void Verification::grow(ReadTxn* txn, std::size_t level, const Hash& hash, bool broken) {
    if (edges_.size() <= level) edges_.resize(level + 1);
    Edge& edge = edges_[level];
    edge.hashes.push_back(hash);
    edge.broken = edge.broken || broken;
    if (edge.hashes.size() < tile_width) return;
    const bool tile_broken = edge.broken;
    if (!tile_broken && txn != nullptr) check_tile(*txn, level, edge);
    const Hash root = tile_broken ? Hash{} : root_of(edge.hashes);
    edge.hashes.clear();
    edge.broken = false;
    ++edge.tiles;
    grow(txn, level + 1, root, tile_broken);
}

void Verification::check_tile(ReadTxn& txn, std::size_t level, const Edge& edge) {
    const auto covered = std::int64_t{1} << (tile_levels * level);
    const auto first = static_cast<std::int64_t>(edge.tiles) * tile_width * covered;
    const std::string name = "tile " + std::to_string(edge.tiles) + " of level " + std::to_string(level);
    try {
        const auto stored = read_tile(txn, static_cast<unsigned>(level), edge.tiles);
        if (!stored || stored->size() != tile_width) {
            find(Check::tile, first, name + ", which covers entries from " + std::to_string(first) + ", is missing");
            return;
        }
        const auto [mine, theirs] = std::ranges::mismatch(edge.hashes, *stored);
        if (mine == edge.hashes.end()) return;
        const std::int64_t index = first + (mine - edge.hashes.begin()) * covered;
        find(Check::tile, index, name + " has another hash for " + entry_name(index) + (covered > 1 ? " and those after it" : ""));
    } catch (const std::exception&) {
        find(Check::tile, first, name + ", which covers entries from " + std::to_string(first) + ", cannot be read");
    }
}

void Verification::finish(ReadTxn& txn) {
    check_head();
    check_events();
    check_holes();
    check_rows(txn);
    check_counts(txn);
}

// Without keys nobody can say what the log told.
void Verification::check_rows(ReadTxn& txn) {
    if (options_.vault == nullptr || broken_) return;
    report_.rows = static_cast<std::int64_t>(rows_.rows());
    rows_.compare(txn, all_cores_read_,
                  [&](std::optional<std::int64_t> index, std::string sentence) { find(Check::rows, index, std::move(sentence)); });
}

void Verification::check_head() {
    report_.root = frontier_.root();
    if (!head_) {
        if (next_ > 0) find(Check::head, std::nullopt, "the head row is missing");
        return;
    }
    if (next_ > head_->size) {
        find(Check::head, head_->size,
             "there are " + std::to_string(next_) + " entries, but the head says " + std::to_string(head_->size));
        return;
    }
    missing_until(head_->size);
    if (broken_) return;
    if (report_.root != head_->root) {
        locate_by_frontier();
    } else if (frontier_.encode() != head_->frontier) {
        find(Check::head, std::nullopt, "the head's frontier does not belong to its root");
    }
    if (head_->last_time != last_time_)
        find(Check::head, std::nullopt, "the head names another time than that of the newest entry");
}

// The head keeps the roots of the complete subtrees: the first that differs tells where the change is.
void Verification::locate_by_frontier() {
    const auto stored = hashes_of(head_->frontier);
    const auto& mine = frontier_.nodes();
    const auto size = static_cast<std::uint64_t>(head_->size);
    std::uint64_t first = 0;
    std::size_t at = 0;
    for (unsigned bit = 64; bit-- > 0;) {
        const std::uint64_t width = std::uint64_t{1} << bit;
        if ((size & width) == 0) continue;
        if (at >= stored.size() || at >= mine.size() || stored[at] != mine[at]) {
            // Another check may have named the entry already; then the range would only blur it.
            const bool named = report_.first_bad() && *report_.first_bad() >= static_cast<std::int64_t>(first) &&
                               *report_.first_bad() < static_cast<std::int64_t>(first + width);
            find(Check::root, named ? report_.first_bad() : static_cast<std::int64_t>(first),
                 "the entries do not have the root that the head says: the change is among entries " + std::to_string(first) +
                     " to " + std::to_string(first + width - 1));
            return;
        }
        first += width;
        ++at;
    }
    find(Check::root, std::nullopt, "the head's root is not the root of the entries, though its frontier is");
}

void Verification::check_events() {
    std::ranges::sort(events_);
    const auto twice = std::ranges::adjacent_find(events_);
    if (twice != events_.end()) find(Check::event, std::nullopt, "event " + protocol::uuid_text(*twice) + " is in the log twice");
}

// The list is what tells a legitimate hole from a missing envelope: it must be the one that the entry committed to.
void Verification::check_erasure(ReadTxn& txn, std::int64_t index, const Erasure& erasure) {
    destroyed_keys_.insert(erasure.destroyed_keys.begin(), erasure.destroyed_keys.end());
    ++report_.erasures;
    if (erasure.sections == 0) return;
    for (const KeptList& list : kept_lists(txn, erasure.list_digest)) {
        if (list.index != index || list.sections.size() != erasure.sections) continue;
        for (const ErasedSection& section : list.sections) listed_.push_back({section, index});
        return;
    }
    find(Check::erasure, index,
         "the list of what " + entry_name(index) + " erased is missing or is not the one that it committed to");
}

void Verification::check_holes() {
    std::ranges::sort(listed_);
    for (const Hole& hole : holes_) {
        const auto index = static_cast<std::int64_t>(hole.section.index);
        if (hole.key_hash && !destroyed_keys_.contains(*hole.key_hash)) {
            find(Check::key, index,
                 "the key of " + section_name(index, hole.section.tag) +
                     " is gone, and no entry of the log says that it was destroyed");
            continue;
        }
        const auto by = std::ranges::lower_bound(listed_, hole.section, {}, &Listed::section);
        if (by == listed_.end() || by->section != hole.section || by->by <= index) {
            find(hole.key_hash ? Check::erasure : Check::sealed, index,
                 section_name(index, hole.section.tag) + " is missing, and no later entry of the log says that it was erased");
        }
    }
    check_listed();
}

// Nothing is erased twice, and what was erased must not be readable.
void Verification::check_listed() {
    const auto twice = std::ranges::adjacent_find(listed_, {}, &Listed::section);
    if (twice != listed_.end())
        find(Check::erasure, twice->by,
             section_name(static_cast<std::int64_t>(twice->section.index), twice->section.tag) + " is said to be erased twice");
    if (options_.vault == nullptr || broken_) return;
    std::ranges::sort(holes_, {}, &Hole::section);
    for (const Listed& one : listed_) {
        if (std::ranges::binary_search(holes_, one.section, {}, &Hole::section)) continue;
        find(Check::erasure, one.by,
             section_name(static_cast<std::int64_t>(one.section.index), one.section.tag) + " was erased by " + entry_name(one.by) +
                 " and can still be read");
        return;
    }
}

// Surplus rows would show an entry to somebody, or a tile to a proof, that has no business with it.
void Verification::check_counts(ReadTxn& txn) {
    const auto count = [&](std::string_view sql) {
        return txn.first(sql, {}, [](const store::Row& row) { return row.number(0); }).value_or(0);
    };
    std::int64_t tiles = 0;
    for (const Edge& edge : edges_) tiles += static_cast<std::int64_t>(edge.tiles);
    if (!broken_ && count("SELECT count(*) FROM audit_tile") > tiles)
        find(Check::tile, std::nullopt, "there are more tiles than the entries fill");
    if (options_.vault == nullptr || !all_cores_read_) return;
    if (count("SELECT count(*) FROM audit_party") > parties_ || count("SELECT count(*) FROM audit_case") > cases_) {
        find(Check::entry, std::nullopt, "an entry is shown to a company or case that it does not belong to");
    }
}

}  // namespace entente::audit
