#pragma once
// The hashes of an exported log, a bundle of 256 entries at a time: what a verification spends its time on. With threads, bundles
// are hashed ahead of the one that is being checked; each file is read once, by whoever hashes it. What is ahead is bounded in
// bytes.
//
// take() is for one thread. Fault: a file could not be read.

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "server/audit/format/leaf.hpp"
#include "server/audit/package/files.hpp"

namespace entente::audit {

struct HashedEnvelope {
    bool whole = true;    // false: the file ends inside it
    bool erased = false;  // there is none, on purpose
    Hash hash{};
};

struct HashedBundle {
    bool entries_there = false;
    Blob entries;                // the file; one byte more than it may have, should it be longer
    std::vector<Hash> leaves{};  // of the entries, as far as their lengths make sense
    bool sealed_there = false;
    std::vector<HashedEnvelope> envelopes{};  // as far as the file makes sense
    bool more_sealed = false;                 // bytes follow them
};

class HashAhead {
  public:
    // `size`: entries of the log. `threads` hash beside the caller; 0: the caller does it.
    HashAhead(const Files& files, std::uint64_t size, unsigned threads);
    ~HashAhead();
    HashAhead(const HashAhead&) = delete;
    HashAhead& operator=(const HashAhead&) = delete;

    // Bundles are taken one after the other, from the first on.
    HashedBundle take(std::uint64_t number);

  private:
    struct Slot {
        HashedBundle bundle;
        std::exception_ptr fault;
        bool done = false;
    };
    void run();

    const Files& files_;
    const std::uint64_t size_;
    const unsigned ahead_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Slot> slots_;
    std::uint64_t begun_ = 0;  // bundles that somebody hashes or hashed
    std::uint64_t taken_ = 0;
    std::size_t bytes_ = 0;  // of entries in slots
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace entente::audit
