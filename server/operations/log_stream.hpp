#pragma once
// The log as a stream for collectors of security events: pages of entries in the order of the log. No caller stands behind it: what
// is streamed is the operator's configuration, and it is no more than the operator reads anyway (core sections; semantics 1).

#include <string>
#include <string_view>
#include <vector>

#include "server/audit/log/reader.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct StreamedEntry {
    std::int64_t index = 0;
    Instant time{};
    std::string operation;
    bool failed = false;  // its outcome
    bool alarm = false;   // a finding: tampering, rollback, a clock that runs back
    std::string event;    // OCSF JSON (audit/log/ocsf_event)
};
struct StreamPage {
    std::vector<StreamedEntry> entries;
    std::int64_t size = 0;    // of the log
    audit::Hash last_leaf{};  // of the last entry of the page
};
// Entries from `from` on, at most `limit`. `bytes_max` as in ocsf_event.
StreamPage stream_page(ReadTxn& txn, const Context& context, std::string_view origin, std::int64_t from, std::int64_t limit,
                       std::size_t bytes_max);

// Whether the entry before `next` is the one with this leaf hash: whether a remembered position belongs to this log.
bool position_fits(ReadTxn& txn, const Context& context, std::int64_t next, const audit::Hash& leaf);

// Records that a stream began at `from`, or that the remembered position is not one of this log (a finding).
audit::Record stream_record(std::string_view sink, std::int64_t from, bool position_lost);

}  // namespace entente::operations
