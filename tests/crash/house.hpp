#pragma once
// What the crash tests of the store open: everything that a gateway opens around its data, in its order, and what must be true of
// the data whenever it is opened again.

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "certs/keys.hpp"
#include "certs/log_keys.hpp"
#include "certs/random.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/notary.hpp"
#include "server/audit/log/reader.hpp"
#include "server/audit/log/verify.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/vault.hpp"

namespace entente::crash {

inline constexpr const char* origin = "gw.example.com/audit/crash";

inline protocol::Instant now() {
    return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

inline std::span<const store::Migration> migrations() {
    static const std::vector<store::Migration> all = [] {
        const auto embedded = store::embedded_migrations();
        std::vector<store::Migration> list(embedded.begin(), embedded.end());
        list.push_back({list.back().version + 1, "tables_of_the_tests",
                        "CREATE TABLE test_thing (id BIGINT PRIMARY KEY, body BLOB NOT NULL)"});
        return list;
    }();
    return all;
}

struct House {
    explicit House(const std::filesystem::path& folder, int readers = 2)
        : keys(certs::open_key_folder(folder / "keys")),
          derived(keys->service_root()),
          vault(*keys, derived.index(), audit::log_id(origin)),
          appender(vault, origin, audit::log_id(origin), now, [](std::span<std::uint8_t> out) { certs::random_bytes(out); }),
          store(store::open_sqlcipher(
              {.file = folder / "data" / "entente.db",
               .key = certs::Secret::copy_of(derived.database()),
               .readers = readers,
               .migrations = migrations()},
              [this](store::Txn& txn, std::span<const audit::Record> records) { return appender.append(txn, records); })) {
        store::read_and_wait(*store, [this](store::ReadTxn& txn) { audit::check_at_start(txn, vault); });
    }
    std::unique_ptr<certs::KeyProvider> keys;
    certs::DerivedKeys derived;
    store::Vault vault;
    audit::Appender appender;
    std::unique_ptr<store::SqlcipherStore> store;
};

// Signs what the log holds; opening one checks the newest checkpoint and the anchor against it.
inline std::unique_ptr<audit::Notary> open_notary(House& house, const std::filesystem::path& folder) {
    return std::make_unique<audit::Notary>(
        *house.store, audit::NotaryOptions{.origin = origin,
                                           .keys = std::shared_ptr<const certs::LogKeys>(certs::open_log_keys(folder / "keys")),
                                           .anchors = {folder / "keys" / "anchor"},
                                           .now = now});
}

// A row, sealed for a customer, and a record of it.
inline store::Work write_one(House& house, std::int64_t number) {
    return [&house, number](store::Txn& txn) {
        const auto body = house.vault.seal(txn, store::Owner::customer({1 + number % 5}), {1 + number % 50}, store::Tag::content,
                                           "test_thing/body/" + std::to_string(number), std::string(300, 'x'));
        txn.change("INSERT INTO test_thing (id, body) VALUES ($1, $2)", {number, body});
        store::Written written;
        audit::Record record;
        record.operation = "thing.add";
        record.acting_company = {7};
        record.parties = {{7}, {8}};
        record.resources = {{"thing", std::to_string(number), 0}};
        record.customer = protocol::CanonicalObject{}.set("name", "customer " + std::to_string(number)).text();
        record.case_scope = {1 + number % 50};
        written.records.push_back(std::move(record));
        return written;
    };
}

struct Found {
    std::int64_t rows = 0;
    std::int64_t entries = 0;
};

// Throws unless everything acknowledged is there, each row with its one record. `full` also verifies every entry with keys.
inline Found check_house(House& house, std::span<const std::int64_t> acknowledged, bool full) {
    Found found;
    store::read_and_wait(*house.store, [&](store::ReadTxn& txn) {
        const auto number = [](const store::Row& row) { return row.number(0); };
        for (const std::int64_t id : acknowledged) {
            const auto body = txn.first("SELECT body FROM test_thing WHERE id = $1", {id}, [](const store::Row& row) {
                return protocol::Blob(row.bytes(0).begin(), row.bytes(0).end());
            });
            if (!body) throw std::runtime_error("acknowledged number " + std::to_string(id) + " is lost");
            if (!house.vault.open(txn, "test_thing/body/" + std::to_string(id), *body)) throw std::runtime_error("its key is lost");
        }
        found.rows = *txn.first("SELECT count(*) FROM test_thing", {}, number);
        found.entries = *txn.first("SELECT count(*) FROM audit_entry WHERE operation = 'thing.add'", {}, number);
        if (found.rows != found.entries) {
            throw std::runtime_error(std::to_string(found.rows) + " rows, but " + std::to_string(found.entries) +
                                     " records of them");
        }
        if (!full) return;
        // Each row has exactly one record: as many, and no record names a row twice.
        std::set<std::string> named;
        std::int64_t from = 0;
        while (true) {
            const auto lines = audit::list(txn, house.vault, {.from = from, .limit = 1000});
            if (lines.empty()) break;
            for (const auto& line : lines) {
                if (line.operation == "thing.add" && !named.insert(line.core.substr(line.core.find("\"resources\""), 60)).second) {
                    throw std::runtime_error("entry " + std::to_string(line.index) + " records something twice");
                }
            }
            from = lines.back().index + 1;
        }
        const auto report = audit::verify(txn, {.vault = &house.vault});
        if (!report.good()) throw std::runtime_error("verification: " + report.findings.front().sentence);
    });
    return found;
}

// A folder of its own in memory if there is such a place, removed at the end unless it is kept for looking at.
class Scratch {
  public:
    explicit Scratch(const char* name) {
        const bool memory = ::access("/dev/shm", W_OK) == 0;
        std::string made = ((memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
                            ("entente-" + std::string(name) + "-XXXXXX"))
                               .string();
        if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("no folder for the data");
        path_ = made;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        if (!keep) std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }
    bool keep = false;

  private:
    std::filesystem::path path_;
};

}  // namespace entente::crash
