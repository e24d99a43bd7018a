#include "server/audit/package/erasures.hpp"

#include <algorithm>

#include "server/audit/format/bytes.hpp"
#include "server/audit/package/paths.hpp"

namespace entente::audit {

namespace {
// What all lists together may hold in memory beside what each needs; the more lists, the smaller the pieces that they are read in.
constexpr std::size_t rows_in_memory = 1U << 20U;
constexpr std::size_t rows_at_once_min = 8;
constexpr std::size_t rows_at_once_max = 400;
}  // namespace

struct Erasures::List {
    std::uint64_t entry = 0;
    std::uint64_t offset = 0;  // of what was read
    Blob buffer;
    std::size_t at = 0;
    certs::Sha256 digest;
    std::uint64_t sections = 0;
    std::optional<ErasedSection> next;
    bool well_formed = true;
};

Erasures::Erasures(const Files& files, const std::vector<std::uint64_t>& lists)
    : files_(files),
      rows_at_once_(std::clamp(rows_in_memory / std::max<std::size_t>(lists.size(), 1), rows_at_once_min, rows_at_once_max)) {
    for (const std::uint64_t entry : lists) {
        auto list = std::make_shared<List>();
        list->entry = entry;
        list->digest.update(erased_list_domain());
        advance(*list);
        lists_[entry] = list;
        file_up(list);
    }
}

// Reads the next row. A malformed list ends where it stops making sense; its digest then fails as well.
void Erasures::advance(List& list) {
    const auto before = list.next;
    list.next.reset();
    if (list.at == list.buffer.size()) {
        const auto file = files_.open(package::erased_list(list.entry), list.offset);
        list.buffer.resize(rows_at_once_ * erased_row_size);
        list.buffer.resize(file ? file->read(list.buffer) : 0);
        list.offset += list.buffer.size();
        list.at = 0;
        list.digest.update(list.buffer);
        if (list.buffer.empty()) return;
    }
    ByteReader in(Bytes(list.buffer).subspan(list.at));
    const std::uint64_t index = in.u64();
    const ErasedSection section{index, in.u8()};
    if (in.failed() || section.index >= list.entry || (before && !(*before < section))) {
        list.well_formed = false;
        return;
    }
    list.at += erased_row_size;
    ++list.sections;
    list.next = section;
}

void Erasures::file_up(const std::shared_ptr<List>& list) {
    if (list->next) next_.emplace(*list->next, list);
}

unsigned Erasures::naming(const ErasedSection& section, std::vector<std::pair<std::uint64_t, ErasedSection>>& stray) {
    unsigned count = 0;
    while (!next_.empty() && next_.begin()->first <= section) {
        auto node = next_.extract(next_.begin());
        const auto& list = node.mapped();
        if (node.key() == section) {
            ++count;
        } else {
            stray.emplace_back(list->entry, node.key());
        }
        advance(*list);
        file_up(list);
    }
    return count;
}

std::optional<Erasures::Ended> Erasures::ended(std::uint64_t entry) {
    const auto found = lists_.find(entry);
    if (found == lists_.end()) return std::nullopt;
    List& list = *found->second;
    // What it names from here on is not before the erasure.
    Ended ended{list.sections, {}, list.well_formed && !list.next};
    ended.digest = list.digest.finish();
    if (list.next) {
        const auto [first, last] = next_.equal_range(*list.next);
        const auto own = std::find_if(first, last, [&](const auto& row) { return row.second == found->second; });
        if (own != last) next_.erase(own);
    }
    lists_.erase(found);
    return ended;
}

std::vector<std::uint64_t> Erasures::left() const {
    std::vector<std::uint64_t> entries;
    entries.reserve(lists_.size());
    for (const auto& [entry, list] : lists_) entries.push_back(entry);
    return entries;
}

}  // namespace entente::audit
