#pragma once
// How many connections are open, in total and per address, and whether one more may come in. Shared by the network threads; it
// is asked once a connection, so one short lock is cheap. An IPv6 /64 counts as one address: that is what a household gets.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace entente::net {

using AddressKey = std::array<std::uint8_t, 8>;  // IPv4 in the first four bytes, or the first half of an IPv6 address

class Admission {
  public:
    enum class Answer { welcome, full, address_full };

    Answer enter(const AddressKey& address, std::size_t total_max, std::size_t address_max);
    void leave(const AddressKey& address);
    std::size_t open() const;
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

  private:
    mutable std::mutex mutex_;
    std::condition_variable left_;
    std::map<AddressKey, std::size_t> by_address_;
    std::size_t open_ = 0;
};

}  // namespace entente::net
