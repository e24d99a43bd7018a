#include "server/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <variant>

#include "protocol/result.hpp"

namespace entente {
namespace {

enum class Kind { counter, gauge, histogram };

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::counter:
            return "counter";
        case Kind::gauge:
            return "gauge";
        case Kind::histogram:
            break;
    }
    return "histogram";
}

void append_double(std::string& out, double value) {
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    std::array<char, 32> digits;
    const auto [end, problem] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), problem == std::errc{} ? end : digits.data());
}

// Label values escape backslash, quote and line end; help texts only backslash and line end.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (quotes && c == '"')) out += '\\';
        out += c;
    }
}

bool good_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Made by hand from the label names and values: route="approve",class="2xx"
std::string label_text(const std::vector<std::string>& names, std::span<const std::string_view> values) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += ',';
        out += names[i];
        out += "=\"";
        append_escaped(out, values[i], true);
        out += '"';
    }
    return out;
}

struct Held {
    std::string name;
    std::string help;
    Kind kind = Kind::counter;
    std::vector<std::string> labels;
    std::vector<double> bounds;
    std::function<double()> read;
    mutable std::shared_mutex mutex;  // guards the map, not the numbers
    std::map<std::string, std::variant<std::monostate, Counter, Gauge, Histogram>, std::less<>> series;

    auto& make(std::string_view key) {
        auto& place = series[std::string(key)];
        if (kind == Kind::counter) place.emplace<Counter>();
        if (kind == Kind::gauge) place.emplace<Gauge>();
        if (kind == Kind::histogram) place.emplace<Histogram>(std::span<const double>(bounds));
        return place;
    }

    auto& find_or_make(LabelValues values) {
        ENTENTE_ASSERT(values.size() == labels.size());
        const std::string key = label_text(labels, {values.begin(), values.size()});
        {
            const std::shared_lock lock(mutex);
            if (const auto found = series.find(key); found != series.end()) return found->second;
        }
        const std::unique_lock lock(mutex);
        if (const auto found = series.find(key); found != series.end()) return found->second;
        if (series.size() < Metrics::series_max) return make(key);
        const std::vector<std::string_view> others(labels.size(), "other");
        const std::string rest = label_text(labels, others);
        if (const auto found = series.find(rest); found != series.end()) return found->second;
        return make(rest);
    }
};

void append_sample(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels,
                   std::string_view more) {
    out += name;
    out += suffix;
    if (!labels.empty() || !more.empty()) {
        out += '{';
        out += labels;
        if (!labels.empty() && !more.empty()) out += ',';
        out += more;
        out += '}';
    }
    out += ' ';
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels, const Histogram& histogram) {
    std::uint64_t sum = 0;
    const auto bounds = histogram.bounds();
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
        sum += histogram.bucket(i);
        std::string bound = "le=\"";
        append_double(bound, i < bounds.size() ? bounds[i] : INFINITY);
        bound += '"';
        append_sample(out, name, "_bucket", labels, bound);
        out += std::to_string(sum) + '\n';
    }
    append_sample(out, name, "_sum", labels, {});
    append_double(out, histogram.sum());
    out += '\n';
    append_sample(out, name, "_count", labels, {});
    out += std::to_string(sum) + '\n';
}

void append_family(std::string& out, const Held& held) {
    const std::shared_lock lock(held.mutex);
    if (held.series.empty() && !held.read) return;
    out += "# HELP " + held.name + ' ';
    append_escaped(out, held.help, false);
    out += "\n# TYPE " + held.name + ' ';
    out += kind_name(held.kind);
    out += '\n';
    if (held.read) {
        append_sample(out, held.name, {}, {}, {});
        append_double(out, held.read());
        out += '\n';
        return;
    }
    for (const auto& [labels, metric] : held.series) {
        if (const auto* histogram = std::get_if<Histogram>(&metric)) {
            append_histogram(out, held.name, labels, *histogram);
            continue;
        }
        append_sample(out, held.name, {}, labels, {});
        if (const auto* counter = std::get_if<Counter>(&metric)) out += std::to_string(counter->value());
        if (const auto* gauge = std::get_if<Gauge>(&metric)) out += std::to_string(gauge->value());
        out += '\n';
    }
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), buckets_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {
    ENTENTE_ASSERT(std::ranges::is_sorted(bounds_));
}

