// The exposition format of Prometheus (0.0.4), as promtool reads it: HELP and TYPE before the samples of a family, counters that
// end in _total, histograms with cumulated buckets, escaped labels.

#include "server/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

namespace entente {
namespace {

TEST(Metrics, PrintsFamiliesInTheOrderOfTheirNames) {
    Metrics metrics;
    metrics.gauge("entente_open", "Open things.").set(-2);
    metrics.counter("entente_done_total", "Things done.").add(5);
    EXPECT_EQ(metrics.text(),
              "# HELP entente_done_total Things done.\n# TYPE entente_done_total counter\nentente_done_total 5\n"
              "# HELP entente_open Open things.\n# TYPE entente_open gauge\nentente_open -2\n");
}

TEST(Metrics, CumulatesTheBucketsOfAHistogram) {
    Metrics metrics;
    constexpr std::array bounds{0.1, 1.0};
    Histogram& histogram = metrics.histogram("entente_wait_seconds", "Waits.", bounds);
    for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram.observe(value);
    EXPECT_EQ(metrics.text(),
              "# HELP entente_wait_seconds Waits.\n# TYPE entente_wait_seconds histogram\n"
              "entente_wait_seconds_bucket{le=\"0.1\"} 2\nentente_wait_seconds_bucket{le=\"1\"} 3\n"
              "entente_wait_seconds_bucket{le=\"+Inf\"} 4\nentente_wait_seconds_sum 7.65\nentente_wait_seconds_count 4\n");
}

TEST(Metrics, LabelsAreEscapedAndKeepTheirOrder) {
    Metrics metrics;
    metrics.counters("entente_x_total", "X \\ Y\nZ.", {"route", "status"}).with({"a\"b\\c\nd", "2xx"}).add();
    EXPECT_EQ(metrics.text(),
              "# HELP entente_x_total X \\\\ Y\\nZ.\n# TYPE entente_x_total counter\n"
              "entente_x_total{route=\"a\\\"b\\\\c\\nd\",status=\"2xx\"} 1\n");
}

TEST(Metrics, TheSameNameIsTheSameMetric) {
    Metrics metrics;
    metrics.counters("entente_x_total", "X.", {"a"}).with({"1"}).add();
    metrics.counters("entente_x_total", "X.", {"a"}).with({"1"}).add();
    EXPECT_EQ(metrics.counters("entente_x_total", "X.", {"a"}).with({"1"}).value(), 2U);
}

// A label value that grows without end would fill memory; a family stops growing and counts the rest together.
TEST(Metrics, AFamilyStopsGrowing) {
    Metrics metrics;
    const auto family = metrics.counters("entente_x_total", "X.", {"a"});
    for (std::size_t i = 0; i < 2 * Metrics::series_max; ++i) family.with({std::to_string(i)}).add();
    const std::string text = metrics.text();
    EXPECT_LE(static_cast<std::size_t>(std::ranges::count(text, '\n')), Metrics::series_max + 3);
    EXPECT_NE(text.find("{a=\"other\"} " + std::to_string(Metrics::series_max) + "\n"), std::string::npos);
}

TEST(Metrics, AsksCallbacksAtEachScrape) {
    Metrics metrics;
    double value = 1;
    metrics.gauge_from("entente_queue", "Queue.", [&] { return value; });
    EXPECT_NE(metrics.text().find("entente_queue 1\n"), std::string::npos);
    value = 2.5;
    EXPECT_NE(metrics.text().find("entente_queue 2.5\n"), std::string::npos);
}

TEST(Metrics, CountsFromManyThreads) {
    Metrics metrics;
    const auto family = metrics.counters("entente_x_total", "X.", {"a"});
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 10'000; ++i) family.with({i % 2 == 0 ? "even" : "odd"}).add();
            });
        }
    }
    EXPECT_EQ(family.with({"even"}).value(), 20'000U);
    EXPECT_EQ(family.with({"odd"}).value(), 20'000U);
}

}  // namespace
}  // namespace entente
