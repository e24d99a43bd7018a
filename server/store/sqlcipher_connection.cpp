#include "server/store/sqlcipher_connection.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "certs/secret.hpp"
#include "protocol/result.hpp"

namespace entente::store {

using protocol::Bytes;
using protocol::Fault;

namespace {

// More distinct texts than the program has statements means that somebody builds SQL; then idle ones are dropped.
constexpr std::size_t statements_max = 512;
// Only a checkpoint can be in the way of the writer, and only for moments.
constexpr int busy_timeout_ms = 1'000;

// Global counters of the allocator cost 1.6 times on cached reads with two threads; nothing here reads them.
void initialize_engine() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        if (sqlite3_initialize() != SQLITE_OK) throw Fault("the SQLCipher library does not initialise");
    });
}

// Every distinct statement of a test run, so that all of them can be prepared on PostgreSQL (tests/store/run_postgres).
void remember_statement([[maybe_unused]] std::string_view sql) {
#ifdef ENTENTE_STATEMENT_LOG
    static const char* const path = std::getenv("ENTENTE_STATEMENTS_FILE");
    if (path == nullptr || sql.starts_with("PRAGMA")) return;
    std::string line(sql);
    line.push_back('\0');
    const int file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    // One write: several processes append to the same file.
    [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
    ::close(file);
#endif
}

// PRAGMA key's raw form x'<64 digits>', kept in memory that is wiped.
certs::Secret raw_key_text(Bytes key) {
    static constexpr std::string_view digits = "0123456789abcdef";
    ENTENTE_ASSERT(key.size() == 32);
    certs::Secret text(2 + 64 + 1);
    auto out = text.writable();
    std::size_t at = 0;
    out[at++] = 'x';
    out[at++] = '\'';
    for (const std::uint8_t byte : key) {
        out[at++] = static_cast<std::uint8_t>(digits[byte >> 4]);
        out[at++] = static_cast<std::uint8_t>(digits[byte & 15]);
    }
    out[at++] = '\'';
    return text;
}

std::string as_uri(const std::filesystem::path& file, bool immutable) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(file).string()) {
        if (c == '%' || c == '?' || c == '#') {
            std::array<char, 4> escaped{};
            std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
            uri += escaped.data();
        } else {
            uri += c;
        }
    }
    return uri + (immutable ? "?immutable=1" : "");
}

