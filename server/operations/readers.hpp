#pragma once
// Who saw what of whom: for a customer every disclosure, to whom, under which agreement and authorization; for a company every read
// of its cases. Looking at it is itself recorded by who calls.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/operations/context.hpp"
#include "server/store/statements/readers.hpp"

namespace entente::operations {

// What shows a version of a case to who acts: reads, and writes that answer with the case, also when they are repeated. And what
// carries words of one out of the house: a file, a mail with content. Split by blanks; a literal, because the map of controls names
// each in its populations. The one home of this set: nothing else gets into the register of disclosures.
#define ENTENTE_DISCLOSING                                                                                  \
    "case.read case.list case.answers note.list "                                                           \
    "attachment.list subject.search case.create case.change case.approve case.approval.update case.reject " \
    "case.information.request case.information.provide case.close case.create.repeat case.change.repeat "   \
    "case.approve.repeat case.approval.update.repeat case.reject.repeat case.information.request.repeat "   \
    "case.information.provide.repeat case.close.repeat attachment.send mail.content.send"
bool discloses(std::string_view operation);

// Writes into the register that the company was shown this version of the case, or that it was sent to it; the first time counts.
// `taken`: the company fetched it itself, or its system took it; a mail that leaves here may still come back.
void register_disclosure(Txn& txn, const Context& context, protocol::CompanyId company, protocol::CaseId id, std::int64_t version,
                         std::string_view operation, bool taken);

struct DisclosureQuery {
    protocol::CustomerId customer{};
    protocol::CompanyId partner{};
    std::string token;  // of one case; empty: all
    Instant from{};
    std::optional<Instant> to{};
    std::int64_t limit = 100;
    std::optional<store::DisclosureRow> after{};  // where the page before ended: time, case and version
};
struct DisclosurePage {
    std::vector<store::DisclosureRow> rows;
    bool more = false;
};
Result<DisclosurePage> list_disclosures(ReadTxn& txn, const Context& context, const Caller& caller, const DisclosureQuery& query);

// Of one case, for both of its sides. Who of another company it was is that company's business: its people stay unnamed.
struct Readers {
    struct Seen {
        protocol::CompanyId company;
        std::string principal;  // of the caller's own company, else empty
        std::int64_t version = 0;
    };
    struct Counted {
        protocol::CompanyId company;
        std::string principal;
        Instant hour;  // its beginning
        std::int64_t reads = 0;
    };
    std::vector<Seen> seen;       // the newest version that each reader was shown
    std::vector<Counted> counts;  // reads again, newest first, at most 1,000 rows
};
Result<Readers> readers_of_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

}  // namespace entente::operations
