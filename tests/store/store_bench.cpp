// Two ratios of the log, each with its peer interleaved in one run:
//
//   durable appends: records a second through the store with its real recorder, beside a bare SQLCipher loop that writes the same
//   bytes in batches of the same size and does nothing else (aim 0.8), and beside one that also writes the rows by which a record
//   is found again, by event, company and case, so that the difference between the two is what those rows cost and the rest is what
//   sealing and hashing cost; proofs: inclusion proofs a second of entries drawn at
//   random, out of a reader's transaction, beside reading from the same transaction the rows of the tiles that such a proof is made
//   of (aim 0.8).
//
//   store_bench [--smoke | ROUNDS [RECORDS]]        3 rounds of 50,000 by default

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <latch>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certs/keys.hpp"
#include "certs/random.hpp"
#include "protocol/canonical.hpp"
#include "protocol/encoding.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/format/tiles.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/proofs.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/vault.hpp"

namespace {

using namespace entente;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* origin = "gw.example.com/audit/bench";
constexpr std::size_t business_bytes = 300;

protocol::Instant now() {
    return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

constexpr double aim = 0.8;
constexpr int proofs_at_once = 64;  // in one transaction, so that handing it to a reader's thread is not what is measured

struct Measured {
    double per_second = 0;
    double batch = store::batch_max;  // records to a commit, on the average
    double cpu_us = 0;                // of the whole process, per record
    double entry_bytes = 0;
    double sealed_bytes = 0;
};

std::int64_t case_of(std::int64_t number) {
    return 1 + number % 1000;
}

audit::Record record_of(std::int64_t number) {
    audit::Record record;
    record.operation = "note.create";
    record.activity = audit::activity_create;
    record.request_id = "0190f5fe7c007a008000000000000001";
    record.authentication = "password";
    record.acting_company = {100};
    record.role = "engineer";
    record.credential = "5f3a9c1b2d4e6f70";
    record.parties = {{100}, {101}};
    record.resources = {{"case", "1234567890", 3}, {"note", std::to_string(number), 0}};
    record.decision = protocol::CanonicalObject{}
                          .set("agreement", 7)
                          .set("authorization", 12)
                          .set("allowed", true)
                          .set("policy", "2026-1")
                          .text();
    record.actor = protocol::CanonicalObject{}
                       .set("mail", "engineer@vendor.example")
                       .set("name", "Alex Engineer")
                       .set("source", "192.0.2.7")
                       .text();
    record.case_scope = {case_of(number)};
    return record;
}

std::vector<store::Migration> migrations() {
    const auto embedded = store::embedded_migrations();
    std::vector<store::Migration> all(embedded.begin(), embedded.end());
    all.push_back(
        {all.back().version + 1, "tables_of_the_tests", "CREATE TABLE test_thing (id BIGINT PRIMARY KEY, body BLOB NOT NULL)"});
    return all;
}

Measured measure_store(const fs::path& folder, std::int64_t records) {
    certs::create_key_folder(folder / "keys");
    const auto keys = certs::open_key_folder(folder / "keys");
    const certs::DerivedKeys derived(keys->service_root());
    store::Vault vault(*keys, derived.index(), audit::log_id(origin));
    audit::Appender appender(vault, origin, audit::log_id(origin), now,
                             [](std::span<std::uint8_t> out) { certs::random_bytes(out); });
    const auto store = store::open_sqlcipher(
        {.file = folder / "data" / "entente.db", .key = certs::Secret::copy_of(derived.database()), .migrations = migrations()},
        [&](store::Txn& txn, std::span<const audit::Record> batch) { return appender.append(txn, batch); });

    std::latch done(records);
    std::atomic<std::int64_t> failed{0};
    const auto begun = Clock::now();
    const double cpu = cpu_seconds();
    const std::vector<std::uint8_t> body(business_bytes, 'x');
    for (std::int64_t number = 0; number < records;) {
        const bool taken = store->submit(
            [number, &body](store::Txn& txn) {
                txn.change("INSERT INTO test_thing (id, body) VALUES ($1, $2)", {number, body});
                store::Written written;
                written.records.push_back(record_of(number));
                return written;
            },
            [&](store::Commit commit) {
                if (!commit.durable) ++failed;
                done.count_down();
            });
        if (taken) {
            ++number;
        } else {
            std::this_thread::sleep_for(std::chrono::microseconds(200));  // the queue is full: give the writer the core
        }
    }
    done.wait();
    const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    Measured measured{.per_second = static_cast<double>(records) / seconds,
                      .cpu_us = (cpu_seconds() - cpu) / static_cast<double>(records) * 1e6};
    store::read_and_wait(*store, [&](store::ReadTxn& txn) {
        txn.each("SELECT sum(length(entry)), sum(length(sealed)) FROM audit_entry", {}, [&](const store::Row& row) {
            measured.entry_bytes = static_cast<double>(row.number(0)) / static_cast<double>(records);
            measured.sealed_bytes = static_cast<double>(row.number(1)) / static_cast<double>(records);
        });
    });
    const auto stats = store->stats();
    measured.batch = static_cast<double>(stats.works) / static_cast<double>(stats.batches);
    std::printf("  store: %llu batches, largest %llu, commit %.2f ms, batch %.2f ms on average, %lld failed\n",
                static_cast<unsigned long long>(stats.batches), static_cast<unsigned long long>(stats.batch_size_max),
                static_cast<double>(stats.commit_us) / static_cast<double>(stats.batches) / 1e3,
                static_cast<double>(stats.batch_us) / static_cast<double>(stats.batches) / 1e3,
                static_cast<long long>(failed.load()));
    return measured;
}

// So often a second `one` runs, `proofs_at_once` times in a reader's transaction.
template <class One>
double rate(store::Store& store, double seconds, One one) {
    const auto begun = Clock::now();
    double passed = 0;
    std::int64_t done = 0;
    for (; passed < seconds; passed = std::chrono::duration<double>(Clock::now() - begun).count()) {
        store::read_and_wait(store, [&](store::ReadTxn& txn) {
            for (int i = 0; i < proofs_at_once; ++i) one(txn);
        });
        done += proofs_at_once;
    }
    return static_cast<double>(done) / passed;
}

struct ProofRates {
    double proofs = 0;
    double tiles = 0;
};

// On the log that measure_store left.
ProofRates measure_proofs(const fs::path& folder, double seconds) {
    const auto keys = certs::open_key_folder(folder / "keys");
    const certs::DerivedKeys derived(keys->service_root());
    const auto store =
        store::open_sqlcipher({.file = folder / "data" / "entente.db",
                               .key = certs::Secret::copy_of(derived.database()),
                               .readers = 1,
                               .migrations = migrations()},
                              [](store::Txn&, std::span<const audit::Record>) { return std::vector<audit::Receipt>{}; });
    std::uint64_t size = 0;
    store::read_and_wait(*store, [&](store::ReadTxn& txn) { size = static_cast<std::uint64_t>(audit::read_head(txn)->size); });
    audit::Proofs proofs;
    std::mt19937_64 random(7);
    std::size_t hashes = 0;
    const std::uint64_t full = size / audit::tile_width * audit::tile_width;  // entries in full tiles, which both draw
    const auto proof = [&](store::ReadTxn& txn) { hashes += proofs.inclusion(txn, random() % full, size).size(); };
    // The stored tiles on the way from an entry to the root.
    const auto tiles = [&](store::ReadTxn& txn) {
        std::uint64_t place = random() % full;
        for (unsigned level = 0; place > 0 || level == 0; ++level) {
            place /= audit::tile_width;
            if ((place + 1) * audit::tile_width <= size >> (audit::tile_levels * level))
                hashes += audit::read_tile(txn, level, place)->size();
        }
    };
    rate(*store, seconds / 4, tiles);  // the pages are in the engine's cache now
    const double tile_rate = rate(*store, seconds, tiles);
    const double proof_rate = rate(*store, seconds, proof);
    if (hashes == 0) throw std::runtime_error("nothing was read");
    return {.proofs = proof_rate, .tiles = tile_rate};
}

void run(sqlite3* db, const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        std::fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        std::exit(1);
    }
}

class Statement {
  public:
    Statement(sqlite3* db, const char* sql) {
        if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db));
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }

    Statement& number(int at, std::int64_t value) {
        sqlite3_bind_int64(statement_, at, value);
        return *this;
    }
    Statement& bytes(int at, std::string_view value) {
        sqlite3_bind_blob(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
        return *this;
    }
    void run() {
        if (sqlite3_step(statement_) != SQLITE_DONE) throw std::runtime_error("a bare insert failed");
        sqlite3_reset(statement_);
    }

  private:
    sqlite3_stmt* statement_ = nullptr;
};

