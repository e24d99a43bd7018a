#pragma once
// Turns the records of one batch into entries of the log, inside the batch's transaction: event id and time, section texts, seals,
// leaf, tree, head (audit and crypto reference, sections 4 to 10, 13 and 14). Give `append` to the store as its recorder.
//
// Index 0 of a new log is its start entry (kind 4). Times never decrease: a clock behind the last entry is clamped to it; more
// than 1 s behind adds an alarm record, more than 60 s fails. The head is read from the database in every batch and must be what
// this process wrote last. Before it returns, the leaf hashes are computed again from the stored bytes and compared. Nothing
// follows a freeze but a start entry: Frozen.
//
// Runs on the store's writer thread only. Errors: Fault fails the batch; Tampered means that the log is not what was written.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/instant.hpp"
#include "protocol/result.hpp"
#include "server/audit/format/leaf.hpp"
#include "server/audit/format/record.hpp"
#include "server/audit/format/told_rows.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::audit {

// The stored log contradicts itself or this process. The gateway refuses to serve and exits with exit_tampered.
class Tampered : public protocol::Fault {
  public:
    using Fault::Fault;
};
inline constexpr int exit_tampered = 78;

// The log ends with a freeze (kind 8), and nothing else than a start under another name may follow. The gateway refuses to start
// and exits with exit_frozen: it takes somebody who ends what was begun (entente keys log-compromised).
class Frozen : public protocol::Fault {
  public:
    using Fault::Fault;
};
inline constexpr int exit_frozen = 78;

// The entry that told the critical rows of an earlier version (format/told_rows.hpp).
inline constexpr std::string_view rows_seeded_operation = "rows.seed";

class Appender {
  public:
    // origin: the log's name, one ASCII line without blanks or plus; log_id: SHA-256 of it. `random` throws rather than fall back.
    Appender(store::Vault& vault, std::string origin, Hash log_id, std::function<protocol::Instant()> now,
             std::function<void(std::span<std::uint8_t>)> random);
    ~Appender();
    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;

    // The log was put back on purpose, or frozen: the next batch begins with a start entry that names what was published before.
    void restart(LogStart::Previous previous);

    // One receipt per record, in order.
    std::vector<Receipt> append(store::Txn& txn, std::span<const Record> records);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace entente::audit
