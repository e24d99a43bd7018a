// The distance behind the hints about slips of the finger.

#include "protocol/spelling.hpp"

#include <gtest/gtest.h>

namespace entente::protocol {
namespace {

TEST(Spelling, CountsWhatMustBePutInLeftOutOrChanged) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("case", "case"), 0U);
    EXPECT_EQ(edit_distance("", "case"), 4U);
    EXPECT_EQ(edit_distance("case", ""), 4U);
    EXPECT_EQ(edit_distance("cse", "case"), 1U);
    EXPECT_EQ(edit_distance("casse", "case"), 1U);
    EXPECT_EQ(edit_distance("cafe", "case"), 1U);
    EXPECT_EQ(edit_distance("shwo", "show"), 2U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), edit_distance("sitting", "kitten"));
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

}  // namespace
}  // namespace entente::protocol