class StatementRow final : public Row {
  public:
    explicit StatementRow(sqlite3_stmt* statement) : statement_(statement), columns_(sqlite3_column_count(statement)) {}
    bool is_null(int column) const override {
        ENTENTE_ASSERT(column >= 0 && column < columns_);
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    std::int64_t number(int column) const override {
        expect(column, SQLITE_INTEGER);
        return sqlite3_column_int64(statement_, column);
    }
    std::string_view text(int column) const override {
        expect(column, SQLITE_TEXT);
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }
    Bytes bytes(int column) const override {
        expect(column, SQLITE_BLOB);
        const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
        return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

  private:
    void expect(int column, int type) const {
        ENTENTE_ASSERT(column >= 0 && column < columns_);
        ENTENTE_ASSERT(sqlite3_column_type(statement_, column) == type);
    }
    sqlite3_stmt* statement_;
    int columns_;
};

// Arguments point into the caller's memory: they are bound without a copy and the statement is reset before the call returns.
void bind_all(sqlite3_stmt* statement, Args args) {
    int index = 0;
    for (const Value& value : args) {
        ++index;
        const int code = std::visit(
            [&](const auto& held) {
                using T = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<T, std::monostate>) {
                    return sqlite3_bind_null(statement, index);
                } else if constexpr (std::is_same_v<T, std::int64_t>) {
                    return sqlite3_bind_int64(statement, index, held);
                } else if constexpr (std::is_same_v<T, std::string_view>) {
                    // A null pointer would bind NULL where an empty text is meant.
                    return sqlite3_bind_text64(statement, index, held.data() ? held.data() : "", held.size(), SQLITE_STATIC,
                                               SQLITE_UTF8);
                } else {
                    if (held.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
                    return sqlite3_bind_blob64(statement, index, held.data(), held.size(), SQLITE_STATIC);
                }
            },
            value.held());
        if (code != SQLITE_OK) throw Fault("an argument of a statement is too large");
    }
}

}  // namespace

std::string numbered_parameters(std::string_view sql) {
    std::string out;
    out.reserve(sql.size());
    const auto copy_until = [&](std::size_t from, std::size_t end) { out.append(sql.substr(from, end - from)); };
    std::size_t at = 0;
    while (at < sql.size()) {
        const char c = sql[at];
        const char next = at + 1 < sql.size() ? sql[at + 1] : '\0';
        std::size_t end = at + 1;
        if (c == '\'' || c == '"') {
            // A doubled quote inside ends one literal and starts the next: the same text comes out.
            end = sql.find(c, at + 1);
            end = end == std::string_view::npos ? sql.size() : end + 1;
        } else if (c == '-' && next == '-') {
            end = sql.find('\n', at);
            end = end == std::string_view::npos ? sql.size() : end;
        } else if (c == '/' && next == '*') {
            end = sql.find("*/", at + 2);
            end = end == std::string_view::npos ? sql.size() : end + 2;
        } else if (c == '$' && next >= '0' && next <= '9') {
            out.push_back('?');
            at = end;
            continue;
        }
        copy_until(at, end);
        at = end;
    }
    return out;
}

class Connection::Use {
  public:
    Use(Connection& connection, std::string_view sql, Args args) : connection_(connection) {
        auto found = connection.statements_.find(sql);
        if (found == connection.statements_.end()) {
            connection.shrink_cache();
            sqlite3_stmt* made = connection.prepare(sql, true);
            remember_statement(sql);
            found =
                connection.statements_.emplace(std::string(sql), Prepared{made, sqlite3_bind_parameter_count(made), false}).first;
        }
        if (found->second.busy) {
            // The same text runs already further up the stack (a statement inside a row function).
            own_ = connection.prepare(sql, false);
            statement_ = own_;
        } else {
            prepared_ = &found->second;
            prepared_->busy = true;
            statement_ = prepared_->statement;
        }
        ENTENTE_ASSERT(static_cast<std::size_t>(found->second.parameters) == args.size());
        try {
            bind_all(statement_, args);
        } catch (...) {
            release();
            throw;
        }
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { release(); }

    bool step() {
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        connection_.raise(code, "a statement failed");
    }
    sqlite3_stmt* statement() const { return statement_; }

  private:
    void release() noexcept {
        if (own_ != nullptr) {
            sqlite3_finalize(own_);
        } else {
            sqlite3_reset(statement_);
            prepared_->busy = false;
        }
    }
    Connection& connection_;
    Prepared* prepared_ = nullptr;  // stable: nodes of the map do not move
    sqlite3_stmt* own_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
};

Connection::Connection(const std::filesystem::path& file, Bytes key, Access access) {
    initialize_engine();
    try {
        open(file, key, access);
        configure(access);
    } catch (...) {
        close();
        throw;
    }
}

Connection::~Connection() {
    close();
}

void Connection::open(const std::filesystem::path& file, Bytes key, Access access) {
    std::string name = file.string();
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
    if (access == Access::copy) {
        // Without a write-ahead log the file is complete, and `immutable` keeps the engine from making files beside it.
        std::filesystem::path wal = file;
        wal += "-wal";
        std::error_code ignored;
        name = as_uri(file, !std::filesystem::exists(wal, ignored) || std::filesystem::file_size(wal, ignored) == 0);
        flags |= SQLITE_OPEN_READONLY;
    } else {
        name = as_uri(file, false);
        flags |= access == Access::reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
        if (access == Access::writer) flags |= SQLITE_OPEN_CREATE;
    }
    if (const int code = sqlite3_open_v2(name.c_str(), &db_, flags, nullptr); code != SQLITE_OK)
        raise(code, "cannot open the database");
    if (key.empty()) return;  // only the proof that this does not work
    const certs::Secret text = raw_key_text(key);
    if (const int code = sqlite3_key(db_, text.bytes().data(), static_cast<int>(text.size())); code != SQLITE_OK)
        raise(code, "the key is not accepted");
    // The engine would write to standard error by itself; our faults say what happened. The first key of a process resets this.
    execute("PRAGMA cipher_log_level=NONE");
}

void Connection::configure(Access access) {
    sqlite3_busy_timeout(db_, busy_timeout_ms);
    // Double quotes name things and never spell literals, as on PostgreSQL; the schema cannot be edited behind the engine's back.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // LIKE is case-sensitive as on PostgreSQL.
    execute(
        "PRAGMA temp_store=2; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON; PRAGMA "
        "case_sensitive_like=ON");
    if (access == Access::copy) return;
    if (access == Access::writer) {
        if (ask("PRAGMA journal_mode=WAL") != "wal") throw Fault("the database does not switch to a write-ahead log");
        sqlite3_wal_hook(
            db_,
            [](void* self, sqlite3*, const char*, int pages) {
                static_cast<Connection*>(self)->wal_pages_ = pages;
                return SQLITE_OK;
            },
            this);
    } else {
        execute("PRAGMA wal_autocheckpoint=0");
    }
    // The log file shrinks to 64 MiB at most when it starts over.
    execute("PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864");
    execute(access == Access::writer ? "PRAGMA cache_size=-65536" : "PRAGMA cache_size=-16384");
}

void Connection::close() noexcept {
    for (auto& [text, prepared] : statements_) sqlite3_finalize(prepared.statement);
    statements_.clear();
    if (db_ != nullptr) sqlite3_close_v2(db_);
    db_ = nullptr;
}

void Connection::raise(int code, std::string_view doing) const {
    std::string text(doing);
    text += ": ";
    text += db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
    text += " (" + std::to_string(code) + ")";
    if ((code & 0xff) == SQLITE_CONSTRAINT) throw Constraint(text);
    throw Fault(text);
}

sqlite3_stmt* Connection::prepare(std::string_view sql, bool keep) {
    const std::string text = numbered_parameters(sql);
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()), keep ? SQLITE_PREPARE_PERSISTENT : 0u,
                                        &statement, &rest);
    if (code != SQLITE_OK) raise(code, "a statement does not compile");
    // One statement a call: what follows it would silently not run.
    ENTENTE_ASSERT(statement != nullptr && std::string_view(rest).find_first_not_of(" \t\r\n;") == std::string_view::npos);
    return statement;
}

