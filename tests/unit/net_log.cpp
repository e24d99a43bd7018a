// Log lines: one a call, whatever is in the fields; nothing is lost at stop; a full queue drops and counts, it never waits.

#include "server/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace entente {
namespace {

std::vector<std::string> lines_of(log::Options options, void (*speak)()) {
    std::vector<std::string> lines;
    options.sink = [&lines](std::string_view line) { lines.emplace_back(line); };
    log::start(std::move(options));
    speak();
    log::stop();
    return lines;
}

TEST(Log, WritesOneJsonObjectALineWithTypedFields) {
    const auto lines = lines_of({}, [] {
        log::info("case.accepted",
                  {{"case", 12}, {"took_ms", 1.5}, {"emergency", false}, {"caller", "user:7"}, {"text", "a\"b\\c\nd\x01"}});
    });
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with("{\"time\":\"2"));
    const auto event = lines[0].find("\"level\":\"info\"");
    ASSERT_NE(event, std::string::npos);
    EXPECT_EQ(
        lines[0].substr(event),
        "\"level\":\"info\",\"event\":\"case.accepted\",\"case\":12,\"took_ms\":1.5,\"emergency\":false,\"caller\":\"user:7\","
        "\"text\":\"a\\\"b\\\\c\\u000ad\\u0001\"}");
}

TEST(Log, HumanLinesAreOneLineToo) {
    const auto lines = lines_of({.format = log::Format::human}, [] { log::warning("disk.slow", {{"ms", 20}, {"what", "a\nb"}}); });
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].ends_with("warning disk.slow ms=20 what=\"a\\u000ab\"")) << lines[0];
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
    const auto lines = lines_of({.level = log::Level::warning}, [] {
        log::info("quiet");
        log::error("loud");
    });
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("\"error\""), std::string::npos);
}

TEST(Log, AFullQueueDropsTheOldestAndCounts) {
    const std::uint64_t before = log::dropped();
    constexpr std::uint64_t many = 100'000;
    std::uint64_t written = 0;
    log::Options options;
    options.sink = [&written](std::string_view) { ++written; };
    log::start(std::move(options));
    for (std::uint64_t i = 0; i < many; ++i) log::info("many", {{"i", i}});
    log::stop();
    EXPECT_EQ(written + (log::dropped() - before), many);
}

}  // namespace
}  // namespace entente
