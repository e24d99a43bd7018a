#include "server/clock.hpp"

#include <chrono>

namespace entente {

protocol::Instant SystemClock::now() const {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

}  // namespace entente
