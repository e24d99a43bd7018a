// Shares of requests, cursors and merge patches of the own API, as values.

#include <gtest/gtest.h>

#include "server/api/limits.hpp"
#include "server/api/native_cursor.hpp"
#include "server/api/native_patch.hpp"

namespace entente::api {
namespace {

constexpr protocol::Instant start{1'900'000'000'000'000};

TEST(RateLimiter, AWindowsWorthAtOnceThenTheRate) {
    RateLimiter limiter(5);
    for (int i = 9; i >= 0; --i) {
        const Quota quota = limiter.take("a", start);
        EXPECT_EQ(quota.wait_s, 0);
        EXPECT_EQ(quota.remaining, i);
        EXPECT_EQ(quota.limit, 10);
    }
    EXPECT_EQ(limiter.take("a", start).wait_s, 1);
    EXPECT_EQ(limiter.take("b", start).wait_s, 0) << "another caller's share is its own";
    for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.take("a", start.plus_seconds(1)).wait_s, 0);
    EXPECT_EQ(limiter.take("a", start.plus_seconds(1)).wait_s, 1);
    EXPECT_EQ(limiter.take("a", start.plus_seconds(60)).reset_s, 1);
}

TEST(RateLimiter, AllTokensOfOneCallerShareOneBucket) {
    RateLimiter limiter(1);
    limiter.belongs("token1", "client:7", start);
    limiter.belongs("token2", "client:7", start);
    EXPECT_EQ(limiter.take("token1", start).remaining, 1);
    EXPECT_EQ(limiter.take("token2", start).remaining, 0);
    EXPECT_EQ(limiter.take("token1", start).wait_s, 1);
    EXPECT_EQ(limiter.take("token2", start).wait_s, 1);
    limiter.belongs("token3", "client:8", start);
    EXPECT_EQ(limiter.take("token3", start).wait_s, 0);
}

TEST(Cursors, FitTheirOwnListOnly) {
    const protocol::CaseQuery::Place place{{1'900'000'000'123'456}, {2'147'483'647}};
    const std::string cursor = native::encode_cursor(place, "cases&status=open");
    const auto back = native::decode_cursor(cursor, "cases&status=open");
    ASSERT_TRUE(back);
    EXPECT_EQ(back->at.us, place.at.us);
    EXPECT_EQ(back->id, place.id);
    EXPECT_FALSE(native::decode_cursor(cursor, "cases"));
    EXPECT_FALSE(native::decode_cursor("", "cases&status=open"));
    for (std::size_t i = 0; i < cursor.size(); ++i) EXPECT_FALSE(native::decode_cursor(cursor.substr(0, i), "cases&status=open"));
}

TEST(Cursors, TheListIsItsFiltersInAnyOrder) {
    using Items = std::vector<protocol::connect::QueryItem>;
    const Items one{{"status", "open"}, {"side", "receiver"}, {"limit", "5"}, {"after", "x"}, {"flow", ""}};
    const Items two{{"side", "receiver"}, {"status", "open"}};
    const Items three{{"side", "receiver&status=open"}};
    EXPECT_EQ(native::list_of("cases", one), native::list_of("cases", two));
    EXPECT_NE(native::list_of("cases", two), native::list_of("cases", three));
}

std::vector<std::string> changed(std::string_view current, std::string_view patch) {
    const auto patched = native::merge_patch(current, patch);
    return patched ? patched->changed : std::vector<std::string>{"refused"};
}

TEST(MergePatch, NamesWhatDiffers) {
    using Pointers = std::vector<std::string>;
    constexpr std::string_view current = R"({"a":1,"b":{"c":"x","d":null},"e":[1,2]})";
    EXPECT_EQ(changed(current, "{}"), Pointers{});
    EXPECT_EQ(changed(current, current), Pointers{});
    EXPECT_EQ(changed(current, R"({"b":{"c":"y"}})"), Pointers{"/b/c"});
    EXPECT_EQ(changed(current, R"({"b":{"c":"x","d":{"z":1}}})"), Pointers{"/b/d"});
    EXPECT_EQ(changed(current, R"({"b":null})"), Pointers{"/b"});
    EXPECT_EQ(changed(current, R"({"e":[1,2,3]})"), Pointers{"/e"});
    EXPECT_EQ(changed(current, R"({"new/one":1})"), Pointers{"/new~1one"});
    EXPECT_EQ(changed(current, "[]"), Pointers{"refused"});
    EXPECT_EQ(changed(current, "{"), Pointers{"refused"});
}

}  // namespace
}  // namespace entente::api
