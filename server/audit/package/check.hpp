#pragma once
// Checks an exported log with nothing but the export and a policy: no keys, no network, no gateway (audit and crypto reference,
// section 19). One pass over the files in a bounded memory that does not grow with the log.
//
// Each check has a code of its own. A finding names the first entry concerned, never one after the damage. Wrong contents are
// tampering; files that are missing are incomplete input, which is no proof of anything.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/result.hpp"
#include "server/audit/format/policy.hpp"
#include "server/audit/format/told_rows.hpp"
#include "server/audit/package/files.hpp"

namespace entente::audit {

enum class LogCheck : std::uint8_t {
    checkpoint,   // signatures, quorum and origin of the checkpoint
    missing,      // what the checkpoint's size, another file or SHA256SUMS calls for is there
    entry,        // each entry parses, the log begins with its start, and nothing but a start follows a freeze
    time,         // times never decrease
    event,        // event ids are unique
    heartbeat,    // each heartbeat names the one before it
    sealed,       // each envelope hashes to what the entry says
    erased,       // each missing envelope is named by exactly one erasure, and its list hashes to what that entry says
    tile,         // the tiles hold the hashes of the entries
    root,         // the tree over all entries has the root of the checkpoint
    consistency,  // the log begins with what an earlier checkpoint covered
    opened,       // each disclosed section matches its commitment
    canonical,    // and is canonical JSON
    core,         // and, if it is the core section, is about its entry
    surplus,      // no file is there that the log does not have
    sums,         // SHA256SUMS, where they are asked for
    rows,         // listed rows are as the log told last, where a listing is given; an older listing is incomplete input
};
inline constexpr std::size_t log_check_count = 17;
std::string_view log_check_name(LogCheck check);

struct LogFinding {
    LogCheck check = LogCheck::checkpoint;
    std::optional<std::uint64_t> index;  // the first entry concerned; none: no entry in particular
    std::string sentence;
};

struct LogCheckOptions {
    // Checkpoints (signed notes) that the log must begin with, also such as it published under a name that a start entry names.
    std::vector<std::string> earlier{};
    bool sums = false;  // also compare SHA256SUMS
    std::size_t findings_max = 20;
    unsigned threads = 0;  // that hash beside the one that checks
    std::function<void(std::uint64_t done, std::uint64_t size)> progress{};
    // Opens what was disclosed to an auditor alone: salt || text; nothing: it is sealed to somebody else. None: it is not looked
    // at.
    std::function<std::optional<protocol::Blob>(protocol::Bytes sealed)> open_sealed{};
    // Rows as the gateway keeps them, held against the last word of the log about each. Needs every core section disclosed.
    const RowList* rows = nullptr;
    std::uint32_t without = 0;  // a bit a check that is left out: for tests that prove that each is needed
};

struct LogReport {
    Checkpoint checkpoint{};     // as verified
    std::uint64_t entries = 0;   // read and parsed
    std::uint64_t sections = 0;  // envelopes hashed
    std::uint64_t erased = 0;
    std::uint64_t yet_to_erase = 0;             // envelopes that an erasure names and that are still there, their keys destroyed
    std::uint64_t opened = 0;                   // disclosed sections compared
    std::uint64_t sealed_openings = 0;          // sealed to somebody: not looked at
    std::uint64_t rows = 0;                     // that are as the log told last
    std::uint64_t rows_unverified = 0;          // whose last word was erased
    std::vector<std::string> unsigned_files{};  // of a package about a part: what no receipt covers
    Hash root{};                                // recomputed
    // Keys that the log itself announced under a signature that the policy believes; the policy should name them.
    std::vector<VerifierKey> new_keys{};
    std::vector<LogFinding> findings;
    bool more = false;  // there were more than findings_max

    bool good() const { return findings.empty(); }
    bool tampered() const;  // at least one finding other than missing
    std::optional<std::uint64_t> first_bad() const;
};

// Fault: a file could not be read.
LogReport check_log(const Files& files, const Policy& policy, const LogCheckOptions& options);

// A part of the log or a pack of evidence: every receipt, envelope and disclosed section in it. That nothing was left out only a
// whole log shows, and so `options.earlier` and `options.rows` are of no use here.
LogReport check_part(const Files& files, const Policy& policy, const LogCheckOptions& options);

enum class PackageKind : std::uint8_t {
    log,       // tiles, entries and envelopes
    part,      // receipts with what is sealed beside them (entente audit export); perhaps of no entry at all
    evidence,  // a report, with receipts and core sections of the records that it names (entente evidence)
};
PackageKind kind_of(const Files& files);

// Two checkpoints (signed notes) against the tiles of a log that covers the newer one.
protocol::Result<void> check_consistency(const Files& files, const Policy& policy, std::string_view older, std::string_view newer);

}  // namespace entente::audit