void Connection::shrink_cache() {
    if (statements_.size() < statements_max) return;
    std::erase_if(statements_, [](auto& entry) {
        if (entry.second.busy) return false;
        sqlite3_finalize(entry.second.statement);
        return true;
    });
}

void Connection::each(std::string_view sql, Args args, const RowFn& row) {
    Use use(*this, sql, args);
    const StatementRow view(use.statement());
    while (use.step()) row(view);
}

std::int64_t Connection::change(std::string_view sql, Args args) {
    Use use(*this, sql, args);
    while (use.step()) {
    }
    return sqlite3_changes64(db_);
}

void Connection::execute(const std::string& script) {
    if (const int code = sqlite3_exec(db_, script.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK)
        raise(code, "a statement failed");
}

std::string Connection::ask(const std::string& sql) {
    sqlite3_stmt* statement = prepare(sql, false);
    const int code = sqlite3_step(statement);
    std::string answer;
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) raise(code, "a statement failed");
    return answer;
}

void Connection::run(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) found = statements_.emplace(std::string(sql), Prepared{prepare(sql, true), 0, false}).first;
    const int code = sqlite3_step(found->second.statement);
    sqlite3_reset(found->second.statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW) raise(code, sql);
}

void Connection::begin_read() {
    run("BEGIN");
}
void Connection::begin_write() {
    run("BEGIN IMMEDIATE");
}
void Connection::savepoint() {
    run("SAVEPOINT work");
}
void Connection::rollback_to_savepoint() {
    run("ROLLBACK TO work");
}
void Connection::release_savepoint() {
    run("RELEASE work");
}

void Connection::commit() {
    try {
        run("COMMIT");
    } catch (const Fault& fault) {
        const int code = sqlite3_extended_errcode(db_);
        const int kind = code & 0xff;
        if (kind == SQLITE_FULL || kind == SQLITE_BUSY || kind == SQLITE_CONSTRAINT) throw;
        // The pages may or may not be on disk, and syncing them again proves nothing: recover from disk in a new process.
        std::fprintf(stderr, "the store cannot tell whether a commit reached the disk: %s; stopping\n", fault.what());
        std::abort();
    }
}

