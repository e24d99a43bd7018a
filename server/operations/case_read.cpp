// Reading cases: one, lists, the gate's words about one, the receiver's view in advance. What was shown is recorded by the caller.

#include <algorithm>
#include <iterator>
#include <map>

#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/readers.hpp"

namespace entente::operations {

using protocol::Flow;
using protocol::Side;
using store::StoredCase;

namespace {

Result<StoredCase> readable_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c) return std::unexpected(case_not_found(token));
    return std::move(*c);
}

Result<StoredCase> submitters_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    auto c = readable_case(txn, context, caller, token);
    if (c && c->submitter != caller.company())
        return fail(ErrorKind::forbidden, "wrong_side", "only the side that opened the case may see this");
    return c;
}

constexpr std::int64_t shown_in_a_record = 1'000;  // a section has its ceiling

// Parties to the case; of one that was never released only the submitter.
std::vector<protocol::CompanyId> parties_now(ReadTxn& txn, protocol::CaseId id) {
    std::vector<protocol::CompanyId> parties;
    txn.each("SELECT submitter, receiver, released_at FROM cases WHERE id = $1", {id.value}, [&](const store::Row& row) {
        parties.push_back({row.number(0)});
        if (!row.is_null(2)) parties.push_back({row.number(1)});
    });
    return parties;
}

// What may cross: what did, what would now, or, as long as an authorization is missing, what the agreement lets an authorization
// permit.
protocol::DataClasses classes_to_cross(ReadTxn& txn, const StoredCase& c, const Judgement& judgement, Instant now) {
    if (c.released_at) return c.released;
    if (judgement.decision.verdict == policy::Verdict::allow) return judgement.decision.released;
    return judge_agreement(txn, c.submitter, c.receiver, now).released;
}

}  // namespace

// What of the case's words goes, stays back, or is masked.
void explain_words(ReadTxn& txn, const Context& context, const StoredCase& c, const Judgement& judgement, GateView& gate) {
    const protocol::DataClasses permitted = classes_to_cross(txn, c, judgement, context.now);
    StoredCase judged = c;
    judged.customer = judgement.finding.customer ? judgement.finding.customer : c.customer;
    judged.released = permitted;
    Sharer sharer = sharer_for(txn, context, judged, Side::submitter);
    const SharedWords shared = share_case(sharer, c.original, permitted, judgement.staff_contacts);
    for (const WithheldField& field : shared.withheld) gate.withheld.emplace_back(field.label, std::string(field.reason));
    for (const store::StoredField& field : shared.words.fields) {
        const auto now = policy::field_verdict(field.data_class, field.stage, permitted, c.accepted_at.has_value());
        if (now.released) {
            gate.released.push_back(field.label);
        } else {
            gate.withheld.emplace_back(field.label, std::string(now.reason));
        }
    }
    for (const auto& [data_class, values] : sharer.counts()) gate.masked.emplace_back(data_class, values);
}

Result<CaseRead> read_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token, bool removed_notes) {
    const auto c = readable_case(txn, context, caller, token);
    if (!c) return std::unexpected(c.error());
    const Side side = side_of(*c, caller.company());
    return CaseRead{view_case(txn, context.tools, *c, side, context.now, removed_notes), shown_of(txn, *c, side, context.now)};
}

std::optional<CaseRead> reread_case(ReadTxn& txn, const Context& context, const Caller& caller, protocol::CaseId id) {
    const auto c = store::find_case(txn, context.tools.vault, id);
    if (!c || (c->submitter != caller.company() && (c->receiver != caller.company() || !c->released_at))) return std::nullopt;
    const Side side = side_of(*c, caller.company());
    return CaseRead{view_case(txn, context.tools, *c, side, context.now), shown_of(txn, *c, side, context.now)};
}

Result<CaseList> list_cases(ReadTxn& txn, const Context& context, const Caller& caller, const protocol::CaseFilter& filter) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    CaseList list;
    const store::CasePage page = store::list_cases(txn, context.tools.vault, caller.company(), filter);
    list.page.total = page.total;
    list.page.size = filter.size > 0 ? filter.size : page.total;
    list.page.number = filter.page;
    for (const protocol::CaseId id : page.ids) {
        const auto c = store::find_case(txn, context.tools.vault, id);
        if (!c) continue;
        list.page.content.push_back(
            view_case(txn, context.tools, *c, side_of(*c, caller.company()), context.now, filter.include_removed_notes));
        list.shown.push_back(shown_of(txn, *c, side_of(*c, caller.company()), context.now));
    }
    return list;
}

