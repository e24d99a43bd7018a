// The floor under a durable create: a bare loop that writes into SQLCipher what a create of the gateway writes, a number of creates
// to a commit, and does nothing else. Prints one line of JSON.
//
//   bench_sqlcipher --like DATA --keys FOLDER --file F --seconds S --batch N     the very rows of a create
//   bench_sqlcipher --bytes B --rows R        --file F --seconds S --batch N     as many bytes, appended to one table
//
// The first form goes on in a copy of the gateway's own data file: same pages, tables and indexes. It takes the rows that the
// newest create left (case, notes, data keys, audit entry with its sealed sections, parties, whatever has them) and inserts them
// again and again under fresh random keys, by one prepared statement each. It seals, hashes, looks up, judges and renders nothing.
// Both forms use the gateway's settings: pages authenticated with SHA-256, WAL, synchronous FULL, the same page cache.

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "certs/keys.hpp"

namespace {

using Blob = std::vector<std::uint8_t>;
using Cell = std::variant<std::monostate, std::int64_t, std::string, Blob>;

struct Options {
    std::string file, like, keys;
    double seconds = 5;
    int bytes = 4096;
    int rows = 10;
    int batch = 16;
};

void must(int result, sqlite3* database, std::string_view what) {
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
    std::fprintf(stderr, "bench_sqlcipher: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
                 database != nullptr ? sqlite3_errmsg(database) : "?");
    std::exit(2);
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view word = argv[i];
        const char* value = argv[i + 1];
        if (word == "--file")
            options.file = value;
        else if (word == "--like")
            options.like = value;
        else if (word == "--keys")
            options.keys = value;
        else if (word == "--seconds")
            options.seconds = std::stod(value);
        else if (word == "--bytes")
            options.bytes = std::stoi(value);
        else if (word == "--rows")
            options.rows = std::stoi(value);
        else if (word == "--batch")
            options.batch = std::stoi(value);
    }
    return options;
}

std::uint64_t random_bits() {
    static std::uint64_t state = 0x9e3779b97f4a7c15U;
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state * 0x2545f4914f6cdd1dU;
}

class Database {
  public:
    Database(const std::string& file, std::string_view key) {
        must(sqlite3_open(file.c_str(), &database_), database_, "open");
        must(sqlite3_key(database_, key.data(), static_cast<int>(key.size())), database_, "key");
        for (const char* sql : {"PRAGMA cipher_hmac_algorithm = HMAC_SHA256", "PRAGMA journal_mode = WAL",
                                "PRAGMA synchronous = FULL", "PRAGMA cache_size = -65536"})
            run(sql);
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() { sqlite3_close_v2(database_); }

    void run(const std::string& sql) { must(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr), database_, sql); }
    sqlite3_stmt* prepare(const std::string& sql) {
        sqlite3_stmt* statement = nullptr;
        must(sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr), database_, sql);
        return statement;
    }
    std::vector<std::vector<Cell>> ask(const std::string& sql) {
        sqlite3_stmt* const statement = prepare(sql);
        std::vector<std::vector<Cell>> rows;
        while (sqlite3_step(statement) == SQLITE_ROW) {
            auto& row = rows.emplace_back();
            for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(cell(statement, i));
        }
        sqlite3_finalize(statement);
        return rows;
    }
    std::int64_t number(const std::string& sql) { return std::get<std::int64_t>(ask(sql).at(0).at(0)); }
    void insert(sqlite3_stmt* statement, const std::vector<Cell>& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i) bind(statement, static_cast<int>(i) + 1, cells[i]);
        must(sqlite3_step(statement), database_, "insert");
        sqlite3_reset(statement);
    }

  private:
    static Cell cell(sqlite3_stmt* statement, int column) {
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
        switch (sqlite3_column_type(statement, column)) {
            case SQLITE_INTEGER:
                return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
            case SQLITE_TEXT:
                return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)), size);
            case SQLITE_BLOB: {
                const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
                return Blob(bytes, bytes + size);
            }
            default:
                return std::monostate{};
        }
    }
    static void bind(sqlite3_stmt* statement, int at, const Cell& cell) {
        if (const auto* number = std::get_if<std::int64_t>(&cell))
            sqlite3_bind_int64(statement, at, *number);
        else if (const auto* text = std::get_if<std::string>(&cell))
            sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
        else if (const auto* blob = std::get_if<Blob>(&cell); blob != nullptr && !blob->empty())
            sqlite3_bind_blob(statement, at, blob->data(), static_cast<int>(blob->size()), SQLITE_STATIC);
        else if (blob != nullptr)
            sqlite3_bind_zeroblob(statement, at, 0);
        else
            sqlite3_bind_null(statement, at);
    }

    sqlite3* database_ = nullptr;
};

