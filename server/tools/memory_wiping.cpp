// Replaces the deallocation functions of the program that it is linked into, so that what is freed is overwritten
// (certs/memory.hpp). The library's other forms of new and delete call these.

#include <cstddef>
#include <new>

#include "certs/memory.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ENTENTE_SANITIZED  // a sanitizer has allocation functions of its own
#endif
#endif

#ifndef ENTENTE_SANITIZED
// NOLINTBEGIN(misc-new-delete-overloads)
void operator delete(void* block) noexcept {
    entente::certs::wipe_and_free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    entente::certs::wipe_and_free(block);
}
void operator delete(void* block, std::align_val_t /*alignment*/) noexcept {
    entente::certs::wipe_and_free(block);
}
void operator delete(void* block, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    entente::certs::wipe_and_free(block);
}
// NOLINTEND(misc-new-delete-overloads)
#endif