// One row of log bytes and one business row for each record, nothing looked up, nothing hashed; with `found_again` also the rows by
// which the log finds it.
Measured measure_bare(const fs::path& file, std::int64_t records, const Measured& like, bool found_again) {
    sqlite3* db = nullptr;
    sqlite3_open(file.c_str(), &db);
    run(db, "PRAGMA key = \"x'0101010101010101010101010101010101010101010101010101010101010101'\"");
    run(db, "PRAGMA cipher_hmac_algorithm=HMAC_SHA256; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536");
    run(db,
        "CREATE TABLE entry (idx INTEGER PRIMARY KEY, event BLOB, entry BLOB, sealed BLOB);"
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, body BLOB);"
        "CREATE TABLE party (company BIGINT NOT NULL, idx BIGINT NOT NULL, PRIMARY KEY (company, idx)) WITHOUT ROWID;"
        "CREATE TABLE of_case (case_id BIGINT NOT NULL, idx BIGINT NOT NULL, PRIMARY KEY (case_id, idx)) WITHOUT ROWID");
    if (found_again) run(db, "CREATE UNIQUE INDEX by_event ON entry (event)");
    std::optional<Statement> entry(std::in_place, db, "INSERT INTO entry VALUES (?1, ?2, ?3, ?4)");
    std::optional<Statement> thing(std::in_place, db, "INSERT INTO thing VALUES (?1, ?2)");
    std::optional<Statement> party(std::in_place, db, "INSERT INTO party VALUES (?1, ?2)");
    std::optional<Statement> of_case(std::in_place, db, "INSERT INTO of_case VALUES (?1, ?2)");
    const std::string filler(4096, 'y');
    const auto of_size = [&](double size) { return std::string_view(filler).substr(0, static_cast<std::size_t>(size)); };
    const int batch = std::max(1, static_cast<int>(like.batch + 0.5));
    std::array<char, 16> event{};
    const auto begun = Clock::now();
    const double cpu = cpu_seconds();
    for (std::int64_t number = 0; number < records;) {
        run(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < batch && number < records; ++i, ++number) {
            const auto ordered = static_cast<std::uint64_t>(number);  // event ids begin with the time
            for (std::size_t at = 0; at < 8; ++at) event.at(at) = static_cast<char>(ordered >> (56 - 8 * at));
            entry->number(1, number).bytes(2, {event.data(), event.size()});
            entry->bytes(3, of_size(like.entry_bytes)).bytes(4, of_size(like.sealed_bytes)).run();
            thing->number(1, number).bytes(2, of_size(business_bytes)).run();
            if (!found_again) continue;
            for (const std::int64_t company : {100, 101}) party->number(1, company).number(2, number).run();
            of_case->number(1, case_of(number)).number(2, number).run();
        }
        run(db, "COMMIT");
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    const double used = cpu_seconds() - cpu;
    for (auto* statement : {&entry, &thing, &party, &of_case}) statement->reset();
    sqlite3_close(db);
    return {.per_second = static_cast<double>(records) / seconds,
            .cpu_us = used / static_cast<double>(records) * 1e6,
            .entry_bytes = like.entry_bytes,
            .sealed_bytes = like.sealed_bytes};
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
    const int rounds = smoke ? 1 : argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : 3;
    const std::int64_t records = smoke ? 2'000 : argc > 2 ? std::strtoll(argv[2], nullptr, 10) : 50'000;
    const double proof_seconds = smoke ? 0.1 : 2;
    std::vector<double> ours, bare, ratios, row_ratios, proof_ratios;
    try {
        for (int round = 0; round < rounds; ++round) {
            std::string name = (fs::temp_directory_path() / "entente-bench-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) return 2;
            const Measured store = measure_store(name, records);
            const Measured loop = measure_bare(fs::path(name) / "bare.db", records, store, false);
            const Measured rows = measure_bare(fs::path(name) / "rows.db", records, store, true);
            const ProofRates proofs = measure_proofs(name, proof_seconds);
            std::printf(
                "round %d: store %.0f records/s (%.1f us CPU each), bare loop %.0f (%.1f us), ratio %.2f; with the rows that find "
                "it "
                "%.0f (%.1f us), ratio %.2f; entry %.0f B, sealed %.0f B, %.0f to a commit\n         proofs %.0f/s, tile reads "
                "%.0f/s, ratio %.2f\n",
                round + 1, store.per_second, store.cpu_us, loop.per_second, loop.cpu_us, store.per_second / loop.per_second,
                rows.per_second, rows.cpu_us, store.per_second / rows.per_second, store.entry_bytes, store.sealed_bytes,
                store.batch, proofs.proofs, proofs.tiles, proofs.proofs / proofs.tiles);
            std::fflush(stdout);
            ours.push_back(store.per_second);
            bare.push_back(loop.per_second);
            ratios.push_back(store.per_second / loop.per_second);
            row_ratios.push_back(store.per_second / rows.per_second);
            proof_ratios.push_back(proofs.proofs / proofs.tiles);
            std::error_code ignored;
            fs::remove_all(name, ignored);
        }
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "store_bench: %s\n", fault.what());
        return 1;
    }
    std::printf("durable appends / bare SQLCipher inserts: %.2f   (aim %.1f; medians %.0f and %.0f records/s)\n", median(ratios),
                aim, median(ours), median(bare));
    std::printf("durable appends / bare inserts of the rows that find a record too: %.2f\n", median(row_ratios));
    std::printf("proofs / bare tile reads: %.2f   (aim %.1f)\n", median(proof_ratios), aim);
    return 0;
}
