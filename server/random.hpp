#pragma once
// Where unpredictable bytes come from: ids, tokens, nonces. A seam, so that a simulation can print and repeat its seed.

#include <cstdint>
#include <span>

namespace entente {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;  // any thread; throws Fault when there is no entropy, never falls back
};

class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace entente
