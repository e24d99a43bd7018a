#include "server/operations/case_moves.hpp"

#include <algorithm>

#include "protocol/reader.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/feedback.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

using protocol::CaseStatus;
using protocol::EventKind;
using protocol::Flow;
using protocol::LifeMove;
using protocol::MoveInput;
using protocol::MovePlan;
using protocol::Side;

namespace {

constexpr std::int64_t pause_days_max = 90;

struct Spelling {
    LifeMove move;
    std::string_view operation;
    EventKind event;
};
constexpr Spelling spellings[] = {
    {LifeMove::moved, "case.move", EventKind::case_moved},
    {LifeMove::fix_offered, "case.fix.offer", EventKind::fix_offered},
    {LifeMove::fix_confirmed, "case.fix.confirm", EventKind::fix_confirmed},
    {LifeMove::fix_rejected, "case.fix.reject", EventKind::fix_rejected},
    {LifeMove::reopened, "case.reopen", EventKind::case_reopened},
    {LifeMove::withdrawn, "case.withdraw", EventKind::case_withdrawn},
    {LifeMove::rerouted, "case.reroute", EventKind::case_rerouted},
    {LifeMove::escalated, "case.escalate", EventKind::case_escalated},
    {LifeMove::paused, "case.pause", EventKind::case_paused},
    {LifeMove::pause_contested, "case.pause.contest", EventKind::case_pause_contested},
    {LifeMove::resumed, "case.resume", EventKind::case_resumed},
    {LifeMove::feedback_given, "case.feedback.give", EventKind::feedback_given},
};

const Spelling& spelling_of(LifeMove move) {
    const auto* found = std::ranges::find(spellings, move, &Spelling::move);
    ENTENTE_ASSERT(found != std::end(spellings));
    return *found;
}

Error violation(std::string pointer, std::string code, std::string message) {
    std::vector<protocol::Violation> violations;
    violations.push_back({std::move(pointer), std::move(code), std::move(message)});
    return protocol::invalid_members(std::move(violations));
}

// Content may cross, except that whoever wants its case back, or says how it went, needs nobody's leave.
Result<void> flows(ReadTxn& txn, const Context& context, const Opened& opened, const MoveInput& step) {
    const Flow flow = flow_now(txn, opened.c, context.now);
    const bool wordless = step.text.empty() && (step.move == LifeMove::withdrawn || step.move == LifeMove::feedback_given);
    if (flow == Flow::frozen && !wordless) return std::unexpected(gate_closed(opened.c));
    return {};
}

Result<void> check_details(ReadTxn& txn, const Context& context, const store::StoredCase& c, const CaseMove& input) {
    if (input.step.until &&
        (*input.step.until <= context.now || *input.step.until > context.now.plus_seconds(pause_days_max * 86'400)))
        return std::unexpected(violation("/until", "out_of_range", "must be in the future and within 90 days"));
    if (input.step.move != LifeMove::rerouted) return {};
    const auto department = store::find_department(txn, input.department);
    if (!department || department->company != c.receiver)
        return std::unexpected(violation("/department", "not_allowed", "must be a department of the receiver"));
    if (department->id == c.department)
        return fail(ErrorKind::wrong_state, "wrong_state", "the case is with this department already");
    return {};
}

Result<MovePlan> plan(ReadTxn& txn, const Context& context, const Opened& opened, const protocol::Life& life,
                      const CaseMove& input) {
    if (auto open = flows(txn, context, opened, input.step); !open) return std::unexpected(std::move(open.error()));
    auto planned = protocol::plan_move(input.step, {.life = life,
                                                    .status = opened.c.status,
                                                    .side = opened.side,
                                                    .held = opened.c.flow == Flow::held,
                                                    .responded = opened.c.responded});
    if (!planned) return planned;
    if (auto valid = check_details(txn, context, opened.c, input); !valid) return std::unexpected(std::move(valid.error()));
    return planned;
}

std::string in_words(std::string_view code) {
    std::string words(code);
    std::ranges::replace(words, '_', ' ');
    return words;
}

// What both sides read about the move, in any dialect: the mover's own words, or one line of the gateway.
void tell(Txn& txn, const Context& context, const Caller& caller, Opened& opened, const MoveInput& step, audit::Record& record) {
    std::string summary(protocol::headline(step.move));
    if (step.score) summary += ": " + std::to_string(*step.score) + " of " + std::to_string(protocol::feedback_score_max);
    if (!step.reason.empty()) summary += (step.score ? ", " : ": ") + in_words(step.reason);
    if (!step.text.empty()) {
        protocol::NewNote words;
        words.summary = std::move(summary);
        words.description = step.text;
        write_note(txn, context, caller, opened, words, record);
        return;
    }
    store::StoredNote note = system_note(context, opened.c, std::move(summary), "", true, opened.c.released_at.has_value());
    add_note_row(txn, context, opened.c, note);
    announce_note(context, record, opened.c, note);
}

// A closed case has a closure in its formal trail, whichever way it was closed.
void add_closure(Txn& txn, const Context& context, const Caller& caller, const Opened& opened, audit::Record& record) {
    store::StoredResponse closure;
    closure.case_id = opened.c.id;
    closure.type = protocol::ResponseType::closure;
    closure.author_company = caller.company();
    closure.created_at = context.now;
    closure.for_receiver = opened.c.released_at.has_value();
    add_response_row(txn, context, opened.c, closure);
    announce(context, record, opened.c, EventKind::case_closed, Audience::both,
             {protocol::EventSubject::Type::response, closure.id.value});
}

void change_row(Txn& txn, Opened& opened, const CaseMove& input, const MovePlan& planned) {
    store::StoredCase& c = opened.c;
    c.status = planned.status;
    if (input.step.move == LifeMove::withdrawn) c.flow = Flow::ended;
    if (input.step.move == LifeMove::rerouted) {
        c.department = input.department;
        store::set_department(txn, c.id, input.department);
    }
}

}  // namespace

Audited<Timeline> make_move(Txn& txn, const Context& context, const Caller& caller, std::string_view token, const CaseMove& input) {
    const Spelling& spelling = spelling_of(input.step.move);
    audit::Record record = record_of(caller, std::string(spelling.operation), audit::Class::api_activity, audit::activity_update);
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<Timeline>(std::move(record), opened.error());
    const auto planned = plan(txn, context, *opened, life_of(txn, opened->c), input);
    if (!planned) return refused<Timeline>(std::move(record), planned.error());
    if (!input.step.text.empty())
        if (auto objection = objection_to(txn, context, caller, *opened, {input.step.text}))
            return refused<Timeline>(std::move(record), std::move(*objection));

    const bool was_closed = opened->c.status == CaseStatus::closed;
    change_row(txn, *opened, input, *planned);
    record.reason = input.step.reason;
    tell(txn, context, caller, *opened, input.step, record);
    announce(context, record, opened->c, spelling.event, Audience::both);
    if (!was_closed && planned->status == CaseStatus::closed) add_closure(txn, context, caller, *opened, record);
    live(txn, context, opened->c, actor_of(caller, opened->side),
         {{.move = input.step.move,
           .reason = input.step.reason,
           .turn = planned->turn,
           .level = planned->level,
           .channel = input.step.channel,
           .until = input.step.until}},
         record);
    if (input.step.move == LifeMove::feedback_given)
        store::save_feedback(txn, opened->c.id, {protocol::owner_of(opened->side), planned->level, input.step.reason, context.now});
    const Side side = opened->side;
    store::StoredCase c = opened->c;
    auto saved_case = saved(txn, context, *std::move(opened), std::move(record));
    if (!saved_case.outcome) return refused<Timeline>(std::move(saved_case.record), saved_case.outcome.error());
    c.version = saved_case.outcome->shown.version;
    c.updated_at = context.now;
    return {timeline_of(txn, context, c, side), std::move(saved_case.record)};
}

}  // namespace entente::operations
