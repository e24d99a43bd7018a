#include "server/audit/package/ahead.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "certs/digest.hpp"
#include "server/audit/format/merkle.hpp"
#include "server/audit/format/section.hpp"
#include "server/audit/format/tiles.hpp"

namespace entente::audit {

namespace {

constexpr std::size_t bytes_ahead_max = 16U << 20U;
constexpr unsigned bundles_ahead = 4;  // for each thread

unsigned width_of(std::uint64_t number, std::uint64_t size) {
    return static_cast<unsigned>(std::min<std::uint64_t>(tile_width, size - number * tile_width));
}

std::uint64_t bundles_of(std::uint64_t size) {
    return size / tile_width + (size % tile_width == 0 ? 0 : 1);
}

// At most one byte more than so many entries can have.
Blob read_entries(File& file, unsigned width) {
    const std::size_t most = width * (sizeof(std::uint16_t) + entry_bytes_max) + 1;
    constexpr std::size_t step = 65'536;
    Blob content;
    while (content.size() < most) {
        const std::size_t before = content.size();
        const std::size_t wanted = std::min(step, most - before);
        content.resize(before + wanted);
        const std::size_t got = file.read(std::span(content).subspan(before));
        content.resize(before + got);
        if (got < wanted) break;
    }
    return content;
}

void hash_entries(HashedBundle& bundle, unsigned width) {
    bundle.leaves.reserve(width);
    Bytes rest = bundle.entries;
    while (bundle.leaves.size() < width && rest.size() >= 2) {
        const std::size_t length = static_cast<std::size_t>(rest[0]) << 8U | rest[1];
        if (rest.size() - 2 < length) return;
        bundle.leaves.push_back(leaf_hash(rest.subspan(2, length)));
        rest = rest.subspan(2 + length);
    }
}

void hash_envelopes(HashedBundle& bundle, std::unique_ptr<File> file, unsigned width) {
    // A buffer for the life of the thread.
    thread_local Stream in;
    certs::Sha256 hasher;
    in.begin(std::move(file));
    const std::size_t most = width * sections_max;
    std::array<std::uint8_t, 4> prefix{};
    bundle.envelopes.reserve(width);
    while (bundle.envelopes.size() < most && in.exact(prefix)) {
        std::uint32_t length = 0;
        for (const std::uint8_t byte : prefix) length = length << 8U | byte;
        HashedEnvelope& envelope = bundle.envelopes.emplace_back();
        envelope.erased = length == erased_envelope;
        if (envelope.erased) continue;
        envelope.whole = in.pieces(length, [&](Bytes piece) { hasher.update(piece); });
        envelope.hash = hasher.finish();
        if (!envelope.whole) break;
    }
    bundle.more_sealed = !in.ended();
    in.begin(nullptr);
}

HashedBundle hashed(const Files& files, std::uint64_t number, unsigned width) {
    HashedBundle bundle;
    if (auto file = files.open(entries_path(number, width))) {
        bundle.entries_there = true;
        bundle.entries = read_entries(*file, width);
        hash_entries(bundle, width);
    }
    if (auto file = files.open(sealed_path(number, width))) {
        bundle.sealed_there = true;
        hash_envelopes(bundle, std::move(file), width);
    }
    return bundle;
}

}  // namespace

HashAhead::HashAhead(const Files& files, std::uint64_t size, unsigned threads)
    : files_(files), size_(size), ahead_max_(threads * bundles_ahead) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

HashAhead::~HashAhead() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

HashedBundle HashAhead::take(std::uint64_t number) {
    if (threads_.empty()) return hashed(files_, number, width_of(number, size_));
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return slots_[number].done; });
    Slot slot = std::move(slots_.at(number));
    slots_.erase(number);
    bytes_ -= slot.bundle.entries.size();
    taken_ = number + 1;
    hold.unlock();
    changed_.notify_all();
    if (slot.fault) std::rethrow_exception(slot.fault);
    return std::move(slot.bundle);
}

void HashAhead::run() {
    std::unique_lock hold(mutex_);
    for (;;) {
        // The one that is taken next is always begun, however much is ahead of it.
        changed_.wait(hold, [&] {
            return stopping_ || begun_ == bundles_of(size_) || begun_ == taken_ ||
                   (begun_ - taken_ < ahead_max_ && bytes_ < bytes_ahead_max);
        });
        if (stopping_ || begun_ == bundles_of(size_)) return;
        const std::uint64_t number = begun_++;
        hold.unlock();
        Slot slot;
        try {
            slot.bundle = hashed(files_, number, width_of(number, size_));
        } catch (...) {
            slot.fault = std::current_exception();
        }
        slot.done = true;
        hold.lock();
        bytes_ += slot.bundle.entries.size();
        slots_[number] = std::move(slot);
        changed_.notify_all();
    }
}

}  // namespace entente::audit
