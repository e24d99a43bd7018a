#pragma once
// Bytes that must not leak: keys, passwords, seeds. They live in pages that are locked into memory and left out of core dumps
// where the system allows it (RLIMIT_MEMLOCK may not), and they are wiped when the owner lets go. A Secret can be moved, never
// copied by accident, printed or compared with ==. Small secrets share pages: 32-byte keys cost 64 bytes each, so thousands may
// be cached. Thread-safe to create and destroy; one Secret belongs to one owner.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/encoding.hpp"

namespace entente::certs {

using protocol::Blob;
using protocol::Bytes;
using protocol::Hash;

class Secret {
  public:
    explicit Secret(std::size_t size = 0);  // zeros
    static Secret copy_of(Bytes bytes);
    static Secret from_text(std::string_view text);

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    std::span<std::uint8_t> writable() { return {data_, size_}; }
    Bytes bytes() const { return {data_, size_}; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

  private:
    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

// Overwrites with zeros in a way that the compiler keeps: for plain text buffers that held a secret for a moment.
void wipe(std::span<std::uint8_t> bytes);

}  // namespace entente::certs
