#pragma once
// What leaves the house as evidence: entries with their receipts, envelopes, and the sections that the viewer may see. A page at a
// time for a part of the log (one case, one partner, a period), or the whole tree as a static export (server/audit/package).
//
// Every receipt of a page is under the same checkpoint. Opening a section is a disclosure; who calls writes the record of it.

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/format/proof.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/notary.hpp"
#include "server/audit/log/reader.hpp"

namespace entente::audit {

struct ExportFilter {
    std::optional<protocol::CompanyId> company{};                       // only what this company is party to; none: everything
    std::optional<protocol::CompanyId> partner{};                       // and this one too
    protocol::CaseId case_id{};                                         // only of this case; none: of all
    protocol::Instant from{};                                           // time of the entry, inclusive
    protocol::Instant until{std::numeric_limits<std::int64_t>::max()};  // exclusive
    std::int64_t first = 0;                                             // index to begin with
    std::int64_t looked_at_max = 500;                                   // entries that a page looks at
    // A last word on an entry, from the text of its core section (empty where that is erased). None: all.
    std::function<bool(std::string_view core)> wanted{};
};

struct ExportedSection {
    std::uint8_t tag = 0;
    Salt salt{};
    std::string text;
};

struct ExportedEntry {
    InclusionReceipt receipt;
    Blob sealed;  // the envelopes as they are stored beside the entry
    std::vector<ExportedSection> opened;
};

struct ExportPage {
    std::vector<ExportedEntry> entries;
    std::optional<std::int64_t> next;  // index to go on from; none: that was all
};
ExportPage export_page(store::ReadTxn& txn, store::Vault& vault, Proofs& proofs, const Published& published,
                       const ExportFilter& filter, const Viewer& viewer);

// What an export of the whole log ends under: the newest checkpoint of the log's present name that a quorum of the witnesses
// cosigned within the last hour, otherwise the newest. It covers every erasure whose envelopes began to go: a hole is legitimate by
// its list alone, and lists are part of what is covered.
struct EndOfExport {
    bool any = false;                 // there is a checkpoint at all
    std::optional<std::string> note;  // none: no checkpoint covers the newest erasure yet
    bool cosigned = false;
    bool newest = false;  // of those there are
};
EndOfExport end_of_export(store::ReadTxn& txn, const Policy& witnesses);

// The static export of the whole log under a checkpoint, file by file: `write` gets path and bytes. All reads must see the log at
// one moment, the one at which its end was chosen: an erasure meanwhile would leave holes without a list.
struct WholeExport {
    std::string note;                   // the checkpoint
    std::string policy;                 // text of witness/policy
    Policy witnesses{};                 // whose word the handovers from key to key carry, where a checkpoint has it
    store::Vault* open_core = nullptr;  // also disclose the core sections: facts about organisations
    // Seals what is disclosed to somebody, in place of the plain text; none: plain.
    std::function<Blob(Bytes plain)> seal{};
    std::function<void(std::int64_t done, std::int64_t size)> progress{};
};
using RunRead = std::function<void(const store::ReadWork&)>;
using WriteFile = std::function<void(const std::string& path, Bytes content)>;
void export_whole(const RunRead& run, const WholeExport& options, const WriteFile& write);

}  // namespace entente::audit
