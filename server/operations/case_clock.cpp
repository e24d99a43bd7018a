#include "server/operations/case_clock.hpp"

#include "server/store/statements/directory.hpp"
#include "server/store/statements/hours.hpp"

namespace entente::operations {

protocol::ServiceTarget target_of(const store::StoredCase& c, const protocol::ServiceTargets& targets,
                                  const protocol::Company& receiver) {
    if (const auto& target = targets[static_cast<std::size_t>(c.severity)]) return *target;
    return {.response_minutes = policy::response_minutes(c.priority, receiver.targets), .resolution_minutes = 0, .calendar = {}};
}

CaseClock clock_of(ReadTxn& txn, const Tools& tools, const store::StoredCase& c) {
    const auto receiver = store::find_company(txn, c.receiver);
    if (!receiver) throw protocol::Fault("a case names a company that does not exist");
    const protocol::ServiceTarget target = target_of(c, store::targets_of(txn, c.receiver), *receiver);
    CaseClock clock;
    clock.response_minutes = target.response_minutes;
    clock.resolution_minutes = target.resolution_minutes;
    if (target.calendar) clock.calendar = store::find_calendar(txn, c.receiver, target.calendar);
    if (clock.calendar && tools.zone) clock.zone = tools.zone(clock.calendar->zone);
    return clock;
}

std::optional<Instant> first_answer_due(ReadTxn& txn, const Tools& tools, const store::StoredCase& c, Instant released) {
    if (!c.proactive.empty()) return std::nullopt;
    const CaseClock clock = clock_of(txn, tools, c);
    return policy::due_after(clock.time(), released, std::int64_t{clock.response_minutes} * 60'000'000);
}

}  // namespace entente::operations
