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
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/house.hpp"

namespace {

using namespace entente;
using namespace entente::crash;
namespace fs = std::filesystem;

constexpr int writers = 4;
constexpr std::int64_t numbers_of_a_run = 1'000'000;
constexpr int kills_of_a_log = 500;  // then another begins: each restart counts what is there, and that grows

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

// Restarts on the data as it was left and compares. `full` also verifies every entry with keys.
Found check(const fs::path& folder, const std::vector<std::int64_t>& acknowledged, bool full) {
    House house(folder);
    return check_house(house, acknowledged, full);
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
    std::int64_t entries = 0;  // of all logs
    try {
        const int full_every = kills <= 500 ? 20 : kills_of_a_log;
        for (int kill = 0; kill < kills; ++kill) {
            if (kill % kills_of_a_log == 0) {
                entries += found.entries;
                found = {};
                fs::remove_all(folder / "data");
                fs::remove_all(folder / "keys");
                certs::create_key_folder(folder / "keys");
            }
            // Mostly soon after some work, sometimes while it is still starting, sometimes after a checkpoint's worth.
            const int kind = static_cast<int>(random() % 10);
            const std::size_t wanted = kind == 9 ? 400 : 1 + random() % 60;
            const std::chrono::microseconds patience(kind == 0 ? random() % 30'000 : 2'000'000);
            const auto numbers = run_and_kill(folder, kill * numbers_of_a_run, wanted, patience);
            acknowledged += numbers.size();
            const Found now = check(folder, numbers, kill % full_every == full_every - 1 || kill == kills - 1);
            if (now.rows < found.rows + static_cast<std::int64_t>(numbers.size()))
                throw std::runtime_error("rows of earlier runs are lost");
            found = now;
            if (kill % 100 == 99) std::printf("  %d kills, %zu acknowledged\n", kill + 1, acknowledged);
            std::fflush(stdout);
        }
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "store_kill: FAILED: %s (seed %u, data kept in %s)\n", fault.what(), seed, folder.c_str());
        return 1;
    }
    entries += found.entries;
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::printf(
        "store_kill: %d kills in %.0f s, %zu acknowledged, 0 lost, 0 twice, %lld records (of which %lld durable but not yet "
        "told)\n",
        kills, seconds, acknowledged, static_cast<long long>(entries),
        static_cast<long long>(entries) - static_cast<long long>(acknowledged));
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return 0;
}
