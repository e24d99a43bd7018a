#pragma once
// Erased sections of the log (audit and crypto reference, sections 9 and 18): which sections keys have sealed, the entry that names
// them, and the envelopes that go. Commitments and hashes stay, so every proof stays valid; a verifier finds each hole in the list
// of exactly one erasure entry.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "server/audit/format/leaf.hpp"
#include "server/audit/format/section.hpp"
#include "server/store/vault.hpp"

namespace entente::audit {

// The sections that each of these keys sealed, sorted.
using SectionsByKey = std::map<certs::KeyId, std::vector<ErasedSection>>;

// Adds to `found` what the keys in it sealed among entries [from, to). Reads every entry: a few microseconds each.
void find_sections(store::ReadTxn& txn, std::int64_t from, std::int64_t to, SectionsByKey& found);
// The same from `from` to the end of a log that grows meanwhile, some entries a read, so that nobody is kept from it for long.
// Answers where it stopped: behind that is only what was added during the last read, however many it took.
std::int64_t find_sections_to_end(const std::function<void(const store::ReadWork&)>& read, std::int64_t from, SectionsByKey& found,
                                  std::int64_t entries_at_once, const std::function<bool()>& stop);
// The same among the entries of one case alone.
void find_sections(store::ReadTxn& txn, protocol::CaseId of_case, std::int64_t to, SectionsByKey& found);

// Keys and sections for one erasure entry: an entry's size bounds them. `list` is kept in `erased_lists` and exported.
struct ErasurePart {
    Erasure extension;
    Blob list;
};
std::vector<ErasurePart> erasure_parts(ErasureScope scope, const SectionsByKey& keys);

// Keeps the list beside the log; `number` is the order's. The appender notes the entry's index there when it appends the entry,
// later in the same transaction.
void keep_erased_list(store::Txn& txn, const ErasurePart& part, std::int64_t number);

// The first list of an order whose envelopes are still there. Read once for many steps: lists may be long.
struct ListToTake {
    std::int64_t first = 0;  // sections in the lists before it
    std::vector<ErasedSection> sections;
};
std::optional<ListToTake> list_to_take(store::ReadTxn& txn, std::int64_t number);
// Takes the envelopes of sections in it away, about `limit`; answers how many it did, 0 when all of this list are gone.
std::int64_t take_envelopes(store::Txn& txn, std::int64_t number, const ListToTake& list, std::int64_t limit);

// All lists whose digests erasure entries may name.
struct KeptList {
    std::int64_t index = 0;  // of the entry
    std::vector<ErasedSection> sections;
};
std::vector<KeptList> kept_lists(store::ReadTxn& txn, const Hash& digest);
// The erasure entry that took this section; nothing if it was not erased.
std::optional<std::int64_t> erased_by(store::ReadTxn& txn, const ErasedSection& section);

}  // namespace entente::audit
