#include "server/store/statements/feedback.hpp"

namespace entente::store {

using protocol::CaseOwner;
using protocol::FeedbackCount;
using protocol::Side;

void save_feedback(Txn& txn, protocol::CaseId id, const protocol::Feedback& feedback) {
    txn.change(
        "INSERT INTO case_feedback (case_id, given_by, score, reason, at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (case_id, given_by) DO UPDATE SET score = excluded.score, reason = excluded.reason, at = excluded.at",
        {id.value, name(feedback.by), feedback.score, feedback.reason, feedback.at.us});
}

std::vector<FeedbackCount> count_feedback(ReadTxn& txn, const FeedbackQuery& query) {
    std::vector<FeedbackCount> found;
    txn.each(
        "SELECT CASE WHEN c.submitter = $1 THEN 'submitter' ELSE 'receiver' END AS role, f.given_by, f.score, COUNT(*)"
        " FROM case_feedback f JOIN cases c ON c.id = f.case_id"
        " WHERE f.at >= $2 AND f.at < $3 AND (c.submitter = $1 OR (c.receiver = $1 AND c.released_at IS NOT NULL))"
        " AND (CAST($4 AS BIGINT) = 0 OR c.submitter = $4 OR c.receiver = $4)"
        " GROUP BY role, f.given_by, f.score ORDER BY role DESC, f.given_by DESC, f.score",
        {query.company.value, query.from.us, query.until.us, query.partner.value}, [&](const Row& row) {
            const Side role = protocol::parse_side(row.text(0)).value_or(Side::submitter);
            const CaseOwner by = protocol::parse_case_owner(row.text(1)).value_or(CaseOwner::submitter);
            if (found.empty() || found.back().role != role || found.back().by != by) {
                FeedbackCount next;
                next.role = role;
                next.by = by;
                found.push_back(next);
            }
            const std::int64_t score = row.number(2);
            if (score >= protocol::feedback_score_min && score <= protocol::feedback_score_max)
                found.back().scores[static_cast<std::size_t>(score - 1)] += row.number(3);
        });
    return found;
}

std::int64_t count_feedback_requests(ReadTxn& txn, const FeedbackQuery& query) {
    return txn
        .first(
            "SELECT COUNT(*) FROM timers t JOIN cases c ON c.id = t.case_id"
            " WHERE t.kind = 'feedback' AND t.fired_at >= $2 AND t.fired_at < $3 AND c.feedback_requested <> 0"
            " AND (c.submitter = $1 OR (c.receiver = $1 AND c.released_at IS NOT NULL))"
            " AND (CAST($4 AS BIGINT) = 0 OR c.submitter = $4 OR c.receiver = $4)",
            {query.company.value, query.from.us, query.until.us, query.partner.value}, [](const Row& row) { return row.number(0); })
        .value_or(0);
}

}  // namespace entente::store