// How a column of a row that is written again gets its value.
enum class Fill { as_it_is, case_id, index, event, drawn };

struct RowAgain {
    sqlite3_stmt* insert = nullptr;
    std::vector<Fill> fill;
    std::vector<Cell> cells;
};

// The rows of the newest create, ready to be written again.
class Create {
  public:
    explicit Create(Database& database) : database_(database) {
        const auto newest = database.number(
            "SELECT c.case_id FROM audit_case c JOIN audit_entry e ON e.idx = c.idx WHERE e.operation = 'case.create' AND"
            " e.outcome = 1 ORDER BY e.idx DESC LIMIT 1");
        const std::string id = std::to_string(newest);
        for (const auto& row : database.ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")) {
            const auto& table = std::get<std::string>(row[0]);
            const std::string of_case = " = " + id;
            if (table == "cases")
                add(table, "id" + of_case);
            else if (table == "audit_entry" || table == "audit_party")
                add(table, "idx IN (SELECT idx FROM audit_case WHERE case_id" + of_case + ")");
            else if (database.number("SELECT count(*) FROM pragma_table_info('" + table + "') WHERE name = 'case_id'") > 0)
                add(table, "case_id" + of_case);
        }
        index_ = database.number("SELECT max(idx) FROM audit_entry");
        move_head_ = database.prepare("UPDATE audit_head SET size = ?1 WHERE id = 1");
    }
    Create(const Create&) = delete;
    Create& operator=(const Create&) = delete;
    ~Create() {
        for (const RowAgain& row : rows_) sqlite3_finalize(row.insert);
        sqlite3_finalize(move_head_);
    }

    std::size_t rows() const { return rows_.size(); }
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const RowAgain& row : rows_)
            for (const Cell& cell : row.cells) {
                if (const auto* text = std::get_if<std::string>(&cell)) sum += text->size();
                if (const auto* blob = std::get_if<Blob>(&cell)) sum += blob->size();
                sum += std::holds_alternative<std::int64_t>(cell) ? 4 : 0;
            }
        return sum;
    }

    void write() {
        const auto case_id = static_cast<std::int64_t>(random_bits() & 0x7fffffffU);
        ++index_;
        for (RowAgain& row : rows_) {
            for (std::size_t i = 0; i < row.cells.size(); ++i) fill(row.cells[i], row.fill[i], case_id);
            database_.insert(row.insert, row.cells);
        }
    }
    void end_batch() { database_.insert(move_head_, {Cell(index_ + 1)}); }

  private:
    void add(const std::string& table, const std::string& where) {
        std::vector<Fill> fills;
        std::string names, marks;
        for (const auto& column : database_.ask("SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid")) {
            const auto& name = std::get<std::string>(column[0]);
            fills.push_back(fill_of(table, name));
            names += (names.empty() ? "" : ", ") + name;
            marks += marks.empty() ? "?" : ", ?";
        }
        for (auto& cells : database_.ask("SELECT " + names + " FROM " + table + " WHERE " + where))
            rows_.push_back({database_.prepare("INSERT INTO " + table + " (" + names + ") VALUES (" + marks + ")"), fills, cells});
    }

    // Keys of one column are drawn anew; the log's index and event ids grow as they do in the gateway.
    Fill fill_of(const std::string& table, const std::string& column) {
        if (column == "case_id" || (table == "cases" && column == "id")) return Fill::case_id;
        if (column == "idx") return Fill::index;
        if (column == "event") return Fill::event;
        const bool unique =
            database_.number(
                "SELECT count(*) FROM pragma_index_list('" + table +
                "') l WHERE l.\"unique\" = 1 AND (SELECT count(*) FROM pragma_index_info(l.name)) = 1 AND (SELECT name "
                "FROM pragma_index_info(l.name)) = '" +
                column + "'") > 0 ||
            database_.number("SELECT count(*) FROM pragma_table_info('" + table + "') WHERE name = '" + column +
                             "' AND pk = 1 AND (SELECT max(pk) FROM pragma_table_info('" + table + "')) = 1") > 0;
        return unique ? Fill::drawn : Fill::as_it_is;
    }

    void fill(Cell& cell, Fill how, std::int64_t case_id) const {
        if (how == Fill::case_id) cell = case_id;
        if (how == Fill::index) cell = index_;
        if (how != Fill::event && how != Fill::drawn) return;
        if (auto* number = std::get_if<std::int64_t>(&cell)) *number = static_cast<std::int64_t>(random_bits() & 0x7fffffffU);
        if (auto* text = std::get_if<std::string>(&cell))
            for (char& c : *text) c = static_cast<char>('A' + (random_bits() >> 32U) % 26);
        if (auto* blob = std::get_if<Blob>(&cell)) {
            for (auto& byte : *blob) byte = static_cast<std::uint8_t>(random_bits() >> 32U);
            // Later than every event of the gateway, and in order.
            for (unsigned i = 0; how == Fill::event && i < 8 && i < blob->size(); ++i)
                (*blob)[i] =
                    static_cast<std::uint8_t>((0x7000000000000000U + static_cast<std::uint64_t>(index_)) >> (56U - 8U * i));
        }
    }

    Database& database_;
    std::vector<RowAgain> rows_;
    std::int64_t index_ = 0;
    sqlite3_stmt* move_head_ = nullptr;
};

