#pragma once
// What a process does so that its memory tells nobody anything: no core dump holds a byte of it, and memory that is given back is
// overwritten, so that texts of customers live as long as the request and no longer. Two parts: what OpenSSL frees
// (wipe_freed_memory), and what C++ frees, for programs that link server/tools/memory_wiping.cpp (the gateway). What other
// libraries in C allocate is not covered: of these, libcurl holds a mail while it is sent, libarchive a piece of a file (in a
// process of its own, which ends with the file).

namespace entente::certs {

// No core dump: limit 0, no memory in the dump's filter should somebody raise the limit or dump from outside, and not dumpable, so
// that another process of the same user cannot attach. Locked pages of secrets are left out of dumps by themselves (secret.cpp).
void refuse_dumps();

// Before OpenSSL allocates anything: what it frees is overwritten. False: too late, or built with a sanitizer.
bool wipe_freed_memory();

// Overwrites a block of malloc's and frees it. Null does nothing.
void wipe_and_free(void* block) noexcept;

}  // namespace entente::certs
