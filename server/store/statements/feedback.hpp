#pragma once
// Statements of feedback: answers to the one question after a case.

#include <vector>

#include "protocol/feedback.hpp"
#include "protocol/ids.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// An answer of the same side given before is replaced.
void save_feedback(Txn& txn, protocol::CaseId id, const protocol::Feedback& feedback);

struct FeedbackQuery {
    protocol::CompanyId company;  // takes part in the cases
    protocol::CompanyId partner;  // none: any
    protocol::Instant from;
    protocol::Instant until;  // exclusive
};
// By role and by who answered, in this order; nobody without an answer.
std::vector<protocol::FeedbackCount> count_feedback(ReadTxn& txn, const FeedbackQuery& query);
// Closed cases whose sides were asked in that time.
std::int64_t count_feedback_requests(ReadTxn& txn, const FeedbackQuery& query);

}  // namespace entente::store
