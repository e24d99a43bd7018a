// Power loss at any moment, without pulling a plug: a scripted run of the store is recorded below SQLite (every write, sync,
// truncation and removal of its files); then a machine that lost its power after so many of them is put together and started.
//
//   store_power [STATES | --long] [SEED]        2000 states by default; --long is 20000
//
// What was synced is there. What was not may be there or not, in whole or in pieces of 512 bytes, in any order of its writes: all
// lost, all there, each write by lot, each piece by lot. Started on that, the store must hold everything that was acknowledged
// before the power went, each row with its one record; the log must verify with keys and be the beginning of the log as it was
// going to be (no fork), no shorter than any checkpoint that was shown; and it must go on: another work, another checkpoint.

#include <sqlite3.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <latch>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "server/audit/format/merkle.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/proofs.hpp"
#include "tests/crash/house.hpp"
#include "tests/crash/shim_vfs.hpp"

namespace {

using namespace entente;
using namespace entente::crash;
using protocol::Blob;
namespace fs = std::filesystem;

constexpr std::size_t torn_at = 512;
constexpr unsigned processes = 2;

enum class Kind : std::uint8_t { write, truncate, sync, remove, acknowledged, shown };

struct Step {
    Kind kind = Kind::write;
    std::string file;
    std::uint64_t offset = 0;  // the size for truncate
    Blob bytes;
    bool folder_synced = false;
    std::int64_t number = 0;         // acknowledged
    audit::Checkpoint checkpoint{};  // shown: after it was stored and the anchor written
    std::string anchor;
};

// Everything of the files that hold data; what SQLite shares between connections dies with the machine.
class Recording final : public FileListener {
  public:
    int before(const FileEvent&) override { return SQLITE_OK; }
    void after(const FileEvent& event) override {
        if (event.file.ends_with("-shm")) return;
        switch (event.op) {
            case FileOp::write:
                return add({.kind = Kind::write,
                            .file = std::string(event.file),
                            .offset = event.offset,
                            .bytes = {event.bytes.begin(), event.bytes.end()}});
            case FileOp::truncate:
                return add({.kind = Kind::truncate, .file = std::string(event.file), .offset = event.offset});
            case FileOp::sync:
                return add({.kind = Kind::sync, .file = std::string(event.file)});
            case FileOp::remove:
                return add({.kind = Kind::remove, .file = std::string(event.file), .folder_synced = event.folder_synced});
            default:
                return;
        }
    }
    void add(Step step) {
        const std::lock_guard hold(mutex_);
        steps.push_back(std::move(step));
    }
    std::vector<Step> steps;

  private:
    std::mutex mutex_;
};

// The run that is recorded.
class Script {
  public:
    Script(const fs::path& folder, Recording& recording) : folder_(folder), recording_(recording) {}

    void run() {
        open();  // makes everything
        for (int i = 0; i < 6; ++i) write(1 + i * 2);
        sign();
        close();
        open();
        for (int i = 0; i < 10; ++i) {
            write(i % 3 == 0 ? 12 : 1);
            if (i % 4 == 1) sign();
        }
        // The log of changes is written back and emptied once nothing comes for a second.
        for (const auto before = house_->store->stats().checkpoints; house_->store->stats().checkpoints == before;)
            std::this_thread::yield();
        for (int i = 0; i < 25; ++i) write(30);  // enough for the checkpointer beside the writer
        sign();
        close();
        open();
        write(3);
        sign();
        close();
    }

  private:
    void open() {
        house_ = std::make_unique<House>(folder_, 1);
        notary_ = open_notary(*house_, folder_);
    }
    void close() {
        notary_.reset();
        house_.reset();
    }
    void write(int count) {
        std::latch done(count);
        for (int i = 0; i < count; ++i) {
            const std::int64_t number = next_++;
            const bool taken = house_->store->submit(write_one(*house_, number), [&, number](store::Commit commit) {
                if (!commit.durable) std::fprintf(stderr, "store_power: %s\n", commit.fault.c_str());
                recording_.add({.kind = Kind::acknowledged, .number = number});
                done.count_down();
            });
            if (!taken) throw std::runtime_error("the queue is full");
        }
        done.wait();
    }
    void sign() {
        notary_->round();
        const auto published = notary_->newest();
        recording_.add({.kind = Kind::shown, .checkpoint = published->checkpoint, .anchor = published->note});
    }

    const fs::path& folder_;
    Recording& recording_;
    std::unique_ptr<House> house_;
    std::unique_ptr<audit::Notary> notary_;
    std::int64_t next_ = 1;
};

// A file: what is surely there, and what happened to it since.
struct Disk {
    struct Content {
        bool there = false;
        Blob bytes;
    };
    struct File {
        Content durable;
        std::vector<const Step*> since;
        bool in_folder = false;  // its name is durable, too
    };
    std::map<std::string, File> files;

