#pragma once
// Counters, gauges and histograms over atomics, printed in Prometheus' text format (version 0.0.4).
//
// A metric is registered once, by name; registering the same name again returns the same metric, so two listeners can share it.
// References stay good as long as the Metrics object lives. Updating is lock-free; finding a labelled series takes a shared lock.
// Label values come from fixed sets (route names, status classes, reasons), never from what a client sent; as a second fence a
// family holds at most `series_max` series and counts what comes after under the label value "other".
// Names follow the conventions that promtool checks: base units, `_total` for counters, `_seconds`, `_bytes`.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace entente {

class Counter {
  public:
    void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
  public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

class Histogram {
  public:
    explicit Histogram(std::span<const double> bounds);  // upper bounds, rising; +Inf is added
    void observe(double value);
    std::span<const double> bounds() const { return bounds_; }
    std::uint64_t bucket(std::size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }  // not cumulated
    double sum() const { return sum_.load(std::memory_order_relaxed); }

  private:
    std::vector<double> bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
    std::atomic<double> sum_{0};
};

// Bounds that fit most uses.
std::span<const double> latency_bounds();  // seconds, 0.5 ms to 10 s
std::span<const double> count_bounds();    // 1 to 1024 by powers of two
std::span<const double> byte_bounds();     // 64 bytes to 16 MiB by powers of four

using LabelValues = std::initializer_list<std::string_view>;

class Metrics {
  public:
    static constexpr std::size_t series_max = 2048;

    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(std::string_view name, std::string_view help);
    Gauge& gauge(std::string_view name, std::string_view help);
    Histogram& histogram(std::string_view name, std::string_view help, std::span<const double> bounds);
    // A value asked for at each scrape, for example the length of a queue. `read` must be cheap and stay callable.
    void gauge_from(std::string_view name, std::string_view help, std::function<double()> read);
    // Likewise for a count that somebody else keeps and that never falls.
    void counter_from(std::string_view name, std::string_view help, std::function<double()> read);

    class Families;
    // With labels: `labels` names them, `with` picks the series and makes it on first use.
    template <class Metric>
    class Family {
      public:
        Metric& with(LabelValues values) const;

      private:
        friend class Metrics;
        explicit Family(void* held) : held_(held) {}
        void* held_;
    };
    Family<Counter> counters(std::string_view name, std::string_view help, LabelValues labels);
    Family<Gauge> gauges(std::string_view name, std::string_view help, LabelValues labels);
    Family<Histogram> histograms(std::string_view name, std::string_view help, LabelValues labels, std::span<const double> bounds);

    // The whole exposition, families by name. Any thread.
    std::string text() const;

  private:
    std::unique_ptr<Families> families_;
};

}  // namespace entente
