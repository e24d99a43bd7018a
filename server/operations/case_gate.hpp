#pragma once
// Brings the facts of one case before the gate.

#include <optional>
#include <string>
#include <vector>

#include "policy/gate.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/sharing.hpp"

namespace entente::operations {

struct Judgement {
    policy::Decision decision;
    std::string json;  // complete inputs and outcome, for the record
    policy::CustomerFinding finding;
    std::optional<protocol::Customer> customer;  // the one it is about
    bool staff_contacts = false;                 // the agreement permits the vendors' own contact data
};

Judgement judge(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, Instant now);

// The agreement alone, before a case exists.
policy::Decision judge_agreement(ReadTxn& txn, protocol::CompanyId submitter, protocol::CompanyId receiver, Instant now);

// Does this field hold a mail address of the customer (and not of the submitter)?
bool is_customers_mail(const store::StoredField& field);

// A sharer for what `side` introduces into the case, with the classes that flow in that direction.
class Sharer;
Sharer sharer_for(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side, bool reviewed = false);

// The same under rules that are named: a rehearsal tries those that do not hold yet.
Sharer sharer_under(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side,
                    const store::RulesInForce& rules, bool reviewed = false);

// The highest label that may cross: the agreement's, the company's own, or the default; of two the lower.
policy::Label ceiling_of(ReadTxn& txn, protocol::AgreementId agreement, const store::RulesInForce& rules);

// Do the side's rules and labels let these words cross? `author`: who wrote them; a review by the same person does not count.
struct Objection {
    std::optional<Error> error;
    bool reviewed = false;  // something in them would have to be looked at, and a second person has
};
Objection objection_of(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side,
                       std::span<const std::string_view> words, std::string_view author);
std::vector<std::string_view> words_of_case(const store::CaseWords& words);

// May content cross at this very moment? The stored flow, unless a key ran out since.
protocol::Flow flow_now(ReadTxn& txn, const store::StoredCase& c, Instant now);

}  // namespace entente::operations
