#include <gtest/gtest.h>

#include "protocol/feedback.hpp"

namespace entente::protocol {
namespace {

TEST(Feedback, FewAnswersSayLittle) {
    EXPECT_EQ(share_of(0, 0), (PercentRange{0, 0, 100}));
    // Bounds of Wilson's interval as statistical packages give them (statsmodels, proportion_confint), rounded outwards.
    EXPECT_EQ(share_of(1, 1), (PercentRange{100, 20, 100}));
    EXPECT_EQ(share_of(2, 3), (PercentRange{67, 20, 94}));
    EXPECT_EQ(share_of(8, 10), (PercentRange{80, 49, 95}));
    EXPECT_EQ(share_of(0, 10), (PercentRange{0, 0, 28}));
    EXPECT_EQ(share_of(800, 1000), (PercentRange{80, 77, 83}));
}

TEST(Feedback, TheBoundsHoldTheShare) {
    for (std::int64_t whole = 1; whole <= 60; ++whole) {
        for (std::int64_t part = 0; part <= whole; ++part) {
            const PercentRange range = share_of(part, whole);
            EXPECT_LE(0, range.low);
            EXPECT_LE(range.low, range.percent);
            EXPECT_LE(range.percent, range.high);
            EXPECT_LE(range.high, 100);
        }
    }
}

TEST(Feedback, FourAndFiveAreSatisfied) {
    const FeedbackCount count{.role = Side::submitter, .by = CaseOwner::customer, .scores = {1, 0, 2, 3, 4}};
    EXPECT_EQ(answers(count), 10);
    EXPECT_EQ(satisfied(count), 7);
    EXPECT_EQ(mean_hundredths(count), 390);
    EXPECT_EQ(mean_hundredths({}), 0);
}

TEST(Feedback, ALaterAnswerOfASideTakesThePlaceOfTheEarlier) {
    Life life;
    const auto add = [&life](LifeMove move, CaseOwner by, int level, std::string reason = {}) {
        LifeStep step{.move = move, .by = by, .at = {1'893'456'000'000'000}, .reason = std::move(reason), .level = level};
        step.turn = turn_after(life, move);
        apply(life, std::move(step));
    };
    add(LifeMove::opened, CaseOwner::submitter, 0);
    add(LifeMove::closed, CaseOwner::submitter, 0);
    const std::size_t intervals = life.intervals.size();
    add(LifeMove::feedback_given, CaseOwner::customer, 5);
    add(LifeMove::feedback_given, CaseOwner::submitter, 2, "solved_late");
    add(LifeMove::feedback_given, CaseOwner::submitter, 3);
    ASSERT_EQ(life.facts.feedback.size(), 2U);
    EXPECT_EQ(life.facts.feedback[0].score, 3);
    EXPECT_EQ(life.facts.feedback[0].reason, "");
    EXPECT_EQ(life.facts.feedback[1].by, CaseOwner::customer);
    EXPECT_EQ(life.intervals.size(), intervals) << "it is nobody's move before and after";
    EXPECT_EQ(parse_facts(facts_text(life.facts)), life.facts);
}

}  // namespace
}  // namespace entente::protocol
