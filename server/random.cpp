#include "server/random.hpp"

#include "certs/random.hpp"

namespace entente {

void SystemRandom::fill(std::span<std::uint8_t> out) {
    certs::random_bytes(out);
}

}  // namespace entente
