#pragma once
// Business calendars and service targets of a company: when it works, how soon it answers and resolves by severity.

#include <vector>

#include "protocol/calendar.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

Audited<protocol::BusinessCalendar> save_calendar(Txn& txn, const Context& context, const Caller& caller,
                                                  protocol::BusinessCalendar calendar);  // id none: a new one
Result<std::vector<protocol::BusinessCalendar>> list_calendars(ReadTxn& txn, const Caller& caller, protocol::CompanyId company);

struct TargetsOf {
    protocol::CompanyId company;
    protocol::ServiceTargets targets;
};
// Replaces all of them. They hold for cases released from now on and for turns that begin from now on.
Audited<TargetsOf> set_targets(Txn& txn, const Context& context, const Caller& caller, const TargetsOf& input);
Result<TargetsOf> read_targets(ReadTxn& txn, const Caller& caller, protocol::CompanyId company);

}  // namespace entente::operations