Result<CasePart> query_cases(ReadTxn& txn, const Context& context, const Caller& caller, const protocol::CaseQuery& query) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    CasePart part;
    protocol::CaseQuery one_more = query;
    ++one_more.limit;
    auto places = store::query_cases(txn, context.tools.vault, caller.company(), one_more);
    if (std::ssize(places) > query.limit) {
        places.pop_back();
        part.next = places.back();
    }
    Known known(txn);
    for (const protocol::CaseQuery::Place& place : places) {
        const auto c = store::find_case_to_show(txn, context.tools.vault, place.id);
        if (!c) continue;
        part.cases.push_back(view_case_alone(known, *c, side_of(*c, caller.company()), context.now));
        Shown shown{c->id, c->version, c->gate_epoch};
        shown.words = !c->erased && (part.cases.back().side == Side::submitter || part.cases.back().flow != Flow::frozen);
        part.shown.push_back(shown);
    }
    return part;
}

namespace {

// Of an erased case the words are gone that a new decision would look at: what was decided once is all there is to say.
policy::Decision decided_once(const StoredCase& c) {
    const policy::Reason* reason = policy::find_reason("content_erased");
    policy::Decision decision;
    decision.verdict = c.released_at ? policy::Verdict::allow : policy::Verdict::hold;
    decision.reason = reason->code;
    decision.text = reason->text;
    decision.agreement = c.agreement;
    decision.authorization = c.authorization;
    return decision;
}

policy::Decision decided_now(const StoredCase& c, const Judgement& judgement) {
    policy::Decision decision = judgement.decision;
    // The keys turn, but the company's own rules hold the content.
    if (c.flow == Flow::held && decision.verdict == policy::Verdict::allow)
        if (const policy::Reason* reason = policy::find_reason(c.hold_reason)) {
            decision.verdict = policy::Verdict::hold;
            decision.reason = reason->code;
            decision.text = reason->text;
            decision.next_step = reason->next_step;
        }
    return decision;
}

}  // namespace

Result<GateView> explain_gate(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    auto c = readable_case(txn, context, caller, token);
    if (!c) return std::unexpected(c.error());
    GateView gate;
    std::optional<Judgement> judgement;
    if (!c->erased) judgement = judge(txn, context.tools, *c, context.now);
    gate.decision = judgement ? decided_now(*c, *judgement) : decided_once(*c);
    gate.shown = {c->id, c->version, c->gate_epoch};
    gate.shown.words = false;
    gate.full = c->submitter == caller.company();
    c->flow = flow_now(txn, *c, context.now);
    if (gate.full && judgement) explain_words(txn, context, *c, *judgement, gate);
    c->original = {};
    c->shared.reset();
    c->pseudonyms_submitter.clear();
    c->pseudonyms_receiver.clear();
    gate.facts = std::move(*c);
    return gate;
}

Result<CaseRead> preview_case(ReadTxn& txn, const Context& context, const Caller& caller, std::string_view token) {
    auto c = submitters_case(txn, context, caller, token);
    if (!c) return std::unexpected(c.error());
    Shown shown{c->id, c->version, c->gate_epoch};
    shown.words = false;  // its own
    if (!c->released_at) {
        const Judgement judgement = judge(txn, context.tools, *c, context.now);
        c->released = classes_to_cross(txn, *c, judgement, context.now);
        if (judgement.finding.customer) c->customer = judgement.finding.customer;
        Sharer sharer = sharer_for(txn, context, *c, Side::submitter);
        c->shared = share_case(sharer, c->original, c->released, judgement.staff_contacts).words;
        c->released_at = context.now;
        c->flow = Flow::held;
    }
    protocol::CaseView view = view_case(txn, context.tools, *c, Side::receiver, context.now);
    if (c->flow == Flow::held) view.priority_note.reset();
    return CaseRead{std::move(view), shown};
}

std::vector<audit::Record> disclosure_records(ReadTxn& txn, const Caller& caller, const std::string& operation,
                                              const std::vector<Shown>& shown) {
    std::map<std::vector<protocol::CompanyId>, std::vector<audit::Record>> by_parties;
    for (const Shown& item : shown) {
        const std::vector<protocol::CompanyId> parties = item.internal ? std::vector{caller.company()} : parties_now(txn, item.id);
        std::vector<audit::Record>& records = by_parties[parties];
        if (records.empty() || std::ssize(records.back().resources) >= shown_in_a_record) {
            records.push_back(record_of(caller, operation, audit::Class::api_activity, audit::activity_read));
            records.back().parties = parties;
        }
        audit::Record& record = records.back();
        record.resources.push_back({item.internal ? "internal_notes" : "case", std::to_string(item.id.value), item.version});
        record.case_scope = record.resources.size() == 1 ? item.id : protocol::CaseId{};
    }
    std::vector<audit::Record> all;
    for (auto& [parties, records] : by_parties) std::ranges::move(records, std::back_inserter(all));
    return all;
}

