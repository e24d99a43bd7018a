// Every read, write, sync and allocation of a scripted run fails once, and from there on: nothing acknowledged is lost, nobody
// crashes, who asked is told that nothing happened, and the next start on what is left is clean, verifies and goes on.
//
//   store_faults [FAULTS | --long] [SEED]       300 faults by default, spread evenly from a place by lot; --long makes every one
//   store_faults --at PLACE NUMBER [lasting]    one of them again, as a failure names it: "SQLite's allocation" 219
//
// Each fault has a process of its own, which opens the store of a template, writes, signs a checkpoint, reads and closes. It may
// end in four ways:
//   by itself; refusing to start, with a sentence; stopping with a sentence, because it cannot tell whether a commit reached the
//   disk (the store's promise for an I/O error at commit) or has no memory left to answer; and nothing else: no signal, no other
//   abort, no hanging.
// Allocations are those of SQLite and SQLCipher, and on the store's writing thread those of C++ as well. Not those with which
// SQLCipher makes its provider of ciphers (below).

#include <sqlite3.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <new>
#include <optional>
#include <random>
#include <span>
#include <sstream>
#include <string_view>
#include <vector>

#include "tests/crash/house.hpp"
#include "tests/crash/shim_vfs.hpp"

namespace {

using namespace entente;
using namespace entente::crash;
namespace fs = std::filesystem;

enum class Where : std::uint8_t { read, write, sync, full, memory, heap };
constexpr std::array where_names{"read", "write", "sync", "full disk", "SQLite's allocation", "C++ allocation"};

struct Fault {
    Where where = Where::write;
    std::uint64_t number = 0;  // the first that fails, from 1
    bool lasting = false;      // and all after it
};

// What is counted, and what is to fail. Set before the store is opened, read from every thread.
std::array<std::atomic<std::uint64_t>, where_names.size()> counts{};
Fault wanted;
std::atomic<bool> armed{false};

bool fails(Where where) {
    if (!armed.load(std::memory_order_relaxed)) return false;
    const std::uint64_t number = ++counts[static_cast<std::size_t>(where)];
    return wanted.where == where && (wanted.lasting ? number >= wanted.number : number == wanted.number) && wanted.number != 0;
}

class Disk final : public FileListener {
  public:
    int before(const FileEvent& event) override {
        if (event.file.ends_with("-shm")) return SQLITE_OK;
        switch (event.op) {
            case FileOp::read:
                return fails(Where::read) ? SQLITE_IOERR_READ : SQLITE_OK;
            case FileOp::write:
                if (fails(Where::full)) return SQLITE_FULL;
                return fails(Where::write) ? SQLITE_IOERR_WRITE : SQLITE_OK;
            case FileOp::sync:
                return fails(Where::sync) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
            case FileOp::truncate:
                return fails(Where::write) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
            case FileOp::remove:
                return fails(Where::write) ? SQLITE_IOERR_DELETE : SQLITE_OK;
            default:
                return SQLITE_OK;
        }
    }
};

sqlite3_mem_methods plain{};

void install_failing_memory() {
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK) throw std::runtime_error("no allocator");
    static sqlite3_mem_methods failing = plain;
    failing.xMalloc = [](int size) -> void* { return fails(Where::memory) ? nullptr : plain.xMalloc(size); };
    failing.xRealloc = [](void* memory, int size) -> void* {
        return fails(Where::memory) ? nullptr : plain.xRealloc(memory, size);
    };
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK) throw std::runtime_error("no allocator");
}

// The first use of a key in a process makes SQLCipher's provider of ciphers, and SQLCipher 4.6 does not look whether it got the
// memory: it writes through null, before any file is opened. That is a crash of a process that has done nothing yet and cannot be
// kept from here, so this process makes the provider before it counts, and those that it forks have it.
class ProviderOfCiphers {
  public:
    ProviderOfCiphers() {
        if (sqlite3_open(":memory:", &db_) != SQLITE_OK || sqlite3_key(db_, "provider", 8) != SQLITE_OK)
            throw std::runtime_error("no provider of ciphers");
    }
    ProviderOfCiphers(const ProviderOfCiphers&) = delete;
    ProviderOfCiphers& operator=(const ProviderOfCiphers&) = delete;
    ~ProviderOfCiphers() { sqlite3_close(db_); }

  private:
    sqlite3* db_ = nullptr;
};

thread_local bool writing_thread = false;

}  // namespace

