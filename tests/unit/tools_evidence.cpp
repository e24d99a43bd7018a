// Periods as people write them, and the archive of a pack.

#include <gtest/gtest.h>

#include "server/tools/evidence_period.hpp"
#include "server/tools/zip.hpp"

namespace entente::tools {
namespace {

std::string read(std::string_view text) {
    const auto period = parse_period(text, *protocol::parse_rfc3339("2030-05-04T09:30:00Z"));
    return period ? to_rfc3339(period->from).substr(0, 16) + " " + to_rfc3339(period->until).substr(0, 16) : "none";
}

TEST(Period, IsAWholeYearQuarterMonthOrDay) {
    EXPECT_EQ(read("2026"), "2026-01-01T00:00 2027-01-01T00:00");
    EXPECT_EQ(read("2026-Q1"), "2026-01-01T00:00 2026-04-01T00:00");
    EXPECT_EQ(read("2026-Q4"), "2026-10-01T00:00 2027-01-01T00:00");
    EXPECT_EQ(read("2028-02"), "2028-02-01T00:00 2028-03-01T00:00");
    EXPECT_EQ(read("2026-12"), "2026-12-01T00:00 2027-01-01T00:00");
    EXPECT_EQ(read("2028-02-29"), "2028-02-29T00:00 2028-03-01T00:00");
}

TEST(Period, IsFromTheFirstToTheEndOfTheLastAndDaysUpToNow) {
    EXPECT_EQ(read("2026-Q1..2026-06-30"), "2026-01-01T00:00 2026-07-01T00:00");
    EXPECT_EQ(read("2025..2026"), "2025-01-01T00:00 2027-01-01T00:00");
    EXPECT_EQ(read("1d"), "2030-05-03T09:30 2030-05-04T09:30");
}

TEST(Period, IsNothingElse) {
    for (const std::string_view text :
         {"",          "d",           "0d",     "-1d",     "99999d",     "26",     "2026-",
          "2026-Q5",   "2026-Q0",     "2026-Q", "2026-13", "2026-00",    "2026-1", "2027-02-29",
          "2026-02-1", "2026-02-011", "2026..", "..2026",  "2026..2025", "1969",   "2026-02-28T00:00:00Z"})
        EXPECT_EQ(read(text), "none") << text;
}

TEST(Zip, IsTheSameBytesForTheSameFiles) {
    const std::string archive = zip_archive({{"a.txt", "123456789"}, {"b/c", ""}});
    EXPECT_EQ(archive, zip_archive({{"a.txt", "123456789"}, {"b/c", ""}}));
    EXPECT_EQ(archive.substr(0, 4), "PK\x03\x04");
    // The check value of CRC-32: that of "123456789" is cbf43926.
    EXPECT_EQ(archive.substr(14, 4), "\x26\x39\xf4\xcb");
    EXPECT_EQ(zip_archive({}).size(), 22U);
}

}  // namespace
}  // namespace entente::tools
