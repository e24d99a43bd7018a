#pragma once
// The life of a case as one side may see it: for each interval who had the move, what they did, why, for how long.
//
// A receiver's case begins with its release: what went on before is the submitter's. Why a permission ended is not its business
// either.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/case_life.hpp"
#include "protocol/case_link.hpp"
#include "protocol/case_states.hpp"
#include "server/operations/cases.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

struct LinkView {
    std::string token;
    protocol::LinkKind kind = protocol::LinkKind::depends_on;
    Instant created_at;
};

struct TargetView {
    protocol::Severity severity = protocol::Severity::medium;
    int response_minutes = 0;
    int resolution_minutes = 0;  // 0: none
    std::string calendar;        // name; empty: around the clock
    std::optional<Instant> respond_by;
    std::int64_t resolution_used_us = 0;
    std::optional<Instant> resolve_by;  // none: no target, or its clock stands
};

struct Timeline {
    std::string token;
    protocol::Side side = protocol::Side::submitter;
    protocol::CaseStatus status = protocol::CaseStatus::open;
    protocol::Life life;  // what the reader may see of it
    Instant as_of;
    TargetView targets;
    std::string proactive;
    std::optional<std::pair<protocol::DepartmentId, std::string>> department;
    std::vector<LinkView> links;
    Shown shown;
};

Timeline timeline_of(ReadTxn& txn, const Context& context, const store::StoredCase& c, protocol::Side side);
// For a repeated request: the case by its id, if it is still the caller's to see.
std::optional<Timeline> reread_timeline(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CaseId id);
Result<Timeline> read_timeline(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token);

}  // namespace entente::operations