// C++ allocations of the store's writing thread; its first work says which that is.
void* operator new(std::size_t size) {
    if (writing_thread && fails(Where::heap)) throw std::bad_alloc();
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

constexpr std::int64_t works = 24;

// Opens, writes, signs, reads, closes. Each acknowledged number goes to `out`.
int scripted(const fs::path& folder, int out) {
    const auto tell = [&](std::int64_t number) {
        if (::write(out, &number, sizeof number) != sizeof number) ::_exit(90);
    };
    try {
        House house(folder, 1);
        const auto notary = open_notary(house, folder);
        store::submit_and_wait(*house.store, [](store::Txn&) {
            writing_thread = true;
            return store::Written{};
        });
        for (std::int64_t number = 1; number <= works; ++number) {
            const auto commit = store::submit_and_wait(*house.store, write_one(house, 1'000 + number));
            if (commit.durable) tell(1'000 + number);
            if (!commit.durable && commit.fault.empty()) return 91;  // whoever asked was not told
            if (number % 8 == 0) {
                try {
                    notary->round();
                } catch (const audit::Tampered&) {
                    throw;
                } catch (const std::exception&) {
                    // Not signed this time.
                }
            }
        }
        try {
            store::read_and_wait(*house.store, [](store::ReadTxn& txn) {
                txn.each("SELECT count(*) FROM test_thing", {}, [](const store::Row&) {});
            });
        } catch (const std::exception&) {
            // Not read this time.
        }
        house.store->drain();
        return 0;
    } catch (const audit::Tampered& fault) {
        // A page that does not authenticate looks to the engine like memory that it did not get, so at start this is told as that.
        std::fprintf(stderr, "called tampering: %s\n", fault.what());
        return std::string_view(fault.what()).contains("out of memory") ? 10 : 92;
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "refused: %s\n", fault.what());
        return 10;
    }
}

struct Ended {
    int status = 0;
    std::vector<std::int64_t> acknowledged;
    std::array<std::uint64_t, where_names.size()> counted{};
    std::string said;
};

Ended run_with(const fs::path& folder, const Fault& fault) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    const fs::path said = folder / "stderr";
    std::fflush(stdout);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(ends[0]);
        if (std::freopen(said.c_str(), "w", stderr) == nullptr) ::_exit(93);
        std::setvbuf(stderr, nullptr, _IONBF, 0);  // what is said before an abort counts
        ::alarm(60);
        wanted = fault;
        armed = true;
        const int code = scripted(folder, ends[1]);
        armed = false;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const std::int64_t line = -static_cast<std::int64_t>(counts[i].load() * counts.size() + i) - 1;
            if (::write(ends[1], &line, sizeof line) != sizeof line) ::_exit(94);
        }
        std::fflush(stderr);
        ::_exit(code);
    }
    if (pid < 0) throw std::runtime_error("no process");
    ::close(ends[1]);
    Ended ended;
    for (std::int64_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
        if (number >= 0) {
            ended.acknowledged.push_back(number);
        } else {
            const auto line = static_cast<std::uint64_t>(-number - 1);
            ended.counted[static_cast<std::size_t>(line % counts.size())] = line / counts.size();
        }
    }
    ::close(ends[0]);
    if (::waitpid(pid, &ended.status, 0) != pid) throw std::runtime_error("no answer of the process");
    std::ostringstream text;
    text << std::ifstream(said).rdbuf();
    ended.said = text.str();
    return ended;
}

enum class Outcome : std::uint8_t { went_on, refused, stopped };

Outcome judged(const Ended& ended) {
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0) return Outcome::went_on;
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 10) return Outcome::refused;
    const bool on_purpose = ended.said.contains("cannot tell whether a commit reached the disk") ||
                            ended.said.contains("the store cannot roll back") ||
                            ended.said.contains("the store's writer cannot go on");
    if (WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGABRT && on_purpose) return Outcome::stopped;
    throw std::runtime_error("it ended with status " + std::to_string(ended.status) + ": " + ended.said);
}

std::vector<Fault> faults(const Ended& calm, std::uint64_t count, bool every, std::mt19937_64& random) {
    std::vector<Fault> all;
    for (std::size_t where = 0; where < where_names.size(); ++where) {
        for (const bool lasting : {false, true}) {
            const std::uint64_t there = calm.counted[where];
            // As many of each kind, and every one of those that are fewer.
            const std::uint64_t wished = every ? there : std::min(there, count / (where_names.size() * 2));
            const double step = static_cast<double>(there) / static_cast<double>(std::max<std::uint64_t>(wished, 1));
            const double first = static_cast<double>(random() % 1'000) / 1'000 * step;
            for (std::uint64_t i = 0; i < wished; ++i)
                all.push_back(
                    {static_cast<Where>(where), 1 + static_cast<std::uint64_t>(first + step * static_cast<double>(i)), lasting});
        }
    }
    return all;
}

// --at PLACE NUMBER [lasting]; nothing: no such place or number.
std::optional<Fault> named_fault(std::span<char* const> words) {
    if (words.size() < 2) return std::nullopt;
    const auto* const place = std::ranges::find(where_names, std::string_view(words[0]));
    const std::uint64_t number = std::strtoull(words[1], nullptr, 10);
    if (place == where_names.end() || number == 0) return std::nullopt;
    return Fault{.where = static_cast<Where>(place - where_names.begin()),
                 .number = number,
                 .lasting = words.size() > 2 && std::string_view(words[2]) == "lasting"};
}

}  // namespace

