#pragma once
// Statements about when companies work and how soon they want to act.

#include <optional>
#include <vector>

#include "protocol/calendar.hpp"
#include "server/store/store.hpp"

namespace entente::store {

// A name that the company has used already throws Constraint.
void insert_calendar(Txn& txn, const protocol::BusinessCalendar& calendar);
bool update_calendar(Txn& txn, const protocol::BusinessCalendar& calendar);
std::optional<protocol::BusinessCalendar> find_calendar(ReadTxn& txn, protocol::CompanyId company, protocol::CalendarId id);
std::vector<protocol::BusinessCalendar> calendars_of(ReadTxn& txn, protocol::CompanyId company);

protocol::ServiceTargets targets_of(ReadTxn& txn, protocol::CompanyId company);
void replace_targets(Txn& txn, protocol::CompanyId company, const protocol::ServiceTargets& targets);

}  // namespace entente::store
