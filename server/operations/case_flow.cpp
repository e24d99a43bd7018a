#include "server/operations/case_flow.hpp"

#include "protocol/json_writer.hpp"
#include "protocol/markup.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_clock.hpp"
#include "server/operations/case_life.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/sharing.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::Flow;
using protocol::Side;
using store::StoredCase;
using store::StoredNote;

namespace {

void build_shared_view(ReadTxn& txn, const Context& context, StoredCase& c, const Judgement& judgement, bool reviewed,
                       FlowChange& change) {
    Sharer sharer = sharer_for(txn, context, c, Side::submitter, reviewed);
    SharedWords shared = share_case(sharer, c.original, c.released, judgement.staff_contacts);
    // The number that the receiver gave itself is its own word, whatever the submitter once wrote there.
    if (c.accepted_at && c.shared) shared.words.receiver_number = c.shared->receiver_number;
    c.shared = std::move(shared.words);
    c.pseudonyms_submitter = sharer.pseudonyms();
    change.withheld = std::move(shared.withheld);
    change.masked = sharer.counts();
    change.findings = sharer.findings();
    change.detectors = sharer.detectors();
    change.sharing_rules = sharer.terms().rules_id;
}

// The receiver's view is built with the rules now in force; its clock starts now, and waiting notes follow in their order.
void release(ReadTxn& txn, const Context& context, StoredCase& c, const Judgement& judgement, bool reviewed, FlowChange& change) {
    const bool first = !c.released_at;
    c.flow = Flow::open;
    c.hold_reason.clear();
    c.hold_text.clear();
    c.authorization = judgement.decision.authorization;
    c.agreement = judgement.decision.agreement;
    c.released = judgement.decision.released;
    ++c.gate_epoch;
    build_shared_view(txn, context, c, judgement, reviewed, change);
    if (first) {
        c.released_at = context.now;
        c.respond_by = first_answer_due(txn, context.tools, c, context.now);
        change.notes.push_back(system_note(context, c, "Case created", "", true, true));
    } else {
        change.notes.push_back(system_note(context, c, "Case flows again",
                                           "<p>The customer's authorization is in force again; content may cross.</p>", true,
                                           true));
    }
    change.moved = Moved::released;
}

// The gate's words as sentences: the reason, and what makes it pass.
std::string sentences(const policy::Decision& decision, std::string_view token) {
    const auto sentence = [&](const std::string& words) {
        std::string text = policy::for_case(words, token);
        if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
        return text + ".";
    };
    return decision.next_step.empty() ? sentence(decision.text)
                                      : sentence(decision.text) + " Next: " + policy::for_case(decision.next_step, token) + ".";
}

void hold(const Context& context, StoredCase& c, const Judgement& judgement, FlowChange& change) {
    const bool moved = c.hold_reason != judgement.decision.reason;
    c.flow = Flow::held;
    c.hold_reason = judgement.decision.reason;
    c.hold_text = sentences(judgement.decision, c.token);
    change.moved = Moved::held_on;
    if (moved) change.notes.push_back(system_note(context, c, "Case held", protocol::paragraphs(c.hold_text), true, false));
}

// All keys turn, but the company's own rules want something changed or looked at before these words cross.
void hold_content(const Context& context, StoredCase& c, const Error& objection, FlowChange& change) {
    const bool moved = c.hold_reason != objection.code;
    c.flow = Flow::held;
    c.hold_reason = objection.code;
    c.hold_text = "Not released: " + objection.message + ". Next: " + policy::for_case(objection.next_step, c.token) + ".";
    change.moved = Moved::held_on;
    if (moved) change.notes.push_back(system_note(context, c, "Case held", protocol::paragraphs(c.hold_text), true, false));
}

void freeze(const Context& context, StoredCase& c, const Judgement& judgement, FlowChange& change) {
    c.flow = Flow::frozen;
    c.hold_reason = judgement.decision.reason;
    c.hold_text = sentences(judgement.decision, c.token);
    ++c.gate_epoch;
    change.moved = Moved::frozen;
    change.notes.push_back(system_note(context, c, "Case frozen", protocol::paragraphs(c.hold_text), true, false));
    change.notes.push_back(
        system_note(context, c, "Case frozen",
                    "<p>Content of this case may no longer be used: a permission it rested on has ended. Please delete "
                    "what you took from it.</p>",
                    false, true));
}

// The submitter reads REJECTED with the plain reason; the receiver never knows (semantics 2).
void refuse(const Context& context, StoredCase& c, std::string reason, std::string text, FlowChange& change) {
    c.status = protocol::CaseStatus::rejected;
    c.flow = Flow::ended;
    c.hold_reason = std::move(reason);
    c.hold_text = std::move(text);
    c.responded = true;
    ++c.gate_epoch;
    store::StoredResponse response;
    response.case_id = c.id;
    response.type = protocol::ResponseType::rejection;
    response.for_receiver = false;
    response.created_at = context.now;
    response.original.engineer_name = "Entente";
    response.original.reason = c.hold_text;
    change.responses.push_back(std::move(response));
    change.notes.push_back(system_note(context, c, "Case rejected", protocol::paragraphs(c.hold_text), true, false));
    change.moved = Moved::refused;
}

bool ended(const StoredCase& c) {
    return c.flow == Flow::ended || c.status == protocol::CaseStatus::rejected || c.status == protocol::CaseStatus::closed;
}

}  // namespace

