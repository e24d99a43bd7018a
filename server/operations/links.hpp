#pragma once
// The link of two companies that have an agreement: how their severities map to the contract's priorities, and each side's names.
//
// The map belongs to the pair: either side's administrator may change it, both are party to the record, and cases keep what they
// were opened with. Names are each side's own.

#include <optional>
#include <string_view>
#include <vector>

#include "protocol/severity.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

Result<std::vector<protocol::SeverityLink>> list_links(ReadTxn& txn, const Caller& caller);
// The defaults when nothing was set. `not_found` for a company without an agreement with the caller's.
Result<protocol::SeverityLink> read_link(ReadTxn& txn, const Caller& caller, protocol::CompanyId partner);

struct LinkChange {
    protocol::SeverityMap map;
    protocol::SeverityNames own;
};
Audited<protocol::SeverityLink> change_link(Txn& txn, const Context& context, const Caller& caller, protocol::CompanyId partner,
                                            const LinkChange& change);

// Severity and priority of a case between the two, from what its opener or changer said. `invalid` when its words contradict.
struct Grading {
    protocol::Severity severity = protocol::Severity::medium;
    protocol::Priority priority = protocol::Priority::medium;
};
Result<Grading> grade(ReadTxn& txn, protocol::CompanyId speaker, protocol::CompanyId other,
                      std::optional<protocol::Severity> severity, std::string_view severity_name, protocol::Priority priority);

}  // namespace entente::operations
