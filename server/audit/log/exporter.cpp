#include "server/audit/log/exporter.hpp"

#include <algorithm>
#include <utility>

#include "server/audit/format/bytes.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {

using store::ReadTxn;
using store::Tag;
using store::Vault;

namespace {

// A row as it was read, so that other statements can run after it.
struct KeptRow {
    std::int64_t index = 0;
    Blob entry;
    Blob sealed;
};

std::vector<KeptRow> rows_of(ReadTxn& txn, const ExportFilter& filter, std::int64_t size) {
    std::string sql = "SELECT e.idx, e.entry, e.sealed FROM audit_entry e";
    std::string index = "e.idx";
    // The parameters are numbered whether a filter names them or not, so that one list of values fits.
    if (filter.company) {
        sql += " JOIN audit_party p ON p.idx = e.idx AND p.company = $6";
        index = "p.idx";
    }
    if (filter.partner) sql += " JOIN audit_party q ON q.idx = e.idx AND q.company = $7";
    if (filter.case_id) {
        sql += " JOIN audit_case c ON c.idx = e.idx AND c.case_id = $8";
        index = "c.idx";
    }
    sql += " WHERE " + index + " >= $1 AND " + index + " < $2 AND e.time >= $3 AND e.time < $4";
    sql += " AND CAST($6 AS BIGINT) IS NOT NULL AND CAST($7 AS BIGINT) IS NOT NULL AND CAST($8 AS BIGINT) IS NOT NULL";
    sql += " ORDER BY " + index + " LIMIT $5";
    std::vector<KeptRow> rows;
    txn.each(sql,
             {filter.first, size, filter.from.us, filter.until.us, filter.looked_at_max,
              filter.company.value_or(protocol::CompanyId{}).value, filter.partner.value_or(protocol::CompanyId{}).value,
              filter.case_id.value},
             [&](const store::Row& row) {
                 const Bytes entry = row.bytes(1);
                 const Bytes sealed = row.bytes(2);
                 rows.push_back({row.number(0), Blob(entry.begin(), entry.end()), Blob(sealed.begin(), sealed.end())});
             });
    return rows;
}

bool may_export(const Viewer& viewer, std::uint8_t tag, const store::Owner& owner) {
    return viewer.all || tag == static_cast<std::uint8_t>(Tag::core) ||
           std::ranges::find(viewer.owners, owner) != viewer.owners.end();
}

// Nothing: withheld, or its key is destroyed.
std::optional<ExportedSection> opened(ReadTxn& txn, Vault& vault, const Entry& entry, std::uint8_t tag, Bytes envelope,
                                      const Viewer& viewer) {
    const auto owner = vault.owner_of(txn, envelope);
    if (!owner || !may_export(viewer, tag, *owner)) return std::nullopt;
    const auto padded = vault.open_section(txn, entry.event, static_cast<Tag>(tag), envelope);
    if (!padded) return std::nullopt;
    auto section = unpad_section(*padded);
    if (!section) throw Tampered("a section of event " + protocol::uuid_text(entry.event) + " opens to something else");
    return ExportedSection{tag, section->salt, std::move(section->text)};
}

std::vector<ExportedSection> opened_sections(ReadTxn& txn, Vault& vault, const KeptRow& row, const Viewer& viewer) {
    const auto entry = decode_entry(row.entry);
    const auto envelopes = entry ? unpack_envelopes(row.sealed, entry->sections.size()) : std::nullopt;
    if (!envelopes) throw Tampered("entry " + std::to_string(row.index) + " is not an entry of the log");
    std::vector<ExportedSection> sections;
    for (std::size_t i = 0; i < envelopes->size(); ++i) {
        const auto& envelope = (*envelopes)[i];
        auto section = envelope ? opened(txn, vault, *entry, entry->sections[i].tag, *envelope, viewer) : std::nullopt;
        if (section) sections.push_back(*std::move(section));
    }
    return sections;
}

std::string_view core_of(const std::vector<ExportedSection>& sections) {
    const auto core = std::ranges::find(sections, static_cast<std::uint8_t>(Tag::core), &ExportedSection::tag);
    return core == sections.end() ? std::string_view{} : std::string_view(core->text);
}

}  // namespace

