#include "policy/clocks.hpp"

namespace entente::policy {

protocol::Instant respond_by(protocol::Instant released_at, protocol::Priority priority, const protocol::ResponseTargets& targets) {
    int minutes = targets.low_minutes;
    if (priority == protocol::Priority::medium) minutes = targets.medium_minutes;
    if (priority == protocol::Priority::high) minutes = targets.high_minutes;
    return released_at.plus_seconds(std::int64_t{minutes} * 60);
}

}  // namespace entente::policy
