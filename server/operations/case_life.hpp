#pragma once
// Keeps the life of a case beside its rows: every step that moves a case calls `live` once, in its own transaction, with the record
// that carries it. The record's core decision then holds the step, so that the log alone rebuilds the life (case_rebuild).

#include <initializer_list>
#include <optional>
#include <string>

#include "protocol/case_life.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

// What happened, as far as it does not follow from who acts and when. Without a turn the life's own rule decides.
struct Happening {
    protocol::LifeMove move;
    std::string reason{};
    std::optional<protocol::Turn> turn{};
    int level = 0;
    std::optional<protocol::Channel> channel{};
    std::optional<Instant> until{};
};

struct Actor {
    protocol::CaseOwner by = protocol::CaseOwner::gateway;
    bool person = false;
};
Actor actor_of(const Caller& caller, protocol::Side side);

// The life so far. A case from before lives were kept gets one made of what its row says.
protocol::Life life_of(ReadTxn& txn, const store::StoredCase& c);

// Folds the happenings in, writes what changed, notes the steps in the record, and arms or takes back the case's timers. `c` is as
// it will be after the change; its row exists. Answers the life afterwards.
protocol::Life live(Txn& txn, const Context& context, const store::StoredCase& c, const Actor& actor,
                    std::initializer_list<Happening> happenings, audit::Record& record);

// For a case that is being opened: there is nothing to load.
protocol::Life begin_life(Txn& txn, const Context& context, const store::StoredCase& c, const Actor& actor,
                          std::initializer_list<Happening> happenings, audit::Record& record);

}  // namespace entente::operations
