#include "server/net/admission.hpp"

#include "protocol/result.hpp"

namespace entente::net {

Admission::Answer Admission::enter(const AddressKey& address, std::size_t total_max, std::size_t address_max) {
    const std::lock_guard lock(mutex_);
    if (open_ >= total_max) return Answer::full;
    std::size_t& here = by_address_[address];
    if (here >= address_max) return Answer::address_full;
    ++here;
    ++open_;
    return Answer::welcome;
}

void Admission::leave(const AddressKey& address) {
    const std::lock_guard lock(mutex_);
    const auto place = by_address_.find(address);
    ENTENTE_ASSERT(place != by_address_.end() && open_ > 0);
    if (--place->second == 0) by_address_.erase(place);
    if (--open_ == 0) left_.notify_all();
}

std::size_t Admission::open() const {
    const std::lock_guard lock(mutex_);
    return open_;
}

bool Admission::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return left_.wait_until(lock, deadline, [this] { return open_ == 0; });
}

}  // namespace entente::net