ExportPage export_page(ReadTxn& txn, Vault& vault, Proofs& proofs, const Published& published, const ExportFilter& filter,
                       const Viewer& viewer) {
    ExportPage page;
    const std::uint64_t size = published.checkpoint.size;
    const auto rows = rows_of(txn, filter, static_cast<std::int64_t>(size));
    for (const KeptRow& row : rows) {
        auto sections = opened_sections(txn, vault, row, viewer);
        if (filter.wanted && !filter.wanted(core_of(sections))) continue;
        const auto index = static_cast<std::uint64_t>(row.index);
        page.entries.push_back(
            {{row.entry, index, proofs.inclusion(txn, index, size), published.note}, row.sealed, std::move(sections)});
    }
    if (static_cast<std::int64_t>(rows.size()) == filter.looked_at_max) page.next = rows.back().index + 1;
    return page;
}

EndOfExport end_of_export(ReadTxn& txn, const Policy& witnesses) {
    constexpr std::int64_t looked_back_us = 3'600'000'000;
    const auto erased = txn.first(
        "SELECT COALESCE(MAX(l.idx), -1) FROM erased_lists l JOIN erased_progress p ON p.erasure = l.erasure WHERE p.taken > 0", {},
        [](const store::Row& row) { return row.number(0); });
    EndOfExport end;
    std::string name;
    txn.each(
        "SELECT note, size FROM audit_checkpoint WHERE time >= (SELECT MAX(time) FROM audit_checkpoint) - $1 ORDER BY size DESC",
        {looked_back_us}, [&](const store::Row& row) {
            const std::string_view note = row.text(0);
            const bool first = !std::exchange(end.any, true);
            if (first) name = note.substr(0, note.find('\n'));
            if (end.cosigned || row.number(1) <= erased.value_or(-1) || note.substr(0, note.find('\n')) != name) return;
            const auto parsed = parse_note(note);
            const bool quorum = parsed && witnesses.quorum_met(*parsed);
            if (end.note && !quorum) return;
            end.note.emplace(note);
            end.cosigned = quorum;
            end.newest = first;
        });
    return end;
}

namespace {

class Whole {
  public:
    Whole(const RunRead& run, const WholeExport& options, const WriteFile& write) : run_(run), options_(options), write_(write) {}

    void write() {
        const auto note = parse_note(options_.note);
        const auto checkpoint = note ? parse_checkpoint(note->text) : std::unexpected(note.error());
        if (!checkpoint) throw protocol::Fault("what is to be exported is no checkpoint");
        size_ = checkpoint->size;
        origin_ = checkpoint->origin;
        for (std::uint64_t number = 0; number * tile_width < size_; ++number) {
            run_([&](ReadTxn& txn) { bundle(txn, number); });
            if (options_.progress)
                options_.progress(static_cast<std::int64_t>(std::min(size_, (number + 1) * tile_width)),
                                  static_cast<std::int64_t>(size_));
        }
        upper_tiles();
        run_([&](ReadTxn& txn) {
            erased_lists(txn);
            handovers(txn);
        });
        write_(std::string(package::policy), protocol::as_bytes(options_.policy));
        write_(std::string(package::checkpoint), protocol::as_bytes(options_.note));
    }

