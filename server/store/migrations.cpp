#include "server/store/migrations.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "protocol/result.hpp"

namespace entente::store {

using protocol::Fault;

namespace {

bool word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The end of the literal, quoted name or comment that starts at `at`; `at` itself when none does.
std::size_t end_of_opaque(std::string_view sql, std::size_t at) {
    const auto after = [&](std::size_t found, std::size_t length) {
        return found == std::string_view::npos ? sql.size() : found + length;
    };
    if (sql[at] == '\'' || sql[at] == '"') return after(sql.find(sql[at], at + 1), 1);
    if (sql.substr(at, 2) == "--") return after(sql.find('\n', at), 0);
    if (sql.substr(at, 2) == "/*") return after(sql.find("*/", at + 2), 2);
    return at;
}

}  // namespace

std::string migration_digest(const Migration& migration) {
    return protocol::hex(certs::sha256(protocol::as_bytes(migration.sql)));
}

std::span<const Migration> pending_migrations(std::span<const Migration> known, std::span<const Applied> applied) {
    // Numbers rise and may leave gaps, so that branches can be given ranges of their own.
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i].version <= (i == 0 ? 0 : known[i - 1].version))
            throw Fault("migration " + std::to_string(known[i].version) + " of this program is out of order");
    }
    for (std::size_t i = 0; i < applied.size(); ++i) {
        const auto number = std::to_string(applied[i].version);
        if (i >= known.size() || applied[i].version < known[i].version) {
            throw Fault("the data has schema " + std::to_string(applied.back().version) + ", this program knows " +
                        std::to_string(known.empty() ? 0 : known.back().version) +
                        ": it was written by a newer Entente; run that one");
        }
        if (applied[i].version > known[i].version)
            throw Fault("the data lacks migration " + std::to_string(known[i].version) + " but has " + number);
        if (applied[i].digest != migration_digest(known[i])) {
            throw Fault("migration " + number + " (" + std::string(known[i].name) +
                        ") ran here with a different text than this program has");
        }
    }
    return known.subspan(applied.size());
}

std::string for_postgres(std::string_view sql) {
    std::string out;
    out.reserve(sql.size() + 64);
    std::size_t at = 0;
    while (at < sql.size()) {
        std::size_t end = end_of_opaque(sql, at);
        if (end == at && word_character(sql[at])) {
            while (end < sql.size() && word_character(sql[end])) ++end;
            const auto word = sql.substr(at, end - at);
            if (word == "BLOB") {
                out += "BYTEA";
            } else if (word == "INTEGER") {
                out += "BIGINT";
            } else if (sql.substr(at).starts_with("WITHOUT ROWID")) {
                end = at + std::string_view("WITHOUT ROWID").size();
            } else {
                out += word;
            }
        } else {
            end = std::max(end, at + 1);
            out += sql.substr(at, end - at);
        }
        at = end;
    }
    return out;
}

}  // namespace entente::store
