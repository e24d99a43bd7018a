#pragma once
// How a case went: one question, asked some days after the end, answered by either side (case_moves), or by the customer on a page
// of its own, and counted over many cases.
//
// The customer is asked by mail if it answered about the case's authorization on its page, has not withdrawn, and the company lets
// the gateway write to its customers. The link's token alone says whose answer it is: an answer opens nothing and can be changed,
// so a code by a second mail would ask more than it protects. Both sides see the customer's score, nobody a name.

#include <string>
#include <vector>

#include "protocol/feedback.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/customer_page.hpp"
#include "server/store/statements/feedback.hpp"

namespace entente::operations {

// --- counted ---

struct FeedbackPeriod {
    protocol::CompanyId partner;  // none: any
    std::optional<Instant> from;  // none: 365 days before the end
    std::optional<Instant> until;
};
struct FeedbackSummary {
    Instant from;
    Instant until;
    std::int64_t asked = 0;  // cases
    std::vector<protocol::FeedbackCount> counts;
};
// Errors: forbidden; invalid_members (from) where the period is empty.
Result<FeedbackSummary> read_feedback(ReadTxn& txn, const Context& context, const Caller& caller, const FeedbackPeriod& period);

// --- the customer ---

// Makes the link and its mail, in the record of the step that asks both sides. Does nothing where the customer is not to be asked.
void ask_customer_for_feedback(Txn& txn, const Context& context, const store::StoredCase& c, audit::Record& record);

struct FeedbackVisit {
    enum class Step : std::uint8_t {
        question,  // a first look, or nothing was chosen
        incomplete,
        thanks,
        over  // the case is being worked on again
    };
    Step step = Step::question;
    store::CustomerLink link;
    std::string vendor;    // names
    std::string partners;  // joined
    std::string token;     // of the case
    int score = 0;         // given before; 0: none
};
// Error: not_found, link_unknown.
Audited<FeedbackVisit> look_at_feedback(Txn& txn, const Context& context, std::string_view token);
// `score`: 0 or out of range where nothing was chosen.
Audited<FeedbackVisit> give_feedback_by_customer(Txn& txn, const Context& context, std::string_view token, int score);

}  // namespace entente::operations
