// Working time: calendars, holidays, and the nights when clocks change. Expected moments are written as people would say them.

#include <gtest/gtest.h>

#include <random>

#include "policy/clocks.hpp"

namespace entente::policy {
namespace {

using protocol::BusinessCalendar;
using protocol::Instant;

constexpr std::int64_t minute = 60'000'000;

Instant at(std::string_view text) {
    const auto instant = protocol::parse_rfc3339(text);
    EXPECT_TRUE(instant) << text;
    return instant.value_or(Instant{});
}

// Central Europe in 2030 and 2031: summer time from 31 March to 27 October, then from 30 March.
const ZoneRules berlin{{{0, 3'600},
                        {at("2030-03-31T01:00:00Z").seconds(), 7'200},
                        {at("2030-10-27T01:00:00Z").seconds(), 3'600},
                        {at("2031-03-30T01:00:00Z").seconds(), 7'200}}};

BusinessCalendar office() {
    BusinessCalendar calendar;
    calendar.zone = "Europe/Berlin";
    for (std::size_t day = 0; day < 5; ++day) calendar.week[day] = {{9 * 60, 12 * 60}, {13 * 60, 18 * 60}};
    calendar.holidays = {{*protocol::parse_civil_day("2030-12-25"), "Christmas"}, {*protocol::parse_civil_day("2030-12-26"), ""}};
    return calendar;
}

BusinessCalendar always() {
    BusinessCalendar calendar;
    calendar.zone = "Europe/Berlin";
    for (auto& day : calendar.week) day = {{0, protocol::minutes_of_day}};
    return calendar;
}

struct WorkingHours : testing::Test {
    BusinessCalendar calendar = office();
    WorkingTime time{&calendar, &berlin};
    void due(std::string_view from, std::int64_t minutes, std::string_view expected) {
        const Instant start = at(from);
        const Instant found = due_after(time, start, minutes * minute);
        EXPECT_EQ(protocol::to_rfc3339(found), expected) << "from " << from << " after " << minutes << " minutes";
        EXPECT_EQ(worked_us(time, start, found), minutes * minute);
    }
};

TEST_F(WorkingHours, WithoutACalendarEveryMinuteCounts) {
    time = {};
    due("2030-06-08T23:30:00Z", 60, "2030-06-09T00:30:00Z");
}

TEST_F(WorkingHours, WorkBeginsInTheMorningAndRestsAtNoon) {
    due("2030-06-03T05:00:00Z", 60, "2030-06-03T08:00:00Z");   // Monday 07:00 local
    due("2030-06-03T09:30:00Z", 60, "2030-06-03T11:30:00Z");   // 11:30 local, half an hour after lunch
    due("2030-06-03T15:30:00Z", 60, "2030-06-04T07:30:00Z");   // half an hour on Tuesday
    due("2030-06-07T15:00:00Z", 120, "2030-06-10T08:00:00Z");  // over the weekend
}

TEST_F(WorkingHours, HolidaysAreNoDays) {
    due("2030-12-24T16:00:00Z", 120, "2030-12-27T09:00:00Z");  // Tuesday 17:00 local, then Friday 10:00
    EXPECT_EQ(worked_us(time, at("2030-12-25T00:00:00Z"), at("2030-12-26T22:00:00Z")), 0);
}

TEST_F(WorkingHours, TheSameLocalHourIsAnotherMomentAfterTheClocksChanged) {
    due("2030-03-29T16:30:00Z", 60, "2030-04-01T07:30:00Z");  // Friday 17:30 CET, Monday 09:30 CEST
    due("2030-10-25T15:30:00Z", 60, "2030-10-28T08:30:00Z");
}

TEST_F(WorkingHours, ANightOfChangedClocksIsAnHourShorterOrLonger) {
    calendar = always();
    EXPECT_EQ(worked_us(time, at("2030-03-30T23:00:00Z"), at("2030-03-31T22:00:00Z")), 23 * 60 * minute);
    EXPECT_EQ(worked_us(time, at("2030-10-26T22:00:00Z"), at("2030-10-27T23:00:00Z")), 25 * 60 * minute);
    calendar.week[6] = {{2 * 60, 3 * 60}};  // Sundays from two to three: never in March, twice in October
    EXPECT_EQ(worked_us(time, at("2030-03-30T23:00:00Z"), at("2030-03-31T22:00:00Z")), 0);
    EXPECT_EQ(worked_us(time, at("2030-10-26T22:00:00Z"), at("2030-10-27T23:00:00Z")), 120 * minute);
}

TEST_F(WorkingHours, MidnightThatComesTwiceIsNotCountedTwice) {
    // As in Havana: clocks go back from one to midnight.
    const ZoneRules back{{{0, -4 * 3'600}, {at("2030-11-03T05:00:00Z").seconds(), -5 * 3'600}}};
    calendar = always();
    time.zone = &back;
    EXPECT_EQ(worked_us(time, at("2030-11-02T04:00:00Z"), at("2030-11-04T05:00:00Z")), 49 * 60 * minute);
}

TEST_F(WorkingHours, ACalendarOfEveryHourIsTheClockOnTheWall) {
    calendar = always();
    std::mt19937_64 chance(7);
    for (int i = 0; i < 2'000; ++i) {
        const Instant from{at("2030-01-01T00:00:00Z").us + static_cast<std::int64_t>(chance() % (500ULL * 86'400'000'000ULL))};
        const auto us = static_cast<std::int64_t>(chance() % (40ULL * 86'400'000'000ULL));
        ASSERT_EQ(due_after(time, from, us).us, from.us + us) << from.us << " " << us;
        ASSERT_EQ(worked_us(time, from, {from.us + us}), us);
    }
}

TEST_F(WorkingHours, WorkAddsUpAndDueTimesInvertIt) {
    std::mt19937_64 chance(11);
    for (int i = 0; i < 2'000; ++i) {
        const Instant a{at("2030-01-01T00:00:00Z").us + static_cast<std::int64_t>(chance() % (500ULL * 86'400'000'000ULL))};
        const Instant b{a.us + static_cast<std::int64_t>(chance() % (9ULL * 86'400'000'000ULL))};
        const Instant c{b.us + static_cast<std::int64_t>(chance() % (9ULL * 86'400'000'000ULL))};
        ASSERT_EQ(worked_us(time, a, b) + worked_us(time, b, c), worked_us(time, a, c));
        const auto us = static_cast<std::int64_t>(1 + chance() % (40ULL * 3'600'000'000ULL));
        const Instant due_at = due_after(time, a, us);
        ASSERT_EQ(worked_us(time, a, due_at), us);
        ASSERT_LT(worked_us(time, a, {due_at.us - 1}), us);
    }
}

TEST_F(WorkingHours, ACalendarThatNeverWorksIsDueInTenYears) {
    for (auto& day : calendar.week) day.clear();
    EXPECT_GT(due_after(time, at("2030-06-03T05:00:00Z"), minute), at("2040-01-01T00:00:00Z"));
}

TEST_F(WorkingHours, TheReceiversClockStandsWhileOthersHaveTheMove) {
    using namespace protocol;
    Life life;
    const auto interval = [&](Turn turn, std::string_view from, std::string_view to) {
        life.intervals.push_back({.turn = turn, .reason = {}, .start = at(from), .end = at(to), .paused_by = {}, .until = {}});
    };
    interval({CaseOwner::receiver, CaseWork::deciding}, "2030-06-03T07:00:00Z", "2030-06-03T08:00:00Z");
    interval({CaseOwner::submitter, CaseWork::supplying_information}, "2030-06-03T08:00:00Z", "2030-06-04T08:00:00Z");
    interval({CaseOwner::receiver, CaseWork::investigating}, "2030-06-04T08:00:00Z", "2030-06-04T12:00:00Z");  // with lunch
    interval({CaseOwner::customer, CaseWork::waiting}, "2030-06-04T12:00:00Z", "2030-06-04T14:00:00Z");
    life.intervals.back().paused_by = Side::receiver;
    EXPECT_EQ(resolution_used_us(life, time, at("2030-06-04T14:00:00Z")), 4 * 60 * minute);
    life.intervals.back().contested = true;
    EXPECT_EQ(resolution_used_us(life, time, at("2030-06-04T14:00:00Z")), 6 * 60 * minute);
}

}  // namespace
}  // namespace entente::policy
