// Severities: spelling, and every map that a link may have keeps what a Connect client wrote.

#include <gtest/gtest.h>

#include "protocol/severity.hpp"

namespace entente::protocol {
namespace {

TEST(Severities, AreSpelledInTwoWays) {
    for (const Severity severity : severities) EXPECT_EQ(parse_severity(name(severity)), severity);
    EXPECT_EQ(parse_severity("S1"), Severity::critical);
    EXPECT_EQ(parse_severity("S4"), Severity::low);
    for (const char* other : {"", "CRITICAL", "s1", "P1", "S5"}) EXPECT_FALSE(parse_severity(other)) << other;
}

TEST(Severities, TheDefaultMapKeepsOrderAndPriorities) {
    const SeverityMap map;
    EXPECT_TRUE(map.keeps_order());
    EXPECT_TRUE(map.keeps_priorities());
    EXPECT_EQ(map.priority_of(Severity::critical), Priority::high);
    EXPECT_EQ(map.severity_of(Priority::high), Severity::high);
}

// Of all 3^4 * 4^3 maps those that are accepted: a priority comes back as itself, and no more urgent severity is less urgent.
TEST(Severities, AcceptedMapsNeverChangeAPriority) {
    constexpr std::array priorities{Priority::low, Priority::medium, Priority::high};
    int accepted = 0;
    for (int code = 0; code < 81 * 64; ++code) {
        SeverityMap map;
        int rest = code;
        for (auto& priority : map.to_priority) {
            priority = priorities[static_cast<std::size_t>(rest % 3)];
            rest /= 3;
        }
        for (auto& severity : map.from_priority) {
            severity = severities[static_cast<std::size_t>(rest % 4)];
            rest /= 4;
        }
        if (!map.keeps_order() || !map.keeps_priorities()) continue;
        ++accepted;
        for (const Priority priority : priorities) EXPECT_EQ(map.priority_of(map.severity_of(priority)), priority);
        EXPECT_LE(map.severity_of(Priority::high), map.severity_of(Priority::medium));
        EXPECT_LE(map.severity_of(Priority::medium), map.severity_of(Priority::low));
    }
    // Four levels onto three priorities in order, each used: one priority has two levels, and a choice between them.
    EXPECT_EQ(accepted, 3 * 2);
}

TEST(Severities, NamesAreFoundAsTheyAre) {
    SeverityNames names;
    EXPECT_FALSE(names.find(""));
    names.names = {"P1", "P2", "", "P4"};
    EXPECT_EQ(names.find("P4"), Severity::low);
    EXPECT_FALSE(names.find("p4"));
    EXPECT_FALSE(names.find(""));
}

}  // namespace
}  // namespace entente::protocol
