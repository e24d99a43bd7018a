#pragma once
// The moves of the own API as a table: who may make them, when, with which reason codes, and whose turn it is then (semantics 10).
// The contract's calls are in case_machine; both keep one status.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/case_life.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

struct MoveInput {
    LifeMove move = LifeMove::moved;
    std::optional<CaseOwner> owner;  // moved
    std::optional<CaseWork> work;    // moved; absent: what this owner usually does
    std::string reason;              // code; see reasons_of
    std::optional<int> level;        // escalated; absent: one more than now
    std::optional<int> score;        // feedback_given
    std::optional<Channel> channel;  // escalated
    std::optional<Instant> until;    // paused
    std::string text;                // crosses as a note; never part of the life
};

struct MovePlan {
    Turn turn;
    CaseStatus status = CaseStatus::accepted;
    int level = 0;  // escalated: from now on; feedback_given: the score
};

// What the case is at this moment, as far as a move depends on it.
struct MoveScene {
    const Life& life;
    CaseStatus status = CaseStatus::open;
    Side side = Side::submitter;  // who asks
    bool held = false;            // the partner does not see it
    bool responded = false;
};

// Errors: wrong_side (forbidden), wrong_state, or invalid_members (owner, work, reason, level) with pointers.
Result<MovePlan> plan_move(const MoveInput& input, const MoveScene& scene);

// Codes that a person may give for a move; for `opened` why a case is opened unasked.
std::span<const std::string_view> reasons_of(LifeMove move);
bool reason_needed(LifeMove move);

// A short line for the partner's notes: "Fix offered".
std::string_view headline(LifeMove move);

// May this owner be said to do this?
bool fits(CaseOwner owner, CaseWork work);
CaseWork usual_work(CaseOwner owner);

}  // namespace entente::protocol