int main(int argc, char** argv) {
    const std::span<char* const> words(argv + 1, static_cast<std::size_t>(argc - 1));
    const bool every = !words.empty() && std::string_view(words[0]) == "--long";
    const bool one = !words.empty() && std::string_view(words[0]) == "--at";
    const std::uint64_t count = !words.empty() && !every && !one ? std::strtoull(words[0], nullptr, 10) : 300;
    const std::uint64_t seed = !one && words.size() > 1 ? std::strtoull(words[1], nullptr, 10) : std::random_device{}();
    const std::optional<Fault> again = one ? named_fault(words.subspan(1)) : std::nullopt;
    if (count == 0 || (one && !again)) {
        std::fprintf(stderr, "usage: store_faults [FAULTS | --long] [SEED]\n       store_faults --at PLACE NUMBER [lasting]\n");
        return 2;
    }
    std::mt19937_64 random(seed);
    std::optional<Fault> at;
    Scratch scratch("faults");
    try {
        install_failing_memory();
        install_shim_vfs();
        const ProviderOfCiphers provider;
        Disk disk;
        listen_to_files(&disk);
        const auto begun = std::chrono::steady_clock::now();
        const fs::path original = scratch.path() / "template";
        const fs::path folder = scratch.path() / "run";
        fs::create_directory(original);
        certs::create_key_folder(original / "keys");
        std::vector<std::int64_t> before;
        {
            House house(original, 1);
            const auto notary = open_notary(house, original);
            for (std::int64_t number = 1; number <= 20; ++number) {
                if (!store::submit_and_wait(*house.store, write_one(house, number)).durable)
                    throw std::runtime_error("no template");
                before.push_back(number);
            }
            notary->round();
        }
        const auto fresh = [&] {
            fs::remove_all(folder);
            fs::copy(original, folder, fs::copy_options::recursive);
        };
        fresh();
        const Ended calm = run_with(folder, {});
        if (judged(calm) != Outcome::went_on || calm.acknowledged.size() != works)
            throw std::runtime_error("the run without a fault failed: " + calm.said);
        const auto all = again ? std::vector{*again} : faults(calm, count, every, random);
        std::printf("store_faults: %zu faults, seed %llu; the run has", all.size(), static_cast<unsigned long long>(seed));
        for (std::size_t i = 0; i < where_names.size(); ++i)
            std::printf("%s %llu x %s", i == 0 ? "" : ",", static_cast<unsigned long long>(calm.counted[i]), where_names[i]);
        std::printf("\n");
        std::array<std::size_t, 3> outcomes{};
        std::size_t missed = 0;  // the run was over before its turn came: threads do not always do the same
        std::size_t done = 0;
        for (const Fault& fault : all) {
            at = fault;
            fresh();
            const Ended ended = run_with(folder, fault);
            const Outcome outcome = judged(ended);
            ++outcomes[static_cast<std::size_t>(outcome)];
            if (outcome == Outcome::went_on && ended.counted[static_cast<std::size_t>(fault.where)] < fault.number) ++missed;
            std::vector<std::int64_t> acknowledged = before;
            acknowledged.insert(acknowledged.end(), ended.acknowledged.begin(), ended.acknowledged.end());
            House house(folder, 1);
            const auto notary = open_notary(house, folder);
            check_house(house, acknowledged, true);
            const auto commit = store::submit_and_wait(*house.store, write_one(house, 5'000));
            if (!commit.durable) throw std::runtime_error("it does not go on: " + commit.fault);
            notary->round();
            if (++done % 200 == 0) std::printf("  %zu of %zu faults\n", done, all.size());
            std::fflush(stdout);
        }
        std::printf(
            "store_faults: %zu faults in %.0f s: %zu went on (%zu of them had no turn), %zu refused to start, %zu stopped at a "
            "commit; "
            "nothing acknowledged lost\n",
            all.size(), std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(), outcomes[0], missed,
            outcomes[1], outcomes[2]);
        return 0;
    } catch (const std::exception& fault) {
        scratch.keep = true;
        std::fprintf(stderr, "store_faults: FAILED%s: %s (seed %llu, data in %s)\n",
                     at ? (std::string(" at ") + where_names[static_cast<std::size_t>(at->where)] + " " +
                           std::to_string(at->number) + (at->lasting ? " lasting" : ""))
                              .c_str()
                        : "",
                     fault.what(), static_cast<unsigned long long>(seed), scratch.path().c_str());
        return 1;
    }
}
