#include "server/store/sqlcipher_connection.hpp"

// Statements: texts, arguments, rows.

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "protocol/result.hpp"

namespace entente::store {

using protocol::Bytes;
using protocol::Fault;

namespace {

// More distinct texts than the program has statements means that somebody builds SQL; then idle ones are dropped.
constexpr std::size_t statements_max = 512;

// Every distinct statement of a test run, so that all of them can be prepared on PostgreSQL (tests/store/run_postgres).
void remember_statement([[maybe_unused]] std::string_view sql) {
#ifdef ENTENTE_STATEMENT_LOG
    static const char* const path = std::getenv("ENTENTE_STATEMENTS_FILE");
    // What examines a file of this engine is never asked of another.
    if (path == nullptr || sql.starts_with("PRAGMA") || sql.contains("NOT INDEXED")) return;
    std::string line(sql);
    line.push_back('\0');
    const int file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    // One write: several processes append to the same file.
    [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
    ::close(file);
#endif
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
        if (text == nullptr) throw std::bad_alloc();
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

void Connection::raise(int code, std::string_view doing) const {
    std::string text(doing);
    text += ": ";
    text += db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
    text += " (" + std::to_string(code) + ")";
    const int kind = code & 0xff;
    if (kind == SQLITE_CONSTRAINT) throw Constraint(text);
    if (kind == SQLITE_IOERR || kind == SQLITE_FULL || kind == SQLITE_BUSY || kind == SQLITE_CANTOPEN) throw Unavailable(text);
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
    int code = sqlite3_step(statement);
    std::string answer;
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        if (text != nullptr) answer = text;
        if (text == nullptr) code = SQLITE_NOMEM;
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

bool Connection::checked_lately(std::string_view what) {
    constexpr std::size_t checked_max = 10'000;
    const auto now = std::chrono::steady_clock::now();
    const auto found = checked_.find(what);
    if (found != checked_.end()) {
        if (now - found->second < std::chrono::seconds(1)) return true;
        found->second = now;
        return false;
    }
    if (checked_.size() >= checked_max) checked_.clear();
    checked_.emplace(what, now);
    return false;
}

void Connection::forget_checked(std::string_view what) {
    const auto found = checked_.find(what);
    if (found != checked_.end()) checked_.erase(found);
}

}  // namespace entente::store
