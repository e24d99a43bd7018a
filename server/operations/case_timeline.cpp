#include "server/operations/case_timeline.hpp"

#include "server/operations/case_clock.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

using protocol::Life;
using protocol::Side;
using store::StoredCase;

namespace {

// A release always begins an interval, so that nothing has to be cut.
Life seen_by(Life life, const StoredCase& c, Side side) {
    if (side == Side::submitter || !c.released_at) return life;
    std::erase_if(life.intervals, [&](const protocol::Interval& interval) { return interval.start < *c.released_at; });
    for (protocol::Interval& interval : life.intervals)
        if (interval.turn.work == protocol::CaseWork::renewing_permission) interval.reason = "permission_ended";
    return life;
}

TargetView targets_for(ReadTxn& txn, const Context& context, const StoredCase& c, const Life& life) {
    const CaseClock clock = clock_of(txn, context.tools, c);
    TargetView view;
    view.severity = c.severity;
    view.response_minutes = clock.response_minutes;
    view.resolution_minutes = clock.resolution_minutes;
    if (clock.calendar) view.calendar = clock.calendar->name;
    if (c.released_at) view.respond_by = c.respond_by;
    view.resolution_used_us = policy::resolution_used_us(life, clock.time(), context.now);
    const protocol::Interval& current = life.current();
    if (clock.resolution_minutes == 0 || !policy::receivers_time(current)) return view;
    const std::int64_t left =
        std::int64_t{clock.resolution_minutes} * 60'000'000 - policy::resolution_used_us(life, clock.time(), current.start);
    view.resolve_by = left > 0 ? policy::due_after(clock.time(), current.start, left) : current.start;
    return view;
}

// Only cases that the reader's company knows.
std::vector<LinkView> links_for(ReadTxn& txn, const StoredCase& c, protocol::CompanyId reader) {
    std::vector<LinkView> views;
    for (const store::StoredLink& link : store::links_of(txn, c.id)) {
        const auto token = store::token_of_case(txn, link.other, reader);
        if (token) views.push_back({*token, link.kind, link.created_at});
    }
    return views;
}

}  // namespace

Timeline timeline_of(ReadTxn& txn, const Context& context, const StoredCase& c, Side side) {
    Timeline timeline;
    const Life life = life_of(txn, c);
    timeline.token = c.token;
    timeline.side = side;
    timeline.status = c.status;
    timeline.targets = targets_for(txn, context, c, life);
    timeline.life = seen_by(life, c, side);
    timeline.as_of = context.now;
    timeline.proactive = c.proactive;
    if (c.department)
        if (const auto department = store::find_department(txn, c.department))
            timeline.department = {department->id, department->name};
    timeline.links = links_for(txn, c, side == Side::submitter ? c.submitter : c.receiver);
    timeline.shown = {c.id, c.version, c.gate_epoch};
    timeline.shown.words = false;
    return timeline;
}

std::optional<Timeline> reread_timeline(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CaseId id) {
    const auto c = store::find_case(txn, context.tools.vault, id);
    if (!c || (c->submitter != caller.company() && (c->receiver != caller.company() || !c->released_at))) return std::nullopt;
    return timeline_of(txn, context, *c, side_of(*c, caller.company()));
}

Result<Timeline> read_timeline(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    const auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c) return std::unexpected(case_not_found(token));
    return timeline_of(txn, context, *c, side_of(*c, caller.company()));
}

}  // namespace entente::operations
