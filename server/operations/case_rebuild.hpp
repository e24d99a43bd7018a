#pragma once
// Rebuilds the life of a case from the audit log alone. Equal lives have equal bytes (protocol::life_text).

#include <cstdint>
#include <optional>

#include "protocol/case_life.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

protocol::Life rebuild_life(ReadTxn& txn, store::Vault& vault, protocol::CaseId id);

// What came out of rebuilding a page of cases and comparing each with its rows.
struct LivesReplay {
    std::int64_t cases = 0;
    std::int64_t exact = 0;
    std::int64_t older = 0;   // from before lives were kept: the log has no steps of theirs
    std::int64_t erased = 0;  // a record's key was destroyed
    std::optional<protocol::CaseId> first_difference;
    std::optional<protocol::CaseId> next;  // go on after this one; none: that was the last page
};
// Cases in the order of their ids: those of the caller's company, for the operator all. Error: forbidden.
Result<LivesReplay> replay_lives(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CaseId after,
                                 std::int64_t limit);

}  // namespace entente::operations
