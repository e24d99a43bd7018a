#include "certs/random.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "certs/handles.hpp"

namespace entente::certs {

void random_bytes(std::span<std::uint8_t> out) {
    constexpr std::size_t at_once = 1U << 20U;  // the call takes an int
    for (std::size_t at = 0; at < out.size(); at += at_once) {
        const auto part = out.subspan(at, std::min(at_once, out.size() - at));
        if (RAND_priv_bytes(part.data(), static_cast<int>(part.size())) != 1) openssl_fault("random generator failed");
    }
}

}  // namespace entente::certs