template <class WriteOne, class EndBatch>
void measure(const Options& options, Database& database, const char* more, WriteOne write_one, EndBatch end_batch) {
    std::uint64_t records = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    while (elapsed() < options.seconds) {
        database.run("BEGIN IMMEDIATE");
        for (int record = 0; record < options.batch; ++record, ++records) write_one();
        end_batch();
        database.run("COMMIT");
    }
    const double seconds = elapsed();
    std::printf("{\"requests\": %llu, \"seconds\": %.3f, \"rate\": %.1f, \"cpu_us\": %.1f%s}\n",
                static_cast<unsigned long long>(records), seconds, static_cast<double>(records) / seconds,
                static_cast<double>(std::clock()) / CLOCKS_PER_SEC / static_cast<double>(records) * 1e6, more);
}

void same_rows(const Options& options) {
    std::filesystem::copy_file(options.like, options.file, std::filesystem::copy_options::overwrite_existing);
    const auto keys = entente::certs::open_key_folder(options.keys);
    const entente::certs::DerivedKeys derived(keys->service_root());
    std::string key = "x'";
    for (const std::uint8_t byte : derived.database()) {
        key += "0123456789abcdef"[byte >> 4U];
        key += "0123456789abcdef"[byte & 15U];
    }
    Database database(options.file, key + "'");
    Create create(database);
    const std::string more = ", \"rows\": " + std::to_string(create.rows()) + ", \"bytes\": " + std::to_string(create.bytes());
    measure(options, database, more.c_str(), [&] { create.write(); }, [&] { create.end_batch(); });
}

void same_bytes(const Options& options) {
    Database database(options.file, "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'");
    database.run("CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, body BLOB NOT NULL)");
    database.run("CREATE INDEX IF NOT EXISTS item_owner ON item(owner)");
    sqlite3_stmt* const insert = database.prepare("INSERT INTO item(owner, body) VALUES(?1, ?2)");
    Blob body(static_cast<std::size_t>(std::max(1, options.bytes / options.rows)));
    for (auto& byte : body) byte = static_cast<std::uint8_t>(random_bits() >> 32U);
    const Cell cell = body;
    const auto write_one = [&] {
        const Cell owner = static_cast<std::int64_t>(random_bits() & 0x7fffffffU);
        for (int row = 0; row < options.rows; ++row) database.insert(insert, {owner, cell});
    };
    measure(options, database, "", write_one, [] {});
    sqlite3_finalize(insert);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (options.like.empty())
        same_bytes(options);
    else
        same_rows(options);
    return 0;
}
