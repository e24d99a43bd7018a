#pragma once
// Randomness for keys, salts, nonces and ids: OpenSSL's private generator. A failed call throws Fault and never falls back to
// something weaker. Thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace entente::certs {

void random_bytes(std::span<std::uint8_t> out);

template <std::size_t N>
std::array<std::uint8_t, N> random_array() {
    std::array<std::uint8_t, N> out;
    random_bytes(out);
    return out;
}

}  // namespace entente::certs
