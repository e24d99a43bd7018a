#pragma once
// A clock that stands until it is told to move. Safe to read from any thread while a test moves it.

#include <atomic>
#include <chrono>

#include "server/clock.hpp"

namespace entente::tests {

class ManualClock final : public Clock {
  public:
    explicit ManualClock(protocol::Instant start = {1'893'456'000'000'000}) : us_(start.us) {}  // 2030-01-01T00:00:00Z
    protocol::Instant now() const override { return {us_.load()}; }
    void set(protocol::Instant now) { us_.store(now.us); }
    void advance(std::chrono::microseconds by) { us_.fetch_add(by.count()); }

  private:
    std::atomic<std::int64_t> us_;
};

}  // namespace entente::tests