store::StoredNote system_note(const Context& context, const StoredCase& c, std::string summary, std::string description_html,
                              bool for_submitter, bool for_receiver) {
    StoredNote note;
    note.case_id = c.id;
    note.type = protocol::NoteType::system;
    note.priority = protocol::Priority::low;
    note.for_submitter = for_submitter;
    note.for_receiver = for_receiver;
    note.created_at = context.now;
    note.author = "system";
    note.original = {std::move(summary), std::move(description_html), "SYSTEM", ""};
    return note;
}

void add_note_row(Txn& txn, const Context& context, const StoredCase& c, StoredNote& note) {
    note.id = {store::fresh_id(txn, "notes", [&] { return context.tools.draw(); })};
    note.token = context.tools.token();
    note.position = store::next_note_position(txn, c.id);
    store::insert_note(txn, context.tools.vault, c, note);
}

void add_response_row(Txn& txn, const Context& context, const StoredCase& c, store::StoredResponse& response) {
    response.id = {store::fresh_id(txn, "responses", [&] { return context.tools.draw(); })};
    response.position = store::next_response_position(txn, c.id);
    store::insert_response(txn, context.tools.vault, c, response);
}

FlowChange apply_judgement(ReadTxn& txn, const Context& context, StoredCase& c, const Judgement& judgement) {
    FlowChange change;
    if (judgement.finding.customer && !c.customer) c.customer = judgement.finding.customer;
    const auto verdict = judgement.decision.verdict;
    if (verdict == policy::Verdict::allow) {
        if (c.flow == Flow::open && c.released_at) return change;
        StoredCase as_released = c;
        as_released.agreement = judgement.decision.agreement;
        as_released.released = judgement.decision.released;
        const Objection objection =
            objection_of(txn, context, as_released, Side::submitter, words_of_case(c.original), c.opened_by);
        if (objection.error && !c.released_at) {
            hold_content(context, c, *objection.error, change);
        } else {
            release(txn, context, c, judgement, objection.reviewed, change);
        }
    } else if (c.released_at) {
        // Once released, a missing key freezes, whatever the reason: an answer already given stays the partner's answer.
        if (c.flow == Flow::open) freeze(context, c, judgement, change);
    } else if (verdict == policy::Verdict::hold) {
        hold(context, c, judgement, change);
    } else {
        refuse(context, c, std::string(judgement.decision.reason), sentences(judgement.decision, c.token), change);
    }
    return change;
}

std::string decision_text(const Judgement& judgement, const FlowChange& change) {
    protocol::JsonWriter json;
    json.object();
    if (!change.detectors.empty()) {
        json.member("detectors", change.detectors).key("findings").object();
        for (const auto& [kind, count] : change.findings) json.member(kind, count);
        json.end();
    }
    json.key("gate").raw(judgement.json);
    json.key("masked").object();
    for (const auto& [data_class, values] : change.masked) json.member(data_class, values);
    json.end();
    if (!change.detectors.empty()) json.member("sharing_rules", change.sharing_rules);
    json.member("withheld_fields", static_cast<std::int64_t>(change.withheld.size()));
    json.end();
    return json.take();
}

