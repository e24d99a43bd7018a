// The floor under a durable create: a bare loop that writes rows of the same size into SQLCipher with the gateway's own settings
// (WAL, synchronous FULL, default cipher), a number of records to a commit. Prints one line of JSON.
//
//   bench_sqlcipher --file F --seconds S --bytes B --rows R --batch N
//
// B is what one record adds to the file, spread over R rows, each found by an index; N records share one commit, as the gateway's
// writer puts what is queued into one.

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
    std::string file;
    double seconds = 5;
    int bytes = 4096;
    int rows = 10;
    int batch = 16;
};

void must(int result, sqlite3* database, std::string_view what) {
    if (result == SQLITE_OK || result == SQLITE_DONE) return;
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

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    sqlite3* database = nullptr;
    must(sqlite3_open(options.file.c_str(), &database), database, "open");
    const auto execute = [&](const char* sql) { must(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), database, sql); };
    execute("PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\"");
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = FULL");
    execute("CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, body BLOB NOT NULL)");
    execute("CREATE INDEX IF NOT EXISTS item_owner ON item(owner)");
    sqlite3_stmt* insert = nullptr;
    must(sqlite3_prepare_v2(database, "INSERT INTO item(owner, body) VALUES(?1, ?2)", -1, &insert, nullptr), database, "prepare");

    std::vector<std::uint8_t> body(static_cast<std::size_t>(std::max(1, options.bytes / options.rows)));
    std::uint64_t state = 0x9e3779b97f4a7c15U;
    for (auto& byte : body) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<std::uint8_t>(state >> 56);
    }
    std::uint64_t records = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    while (elapsed() < options.seconds) {
        execute("BEGIN IMMEDIATE");
        for (int record = 0; record < options.batch; ++record, ++records)
            for (int row = 0; row < options.rows; ++row) {
                sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>((records * 2654435761U) & 0x7fffffffU));
                sqlite3_bind_blob(insert, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
                must(sqlite3_step(insert), database, "insert");
                sqlite3_reset(insert);
            }
        execute("COMMIT");
    }
    const double seconds = elapsed();
    sqlite3_finalize(insert);
    sqlite3_close(database);
    std::printf("{\"requests\": %llu, \"seconds\": %.3f, \"rate\": %.1f}\n", static_cast<unsigned long long>(records), seconds,
                static_cast<double>(records) / seconds);
    return 0;
}
