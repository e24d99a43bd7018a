#pragma once
// What the gateway holds about somebody, for an answer to a data subject (GDPR article 15): a person, by mail address and names, or
// a customer as a whole. Of cases what the caller's company may read at this moment: what it wrote itself as it wrote it, of the
// other side what its own view of the case has (stage, frozen or not). Items of the other side's are shown like by reading the
// case.

#include <string>
#include <string_view>
#include <vector>

#include "server/operations/cases.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct SubjectQuery {
    std::vector<std::string> terms;   // a mail address, names: found anywhere in a text, without regard to case (ASCII)
    protocol::CustomerId customer{};  // instead: everything of this customer
    protocol::CaseId after{};         // where the page before ended
};
struct SubjectItem {
    std::string_view kind;  // person, customer, authorization, case, note, answer, internal_note
    std::string id;         // of the row, or the token of the case
    std::string field;
    std::string text;
};
struct SubjectPage {
    std::vector<SubjectItem> items;
    protocol::CaseId next{};   // none: this was the last page
    std::vector<Shown> shown;  // cases with something of the other side's among the items
};
Result<SubjectPage> search_subject(ReadTxn& txn, const Context& context, const Caller& caller, const SubjectQuery& query);

}  // namespace entente::operations