    static void apply(Content& content, const Step& step) {
        if (step.kind == Kind::remove) {
            content = {};
        } else if (step.kind == Kind::truncate) {
            content.there = true;
            content.bytes.resize(static_cast<std::size_t>(step.offset));
        } else {
            apply_piece(content, step.offset, step.bytes);
        }
    }
    static void apply_piece(Content& content, std::uint64_t offset, protocol::Bytes bytes) {
        content.there = true;
        const auto at = static_cast<std::size_t>(offset);
        if (content.bytes.size() < at + bytes.size()) content.bytes.resize(at + bytes.size());
        std::ranges::copy(bytes, content.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
    void go_on(const Step& step) {
        if (step.kind == Kind::acknowledged || step.kind == Kind::shown) return;
        File& file = files[step.file];
        if (step.kind == Kind::remove) file.in_folder = false;
        if (step.kind != Kind::sync) file.since.push_back(&step);
        if (step.kind == Kind::sync) {
            for (const Step* each : file.since) apply(file.durable, *each);
            file.durable.there = true;
            file.since.clear();
            // The first sync of a file that SQLite made syncs the folder as well.
            if (!file.in_folder) folder_synced();
            file.in_folder = true;
        }
        if (step.folder_synced) folder_synced();
    }
    // Removals stay done from here on.
    void folder_synced() {
        for (auto& [name, file] : files) {
            const auto last = std::ranges::find_if(file.since.rbegin(), file.since.rend(),
                                                   [](const Step* step) { return step->kind == Kind::remove; });
            if (last == file.since.rend()) continue;
            file.durable = {};
            file.since.erase(file.since.begin(), last.base());
        }
    }
};

enum class Loss : std::uint8_t { all, nothing, writes, pieces };
constexpr std::array losses{Loss::all, Loss::nothing, Loss::writes, Loss::pieces};
constexpr std::array loss_names{"everything unsynced lost", "nothing lost", "writes lost by lot", "torn by lot"};

Disk::Content after_loss(const Disk::File& file, Loss loss, std::mt19937_64& random) {
    Disk::Content content = file.durable;
    if (loss == Loss::all) return content;
    const auto lot = [&] { return (random() & 1U) != 0; };
    for (const Step* step : file.since) {
        if (loss == Loss::nothing) {
            Disk::apply(content, *step);
        } else if (loss == Loss::writes || step->kind != Kind::write) {
            if (lot()) Disk::apply(content, *step);
        } else {
            for (std::size_t at = 0; at < step->bytes.size(); at += torn_at) {
                const auto piece = protocol::Bytes(step->bytes).subspan(at, std::min(torn_at, step->bytes.size() - at));
                if (lot()) Disk::apply_piece(content, step->offset + at, piece);
            }
        }
    }
    return content;
}

// The log as it was at the end: the root over so many of its entries.
std::vector<audit::Hash> roots_of(const fs::path& folder) {
    House house(folder, 1);
    std::vector<audit::Hash> roots;
    store::read_and_wait(*house.store, [&](store::ReadTxn& txn) {
        audit::Frontier edge;
        roots.push_back(edge.root());
        audit::each_entry(txn, 0, audit::read_head(txn)->size, [&](const audit::EntryRow& row) {
            edge.append(audit::leaf_hash(row.entry));
            roots.push_back(edge.root());
        });
    });
    return roots;
}

struct Moment {
    std::size_t steps = 0;  // so many happened
    Loss loss = Loss::all;
};

class Restart {
  public:
    Restart(const Recording& recording, const std::vector<audit::Hash>& roots, const fs::path& folder)
        : recording_(recording), roots_(roots), folder_(folder) {}

    // Goes on to a moment, which must not be before the last one, and starts the machine there.
    void at(const Moment& moment, std::mt19937_64& random) {
        for (; passed_ < moment.steps; ++passed_) {
            const Step& step = recording_.steps[passed_];
            disk_.go_on(step);
            if (step.kind == Kind::acknowledged) acknowledged_.push_back(step.number);
            if (step.kind == Kind::shown) {
                shown_ = step.checkpoint.size;
                put(folder_ / "keys" / "anchor", protocol::as_bytes(step.anchor));
            }
        }
        const fs::path data = folder_ / "data";
        fs::remove_all(data);
        fs::create_directory(data);
        fs::permissions(data, fs::perms::owner_all);
        for (const auto& [name, file] : disk_.files) {
            const Disk::Content content = after_loss(file, moment.loss, random);
            if (content.there) put(data / name, content.bytes);
        }
        if (std::getenv("ENTENTE_KEEP") != nullptr) {
            fs::remove_all(folder_ / "found");
            fs::copy(data, folder_ / "found");
        }
        House house(folder_, 1);
        const auto notary = open_notary(house, folder_);
        check_house(house, acknowledged_, true);
        audit::HeadRow head;
        store::read_and_wait(*house.store, [&](store::ReadTxn& txn) {
            head = audit::read_head(txn).value_or(audit::HeadRow{.root = audit::empty_root()});
        });
        const auto size = static_cast<std::size_t>(head.size);
        if (size < shown_)
            throw std::runtime_error("the log has " + std::to_string(size) + " entries, but a checkpoint of " +
                                     std::to_string(shown_) + " was shown");
        if (size >= roots_.size() || head.root != roots_[size])
            throw std::runtime_error("the log forked before entry " + std::to_string(size));
        const auto commit = store::submit_and_wait(*house.store, write_one(house, 1'000'000));
        if (!commit.durable) throw std::runtime_error("it does not go on: " + commit.fault);
        // The anchor stays that of the recorded run for the next state.
        const std::string anchor = shown_ == 0 ? std::string() : text(folder_ / "keys" / "anchor");
        notary->round();
        if (shown_ == 0) {
            fs::remove(folder_ / "keys" / "anchor");
        } else {
            put(folder_ / "keys" / "anchor", protocol::as_bytes(anchor));
        }
    }
    std::size_t acknowledged() const { return acknowledged_.size(); }

  private:
    static void put(const fs::path& file, protocol::Bytes bytes) {
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        out.write(protocol::as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
        out.close();
        fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    }
    static std::string text(const fs::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    const Recording& recording_;
    const std::vector<audit::Hash>& roots_;
    const fs::path& folder_;
    Disk disk_;
    std::size_t passed_ = 0;
    std::vector<std::int64_t> acknowledged_;
    std::uint64_t shown_ = 0;
};

std::vector<Moment> moments(std::size_t steps, std::size_t states, std::mt19937_64& random) {
    std::vector<Moment> all;
    const std::size_t rounds = states / ((steps + 1) * losses.size());
    // Every moment with every loss as often as it fits; the rest by lot.
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t at = 0; at <= steps; ++at)
            for (const Loss loss : losses) all.push_back({at, loss});
    while (all.size() < states) all.push_back({random() % (steps + 1), losses[random() % losses.size()]});
    std::ranges::sort(all, {}, &Moment::steps);
    return all;
}

// Every so-manieth state, in a process of its own; answers its exit code.
int replay(unsigned process, const Recording& recording, const std::vector<audit::Hash>& roots, const std::vector<Moment>& all,
           const fs::path& keys, std::uint64_t seed) {
    Scratch scratch("power");
    fs::copy(keys, scratch.path() / "keys", fs::copy_options::recursive);
    fs::remove(scratch.path() / "keys" / "anchor");
    Restart restart(recording, roots, scratch.path());
    for (std::size_t i = process; i < all.size(); i += processes) {
        std::mt19937_64 random(seed + i);
        try {
            restart.at(all[i], random);
        } catch (const std::exception& fault) {
            scratch.keep = true;
            std::fprintf(stderr, "store_power: FAILED after %zu of %zu steps, %s, state %zu: %s (seed %llu, data in %s)\n",
                         all[i].steps, recording.steps.size(), loss_names[static_cast<std::size_t>(all[i].loss)], i, fault.what(),
                         static_cast<unsigned long long>(seed), scratch.path().c_str());
            return 1;
        }
        if (process == 0 && i / processes % 200 == 199) std::printf("  %zu of %zu states\n", i + 1, all.size());
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const bool longer = argc > 1 && std::strcmp(argv[1], "--long") == 0;
    const std::size_t states = argc < 2 ? 2'000 : longer ? 20'000 : std::strtoull(argv[1], nullptr, 10);
    if (states == 0) {
        std::fprintf(stderr, "usage: store_power [STATES | --long] [SEED]\n");
        return 2;
    }
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
    std::printf("store_power: %zu states, seed %llu\n", states, static_cast<unsigned long long>(seed));
    try {
        install_shim_vfs();
        const auto begun = std::chrono::steady_clock::now();
        Scratch scratch("power");
        certs::create_key_folder(scratch.path() / "keys");
        Recording recording;
        listen_to_files(&recording);
        Script(scratch.path(), recording).run();
        listen_to_files(nullptr);
        const auto roots = roots_of(scratch.path());
        std::mt19937_64 random(seed);
        const auto all = moments(recording.steps.size(), states, random);
        std::array<std::size_t, 6> kinds{};
        for (const Step& step : recording.steps) ++kinds[static_cast<std::size_t>(step.kind)];
        std::printf(
            "  recorded %zu writes, %zu truncations, %zu syncs, %zu removals; %zu acknowledged, %zu checkpoints, %zu entries\n",
            kinds[0], kinds[1], kinds[2], kinds[3], kinds[4], kinds[5], roots.size() - 1);
        std::fflush(stdout);
        std::vector<pid_t> children;
        for (unsigned process = 0; process < processes; ++process) {
            const pid_t pid = ::fork();
            if (pid == 0) ::_exit(replay(process, recording, roots, all, scratch.path() / "keys", seed));
            children.push_back(pid);
        }
        bool good = true;
        for (const pid_t pid : children) {
            int status = 0;
            good = pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 && good;
        }
        if (!good) return 1;
        std::printf("store_power: %zu states in %.0f s, nothing acknowledged lost, every start went on, no fork\n", states,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
        return 0;
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "store_power: %s\n", fault.what());
        return 1;
    }
}
