#pragma once
// Numbered schema changes: server/store/migrations/NNNN_name.sql, embedded at build time, run at start in order, each in its own
// transaction. What ran is kept in schema_migration with the SHA-256 of the text, so that a file changed afterwards is noticed.
//
// One text serves both engines. It is written in SQLite's spelling and PostgreSQL gets three words exchanged (for_postgres):
// BLOB -> BYTEA, INTEGER -> BIGINT (SQLite's row id must be spelled INTEGER PRIMARY KEY), WITHOUT ROWID -> nothing.
//
// To add one: write the next number; never edit a file that has been released.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace entente::store {

struct Migration {
    std::int64_t version = 0;  // rising from 1; gaps are allowed
    std::string_view name;
    std::string_view sql;
};

// Those of server/store/migrations, in order.
std::span<const Migration> embedded_migrations();

// What schema_migration says about one that ran.
struct Applied {
    std::int64_t version = 0;
    std::string digest;  // hex SHA-256 of the text
};

std::string migration_digest(const Migration& migration);

// The migrations still to run, in order. Fault: the data is newer than this program, a file was changed after it ran, or one
// before the newest that ran did not run.
std::span<const Migration> pending_migrations(std::span<const Migration> known, std::span<const Applied> applied);

// The same statements in PostgreSQL's spelling; literals, quoted names and comments stay as they are.
std::string for_postgres(std::string_view sql);

}  // namespace entente::store
