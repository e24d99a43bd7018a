#pragma once
// Looks things up in the log. Scope is part of the statement: a company gets the entries it is party to and cannot tell others
// from none. Opening a section is a disclosure; who calls writes the record of it.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/audit/format/record.hpp"
#include "server/audit/format/section.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::audit {

struct Filter {
    std::optional<protocol::CompanyId> company{};  // only what this company is party to; none: everything
    protocol::CaseId case_id{};                    // only of this case; none: of all
    std::int64_t from = 0;                         // first index, inclusive
    std::optional<std::int64_t> before{};          // indices below this one
    std::int64_t limit = 50;                       // at most 1000
    bool newest_first = false;
};

struct Line {
    std::int64_t index = 0;
    protocol::EventId event{};
    protocol::Instant time{};
    std::uint8_t kind = 1;
    std::string operation;
    Outcome outcome = Outcome::success;
    std::string reason;
    std::string core;  // the core section's JSON; empty for entries without one and where its key is destroyed
    Hash leaf{};       // leaf hash
};

enum class SectionState : std::uint8_t { opened, withheld, erased };

struct SectionView {
    store::Tag tag = store::Tag::core;
    Hash commitment{};   // C of the leaf
    Hash sealed_hash{};  // H of the leaf
    SectionState state = SectionState::withheld;
    std::string text;  // where opened
    Salt salt{};       // of the commitment, where opened
};

struct Shown {
    Line line;
    protocol::Blob entry;  // the leaf's bytes
    Hash leaf{};
    std::vector<SectionView> sections;
};

// Whose sections open to this viewer. The core section opens to everyone who may see the entry.
struct Viewer {
    bool all = false;
    std::vector<store::Owner> owners;
};

using EntryKey = std::variant<std::int64_t, protocol::EventId>;

std::vector<Line> list(store::ReadTxn& txn, store::Vault& vault, const Filter& filter);
std::optional<Shown> show(store::ReadTxn& txn, store::Vault& vault, const EntryKey& key,
                          const std::optional<protocol::CompanyId>& company, const Viewer& viewer);

// An entry's place and the bytes that its leaf hash covers: nothing of what is sealed. For receipts.
struct LeafEntry {
    std::int64_t index = 0;
    protocol::Blob entry;
};
std::optional<LeafEntry> find_leaf(store::ReadTxn& txn, const EntryKey& key, const std::optional<protocol::CompanyId>& company);

// Entries in the log and its root, as the head row says.
struct Head {
    std::int64_t size = 0;
    Hash root{};
    protocol::Instant last{};
};
Head head(store::ReadTxn& txn);

}  // namespace entente::audit
