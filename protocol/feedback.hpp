#pragma once
// What both sides and the customer answered to the one question after a case, counted: who is how satisfied, and how sure one may
// be of it. Scores are 1 to 5 (case_life.hpp); 4 and 5 count as satisfied, as in the usual CSAT.

#include <array>
#include <cstdint>

#include "protocol/case_life.hpp"

namespace entente::protocol {

struct FeedbackCount {
    Side role = Side::submitter;                            // of the company that asks, in these cases
    CaseOwner by = CaseOwner::submitter;                    // who answered: submitter, receiver or customer
    std::array<std::int64_t, feedback_score_max> scores{};  // how often each score from 1 to 5 was given
    bool operator==(const FeedbackCount&) const = default;
};

std::int64_t answers(const FeedbackCount& count);
std::int64_t satisfied(const FeedbackCount& count);
// Mean score in hundredths, rounded; 0 without answers.
std::int64_t mean_hundredths(const FeedbackCount& count);

// A share in whole percent with the bounds between which it lies with 95 % confidence (Wilson's interval, rounded outwards): few
// answers give a wide one. Without answers: 0, 0, 100.
struct PercentRange {
    int percent = 0;
    int low = 0;
    int high = 100;
    bool operator==(const PercentRange&) const = default;
};
PercentRange share_of(std::int64_t part, std::int64_t whole);

}  // namespace entente::protocol