void name_shown(ReadTxn& txn, audit::Record& record, const Shown& shown) {
    record.resources.push_back({"case", std::to_string(shown.id.value), shown.version});
    record.case_scope = shown.id;
    record.parties = parties_now(txn, shown.id);
}

void note_disclosures(Txn& txn, const Context& context, const Caller& caller, const std::string& operation,
                      const std::vector<Shown>& shown, bool taken) {
    if (!caller.company()) return;
    for (const Shown& item : shown)
        if (!item.internal && item.words)
            register_disclosure(txn, context, caller.company(), item.id, item.version, operation, taken);
}

void note_repeat(Txn& txn, const Context& context, const Caller& caller, audit::Record& record, const Shown& shown) {
    name_shown(txn, record, shown);
    store::record_sight(txn, shown.seen_by(caller.principal.label()), shown.id, shown.version);
    note_disclosures(txn, context, caller, record.operation, {shown});
}

void note_author(Txn& txn, const Context& context, const Caller& caller, const Audited<CaseRead>& done) {
    if (!done.outcome) return;
    const Shown& shown = done.outcome->shown;
    store::record_sight(txn, shown.seen_by(caller.principal.label()), shown.id, shown.version);
    note_disclosures(txn, context, caller, done.record.operation, {shown});
}

std::optional<audit::Record> refused_access(ReadTxn& txn, const Caller& caller, std::string_view token,
                                            std::string_view operation) {
    audit::Record record = record_of(caller, std::string(operation), audit::Class::api_activity, audit::activity_read);
    record.outcome = audit::Outcome::failure;
    record.reason = "not_a_party";
    record.parties.clear();
    record.credential.clear();
    txn.each("SELECT id, submitter FROM cases WHERE token = $1", {token}, [&](const store::Row& row) {
        record.resources.push_back({"case", std::to_string(row.number(0))});
        record.case_scope = {row.number(0)};
        record.parties.push_back({row.number(1)});
    });
    if (record.resources.empty()) return std::nullopt;
    return record;
}

bool still_current(ReadTxn& txn, const Shown& shown) {
    if (shown.internal) return true;  // its own words are a company's to read, whatever became of the case
    return txn
        .first("SELECT 1 FROM cases WHERE id = $1 AND version = $2 AND gate_epoch = $3",
               {shown.id.value, shown.version, shown.gate_epoch}, [](const store::Row&) { return true; })
        .has_value();
}

Audited<protocol::CaseId> pick_customer(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                        protocol::CustomerId customer) {
    audit::Record record = record_of(caller, "case.customer.pick", audit::Class::api_activity, audit::activity_update);
    if (auto allowed = require(caller, policy::Operation::case_pick_customer); !allowed)
        return refused<protocol::CaseId>(std::move(record), allowed.error());
    auto found = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!found || found->submitter != caller.company()) return refused<protocol::CaseId>(std::move(record), case_not_found(token));
    store::StoredCase& c = *found;
    about(record, c);
    if (c.opened_by == caller.principal.label())
        return refused<protocol::CaseId>(
            std::move(record),
            {.kind = ErrorKind::forbidden,
             .code = "second_person_needed",
             .message = "the person who opened the case cannot say which customer it is about",
             .next_step = "ask a colleague: entente case customer " + c.token + " --customer " + std::to_string(customer.value)});
    if (c.flow != Flow::held)
        return refused<protocol::CaseId>(
            std::move(record),
            {.kind = ErrorKind::wrong_state, .code = "not_held", .message = "only a held case waits for its customer"});
    const auto chosen = store::find_customer(txn, context.tools.vault, caller.company(), customer);
    if (!chosen || !chosen->customer.active)
        return refused<protocol::CaseId>(
            std::move(record),
            {.kind = ErrorKind::not_found, .code = "customer_not_found", .message = "there is no such customer"});
    c.customer = customer;
    c.picked_by = caller.principal.label();
    c.owner = store::Owner::customer(customer);
    ++c.version;
    c.updated_at = context.now;
    if (!store::update_case(txn, context.tools.vault, c)) throw protocol::Fault("case moved during its own operation");
    store::reseal_case(txn, context.tools.vault, c);
    record.resources.push_back({"customer", std::to_string(customer.value)});
    announce(context, record, c, protocol::EventKind::case_updated, Audience::submitter);
    return {c.id, std::move(record)};
}

}  // namespace entente::operations
