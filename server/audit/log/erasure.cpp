#include "server/audit/log/erasure.hpp"

#include <algorithm>

#include "certs/seal.hpp"
#include "server/audit/format/bytes.hpp"
#include "server/audit/log/log_rows.hpp"

namespace entente::audit {

using store::ReadTxn;
using store::Txn;

namespace {

constexpr std::size_t keys_in_an_entry = 1'500;  // 32 bytes each, of 65,535

void look_at(const EntryRow& row, SectionsByKey& found) {
    const auto entry = decode_entry(row.entry);
    if (!entry) return;
    const auto envelopes = unpack_envelopes(row.sealed, entry->sections.size());
    if (!envelopes) return;
    for (std::size_t i = 0; i < envelopes->size(); ++i) {
        if (!(*envelopes)[i]) continue;
        const auto key = certs::envelope_key(*(*envelopes)[i]);
        const auto listed = key ? found.find(*key) : found.end();
        if (listed != found.end()) listed->second.push_back({static_cast<std::uint64_t>(row.index), entry->sections[i].tag});
    }
}

ErasurePart finish(ErasureScope scope, std::vector<Hash> keys, std::vector<ErasedSection> sections) {
    std::ranges::sort(keys);
    std::ranges::sort(sections);
    ErasurePart part;
    part.list = erased_list(sections);
    part.extension = {.scope = scope,
                      .destroyed_keys = std::move(keys),
                      .sections = sections.size(),
                      .list_digest = erased_list_digest(part.list)};
    return part;
}

}  // namespace

void find_sections(ReadTxn& txn, std::int64_t from, std::int64_t to, SectionsByKey& found) {
    each_entry(txn, from, to, [&](const EntryRow& row) { look_at(row, found); });
}

std::int64_t find_sections_to_end(const std::function<void(const store::ReadWork&)>& read, std::int64_t from, SectionsByKey& found,
                                  std::int64_t entries_at_once, const std::function<bool()>& stop) {
    bool all = false;
    while (!all && !stop()) {
        read([&](ReadTxn& txn) {
            const auto head = read_head(txn);
            const std::int64_t size = head ? head->size : 0;
            const std::int64_t end = std::min(size, from + entries_at_once);
            find_sections(txn, from, end, found);
            from = end;
            all = end == size;
        });
    }
    return from;
}

void find_sections(ReadTxn& txn, protocol::CaseId of_case, std::int64_t to, SectionsByKey& found) {
    txn.each("SELECT " ENTENTE_ENTRY_COLUMNS
             " FROM audit_case c JOIN audit_entry e ON e.idx = c.idx WHERE c.case_id = $1 AND c.idx < $2 ORDER BY c.idx",
             {of_case.value, to}, [&](const store::Row& row) { look_at(entry_row(row), found); });
}

std::vector<ErasurePart> erasure_parts(ErasureScope scope, const SectionsByKey& keys) {
    std::vector<ErasurePart> parts;
    std::vector<Hash> hashes;
    std::vector<ErasedSection> sections;
    for (const auto& [key, sealed] : keys) {
        hashes.push_back(destroyed_key_hash(key));
        sections.insert(sections.end(), sealed.begin(), sealed.end());
        if (hashes.size() < keys_in_an_entry) continue;
        parts.push_back(finish(scope, std::exchange(hashes, {}), std::exchange(sections, {})));
    }
    if (!hashes.empty() || parts.empty()) parts.push_back(finish(scope, std::move(hashes), std::move(sections)));
    return parts;
}

void keep_erased_list(Txn& txn, const ErasurePart& part, std::int64_t number) {
    txn.change("INSERT INTO erased_lists (digest, erasure, list) VALUES ($1, $2, $3)",
               {Bytes(part.extension.list_digest), number, part.list});
    txn.change("INSERT INTO erased_progress (erasure, taken) VALUES ($1, 0) ON CONFLICT (erasure) DO NOTHING", {number});
}

namespace {

constexpr std::int64_t listed_bytes = 9;  // of one section in a list

std::int64_t taken_of(ReadTxn& txn, std::int64_t number) {
    return txn
        .first("SELECT taken FROM erased_progress WHERE erasure = $1", {number},
               [](const store::Row& row) { return row.number(0); })
        .value_or(0);
}

}  // namespace

std::optional<ListToTake> list_to_take(ReadTxn& txn, std::int64_t number) {
    const std::int64_t taken = taken_of(txn, number);
    std::optional<Blob> digest;
    std::int64_t before = 0;
    // Lengths alone, which are there without the lists.
    txn.each("SELECT digest, LENGTH(list) FROM erased_lists WHERE erasure = $1 ORDER BY digest", {number},
             [&](const store::Row& row) {
                 const std::int64_t sections = row.number(1) / listed_bytes;
                 if (digest) return;
                 if (taken >= before + sections) {
                     before += sections;
                     return;
                 }
                 const Bytes bytes = row.bytes(0);
                 digest.emplace(bytes.begin(), bytes.end());
             });
    if (!digest) return std::nullopt;
    return txn.first("SELECT list FROM erased_lists WHERE erasure = $1 AND digest = $2", {number, *digest},
                     [&](const store::Row& row) {
                         auto sections = parse_erased_list(row.bytes(0));
                         if (!sections) throw protocol::Fault("a list of erased sections does not parse");
                         return ListToTake{before, std::move(*sections)};
                     });
}

namespace {

// The sections of one entry that are listed lose their envelopes.
void take_from_entry(Txn& txn, std::int64_t index, std::span<const ErasedSection> listed) {
    Blob packed;
    each_entry(txn, index, index + 1, [&](const EntryRow& row) {
        const auto entry = decode_entry(row.entry);
        const auto envelopes = entry ? unpack_envelopes(row.sealed, entry->sections.size()) : std::nullopt;
        if (!envelopes) throw protocol::Fault("entry " + std::to_string(index) + " cannot be read, so nothing is erased in it");
        std::vector<std::optional<Bytes>> left = *envelopes;
        for (std::size_t i = 0; i < left.size(); ++i)
            if (std::ranges::find(listed, entry->sections[i].tag, &ErasedSection::tag) != listed.end()) left[i].reset();
        packed = pack_envelopes(left);
    });
    txn.change("UPDATE audit_entry SET sealed = $2 WHERE idx = $1", {index, packed});
}

}  // namespace

std::int64_t take_envelopes(Txn& txn, std::int64_t number, const ListToTake& list, std::int64_t limit) {
    const std::span<const ErasedSection> all(list.sections);
    const auto begun = static_cast<std::size_t>(taken_of(txn, number) - list.first);
    const std::size_t end = std::min(all.size(), begun + static_cast<std::size_t>(limit));
    std::size_t at = begun;
    while (at < end) {
        std::size_t next = at + 1;
        while (next < all.size() && all[next].index == all[at].index) ++next;
        take_from_entry(txn, static_cast<std::int64_t>(all[at].index), all.subspan(at, next - at));
        at = next;
    }
    if (at == begun) return 0;
    txn.change("UPDATE erased_progress SET taken = $2 WHERE erasure = $1", {number, list.first + static_cast<std::int64_t>(at)});
    return static_cast<std::int64_t>(at - begun);
}

std::vector<KeptList> kept_lists(ReadTxn& txn, const Hash& digest) {
    std::vector<KeptList> lists;
    txn.each("SELECT idx, list FROM erased_lists WHERE digest = $1 AND idx IS NOT NULL", {Bytes(digest)},
             [&](const store::Row& row) {
                 KeptList list{.index = row.number(0), .sections = {}};
                 // The digest is computed here, not believed.
                 if (erased_list_digest(row.bytes(1)) != digest) return;
                 if (auto sections = parse_erased_list(row.bytes(1))) list.sections = std::move(*sections);
                 lists.push_back(std::move(list));
             });
    return lists;
}

std::optional<std::int64_t> erased_by(ReadTxn& txn, const ErasedSection& section) {
    std::optional<std::int64_t> found;
    txn.each("SELECT idx, list FROM erased_lists WHERE idx > $1 ORDER BY idx", {static_cast<std::int64_t>(section.index)},
             [&](const store::Row& row) {
                 if (found) return;
                 const auto sections = parse_erased_list(row.bytes(1));
                 if (sections && std::ranges::binary_search(*sections, section)) found = row.number(0);
             });
    return found;
}

}  // namespace entente::audit
