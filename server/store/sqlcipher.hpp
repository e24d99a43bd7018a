#pragma once
// The embedded engine: one SQLCipher file, one writer thread with group commit, reader threads beside it, a checkpointer.
//
// A batch takes what is queued (at most batch_max works, and no new one once batch_budget has passed), runs each work in a
// savepoint, hands all records to the recorder, commits with full sync, then tells everybody. If a batch cannot be committed, its
// works run once more, each alone, so that one bad record fails nobody else. Works slower than slow_work are counted.
//
// The file lives in a folder of mode 0700 that one process holds at a time. Opening refuses an engine older than 4.6 or one that
// spills temporary data to disk, proves that the file cannot be read without its key, and brings the schema up to date.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certs/secret.hpp"
#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "server/store/migrations.hpp"
#include "server/store/store.hpp"

namespace entente::store {

inline constexpr std::size_t batch_max = 256;
inline constexpr std::chrono::milliseconds slow_work{20};

// Where tests may make a fault happen by throwing.
enum class Moment : std::uint8_t { before_recording, before_commit };

struct SqlcipherOptions {
    std::filesystem::path file;  // its folder is created with mode 0700; an existing one must not be open to others
    certs::Secret key;           // 32 bytes
    int readers = 2;
    std::size_t queue_max = 4096;  // of works, and again of reads
    std::chrono::milliseconds batch_budget{25};
    std::function<protocol::Instant()> now{};  // stamps migrations; none: 0
    std::span<const Migration> migrations = embedded_migrations();
    std::function<void(Moment)> probe{};  // tests only
    std::function<void()> committed{};    // after each batch, before its owners are told, on the writer's thread; must not block
};

// Upper bounds in microseconds of the buckets of commit times; the last bucket has no bound.
inline constexpr std::array<std::int64_t, 9> commit_bounds_us{250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 500'000};

// Counts since the store was opened. A consistent copy.
struct Stats {
    std::uint64_t batches = 0;         // committed
    std::uint64_t batches_failed = 0;  // rolled back whole
    std::uint64_t works = 0;           // of committed batches, failed works included
    std::uint64_t works_failed = 0;    // rolled back alone
    std::uint64_t works_slow = 0;
    std::uint64_t records = 0;
    std::uint64_t reads = 0;
    std::uint64_t reads_failed = 0;
    std::uint64_t batch_size_max = 0;
    std::uint64_t commit_us = 0;  // sum: COMMIT alone
    std::uint64_t batch_us = 0;   // sum: from BEGIN to the end of COMMIT
    std::array<std::uint64_t, commit_bounds_us.size() + 1> commit_times{};
    std::uint64_t wal_pages = 0;      // now
    std::uint64_t checkpoints = 0;    // that wrote something back
    std::uint64_t upkeep_failed = 0;  // checkpoints and probes of a disk in trouble that did not succeed; nothing is lost by them
};

class SqlcipherStore : public Store {
  public:
    virtual Stats stats() const = 0;
};

std::unique_ptr<SqlcipherStore> open_sqlcipher(SqlcipherOptions options, Recorder recorder);

// How far the write-ahead log is written back into the data file.
struct LogPlace {
    int in_log = 0;   // pages
    int written = 0;  // of them in the data file as well
};

// A database file, read without changing a byte of it: a copy, or the file of a store in use, which is then read beside the store
// with one snapshot a read. If a copy has a write-ahead log, the `-wal` file must lie beside it. Damage shows as Fault from the
// read; the next read starts with a fresh connection.
class DatabaseFile {
  public:
    virtual ~DatabaseFile() = default;
    virtual void read(const ReadWork& work) = 0;
    // Writes pages of the log file of a store in use back without waiting for anybody, and says how far that came; pages that wait
    // for it may look damaged. Nothing: another checkpoint is under way. A copy is as it is: 0 of 0.
    virtual std::optional<LogPlace> write_back() = 0;
    // Numbers of the pages (4096 bytes each, from 1) whose authentication fails.
    virtual std::vector<std::int64_t> damaged_pages() = 0;
    // Tables that cannot be read from the first row to the last. Empty although pages are damaged: only indexes or free space are
    // hit.
    virtual std::vector<std::string> unreadable_tables() = 0;
    // The first page that holds these bytes in one piece, once decrypted.
    virtual std::optional<std::int64_t> find_page(protocol::Bytes bytes) = 0;
};

// Fault: no such file, not encrypted, another key, or its first page is damaged.
std::unique_ptr<DatabaseFile> open_database_file(const std::filesystem::path& file, protocol::Bytes key);

// With this ends what is thrown about a file that does not open at all; before it stands the file.
inline constexpr std::string_view not_readable =
    " cannot be read: it belongs to another key, is no data file, or its first page is damaged";

// Writes a consistent copy of a store that is in use to a new file, encrypted with the same key; as private as the store itself.
// Where that fails no file is left.
void copy_database(const std::filesystem::path& file, protocol::Bytes key, const std::filesystem::path& target);

}  // namespace entente::store
