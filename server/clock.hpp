#pragma once
// The one place that reads the wall clock. Everything else is told what time it is, so that tests can stand at any second.

#include "protocol/instant.hpp"

namespace entente {

class Clock {
  public:
    virtual ~Clock() = default;
    virtual protocol::Instant now() const = 0;  // any thread
};

class SystemClock final : public Clock {
  public:
    protocol::Instant now() const override;
};

}  // namespace entente
