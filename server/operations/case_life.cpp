#include "server/operations/case_life.hpp"

#include <algorithm>

#include "protocol/canonical.hpp"
#include "server/operations/timers.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

using protocol::CaseOwner;
using protocol::Life;
using protocol::LifeMove;
using protocol::LifeStep;
using store::StoredCase;

namespace {

LifeStep step_of(const Life& life, const Context& context, const Actor& actor, const Happening& happening) {
    LifeStep step;
    step.move = happening.move;
    step.by = actor.by;
    step.person = actor.person;
    step.at = context.now;
    step.turn = happening.turn ? *happening.turn : protocol::turn_after(life, happening.move, happening.reason);
    step.reason = happening.reason;
    step.level = happening.level;
    step.channel = happening.channel;
    step.until = happening.until;
    return step;
}

// Where the member of a canonical object that begins at `at` ends: its comma or the closing brace.
std::size_t member_end(std::string_view object, std::size_t at) {
    int depth = 0;
    bool in_text = false;
    for (; at < object.size(); ++at) {
        const char c = object[at];
        if (in_text) {
            if (c == '\\') ++at;
            if (c == '"') in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (depth > 0 && (c == '}' || c == ']')) {
            --depth;
        } else if (depth == 0 && (c == ',' || c == '}')) {
            return at;
        }
    }
    throw protocol::Fault("a record's decision is not canonical");
}

// Adds the steps to the record's decision, whatever else that says. Spliced in at the key's place: parsing the gate's whole
// decision again would cost every step more than the rest of its life.
void note_steps(audit::Record& record, const protocol::CanonicalArray& steps) {
    constexpr std::string_view key = "life";
    const std::string member = "\"life\":" + steps.text();
    std::string& decision = record.decision;
    if (decision.size() <= 2) {
        decision = "{" + member + "}";
        return;
    }
    std::size_t at = 1;
    while (decision.compare(at + 1, key.size() + 1, "life\"") < 0) {
        at = member_end(decision, at);
        if (decision[at] == '}') {
            decision.insert(at, "," + member);
            return;
        }
        ++at;
    }
    decision.insert(at, member + ",");
}

Life fold(Txn& txn, const Context& context, const StoredCase& c, const Actor& actor, std::initializer_list<Happening> happenings,
          audit::Record& record, Life life, bool fresh) {
    const Life before = life;
    protocol::CanonicalArray steps;
    for (const Happening& happening : happenings)
        steps.add(protocol::to_canonical(protocol::apply(life, step_of(life, context, actor, happening))));
    note_steps(record, steps);
    // Only the last interval before can have changed: it was closed, replaced or contested.
    const std::size_t from = fresh || before.intervals.empty() ? 0 : before.intervals.size() - 1;
    store::save_life(txn, c.id, life, life == before ? life.intervals.size() : from);
    arm_timers(txn, context, c, before, life);
    return life;
}

}  // namespace

Actor actor_of(const Caller& caller, protocol::Side side) {
    return {protocol::owner_of(side), caller.principal.kind == certs::PrincipalKind::user};
}

Life life_of(ReadTxn& txn, const StoredCase& c) {
    if (auto life = store::find_life(txn, c.id)) return *std::move(life);
    Life life;
    const auto add = [&life](LifeMove move, CaseOwner by, Instant at) {
        LifeStep step{.move = move, .by = by, .at = at};
        step.turn = protocol::turn_after(life, move);
        protocol::apply(life, std::move(step));
    };
    add(LifeMove::opened, CaseOwner::submitter, c.created_at);
    if (c.released_at) add(LifeMove::released, CaseOwner::gateway, *c.released_at);
    if (c.accepted_at) add(LifeMove::approved, CaseOwner::receiver, *c.accepted_at);
    if (c.status == protocol::CaseStatus::information) add(LifeMove::information_requested, CaseOwner::receiver, c.updated_at);
    if (c.status == protocol::CaseStatus::rejected)
        add(c.released_at ? LifeMove::declined : LifeMove::refused, CaseOwner::receiver, c.updated_at);
    if (c.status == protocol::CaseStatus::closed) add(LifeMove::closed, CaseOwner::submitter, c.updated_at);
    return life;
}

Life live(Txn& txn, const Context& context, const StoredCase& c, const Actor& actor, std::initializer_list<Happening> happenings,
          audit::Record& record) {
    auto kept = store::find_life(txn, c.id);
    const bool fresh = !kept;
    return fold(txn, context, c, actor, happenings, record, kept ? *std::move(kept) : life_of(txn, c), fresh);
}

Life begin_life(Txn& txn, const Context& context, const StoredCase& c, const Actor& actor,
                std::initializer_list<Happening> happenings, audit::Record& record) {
    return fold(txn, context, c, actor, happenings, record, Life{}, true);
}

}  // namespace entente::operations
