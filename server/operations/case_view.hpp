#pragma once
// What one side is shown of a case. Everything in it passed the gate for that side (semantics 2 and 3).

#include <map>
#include <utility>

#include "protocol/calendar.hpp"
#include "protocol/collaboration.hpp"
#include "protocol/severity.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

inline protocol::Side side_of(const store::StoredCase& c, protocol::CompanyId company) {
    return c.submitter == company ? protocol::Side::submitter : protocol::Side::receiver;
}

// What many views of one transaction share: companies, and their words for severities.
class Known {
  public:
    explicit Known(ReadTxn& txn) : txn_(txn) {}
    const protocol::Company& company(protocol::CompanyId id);  // a Fault when it does not exist
    const protocol::ServiceTargets& targets(protocol::CompanyId company);
    const protocol::SeverityNames& severities(protocol::CompanyId own, protocol::CompanyId partner);

    protocol::Flow flow(const store::StoredCase& c, Instant now);  // of this very moment

  private:
    ReadTxn& txn_;
    std::map<std::pair<std::int64_t, std::int64_t>, protocol::Flow> flows_;  // of open cases, by agreement and authorization
    std::map<std::int64_t, protocol::Company> companies_;
    std::map<std::int64_t, protocol::ServiceTargets> targets_;
    std::map<std::pair<std::int64_t, std::int64_t>, protocol::SeverityNames> severities_;
};

// Without notes and responses: what the list of the own API shows.
protocol::CaseView view_case_alone(Known& known, const store::StoredCase& c, protocol::Side side, Instant now);
// `removed_notes`: with what is left of notes whose content was removed.
protocol::CaseView view_case(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, protocol::Side side, Instant now,
                             bool removed_notes = false);
std::vector<protocol::NoteView> view_notes(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, protocol::Side side,
                                           Instant now, bool removed_notes = false);

}  // namespace entente::operations
