#include "server/store/sqlcipher_connection.hpp"

#include <sqlite3.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "certs/secret.hpp"
#include "protocol/result.hpp"
#include "server/store/sqlcipher.hpp"

namespace entente::store {

using protocol::Bytes;
using protocol::Fault;

namespace {

// Only a checkpoint can be in the way of the writer, and only for moments.
constexpr int busy_timeout_ms = 1'000;

// Every page that is written or read is authenticated: SHA-256 has instructions of its own and takes a third of SHA-512's time.
constexpr const char* page_mac = "HMAC_SHA256";
constexpr const char* page_mac_before = "HMAC_SHA512";

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

}  // namespace

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
    open_with(file, key, access, page_mac);
    if (key.empty() || readable()) return;
    // A file that an earlier version made authenticates its pages by the engine's default.
    close();
    open_with(file, key, access, page_mac_before);
    if (readable()) return;
    close();
    open_with(file, key, access, page_mac);
    if (!readable()) throw Fault(file.string() + std::string(not_readable));
}

bool Connection::readable() {
    const int code = sqlite3_exec(db_, "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
    if (code != SQLITE_NOMEM) return code != SQLITE_NOTADB;
    // The first read derives the keys, and where SQLCipher 4.6 does not get the memory to copy them, both of its contexts keep the
    // same pointers and closing frees them twice. So this handle is never closed; there is no memory, and whoever opens gives up.
    db_ = nullptr;
    throw Fault("the database cannot be read: out of memory, or the pages that list its tables are damaged");
}

void Connection::open_with(const std::filesystem::path& file, Bytes key, Access access, const char* mac) {
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
    execute(std::string("PRAGMA cipher_hmac_algorithm=") + mac);
}

void Connection::rekey(Bytes key) {
    execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const certs::Secret text = raw_key_text(key);
    if (const int code = sqlite3_rekey(db_, text.bytes().data(), static_cast<int>(text.size())); code != SQLITE_OK)
        raise(code, "the database cannot be encrypted under another key");
    execute("PRAGMA wal_checkpoint(TRUNCATE)");
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

void Connection::begin_read() {
    writes_ = false;
    run("BEGIN");
}
void Connection::begin_write() {
    run("BEGIN IMMEDIATE");
    writes_ = true;
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

std::optional<LogPlace> Connection::write_back() {
    int in_log = 0;
    int written = 0;
    const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &written);
    if ((code & 0xff) == SQLITE_BUSY) return std::nullopt;
    if (code != SQLITE_OK) raise(code, "a checkpoint failed");
    return LogPlace{in_log, written};
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

}  // namespace entente::store
