#include <gtest/gtest.h>

#include "protocol/icalendar.hpp"

namespace entente::protocol {
namespace {

constexpr Instant moment{1'893'456'000'000'000};  // 2030-01-01T00:00:00Z

TEST(ICalendar, AnEntryIsAMomentWithAStableName) {
    const CalendarEntry entry{"agreement-7@gateway.example", moment, "Agreement ends", ""};
    EXPECT_EQ(
        icalendar({{entry}}, Instant{moment.us - 1'500'000}),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Entente//upcoming//EN\r\nBEGIN:VEVENT\r\nUID:agreement-7@gateway.example\r\n"
        "DTSTAMP:20291231T235958Z\r\nDTSTART:20300101T000000Z\r\nSUMMARY:Agreement ends\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n");
    EXPECT_EQ(icalendar({}, moment), "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Entente//upcoming//EN\r\nEND:VCALENDAR\r\n");
}

TEST(ICalendar, NoTextAddsALineOrAProperty) {
    const std::string text =
        icalendar({{CalendarEntry{"x", moment, "a\r\nEND:VEVENT\nATTACH:https://evil.example;b,c\\d\x07", ""}}}, moment);
    EXPECT_NE(text.find("SUMMARY:a\\nEND:VEVENT\\nATTACH:https://evil.example\\;b\\,c\\\\d\r\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("\r\nATTACH"), std::string::npos);
}

TEST(ICalendar, LinesAreFoldedBetweenCharacters) {
    std::string title;
    for (int i = 0; i < 60; ++i) title += "契約";
    const std::string text = icalendar({{CalendarEntry{"x", moment, title, title}}}, moment);
    std::string unfolded;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find("\r\n", begin);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - begin, 75U);
        const std::string_view piece(text.data() + begin, end - begin);
        if (piece.starts_with(' ')) {
            EXPECT_NE(static_cast<unsigned char>(piece[1]) & 0xc0, 0x80) << "begins within a character";
            unfolded += piece.substr(1);
        } else {
            unfolded += "\n" + std::string(piece);
        }
        begin = end + 2;
    }
    EXPECT_NE(unfolded.find("\nSUMMARY:" + title + "\n"), std::string::npos);
}

}  // namespace
}  // namespace entente::protocol
