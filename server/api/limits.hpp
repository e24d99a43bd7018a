#pragma once
// Fair shares in memory: requests per second of one credential, and attempts to sign in (semantics 9). Both bounded in size; when
// full, the oldest entries make room. Thread-safe.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/instant.hpp"

namespace entente::api {

// A bucket per key: `rate` requests a second, twice that at once.
class RateLimiter {
  public:
    explicit RateLimiter(std::int64_t rate) : rate_(rate) {}
    void set_rate(std::int64_t rate) { rate_ = rate; }
    // Seconds to wait, or nothing when the request may go on.
    std::optional<int> take(std::string_view key, protocol::Instant now);

  private:
    struct Bucket {
        std::int64_t tokens_us = 0;  // microseconds' worth of requests saved up
        std::int64_t last_us = 0;
    };
    std::atomic<std::int64_t> rate_;
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
};

// Growing delay after failures of (account, source prefix); never a lock of the account. A pair that succeeded within 30 days has a
// budget of its own, so that an attacker elsewhere cannot slow its owner down.
class LoginThrottle {
  public:
    explicit LoginThrottle(std::int64_t attempts_per_minute) : free_attempts_(attempts_per_minute) {}
    std::optional<int> wait(std::string_view account, std::string_view source, protocol::Instant now);
    void failed(std::string_view account, std::string_view source, protocol::Instant now);
    void succeeded(std::string_view account, std::string_view source, protocol::Instant now);

  private:
    struct Pair {
        std::int64_t failures = 0;
        std::int64_t not_before_us = 0;
        std::int64_t last_us = 0;
    };
    const std::int64_t free_attempts_;
    std::mutex mutex_;
    std::unordered_map<std::string, Pair> pairs_;
};

// 203.0.113.0/24 or the /48 of an IPv6 address: enough to tell sources apart, too little to name a person.
std::string source_prefix(std::string_view address);

}  // namespace entente::api
