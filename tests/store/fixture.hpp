#pragma once
// What the store's tests share: a private folder, a table of their own behind the embedded migrations, a recorder that only counts,
// and gates for putting threads in order without waiting for time to pass.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certs/secret.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/store.hpp"

namespace entente::store::test {

class TempFolder {
  public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "entente-store-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

inline certs::Secret key_of(std::uint8_t fill) {
    certs::Secret key(32);
    std::ranges::fill(key.writable(), fill);
    return key;
}

inline std::string file_text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The embedded migrations and behind them the tables of the tests.
inline std::span<const Migration> test_migrations() {
    static const std::vector<Migration> all = [] {
        const auto embedded = embedded_migrations();
        std::vector<Migration> list(embedded.begin(), embedded.end());
        list.push_back({list.back().version + 1, "tables_of_the_tests",
                        "CREATE TABLE test_thing (id BIGINT PRIMARY KEY, name TEXT UNIQUE, body BLOB);"
                        "CREATE TABLE test_part (id BIGINT PRIMARY KEY, thing BIGINT NOT NULL REFERENCES test_thing (id));"
                        "CREATE TABLE test_record (idx BIGINT PRIMARY KEY, operation TEXT NOT NULL);"});
        return list;
    }();
    return all;
}

// Lets one thread wait until another has come by.
class Gate {
  public:
    void open() {
        // Under the lock: who passes may destroy the gate at once.
        const std::lock_guard guard(mutex_);
        open_ = true;
        opened_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [&] { return open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool open_ = false;
};

// Answers of works in the order in which they came.
class Answers {
  public:
    Done next() {
        return [this](Commit commit) {
            const std::lock_guard guard(mutex_);
            commits_.push_back(std::move(commit));
            came_.notify_all();
        };
    }
    std::vector<Commit> wait(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return commits_.size() >= count; });
        return commits_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<Commit> commits_;
};

inline audit::Record record_of(std::string operation) {
    audit::Record record;
    record.operation = std::move(operation);
    return record;
}

inline Written written(std::string operation, bool keep = true) {
    Written result{.records = {}, .keep = keep};
    result.records.push_back(record_of(std::move(operation)));
    return result;
}

// Inserts one row and leaves one record.
inline Work add_thing(std::int64_t id, std::string name = {}) {
    return [id, name](Txn& txn) {
        txn.change("INSERT INTO test_thing (id, name) VALUES ($1, $2)", {id, name.empty() ? "thing " + std::to_string(id) : name});
        return written("thing.add");
    };
}

class StoreTest : public ::testing::Test {
  protected:
    SqlcipherOptions options() {
        return {.file = file(),
                .key = key_of(7),
                .readers = 2,
                .batch_budget = std::chrono::hours(1),
                .migrations = test_migrations(),
                .probe = [this](Moment moment) {
                    if (on_moment) on_moment(moment);
                }};
    }
    std::filesystem::path file() const { return folder.path() / "data" / "entente.db"; }

    // Writes each record into test_record; the receipt's index is the row's.
    Recorder recorder() {
        return [this](Txn& txn, std::span<const audit::Record> records) {
            ++recordings;
            if (on_record) on_record(records);
            std::int64_t index = *txn.first("SELECT count(*) FROM test_record", {}, [](const Row& row) { return row.number(0); });
            std::vector<audit::Receipt> receipts;
            for (const audit::Record& record : records) {
                txn.change("INSERT INTO test_record (idx, operation) VALUES ($1, $2)", {index, record.operation});
                receipts.push_back({.index = index++});
            }
            return receipts;
        };
    }
    SqlcipherStore& open() {
        store = open_sqlcipher(options(), recorder());
        return *store;
    }
    std::int64_t count(const std::string& table) {
        std::int64_t found = -1;
        read_and_wait(*store, [&](ReadTxn& txn) {
            found = *txn.first("SELECT count(*) FROM " + table, {}, [](const Row& row) { return row.number(0); });
        });
        return found;
    }
    // Holds the writer inside a work until the gate opens, so that what is submitted meanwhile becomes one batch.
    void hold_writer(Gate& gate, Answers& answers) {
        Gate inside;
        ASSERT_TRUE(store->submit(
            [&](Txn&) {
                inside.open();
                gate.pass();
                return Written{};
            },
            answers.next()));
        inside.pass();
    }

    TempFolder folder;
    std::function<void(Moment)> on_moment;
    std::function<void(std::span<const audit::Record>)> on_record;
    std::atomic<int> recordings{0};
    std::unique_ptr<SqlcipherStore> store;
};

}  // namespace entente::store::test