void Histogram::observe(double value) {
    const auto place = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    buckets_[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

std::span<const double> latency_bounds() {
    static constexpr std::array bounds{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0};
    return bounds;
}

std::span<const double> count_bounds() {
    static constexpr std::array bounds{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0};
    return bounds;
}

std::span<const double> byte_bounds() {
    static constexpr std::array bounds{64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0};
    return bounds;
}

class Metrics::Families {
  public:
    Held& get(std::string_view name, std::string_view help, Kind kind, LabelValues labels, std::span<const double> bounds) {
        ENTENTE_ASSERT(good_name(name) && !help.empty());
        ENTENTE_ASSERT(name.ends_with("_total") == (kind == Kind::counter));
        const std::lock_guard lock(mutex);
        if (const auto found = held.find(name); found != held.end()) {
            ENTENTE_ASSERT(found->second->kind == kind && std::ranges::equal(found->second->labels, labels));
            return *found->second;
        }
        auto fresh = std::make_unique<Held>();
        fresh->name = name;
        fresh->help = help;
        fresh->kind = kind;
        fresh->labels.assign(labels.begin(), labels.end());
        fresh->bounds.assign(bounds.begin(), bounds.end());
        return *held.emplace(name, std::move(fresh)).first->second;
    }

    mutable std::mutex mutex;
    std::map<std::string, std::unique_ptr<Held>, std::less<>> held;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help) {
    return counters(name, help, {}).with({});
}
Gauge& Metrics::gauge(std::string_view name, std::string_view help) {
    return gauges(name, help, {}).with({});
}
Histogram& Metrics::histogram(std::string_view name, std::string_view help, std::span<const double> bounds) {
    return histograms(name, help, {}, bounds).with({});
}

void Metrics::gauge_from(std::string_view name, std::string_view help, std::function<double()> read) {
    Held& held = families_->get(name, help, Kind::gauge, {}, {});
    const std::unique_lock lock(held.mutex);
    held.read = std::move(read);
}

void Metrics::counter_from(std::string_view name, std::string_view help, std::function<double()> read) {
    Held& held = families_->get(name, help, Kind::counter, {}, {});
    const std::unique_lock lock(held.mutex);
    held.read = std::move(read);
}

Metrics::Family<Counter> Metrics::counters(std::string_view name, std::string_view help, LabelValues labels) {
    return Family<Counter>(&families_->get(name, help, Kind::counter, labels, {}));
}
Metrics::Family<Gauge> Metrics::gauges(std::string_view name, std::string_view help, LabelValues labels) {
    return Family<Gauge>(&families_->get(name, help, Kind::gauge, labels, {}));
}
Metrics::Family<Histogram> Metrics::histograms(std::string_view name, std::string_view help, LabelValues labels,
                                               std::span<const double> bounds) {
    return Family<Histogram>(&families_->get(name, help, Kind::histogram, labels, bounds));
}

template <class Metric>
Metric& Metrics::Family<Metric>::with(LabelValues values) const {
    return std::get<Metric>(static_cast<Held*>(held_)->find_or_make(values));
}
template class Metrics::Family<Counter>;
template class Metrics::Family<Gauge>;
template class Metrics::Family<Histogram>;

std::string Metrics::text() const {
    std::string out;
    out.reserve(16 * 1024);
    const std::lock_guard lock(families_->mutex);
    for (const auto& [name, held] : families_->held) append_family(out, *held);
    return out;
}

}  // namespace entente
