#include "certs/memory.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ENTENTE_SANITIZED
#endif
#endif

namespace entente::certs {

void refuse_dumps() {
    const rlimit none{0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    // Each may be refused by a container; the others still count.
    const int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (filter >= 0) {
        (void)!write(filter, "0x0", 3);
        close(filter);
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void wipe_and_free(void* block) noexcept {
    if (block == nullptr) return;
    explicit_bzero(block, malloc_usable_size(block));
    std::free(block);
}

#ifdef ENTENTE_SANITIZED

bool wipe_freed_memory() {
    return false;
}

#else

namespace {

void* take(std::size_t size, const char* /*file*/, int /*line*/) {
    return std::malloc(size);
}

// A block that moves leaves nothing behind.
void* take_again(void* block, std::size_t size, const char* /*file*/, int /*line*/) {
    if (block == nullptr) return std::malloc(size);
    if (size == 0) {
        wipe_and_free(block);
        return nullptr;
    }
    const std::size_t had = malloc_usable_size(block);
    if (size <= had && size >= had / 2) return block;
    void* const moved = std::malloc(size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, std::min(had, size));
    wipe_and_free(block);
    return moved;
}

void give_back(void* block, const char* /*file*/, int /*line*/) {
    wipe_and_free(block);
}

}  // namespace

bool wipe_freed_memory() {
    return CRYPTO_set_mem_functions(take, take_again, give_back) == 1;
}

#endif

}  // namespace entente::certs
