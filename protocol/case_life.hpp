#pragma once
// The life of a case: who owns the next move, what they are doing, why and for how long (semantics 10).
//
// A Life is a value. Steps are folded into it one after the other by `apply`, which is total and depends on nothing else, so that
// the steps kept in the audit log rebuild the same bytes (`life_text`). Its intervals cover the time since the case was opened
// without gap or overlap, to the microsecond; the last one is open. Nothing in it is personal data or text that a person wrote.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical.hpp"
#include "protocol/collaboration.hpp"
#include "protocol/instant.hpp"

namespace entente::protocol {

// Who owns the next move. The customer and the submitter's engineering are reached through the submitter, so they count to its
// side.
enum class CaseOwner : std::uint8_t { submitter, receiver, customer, submitter_engineering, receiver_engineering, gateway, nobody };
inline constexpr int case_owner_count = 7;
std::string_view name(CaseOwner owner);
std::optional<CaseOwner> parse_case_owner(std::string_view text);
std::optional<Side> side_of(CaseOwner owner);  // none: gateway, nobody
constexpr CaseOwner owner_of(Side side) {
    return side == Side::submitter ? CaseOwner::submitter : CaseOwner::receiver;
}

// What the owner is doing.
enum class CaseWork : std::uint8_t {
    checking_permission,   // gateway: nobody can do more than wait
    obtaining_permission,  // held: the submitter brings what is missing
    deciding_permission,   // held: the customer was asked
    renewing_permission,   // frozen
    deciding,              // whether to take the case
    supplying_information,
    collecting_information,
    investigating,
    reproducing,
    analysing,
    preparing_fix,
    reworking,  // after a fix was rejected
    installing_fix,
    verifying_fix,
    waiting,  // paused
    closed,
    declined,
    refused,  // at the gate; the receiver never knows
    withdrawn,
};
inline constexpr int case_work_count = 19;
std::string_view name(CaseWork work);
std::optional<CaseWork> parse_case_work(std::string_view text);

struct Turn {
    CaseOwner owner = CaseOwner::gateway;
    CaseWork work = CaseWork::checking_permission;
    bool operator==(const Turn&) const = default;
};

// What can happen in the life of a case: the contract's calls, the gate's turns, our own moves, and what time does.
enum class LifeMove : std::uint8_t {
    opened,
    held,
    released,  // for the first time, or again after a freeze
    frozen,
    refused,
    approved,
    declined,
    information_requested,
    information_provided,
    moved,
    fix_offered,
    fix_confirmed,
    fix_rejected,
    closed,
    reopened,
    withdrawn,
    rerouted,
    escalated,
    paused,
    pause_contested,
    resumed,
    noted,  // new evidence: a note or a file
    reminded,
    feedback_requested,
    feedback_given,  // by either side, or by the customer on its page
    closed_idle,
    content_removed,
};
inline constexpr int life_move_count = 27;
std::string_view name(LifeMove move);
std::optional<LifeMove> parse_life_move(std::string_view text);

enum class Channel : std::uint8_t { case_notes, mail, phone };  // how whoever escalates wants to be answered
std::string_view name(Channel channel);                         // case, mail, phone
std::optional<Channel> parse_channel(std::string_view text);

inline constexpr int escalation_level_max = 3;

// One step as the audit log keeps it.
struct LifeStep {
    LifeMove move = LifeMove::opened;
    CaseOwner by = CaseOwner::gateway;  // submitter, receiver or gateway; feedback also the customer
    bool person = false;                // by a person, not by a connector or the gateway
    Instant at;
    Turn turn;           // whose move it is afterwards
    std::string reason;  // code
    int level = 0;       // escalated: the level from now on; feedback_given: the score
    std::optional<Channel> channel;
    std::optional<Instant> until;  // paused: when it ends by itself
    bool operator==(const LifeStep&) const = default;
};

struct Interval {
    Turn turn;
    std::string reason;
    Instant start;
    std::optional<Instant> end;     // none: the current one
    std::optional<Side> paused_by;  // waiting: whose clock stands
    std::optional<Instant> until;   // waiting: when it ends by itself
    bool contested = false;         // the other side does not agree: the time counts
    bool operator==(const Interval&) const = default;
};

struct FixAttempt {
    Instant offered;
    std::optional<Instant> answered;
    bool confirmed = false;
    std::string reason;  // of the rejection
    bool operator==(const FixAttempt&) const = default;
};

struct Escalation {
    int level = 0;
    CaseOwner by = CaseOwner::gateway;
    std::string reason;
    std::optional<Channel> channel;
    std::optional<Instant> at;
    bool operator==(const Escalation&) const = default;
};

// What somebody answered to the one question that is asked after the end. A later answer of the same side takes its place.
inline constexpr int feedback_score_min = 1;  // very dissatisfied
inline constexpr int feedback_score_max = 5;  // very satisfied
struct Feedback {
    CaseOwner by = CaseOwner::submitter;  // submitter, receiver or customer
    int score = 0;
    std::string reason;  // code; empty: none given
    Instant at;
    bool operator==(const Feedback&) const = default;
};

// What is counted beside the intervals.
struct LifeFacts {
    bool accepted = false;
    std::optional<Instant> released;      // for the first time
    std::optional<Instant> first_answer;  // approval, rejection or question
    bool first_answer_by_person = false;
    std::int64_t rounds_before = 0;  // questions asked before acceptance
    std::int64_t rounds_after = 0;
    std::int64_t returns_without_evidence = 0;
    std::int64_t reopened = 0;
    std::int64_t reroutes = 0;
    std::int64_t pauses = 0;
    std::int64_t contested_pauses = 0;
    std::int64_t escalations = 0;
    std::int64_t reminders_submitter = 0;
    std::int64_t reminders_receiver = 0;
    bool feedback_requested = false;
    bool content_removed = false;
    Escalation escalation;
    std::vector<FixAttempt> attempts;
    std::vector<Feedback> feedback;  // one of a side, in the order of CaseOwner
    // For returns: the side that had the move before the current one, and whether the current one brought evidence.
    std::optional<Side> before_current;
    bool evidence = false;
    bool operator==(const LifeFacts&) const = default;
};

struct Life {
    std::vector<Interval> intervals;
    LifeFacts facts;
    const Interval& current() const { return intervals.back(); }
    bool operator==(const Life&) const = default;
};

// The turn after a step that names none itself. `reason` matters for `held`: a question to the customer is the customer's move.
Turn turn_after(const Life& life, LifeMove move, std::string_view reason = {});

// Folds one step in and answers it as it took effect: a clock that went backwards is held at the start of the current interval.
LifeStep apply(Life& life, LifeStep step);

// --- the record's spelling ---
CanonicalObject to_canonical(const LifeStep& step);
std::optional<LifeStep> read_life_step(const CanonicalValue& value);

// The whole life as canonical JSON; equal lives give equal bytes.
std::string life_text(const Life& life);
std::string facts_text(const LifeFacts& facts);
std::optional<LifeFacts> parse_facts(std::string_view text);

// --- sums ---
// Microseconds of one interval up to `now`; never negative.
std::int64_t length_us(const Interval& interval, Instant now);
std::int64_t age_us(const Life& life, Instant now);

struct Share {
    Turn turn;
    std::int64_t us = 0;
};
// By owner and work, in the order of the enumerations; adds up to the age.
std::vector<Share> shares(const Life& life, Instant now);

}  // namespace entente::protocol
