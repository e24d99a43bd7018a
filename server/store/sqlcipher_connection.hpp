#pragma once
// One SQLCipher connection and its prepared statements; the only place where the engine's C interface is called is this class and
// its .cpp. A connection belongs to one thread at a time.
//
// Errors: Constraint for a broken key or check (the transaction goes on), Fault for everything else. After a disk error the engine
// may have ended the transaction: ask in_transaction(). An I/O error at commit aborts the process.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/encoding.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/store.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace entente::store {

// The text with $1, $2, ... spelled ?1, ?2, ... outside of literals, quoted names and comments: SQLite numbers $n by first
// appearance, PostgreSQL by n.
std::string numbered_parameters(std::string_view sql);

enum class Access : std::uint8_t {
    writer,  // creates the file
    reader,  // beside a writer
    upkeep,  // checkpoints
    copy,    // a file that nobody else has open, read without touching it
};

class Connection final : public Txn {
  public:
    Connection(const std::filesystem::path& file, protocol::Bytes key, Access access);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    void each(std::string_view sql, Args args, const RowFn& row) override;
    std::int64_t change(std::string_view sql, Args args) override;
    void lock(std::string_view) override {}
    bool checked_lately(std::string_view what) override;
    bool writes() const override { return writes_; }
    void forget_checked(std::string_view what) override;

    // Statements without arguments and answers, also several at once. Not for business statements: they are not kept prepared.
    void execute(const std::string& script);
    // First column of the first row as text, empty when there is none.
    std::string ask(const std::string& sql);

    // Encrypts every page under another key, in one transaction of the engine's own; the log is written back before and after.
    void rekey(protocol::Bytes key);

    void begin_read();
    void begin_write();
    void savepoint();
    void rollback_to_savepoint();
    void release_savepoint();
    // Throws when nothing was committed for a known reason (disk full, deferred key broken), with the transaction still open;
    // any other failure aborts the process, because the outcome is unknown.
    void commit();
    void rollback() noexcept;
    bool in_transaction() const;

    // Rows changed since the connection was opened, undone ones included.
    std::int64_t rows_changed() const;
    // Pages in the write-ahead log after the last commit; commits of this connection only.
    int wal_pages() const { return wal_pages_; }

    // Writes pages of the log back into the file without waiting for anybody. Nothing: another checkpoint is under way.
    std::optional<LogPlace> write_back();
    // The same, and empties the log file; answers false when a reader or another checkpoint was in the way.
    bool checkpoint_truncate();

    // The first bytes of the file as the engine sees them on disk. Opening the file again ourselves would drop its locks.
    std::string file_header(int size);

    // Copies the whole database into a new file with the same key.
    void copy_to(const std::filesystem::path& target);

    // The first page (from 1) that holds these bytes in one piece.
    std::optional<std::int64_t> find_page(protocol::Bytes bytes);

  private:
    struct Prepared {
        sqlite3_stmt* statement = nullptr;
        int parameters = 0;
        bool busy = false;
    };
    class Use;  // borrows a statement, resets it on the way out

    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void open(const std::filesystem::path& file, protocol::Bytes key, Access access);
    void open_with(const std::filesystem::path& file, protocol::Bytes key, Access access, const char* mac);
    bool readable();
    void configure(Access access);
    void close() noexcept;
    sqlite3_stmt* prepare(std::string_view sql, bool keep);
    void shrink_cache();
    void run(std::string_view sql);  // a kept statement without arguments: BEGIN and the like
    [[noreturn]] void raise(int code, std::string_view doing) const;

    sqlite3* db_ = nullptr;
    std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> statements_;
    int wal_pages_ = 0;
    bool writes_ = false;  // the transaction that was begun last
    std::unordered_map<std::string, std::chrono::steady_clock::time_point, TextHash, std::equal_to<>> checked_;
};

// Settings of the whole process, once, before anything is opened.
void initialize_engine();

// The engine is new enough, keeps temporary data in memory and encrypts: throws a Fault that says what is missing.
void check_engine();

// Throws unless the file is unreadable without a key and with another key. `key` is the right one.
void prove_encrypted(const std::filesystem::path& file, protocol::Bytes key);

}  // namespace entente::store
