#include "server/api/sights.hpp"

#include <utility>

namespace entente::api {

namespace {

constexpr std::size_t seen_max = 200'000;
constexpr std::size_t sources_max = 16;
constexpr std::size_t refusals_max = 10'000;

std::string sight_key(std::string_view principal, protocol::CaseId id) {
    std::string key(principal);
    key += '/';
    return key += std::to_string(id.value);
}

}  // namespace

bool Sights::seen(std::string_view principal, protocol::CaseId id, std::int64_t version) const {
    const std::lock_guard hold(mutex_);
    const auto found = seen_.find(sight_key(principal, id));
    return found != seen_.end() && found->second >= version;
}

void Sights::remember(std::string_view principal, protocol::CaseId id, std::int64_t version) {
    const std::lock_guard hold(mutex_);
    // The table in the store is the truth; what is forgotten here is asked there.
    if (seen_.size() >= seen_max) seen_.clear();
    std::int64_t& known = seen_[sight_key(principal, id)];
    known = std::max(known, version);
}

void Sights::count(std::string_view principal, protocol::CaseId id, protocol::Instant now) {
    const std::lock_guard hold(mutex_);
    ++counts_[{std::string(principal), id.value, now.seconds() / 3600}];
}

std::vector<Sights::Count> Sights::take_counts() {
    const std::lock_guard hold(mutex_);
    std::vector<Count> counts;
    counts.reserve(counts_.size());
    for (const auto& [key, reads] : counts_) counts.push_back({std::get<0>(key), {std::get<1>(key)}, std::get<2>(key), reads});
    counts_.clear();
    return counts;
}

void Sights::put_back(const std::vector<Count>& counts) {
    const std::lock_guard hold(mutex_);
    for (const Count& count : counts) counts_[{count.principal, count.id.value, count.hour}] += count.reads;
}

bool Refusals::add(audit::Record record) {
    const std::lock_guard hold(mutex_);
    if (records_.size() >= refusals_max) return false;
    records_.push_back(std::move(record));
    return true;
}

std::vector<audit::Record> Refusals::take() {
    const std::lock_guard hold(mutex_);
    return std::exchange(records_, {});
}

void Tally::add(std::string_view reason, std::string_view source) {
    const std::lock_guard hold(mutex_);
    auto found = lines_.find(reason);
    if (found == lines_.end()) found = lines_.emplace(std::string(reason), Held{}).first;
    ++found->second.count;
    if (found->second.sources.size() < sources_max) found->second.sources.emplace(source);
}

std::vector<Tally::Line> Tally::take() {
    const std::lock_guard hold(mutex_);
    std::vector<Line> lines;
    lines.reserve(lines_.size());
    for (auto& [reason, held] : lines_) lines.push_back({reason, held.count, {held.sources.begin(), held.sources.end()}});
    lines_.clear();
    return lines;
}

void Tally::put_back(const std::vector<Line>& lines) {
    const std::lock_guard hold(mutex_);
    for (const Line& line : lines) {
        Held& held = lines_[line.reason];
        held.count += line.count;
        for (const std::string& source : line.sources)
            if (held.sources.size() < sources_max) held.sources.insert(source);
    }
}

}  // namespace entente::api
