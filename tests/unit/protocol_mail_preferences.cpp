// What people choose: one answer for every event, a digest at its hour, and a spelling that survives storage.

#include <gtest/gtest.h>

#include "protocol/mail/preferences.hpp"

namespace entente::protocol::mail {
namespace {

Instant at(std::int64_t day, int hour, int minute) {
    return {((day * 24 + hour) * 60 + minute) * 60 * 1'000'000};
}

TEST(Preferences, AnExceptionOutweighsTheRule) {
    Preferences preferences;
    preferences.telling = Telling::digest;
    preferences.exceptions = {{EventKind::note_created, Telling::off}, {EventKind::case_closed, Telling::immediate}};
    EXPECT_EQ(telling_of(preferences, EventKind::note_created), Telling::off);
    EXPECT_EQ(telling_of(preferences, EventKind::case_closed), Telling::immediate);
    EXPECT_EQ(telling_of(preferences, EventKind::case_accepted), Telling::digest);
    EXPECT_EQ(parse_exceptions(exceptions_text(preferences.exceptions)), preferences.exceptions);
    EXPECT_TRUE(parse_exceptions("").empty());
    EXPECT_EQ(parse_exceptions("never.heard=off,note.created=digest,x,case.closed=loud").size(), 1U);
}

TEST(Preferences, TheDigestGoesOutAtItsMinute) {
    Preferences preferences;
    preferences.digest_minute = 6 * 60 + 30;
    EXPECT_EQ(next_digest(preferences, at(100, 6, 29)), at(100, 6, 30));
    EXPECT_EQ(next_digest(preferences, at(100, 6, 30)), at(101, 6, 30));
    EXPECT_EQ(next_digest(preferences, at(100, 23, 59)), at(101, 6, 30));
}

TEST(Preferences, TimesOfDayHaveOneSpelling) {
    EXPECT_EQ(parse_minute("06:30"), 390);
    EXPECT_EQ(minute_text(390), "06:30");
    for (const char* wrong : {"", "6:30", "24:00", "12:60", "ab:cd", "12-30", "12:300", " 2:30"})
        EXPECT_FALSE(parse_minute(wrong)) << wrong;
}

}  // namespace
}  // namespace entente::protocol::mail
