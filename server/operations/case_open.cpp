// Opening a case: the three keys turn, or it is held, or it is refused.

#include <algorithm>

#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"
#include "server/operations/customer_page.hpp"
#include "server/operations/form_check.hpp"
#include "server/operations/links.hpp"
#include "server/store/statements/life.hpp"

namespace entente::operations {

using protocol::EventKind;
using protocol::FormField;
using protocol::NewCase;
using protocol::Side;
using store::StoredCase;

namespace {

constexpr std::string_view unreachable = "You are not able to interact with the referenced company.";

struct Addressed {
    protocol::Form form;
    protocol::Company submitter;
    protocol::Company receiver;
};

Error partner_refused(const policy::Decision& decision) {
    Error error{.kind = ErrorKind::forbidden, .code = std::string(decision.reason), .message = std::string(unreachable)};
    error.message += " (" + decision.text + ")";
    error.next_step = decision.next_step;
    return error;
}

Result<Addressed> address(ReadTxn& txn, const Caller& caller, protocol::FormId id) {
    const auto form = store::find_form(txn, id);
    const auto submitter = store::find_company(txn, caller.company());
    if (!form || form->retired || !submitter)
        return fail(ErrorKind::not_found, "form_not_found", "there is no intake form " + std::to_string(id.value),
                    "search the partner again and fetch its form: forms change");
    auto receiver = store::find_company(txn, form->company);
    if (!receiver || !receiver->active || receiver->id == submitter->id)
        return fail(ErrorKind::forbidden, "partner_not_reachable", std::string(unreachable));
    return Addressed{*form, *submitter, std::move(*receiver)};
}

const FormField* field_of(const protocol::Form& form, protocol::FieldId id) {
    const auto found = std::ranges::find(form.fields, id, &FormField::id);
    return found == form.fields.end() ? nullptr : &*found;
}

// Only declared fields are kept at all: what the form does not know never gets into the case.
std::vector<store::StoredField> fill_fields(const protocol::Form& form, const NewCase& input, const Tools& tools) {
    std::vector<store::StoredField> fields;
    for (const protocol::FieldInput& given : input.fields) {
        const FormField* field = field_of(form, given.field);
        if (field == nullptr || given.value.empty()) continue;
        store::StoredField stored;
        stored.field = field->id;
        stored.row_id = static_cast<std::int64_t>(tools.draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1;
        stored.section = field->section;
        stored.label = field->label;
        stored.value = given.value;
        stored.display_order = field->display_order;
        stored.type = field->type;
        stored.data_class = field->data_class;
        stored.stage = field->stage;
        stored.identifies_customer = field->identifies_customer;
        fields.push_back(std::move(stored));
    }
    return fields;
}

// The injected field names an authorization by id; it is taken out before storage. Anything unreadable counts as absent.
protocol::AuthorizationId referenced_authorization(const Addressed& to, const NewCase& input) {
    if (!to.submitter.injected_field) return {};
    for (const protocol::FieldInput& given : input.fields) {
        if (given.field != to.form.injected_field) continue;
        std::int64_t id = 0;
        for (const char c : given.value) {
            if (c < '0' || c > '9' || id > protocol::id_max / 10) return {};
            id = id * 10 + (c - '0');
        }
        return {id};
    }
    return {};
}

Result<void> check_contact(const Addressed& to, const NewCase& input) {
    if (!input.contact || input.contact->email.empty() || on_domain(input.contact->email, to.submitter.domain)) return {};
    Error error{.kind = ErrorKind::invalid,
                .code = "foreign_mail_domain",
                .message = "the contact's mail address is not on your company's domain"};
    error.violations.push_back({"/submitterContactDetails/email", "not_allowed", "must be on " + to.submitter.domain});
    return std::unexpected(std::move(error));
}

StoredCase new_case(ReadTxn& txn, const Context& context, const Caller& caller, const Addressed& to, const NewCase& input,
                    const Grading& grading) {
    StoredCase c;
    c.id = {store::fresh_id(txn, "cases", [&] { return context.tools.draw(); })};
    c.token = context.tools.token();
    c.submitter = to.submitter.id;
    c.receiver = to.receiver.id;
    c.form = to.form.id;
    c.form_version = to.form.version;
    c.priority = grading.priority;
    c.severity = grading.severity;
    c.test = input.test;
    c.referenced = input.authorization ? input.authorization : referenced_authorization(to, input);
    c.opened_by = caller.principal.label();
    c.proactive = input.proactive;
    c.department = to.form.department;
    c.created_at = context.now;
    c.updated_at = context.now;
    c.original.submitter_number = input.internal_case_number;
    c.original.receiver_number = input.receiver_case_number;
    c.original.summary = input.summary;
    c.original.description = input.description;
    c.original.escalation_instructions = to.form.escalation_instructions;
    c.original.submitter_contact = input.contact;
    c.original.submitted_by = person_of(txn, context.tools, caller);
    c.original.fields = fill_fields(to.form, input, context.tools);
    c.original.internal_notes = input.internal_notes;
    return c;
}

// The gate has spoken in the same moment, so that a case begins as held, released or refused.
void begin(Txn& txn, const Context& context, const StoredCase& c, const Caller& caller, Moved moved, audit::Record& record) {
    using protocol::LifeMove;
    const LifeMove gate = moved == Moved::released  ? LifeMove::released
                          : moved == Moved::refused ? LifeMove::refused
                                                    : LifeMove::held;
    begin_life(txn, context, c, actor_of(caller, Side::submitter),
               {{.move = LifeMove::opened, .reason = c.proactive}, {.move = gate, .reason = c.hold_reason}}, record);
}

}  // namespace

Result<GateView> preview_decision(ReadTxn& txn, const Context& context, const Caller& caller, const NewCase& input) {
    if (auto allowed = require(caller, policy::Operation::case_write); !allowed) return std::unexpected(allowed.error());
    const auto to = address(txn, caller, input.form);
    if (!to) return std::unexpected(to.error());
    if (auto valid = check_contact(*to, input); !valid) return std::unexpected(valid.error());
    const auto grading = grade(txn, to->submitter.id, to->receiver.id, input.severity, input.severity_name, input.priority);
    if (!grading) return std::unexpected(grading.error());
    StoredCase c = new_case(txn, context, caller, *to, input, *grading);
    GateView gate;
    gate.full = true;
    const policy::Decision agreement = judge_agreement(txn, to->submitter.id, to->receiver.id, context.now);
    if (agreement.verdict != policy::Verdict::allow) {
        gate.decision = agreement;
        return gate;
    }
    const Judgement judgement = judge(txn, context.tools, c, context.now);
    gate.decision = judgement.decision;
    c.customer = judgement.finding.customer;
    explain_words(txn, context, c, judgement, gate);
    gate.facts.customer = c.customer;
    gate.facts.flow = judgement.decision.verdict == policy::Verdict::allow  ? protocol::Flow::open
                      : judgement.decision.verdict == policy::Verdict::hold ? protocol::Flow::held
                                                                            : protocol::Flow::ended;
    return gate;
}

Audited<CaseRead> open_case(Txn& txn, const Context& context, const Caller& caller, const NewCase& input) {
    audit::Record record = record_of(caller, "case.create", audit::Class::api_activity, audit::activity_create);
    if (auto allowed = require(caller, policy::Operation::case_write); !allowed) return refused<CaseRead>(record, allowed.error());

    const auto to = address(txn, caller, input.form);
    if (!to) return refused<CaseRead>(record, to.error());
    record.resources.push_back({"company", std::to_string(to->receiver.id.value)});
    if (auto valid = check_contact(*to, input); !valid) return refused<CaseRead>(record, valid.error());
    const policy::Decision agreement = judge_agreement(txn, to->submitter.id, to->receiver.id, context.now);
    if (agreement.verdict != policy::Verdict::allow) return refused<CaseRead>(record, partner_refused(agreement));
    if (auto fit = check_fields(txn, to->form, input.fields); !fit) return refused<CaseRead>(record, fit.error());

    const auto grading = grade(txn, to->submitter.id, to->receiver.id, input.severity, input.severity_name, input.priority);
    if (!grading) return refused<CaseRead>(record, grading.error());

    StoredCase c = new_case(txn, context, caller, *to, input, *grading);
    const Judgement judgement = judge(txn, context.tools, c, context.now);
    c.customer = judgement.finding.customer;
    c.owner = c.customer ? store::Owner::customer(c.customer) : store::Owner::company(c.submitter);
    // What the company's own rules refuse is not taken at all; the engineer can mend it at once. What they hold is taken and waits.
    StoredCase crossing = c;
    crossing.agreement = agreement.agreement;
    if (const Objection objection = objection_of(txn, context, crossing, Side::submitter, words_of_case(c.original), c.opened_by);
        objection.error && objection.error->code != "content_needs_review")
        return refused<CaseRead>(std::move(record), *objection.error);
    FlowChange change = apply_judgement(txn, context, c, judgement);
    store::insert_case(txn, context.tools.vault, c);
    if (change.moved == Moved::released) store::note_use(txn, c.authorization, c.id, context.now);
    follow(txn, context, caller, c.id);
    for (store::StoredNote& note : change.notes) add_note_row(txn, context, c, note);
    for (store::StoredResponse& response : change.responses) add_response_row(txn, context, c, response);
    if (!c.proactive.empty()) store::set_proactive(txn, c.id, c.proactive);
    if (c.department) store::set_department(txn, c.id, c.department);

    record.resources.clear();
    about(record, c);
    record.resources.push_back({"company", std::to_string(c.receiver.value)});
    record.decision = decision_text(judgement, change);
    record.reason = c.hold_reason;
    ask_for_held_case(txn, context, c, record);
    announce(context, record, c, EventKind::case_created, Audience::both);
    if (change.moved == Moved::held_on) announce(context, record, c, EventKind::case_held, Audience::submitter);
    if (change.moved == Moved::refused) announce(context, record, c, EventKind::case_rejected, Audience::submitter);
    begin(txn, context, c, caller, change.moved, record);
    return {CaseRead{view_case(txn, context.tools, c, Side::submitter, context.now), {c.id, c.version, c.gate_epoch}},
            std::move(record)};
}

}  // namespace entente::operations
