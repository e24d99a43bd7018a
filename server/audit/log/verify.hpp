#pragma once
// Checks a whole log against itself: every entry parses, indices have no gap, envelopes hash to what the leaf says, leaves hash to
// tiles and root, event ids are unique, times never decrease; with keys also that each section opens, matches its commitment and
// is canonical. Works in a live store (one snapshot) and on a copied file; a damaged page is traced to the entries that live on it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/encoding.hpp"
#include "server/audit/format/record.hpp"
#include "server/audit/log/appender.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::audit {

enum class Check : std::uint8_t {
    readable,    // the row can be read from its page
    present,     // no index is missing
    entry,       // the leaf's bytes parse and agree with the row beside them
    event,       // event ids are unique
    time,        // times never decrease
    sealed,      // one envelope per section, hashing to H
    key,         // the section's key exists, or an erasure entry says that it was destroyed
    opens,       // the envelope decrypts
    commitment,  // salt and text hash to C
    canonical,   // the text is canonical JSON
    tile,        // a stored tile equals the hashes of its entries
    root,        // the tree over all leaves has the root of the head row
    head,        // size, frontier and time of the head row
    page,        // a page of the file fails its authentication, and no entry lives on it
    rows,        // rows that decide who may do what are as the log told last (replay)
    erasure,     // what is erased is named by exactly one erasure entry, whose list is there, and cannot be read
};
std::string_view check_name(Check check);

struct Finding {
    Check check = Check::readable;
    std::optional<std::int64_t> index;  // of the entry, where it is about one
    std::string sentence;               // for a person
};

struct VerifyOptions {
    store::Vault* vault = nullptr;  // none: without keys
    std::size_t findings_max = 20;
    // Told now and then with entries done and entries expected.
    std::function<void(std::int64_t, std::int64_t)> progress{};
};

struct VerifyReport {
    std::int64_t size = 0;      // as the head row says
    std::int64_t entries = 0;   // read and parsed
    std::int64_t sections = 0;  // hashed
    std::int64_t opened = 0;
    std::int64_t erased =
        0;  // sections without a key or an envelope, each named by an erasure entry unless a finding says otherwise
    std::int64_t erasures = 0;  // entries that erased something
    std::int64_t rows = 0;      // critical rows replayed and compared
    Hash root{};                // recomputed
    std::vector<Finding> findings;
    bool more = false;  // there were more findings than findings_max
    bool good() const { return findings.empty(); }
    // The smallest index named by a finding.
    std::optional<std::int64_t> first_bad() const;
};

VerifyReport verify(store::ReadTxn& txn, const VerifyOptions& options);

// A copied file. Fault: it cannot be opened at all.
VerifyReport verify_file(const std::filesystem::path& file, protocol::Bytes key, const VerifyOptions& options);

// The page (4096 bytes, from 1) of the file on which an entry's bytes lie; nothing when there is no such entry. For showing what
// one flipped byte does.
std::optional<std::int64_t> page_of_entry(const std::filesystem::path& file, protocol::Bytes key, std::int64_t index);

// Cheap check at start: the head row against tiles and entries of the right edge, and every key in use unwraps. Throws Tampered.
void check_at_start(store::ReadTxn& txn, store::Vault& vault);

}  // namespace entente::audit
