#include "server/api/limits.hpp"

#include <algorithm>

namespace entente::api {

namespace {

constexpr std::size_t entries_max = 100'000;
constexpr std::int64_t minute_us = 60'000'000;

// Forgets half of what is held, the longest unused first come, so that a flood of new keys costs bounded memory.
template <class Map>
void make_room(Map& map) {
    if (map.size() < entries_max) return;
    std::vector<std::int64_t> ages;
    ages.reserve(map.size());
    for (const auto& [key, entry] : map) ages.push_back(entry.last_us);
    const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
    std::ranges::nth_element(ages, middle);
    std::erase_if(map, [&](const auto& item) { return item.second.last_us <= *middle; });
}

std::string pair_key(std::string_view account, std::string_view source) {
    std::string key(account);
    key += '\n';
    return key += source;
}

}  // namespace

Quota RateLimiter::take(std::string_view key, protocol::Instant now) {
    const std::lock_guard hold(mutex_);
    make_room(buckets_);
    std::string whose(key);
    if (const auto owner = owners_.find(whose); owner != owners_.end()) {
        owner->second.last_us = now.us;
        whose = owner->second.caller;
    }
    const std::int64_t rate = rate_;
    const std::int64_t cost = 1'000'000 / rate;
    auto [entry, fresh] = buckets_.try_emplace(std::move(whose));
    Bucket& bucket = entry->second;
    if (fresh) bucket.tokens_us = window_us;
    if (!fresh) bucket.tokens_us = std::min(window_us, bucket.tokens_us + std::max<std::int64_t>(0, now.us - bucket.last_us));
    bucket.last_us = now.us;
    Quota quota{.limit = 2 * rate, .window_s = window_us / 1'000'000};
    if (bucket.tokens_us < cost) {
        quota.wait_s = 1;
    } else {
        bucket.tokens_us -= cost;
    }
    quota.remaining = bucket.tokens_us / cost;
    quota.reset_s = (window_us - bucket.tokens_us + 999'999) / 1'000'000;
    return quota;
}

void RateLimiter::belongs(std::string_view key, std::string_view caller, protocol::Instant now) {
    const std::lock_guard hold(mutex_);
    make_room(owners_);
    Owner& owner = owners_[std::string(key)];
    owner.last_us = now.us;
    if (owner.caller == caller) return;
    owner.caller = caller;
    buckets_.erase(std::string(key));
}

std::optional<int> LoginThrottle::wait(std::string_view account, std::string_view source, protocol::Instant now) {
    const std::lock_guard hold(mutex_);
    const auto found = pairs_.find(pair_key(account, source));
    if (found == pairs_.end() || found->second.not_before_us <= now.us) return std::nullopt;
    return static_cast<int>((found->second.not_before_us - now.us) / 1'000'000 + 1);
}

void LoginThrottle::failed(std::string_view account, std::string_view source, protocol::Instant now) {
    const std::lock_guard hold(mutex_);
    make_room(pairs_);
    Pair& pair = pairs_[pair_key(account, source)];
    if (now.us - pair.last_us > 15 * minute_us) pair.failures = 0;
    pair.last_us = now.us;
    ++pair.failures;
    if (pair.failures <= free_attempts_) return;
    const std::int64_t steps = std::min<std::int64_t>(pair.failures - free_attempts_ - 1, 8);
    pair.not_before_us = now.us + (1'000'000LL << steps);  // 1 s, 2 s, ... about four minutes
}

void LoginThrottle::succeeded(std::string_view account, std::string_view source, protocol::Instant) {
    const std::lock_guard hold(mutex_);
    pairs_.erase(pair_key(account, source));
}

std::string source_prefix(std::string_view address) {
    if (address.find(':') == std::string_view::npos) {
        const std::size_t dot = address.rfind('.');
        return dot == std::string_view::npos ? "unknown" : std::string(address.substr(0, dot)) + ".0/24";
    }
    if (address.starts_with("::ffff:") && address.find('.') != std::string_view::npos) return source_prefix(address.substr(7));
    // The first three groups of the textual form; a compressed form shorter than that names itself.
    std::size_t end = 0;
    for (int groups = 0; end < address.size(); ++end)
        if (address[end] == ':' && ++groups == 3) break;
    return std::string(address.substr(0, end)) + "::/48";
}

}  // namespace entente::api
