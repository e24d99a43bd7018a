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

// What a caller is told of its share: headers RateLimit and RateLimit-Policy of the IETF draft.
struct Quota {
    std::int64_t limit = 0;      // requests in a window
    std::int64_t window_s = 0;   // its length
    std::int64_t remaining = 0;  // at once, now
    std::int64_t reset_s = 0;    // until the whole limit is there again
    int wait_s = 0;              // above 0: this request is one too many
};

// A bucket per caller: `rate` requests a second, twice that at once. Until a token's caller is known, the token is the caller; then
// all tokens of one caller share its bucket, so that signing in more often gives nobody a larger share.
class RateLimiter {
  public:
    explicit RateLimiter(std::int64_t rate) : rate_(rate) {}
    void set_rate(std::int64_t rate) { rate_ = rate; }
    Quota take(std::string_view key, protocol::Instant now);
    // Whose the key is: a token was judged and belongs to this caller.
    void belongs(std::string_view key, std::string_view caller, protocol::Instant now);

  private:
    static constexpr std::int64_t window_us = 2'000'000;
    struct Owner {
        std::string caller;
        std::int64_t last_us = 0;
    };
    struct Bucket {
        std::int64_t tokens_us = 0;  // microseconds' worth of requests saved up
        std::int64_t last_us = 0;
    };
    std::atomic<std::int64_t> rate_;
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
    std::unordered_map<std::string, Owner> owners_;
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