namespace {

audit::Record flow_record(const StoredCase& c, const FlowChange& change, std::string_view cause, std::string_view request_id) {
    audit::Record record;
    record.operation = change.moved == Moved::released  ? "case.release"
                       : change.moved == Moved::frozen  ? "case.freeze"
                       : change.moved == Moved::refused ? "case.refuse"
                                                        : "case.hold";
    record.class_uid = audit::Class::api_activity;
    record.activity = audit::activity_update;
    record.outcome = change.moved == Moved::released ? audit::Outcome::success : audit::Outcome::failure;
    record.reason = c.hold_reason.empty() ? std::string(cause) : c.hold_reason;
    record.request_id = request_id;
    record.authentication = "none";
    record.role = "gateway";
    record.parties = {c.submitter};
    if (c.released_at) record.parties.push_back(c.receiver);
    record.resources.push_back({"case", std::to_string(c.id.value), c.version});
    record.case_scope = c.id;
    record.customer_owner = c.customer;
    return record;
}

// The receiver meets a case that is released for the first time as a new one; its first notes come with it.
void announce_flow(const Context& context, const StoredCase& c, bool first_release, const FlowChange& change,
                   audit::Record& record) {
    using protocol::EventKind;
    switch (change.moved) {
        case Moved::nothing:
            return;
        case Moved::released:
            announce(context, record, c, EventKind::case_released, first_release ? Audience::submitter : Audience::both);
            if (first_release) announce(context, record, c, EventKind::case_created, Audience::receiver);
            if (first_release) return;
            break;
        case Moved::held_on:
            announce(context, record, c, EventKind::case_held, Audience::submitter);
            break;
        case Moved::frozen:
            announce(context, record, c, EventKind::case_frozen, Audience::both);
            break;
        case Moved::refused:
            announce(context, record, c, EventKind::case_rejected, Audience::submitter);
            break;
    }
    for (const StoredNote& note : change.notes) announce_note(context, record, c, note);
}

// The same change in the case's life.
void live_on(Txn& txn, const Context& context, const StoredCase& c, const FlowChange& change, audit::Record& record) {
    using protocol::LifeMove;
    const LifeMove move = change.moved == Moved::released  ? LifeMove::released
                          : change.moved == Moved::frozen  ? LifeMove::frozen
                          : change.moved == Moved::refused ? LifeMove::refused
                                                           : LifeMove::held;
    live(txn, context, c, {}, {{.move = move, .reason = c.hold_reason}}, record);
}

// What the submitter said before is judged anew by the classes now in force: what waited follows in its order, and what was shared
// under an earlier, wider authorization is narrowed.
void share_submitters_words(Txn& txn, const Context& context, StoredCase& c, FlowChange& change) {
    Sharer sharer = sharer_for(txn, context, c, Side::submitter);
    for (StoredNote& note : store::notes_of(txn, context.tools.vault, c.id)) {
        if (note.author_company != c.submitter) continue;
        note.for_receiver = true;
        share_note_words(sharer, note, staff_shared(c));
        store::share_note(txn, context.tools.vault, c, note);
    }
    for (store::StoredResponse& response : store::responses_of(txn, context.tools.vault, c.id)) {
        if (response.author_company != c.submitter) continue;
        share_response_words(sharer, response, staff_shared(c));
        store::share_response(txn, context.tools.vault, c, response);
    }
    c.pseudonyms_submitter = sharer.pseudonyms();
    for (const auto& [data_class, values] : sharer.counts()) change.masked[data_class] += values;
    for (const auto& [kind, count] : sharer.findings()) change.findings[kind] += count;
}

}  // namespace

Reconciled reconcile_case(Txn& txn, const Context& context, protocol::CaseId id, std::string_view cause,
                          std::string_view request_id) {
    txn.lock("case/" + std::to_string(id.value));
    auto found = store::find_case(txn, context.tools.vault, id);
    if (!found || found->erased || ended(*found)) return {};
    StoredCase& c = *found;
    const StoredCase before = c;

    const Judgement judgement = judge(txn, context.tools, c, context.now);
    FlowChange change;
    const bool waited_too_long = c.flow == Flow::held && judgement.decision.verdict != policy::Verdict::allow &&
                                 c.created_at.plus_seconds(context.tools.settings.hold_days * 86'400) <= context.now;
    if (waited_too_long) {
        refuse(context, c, "hold_limit_passed", "The case waited longer than the hold limit. " + c.hold_text, change);
    } else {
        change = apply_judgement(txn, context, c, judgement);
    }
    if (change.moved == Moved::nothing) return {};
    if (change.moved == Moved::held_on && change.notes.empty()) return {};

    if (c.customer && c.owner != store::Owner::customer(c.customer)) c.owner = store::Owner::customer(c.customer);
    ++c.version;
    c.updated_at = context.now;
    if (change.moved == Moved::released) share_submitters_words(txn, context, c, change);
    if (!store::update_case(txn, context.tools.vault, c)) throw protocol::Fault("case moved during its own operation");
    if (change.moved == Moved::released) store::note_use(txn, c.authorization, c.id, context.now);
    if (c.owner != before.owner) store::reseal_case(txn, context.tools.vault, c);
    for (StoredNote& note : change.notes) add_note_row(txn, context, c, note);
    for (store::StoredResponse& response : change.responses) add_response_row(txn, context, c, response);

    Reconciled done{change.moved, {}};
    done.records.push_back(flow_record(c, change, cause, request_id));
    done.records.back().decision = decision_text(judgement, change);
    if (change.moved == Moved::held_on) ask_for_held_case(txn, context, c, done.records.back());
    announce_flow(context, c, !before.released_at, change, done.records.back());
    live_on(txn, context, c, change, done.records.back());
    return done;
}

}  // namespace entente::operations
