// kill -9 at random moments under write load: nothing acknowledged may be lost, nothing may be there twice, every restart verifies.
//
//   store_kill [KILLS | --long] [SEED]        200 kills by default; --long is 10000
//
// The child writes from four threads and sends the number of every acknowledged work through a pipe. The parent kills it after a
// random number of acknowledgements or a random while, opens the same data as a gateway would, and compares.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "certs/keys.hpp"
#include "certs/random.hpp"
#include "protocol/canonical.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/log/appender.hpp"
#include "server/audit/log/reader.hpp"
#include "server/audit/log/verify.hpp"
#include "server/store/sqlcipher.hpp"
#include "server/store/vault.hpp"

namespace {

using namespace entente;
namespace fs = std::filesystem;

constexpr const char* origin = "gw.example.com/audit/crash";
constexpr int writers = 4;
constexpr std::int64_t numbers_of_a_run = 1'000'000;

protocol::Instant now() {
    return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

std::span<const store::Migration> migrations() {
    static const std::vector<store::Migration> all = [] {
        const auto embedded = store::embedded_migrations();
        std::vector<store::Migration> list(embedded.begin(), embedded.end());
        list.push_back({list.back().version + 1, "tables_of_the_tests",
                        "CREATE TABLE test_thing (id BIGINT PRIMARY KEY, body BLOB NOT NULL)"});
        return list;
    }();
    return all;
}

// Everything that a gateway opens, in its order.
struct House {
    explicit House(const fs::path& folder)
        : keys(certs::open_key_folder(folder / "keys")),
          derived(keys->service_root()),
          vault(*keys, derived.index(), audit::log_id(origin)),
          appender(vault, origin, audit::log_id(origin), now, [](std::span<std::uint8_t> out) { certs::random_bytes(out); }),
          store(store::open_sqlcipher(
              {.file = folder / "data" / "entente.db",
               .key = certs::Secret::copy_of(derived.database()),
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

store::Work write_one(House& house, std::int64_t number) {
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

// Writes until it is killed. Each acknowledged number goes through the pipe in one piece.
[[noreturn]] void child(const fs::path& folder, std::int64_t first, int out) {
    House house(folder);
    std::vector<std::thread> threads;
    threads.reserve(writers);
    for (int t = 0; t < writers; ++t) {
        threads.emplace_back([&house, out, number = first + t]() mutable {
            for (;; number += writers) {
                const auto commit = store::submit_and_wait(*house.store, write_one(house, number));
                if (!commit.durable) {
                    std::fprintf(stderr, "child: %s\n", commit.fault.c_str());
                    _exit(3);
                }
                if (::write(out, &number, sizeof number) != sizeof number) _exit(4);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    _exit(5);
}

// Lets the child run until `acknowledged` numbers came or `patience` is over, kills it, and answers all numbers it sent.
std::vector<std::int64_t> run_and_kill(const fs::path& folder, std::int64_t first, std::size_t acknowledged,
                                       std::chrono::microseconds patience) {
    std::array<int, 2> pipe_ends{};
    if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("no process");
    if (pid == 0) {
        ::close(pipe_ends[0]);
        try {
            child(folder, first, pipe_ends[1]);
        } catch (const std::exception& fault) {
            std::fprintf(stderr, "child: refused start: %s\n", fault.what());
            _exit(6);
        }
    }
    ::close(pipe_ends[1]);
    std::vector<std::int64_t> numbers;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    bool killed = false;
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (!killed && (left <= 0 || numbers.size() >= acknowledged)) {
            ::kill(pid, SIGKILL);
            killed = true;
        }
        pollfd waiting{.fd = pipe_ends[0], .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, killed ? -1 : static_cast<int>(left)) <= 0) continue;
        std::int64_t number = 0;
        const auto size = ::read(pipe_ends[0], &number, sizeof number);
        if (size == 0) break;  // dead, and everything it sent is read
        if (size == sizeof number) numbers.push_back(number);
    }
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        throw std::runtime_error("the child ended by itself: status " + std::to_string(status));
    return numbers;
}

struct Found {
    std::int64_t rows = 0;
    std::int64_t entries = 0;
};

// Restarts on the data as it was left and compares. `full` also verifies every entry with keys.
Found check(const fs::path& folder, const std::vector<std::int64_t>& acknowledged, bool full) {
    House house(folder);
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

}  // namespace

int main(int argc, char** argv) {
    const int kills = argc < 2                              ? 200
                      : std::strcmp(argv[1], "--long") == 0 ? 10'000
                                                            : static_cast<int>(std::strtol(argv[1], nullptr, 10));
    if (kills <= 0) {
        std::fprintf(stderr, "usage: store_kill [KILLS | --long] [SEED]\n");
        return 2;
    }
    const unsigned seed = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : std::random_device{}();
    std::mt19937 random(seed);
    std::printf("store_kill: %d kills, seed %u\n", kills, seed);
    std::string name = (fs::temp_directory_path() / "entente-kill-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return 2;
    const fs::path folder = name;
    const auto begun = std::chrono::steady_clock::now();
    std::size_t acknowledged = 0;
    Found found;
    try {
        certs::create_key_folder(folder / "keys");
        const int full_every = kills <= 500 ? 20 : 500;
        for (int kill = 0; kill < kills; ++kill) {
            // Mostly soon after some work, sometimes while it is still starting, sometimes after a checkpoint's worth.
            const int kind = static_cast<int>(random() % 10);
            const std::size_t wanted = kind == 9 ? 400 : 1 + random() % 60;
            const std::chrono::microseconds patience(kind == 0 ? random() % 30'000 : 2'000'000);
            const auto numbers = run_and_kill(folder, kill * numbers_of_a_run, wanted, patience);
            acknowledged += numbers.size();
            found = check(folder, numbers, kill % full_every == full_every - 1 || kill == kills - 1);
            if (kill % 100 == 99) std::printf("  %d kills, %zu acknowledged\n", kill + 1, acknowledged);
            std::fflush(stdout);
        }
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "store_kill: FAILED: %s (seed %u, data kept in %s)\n", fault.what(), seed, folder.c_str());
        return 1;
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::printf(
        "store_kill: %d kills in %.0f s, %zu acknowledged, 0 lost, 0 twice, %lld records (of which %lld durable but not yet "
        "told)\n",
        kills, seconds, acknowledged, static_cast<long long>(found.entries),
        static_cast<long long>(found.entries) - static_cast<long long>(acknowledged));
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return 0;
}