  private:
    void bundle(ReadTxn& txn, std::uint64_t number) {
        const std::uint64_t first = number * tile_width;
        const auto width = static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size_ - first));
        ByteWriter entries;
        ByteWriter sealed;
        ByteWriter hashes;
        std::vector<KeptRow> kept;
        std::vector<Hash> leaves;
        each_entry(txn, static_cast<std::int64_t>(first), static_cast<std::int64_t>(first + width), [&](const EntryRow& row) {
            if (row.index != static_cast<std::int64_t>(first + leaves.size())) return;
            leaves.push_back(leaf_hash_again(row.entry));
            entries.u16(static_cast<std::uint16_t>(row.entry.size()));
            entries.bytes(row.entry);
            sealed.bytes(row.sealed);
            hashes.bytes(leaves.back());
            if (options_.open_core != nullptr)
                kept.push_back({row.index, Blob(row.entry.begin(), row.entry.end()), Blob(row.sealed.begin(), row.sealed.end())});
        });
        if (leaves.size() != width) throw Tampered("entry " + std::to_string(first + leaves.size()) + " is missing");
        write_(entries_path(number, width), entries.take());
        write_(sealed_path(number, width), sealed.take());
        write_(tile_path({0, number, width}), hashes.take());
        for (const KeptRow& row : kept)
            for (const ExportedSection& section : opened_sections(txn, *options_.open_core, row, {})) disclose(row.index, section);
        if (width == tile_width) nodes_.push_back(root_of(leaves));
    }

    void disclose(std::int64_t index, const ExportedSection& section) {
        const auto at = static_cast<std::uint64_t>(index);
        if (options_.seal) {
            Blob plain(section.salt.begin(), section.salt.end());
            plain.insert(plain.end(), section.text.begin(), section.text.end());
            write_(package::opened(at, section.tag, package::Opened::sealed), options_.seal(plain));
            return;
        }
        write_(package::opened(at, section.tag, package::Opened::text), protocol::as_bytes(section.text));
        write_(package::opened(at, section.tag, package::Opened::salt), section.salt);
    }

    // What erasure entries name, so that a verifier tells a legitimate hole from a missing envelope.
    void erased_lists(ReadTxn& txn) {
        txn.each("SELECT idx, list FROM erased_lists WHERE idx IS NOT NULL AND idx < $1 ORDER BY idx",
                 {static_cast<std::int64_t>(size_)}, [&](const store::Row& row) {
                     write_(package::erased_list(static_cast<std::uint64_t>(row.number(0))), row.bytes(1));
                 });
    }

    // For each key after the first the earliest checkpoint that the key before it signed over the announcement, cosigned by the
    // witnesses' quorum if there is such a one: who knows the older key alone follows from there. Under the name that the log has
    // now: a verifier of that name believes no other.
    void handovers(ReadTxn& txn) {
        std::optional<Blob> before;
        std::vector<std::pair<Blob, std::int64_t>> steps;  // the older key, the entry that announces the next
        txn.each("SELECT public_key, idx FROM log_keys ORDER BY number", {}, [&](const store::Row& row) {
            const Bytes key = row.bytes(0);
            if (before && !row.is_null(1)) steps.emplace_back(*before, row.number(1));
            before.emplace(key.begin(), key.end());
        });
        constexpr std::int64_t looked_at = 500;
        const auto since =
            txn.first("SELECT COALESCE(MAX(since), 0) FROM audit_origin", {}, [](const store::Row& row) { return row.number(0); });
        for (const auto& [older, entry] : steps) {
            std::optional<std::pair<std::int64_t, std::string>> found;
            bool cosigned = false;
            const VerifierKey key{origin_, KeyType::ed25519, older};
            const auto look_at = [&](const store::Row& row) {
                const auto note = parse_note(row.text(1));
                const auto checkpoint = note ? parse_checkpoint(note->text) : std::unexpected(note.error());
                if (cosigned || !checkpoint || checkpoint->origin != origin_ || !verify_note(*note, std::span(&key, 1))) return;
                cosigned = options_.witnesses.quorum_met(*note);
                if (!found || cosigned) found.emplace(row.number(0), std::string(row.text(1)));
            };
            const std::int64_t after = std::max(entry, since.value_or(0));
            const auto size = static_cast<std::int64_t>(size_);
            txn.each("SELECT size, note FROM audit_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size LIMIT $3",
                     {after, size, looked_at}, look_at);
            // The witnesses may have been slow, or late.
            if (!cosigned)
                txn.each(
                    "SELECT size, note FROM audit_checkpoint WHERE size > $1 AND size <= $2 AND cosigned = 1 ORDER BY size LIMIT "
                    "$3",
                    {after, size, looked_at}, look_at);
            if (found) write_(package::handover(static_cast<std::uint64_t>(found->first)), protocol::as_bytes(found->second));
        }
    }

    void upper_tiles() {
        for (unsigned level = 1; !nodes_.empty(); ++level) {
            std::vector<Hash> above;
            for (std::size_t at = 0; at < nodes_.size(); at += tile_width) {
                const std::size_t width = std::min<std::size_t>(tile_width, nodes_.size() - at);
                const auto tile = std::span(nodes_).subspan(at, width);
                ByteWriter hashes(width * sizeof(Hash));
                for (const Hash& hash : tile) hashes.bytes(hash);
                write_(tile_path({level, at / tile_width, static_cast<unsigned>(width)}), hashes.take());
                if (width == tile_width) above.push_back(root_of(tile));
            }
            nodes_ = std::move(above);
        }
    }

    const RunRead& run_;
    const WholeExport& options_;
    const WriteFile& write_;
    std::uint64_t size_ = 0;
    std::string origin_;
    std::vector<Hash> nodes_;  // of the level that is being written
};

}  // namespace

void export_whole(const RunRead& run, const WholeExport& options, const WriteFile& write) {
    Whole(run, options, write).write();
}

}  // namespace entente::audit