void Connection::rollback() noexcept {
    try {
        if (in_transaction()) run("ROLLBACK");
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "the store cannot roll back: %s; stopping\n", fault.what());
        std::abort();
    }
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(db_) == 0;
}

std::int64_t Connection::rows_changed() const {
    return sqlite3_total_changes64(db_);
}

Connection::Checkpointed Connection::checkpoint_passive() {
    int in_log = 0;
    int written = 0;
    const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &written);
    if ((code & 0xff) == SQLITE_BUSY) return {};
    if (code != SQLITE_OK) raise(code, "a checkpoint failed");
    return {in_log == written, written};
}

bool Connection::checkpoint_truncate() {
    sqlite3_busy_timeout(db_, 0);
    const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(db_, busy_timeout_ms);
    if ((code & 0xff) == SQLITE_BUSY) return false;
    if (code != SQLITE_OK) raise(code, "a checkpoint failed");
    wal_pages_ = 0;
    return true;
}

std::string Connection::file_header(int size) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file)) != SQLITE_OK || file == nullptr)
        return {};
    std::string header(static_cast<std::size_t>(size), '\0');
    const int code = file->pMethods->xRead(file, header.data(), size, 0);
    return code == SQLITE_OK ? header : std::string{};
}

void Connection::copy_to(const std::filesystem::path& target) {
    if (std::filesystem::exists(target)) throw Fault("the file " + target.string() + " exists already");
    sqlite3_stmt* statement = prepare("VACUUM INTO $1", false);
    const std::string name = target.string();
    sqlite3_bind_text(statement, 1, name.c_str(), -1, SQLITE_STATIC);
    const int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) raise(code, "the copy failed");
}

std::optional<std::int64_t> Connection::find_page(Bytes bytes) {
    // The engine's own image of the database: decrypted pages in order.
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, void (*)(void*)> image(sqlite3_serialize(db_, "main", &size, 0), sqlite3_free);
    const std::string page_size = ask("PRAGMA page_size");
    if (!image || bytes.empty()) return std::nullopt;
    const auto all = protocol::as_text({image.get(), static_cast<std::size_t>(size)});
    const auto width = static_cast<std::size_t>(std::stoul(page_size));
    for (auto at = all.find(protocol::as_text(bytes)); at != std::string_view::npos;
         at = all.find(protocol::as_text(bytes), at + 1)) {
        if (at / width == (at + bytes.size() - 1) / width) return static_cast<std::int64_t>(at / width) + 1;
    }
    return std::nullopt;
}

void check_engine() {
    initialize_engine();
    sqlite3* memory = nullptr;
    sqlite3_open(":memory:", &memory);
    std::string version;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(memory, "PRAGMA cipher_version", -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        version = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    sqlite3_close(memory);

    int major = 0;
    int minor = 0;
    if (version.empty()) throw Fault("the linked SQLite does not encrypt: it is not SQLCipher");
    if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2 || major < 4 || (major == 4 && minor < 6)) {
        throw Fault("SQLCipher " + version + " is too old; 4.6 or newer is needed");
    }
    if (sqlite3_compileoption_used("TEMP_STORE=2") == 0 && sqlite3_compileoption_used("TEMP_STORE=3") == 0) {
        throw Fault("the linked SQLCipher may write temporary data to disk in clear; it must be built with TEMP_STORE=2 or 3");
    }
}

void prove_encrypted(const std::filesystem::path& file, Bytes key) {
    const auto readable = [&](Bytes with) {
        try {
            Connection probe(file, with, Access::reader);
            return !probe.ask("SELECT count(*) FROM sqlite_master").empty();
        } catch (const Fault&) {
            return false;
        }
    };
    certs::Secret other = certs::Secret::copy_of(key);
    for (std::uint8_t& byte : other.writable()) byte = static_cast<std::uint8_t>(byte ^ 0x5a);
    if (readable({})) throw Fault("the data file " + file.string() + " can be read without its key");
    if (readable(other.bytes())) throw Fault("the data file " + file.string() + " can be read with any key");
}

}  // namespace entente::store
