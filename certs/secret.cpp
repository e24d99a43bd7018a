#include "certs/secret.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace entente::certs {
namespace {

std::size_t whole_pages(std::size_t size) {
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
}

std::uint8_t* map_pages(std::size_t size) {
    void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    // Both may be refused (limits, containers). An unlocked secret is weaker than a locked one, and better than no service.
    (void)madvise(pages, size, MADV_DONTDUMP);
    (void)mlock(pages, size);
    return static_cast<std::uint8_t*>(pages);
}

// Hands out slots of a few sizes from locked chunks. Chunks are kept for the life of the process, slots come back wiped.
class Arena {
  public:
    std::uint8_t* take(std::size_t size) {
        for (Slots& slots : classes_) {
            if (size <= slots.size) return take_slot(slots);
        }
        return map_pages(whole_pages(size));
    }

    void give_back(std::uint8_t* data, std::size_t size) {
        OPENSSL_cleanse(data, size);
        for (Slots& slots : classes_) {
            if (size > slots.size) continue;
            const std::lock_guard hold(mutex_);
            slots.free.push_back(data);
            return;
        }
        munmap(data, whole_pages(size));
    }

  private:
    struct Slots {
        std::size_t size;
        std::vector<std::uint8_t*> free{};
        std::size_t made = 0;
    };

    std::uint8_t* take_slot(Slots& slots) {
        const std::lock_guard hold(mutex_);
        if (slots.free.empty()) {
            std::uint8_t* chunk = map_pages(chunk_size);
            slots.made += chunk_size / slots.size;
            slots.free.reserve(slots.made);  // so that giving back cannot fail
            for (std::size_t at = 0; at + slots.size <= chunk_size; at += slots.size) slots.free.push_back(chunk + at);
        }
        std::uint8_t* slot = slots.free.back();
        slots.free.pop_back();
        return slot;
    }

    static constexpr std::size_t chunk_size = 65'536;
    std::mutex mutex_;
    std::array<Slots, 2> classes_{Slots{64}, Slots{512}};
};

// Never destroyed: secrets in static objects may outlive any order of destruction.
Arena& arena() {
    static Arena* const the_arena = new Arena;
    return *the_arena;
}

}  // namespace

Secret::Secret(std::size_t size) : data_(size == 0 ? nullptr : arena().take(size)), size_(size) {}

Secret Secret::copy_of(Bytes bytes) {
    Secret secret(bytes.size());
    std::ranges::copy(bytes, secret.data_);
    return secret;
}

Secret Secret::from_text(std::string_view text) {
    return copy_of(protocol::as_bytes(text));
}

Secret::Secret(Secret&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

Secret::~Secret() {
    if (data_ != nullptr) arena().give_back(data_, size_);
}

void wipe(std::span<std::uint8_t> bytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

}  // namespace entente::certs
