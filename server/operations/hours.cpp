#include "server/operations/hours.hpp"

#include <algorithm>

#include "protocol/reader.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/hours.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::BusinessCalendar;
using protocol::CompanyId;

namespace {

Error violation(std::string pointer, std::string message) {
    std::vector<protocol::Violation> violations;
    violations.push_back({std::move(pointer), "not_allowed", std::move(message)});
    return protocol::invalid_members(std::move(violations));
}

Result<CompanyId> administered(ReadTxn& txn, const Caller& caller, CompanyId named) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(std::move(allowed.error()));
    return acting_for(txn, caller, named);
}

Result<CompanyId> readable(ReadTxn& txn, const Caller& caller, CompanyId named) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(std::move(allowed.error()));
    return acting_for(txn, caller, named);
}

}  // namespace

Audited<BusinessCalendar> save_calendar(Txn& txn, const Context& context, const Caller& caller, BusinessCalendar calendar) {
    const bool fresh = !calendar.id;
    audit::Record record = record_of(caller, fresh ? "calendar.create" : "calendar.change", audit::Class::entity_management,
                                     fresh ? audit::activity_create : audit::activity_update);
    const auto company = administered(txn, caller, calendar.company);
    if (!company) return refused<BusinessCalendar>(std::move(record), company.error());
    calendar.company = *company;
    record.parties = {*company};
    if (!context.tools.zone || !context.tools.zone(calendar.zone))
        return refused<BusinessCalendar>(std::move(record),
                                         violation("/timeZone", "must be a time zone of the tz database, such as Europe/Berlin"));
    if (!fresh && !store::find_calendar(txn, *company, calendar.id))
        return refused<BusinessCalendar>(
            std::move(record),
            {.kind = ErrorKind::not_found, .code = "calendar_not_found", .message = "there is no such calendar"});
    for (const BusinessCalendar& other : store::calendars_of(txn, *company))
        if (other.name == calendar.name && other.id != calendar.id)
            return refused<BusinessCalendar>(
                std::move(record),
                {.kind = ErrorKind::conflict, .code = "already_exists", .message = "there is a calendar with this name already"});
    if (fresh) calendar.id = {store::fresh_id(txn, "calendars", [&] { return context.tools.draw(); })};
    fresh ? store::insert_calendar(txn, calendar) : static_cast<void>(store::update_calendar(txn, calendar));
    record.resources.push_back({"calendar", std::to_string(calendar.id.value)});
    return {std::move(calendar), std::move(record)};
}

Result<std::vector<BusinessCalendar>> list_calendars(ReadTxn& txn, const Caller& caller, CompanyId company) {
    const auto acting = readable(txn, caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::calendars_of(txn, *acting);
}

Audited<TargetsOf> set_targets(Txn& txn, const Context&, const Caller& caller, const TargetsOf& input) {
    audit::Record record = record_of(caller, "targets.change", audit::Class::entity_management, audit::activity_update);
    const auto company = administered(txn, caller, input.company);
    if (!company) return refused<TargetsOf>(std::move(record), company.error());
    record.parties = {*company};
    record.resources.push_back({"company", std::to_string(company->value)});
    for (const protocol::Severity severity : protocol::severities) {
        const auto& target = input.targets[static_cast<std::size_t>(severity)];
        if (target && target->calendar && !store::find_calendar(txn, *company, target->calendar))
            return refused<TargetsOf>(
                std::move(record), violation("/" + std::string(name(severity)) + "/calendar", "must be a calendar of the company"));
    }
    store::replace_targets(txn, *company, input.targets);
    return {TargetsOf{*company, input.targets}, std::move(record)};
}

Result<TargetsOf> read_targets(ReadTxn& txn, const Caller& caller, CompanyId company) {
    const auto acting = readable(txn, caller, company);
    if (!acting) return std::unexpected(acting.error());
    return TargetsOf{*acting, store::targets_of(txn, *acting)};
}

}  // namespace entente::operations
