// The formal steps of a case after it was opened (contract sections 10 and 12).

#include "protocol/reader.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_clock.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_life.hpp"
#include "server/operations/links.hpp"
#include "server/operations/timers.hpp"

namespace entente::operations {

using protocol::CaseAction;
using protocol::EventKind;
using protocol::EventSubject;
using protocol::LifeMove;
using protocol::ResponseType;
using protocol::Side;
using store::StoredResponse;

namespace {

// What stands in the place of a reason that could not cross.
constexpr std::string_view reason_withheld =
    "Declined while the case was frozen; the reason could not be given through the gateway.";

audit::Record step_record(const Caller& caller, std::string operation) {
    return record_of(caller, std::move(operation), audit::Class::api_activity, audit::activity_update);
}

// The contract's answer to an engineer with a foreign mail domain says nothing useful; in problem mode we name the member.
Result<void> check_engineer(ReadTxn& txn, const Caller& caller, const protocol::Engineer& engineer) {
    if (engineer.email.empty()) return {};
    const auto company = store::find_company(txn, caller.company());
    if (company && on_domain(engineer.email, company->domain)) return {};
    Error error{.kind = ErrorKind::invalid, .code = "foreign_mail_domain", .message = "Error processing request"};
    error.violations.push_back({"/engineerEmail", "not_allowed", "must be on your company's registered domain"});
    return std::unexpected(std::move(error));
}

EventKind event_of(ResponseType type) {
    switch (type) {
        case ResponseType::approval:
            return EventKind::case_accepted;
        case ResponseType::update_approval:
            return EventKind::case_acceptance_updated;
        case ResponseType::rejection:
            return EventKind::case_rejected;
        case ResponseType::information_request:
            return EventKind::information_requested;
        case ResponseType::information_response:
            return EventKind::information_provided;
        case ResponseType::closure:
            return EventKind::case_closed;
    }
    return EventKind::case_updated;
}

// Writes the response: the author's words and what the other side may see of them.
void respond(Txn& txn, const Context& context, const Caller& caller, Opened& opened, ResponseType type, StoredResponse::Words words,
             audit::Record& record) {
    StoredResponse response;
    response.case_id = opened.c.id;
    response.type = type;
    response.author_company = caller.company();
    response.created_at = context.now;
    response.original = std::move(words);
    Sharer sharer = sharer_for(txn, context, opened.c, opened.side, opened.reviewed);
    share_response_words(sharer, response, staff_shared(opened.c));
    (opened.side == Side::submitter ? opened.c.pseudonyms_submitter : opened.c.pseudonyms_receiver) = sharer.pseudonyms();
    // Nothing crosses while the case is held; the words wait with it.
    response.for_receiver = opened.side == Side::receiver || opened.c.released_at.has_value();
    note_masking(record, sharer);
    add_response_row(txn, context, opened.c, response);
    announce(context, record, opened.c, event_of(type), Audience::both, {EventSubject::Type::response, response.id.value});
}

void system_notice(Txn& txn, const Context& context, const Opened& opened, std::string summary, audit::Record& record) {
    store::StoredNote note = system_note(context, opened.c, std::move(summary), "", true, opened.c.released_at.has_value());
    add_note_row(txn, context, opened.c, note);
    announce_note(context, record, opened.c, note);
}

// Another severity before the first answer moves the deadline, counted from the release as before.
void regrade(Txn& txn, const Context& context, store::StoredCase& c, const Grading& grading) {
    c.severity = grading.severity;
    c.priority = grading.priority;
    if (!c.released_at) return;
    if (!c.responded) c.respond_by = first_answer_due(txn, context.tools, c, *c.released_at);
    time_anew(txn, context, c);
}

void lives(Txn& txn, const Context& context, const Caller& caller, const Opened& opened, LifeMove move, audit::Record& record) {
    live(txn, context, opened.c, actor_of(caller, opened.side), {{.move = move}}, record);
}

StoredResponse::Words engineer_words(const protocol::Engineer& engineer) {
    StoredResponse::Words words;
    words.engineer_name = engineer.name;
    words.engineer_email = engineer.email;
    words.engineer_phone = engineer.phone;
    return words;
}

}  // namespace

Audited<CaseRead> approve_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                               const protocol::Approval& input, bool update) {
    audit::Record record = step_record(caller, update ? "case.approval.update" : "case.approve");
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<CaseRead>(std::move(record), opened.error());
    const auto next = step(txn, context, *opened, update ? CaseAction::update_approval : CaseAction::approve, true);
    if (!next) return refused<CaseRead>(std::move(record), next.error());
    if (auto objection = objection_to(txn, context, caller, *opened, {input.case_number, input.next_steps}))
        return refused<CaseRead>(std::move(record), std::move(*objection));
    if (auto valid = check_engineer(txn, caller, input.engineer); !valid)
        return refused<CaseRead>(std::move(record), valid.error());

    store::StoredCase& c = opened->c;
    c.status = *next;
    c.responded = true;
    if (!c.accepted_at) c.accepted_at = context.now;
    // Each side's copy: the receiver's own words in its view, in the submitter's what may cross.
    Sharer sharer = sharer_for(txn, context, c, Side::receiver);
    const protocol::ContactDetails contact{input.engineer.name, input.engineer.email, input.engineer.phone};
    if (!input.case_number.empty()) {
        c.shared->receiver_number = input.case_number;
        c.original.receiver_number = sharer.text(input.case_number);
    }
    const bool named = !contact.name.empty() || !contact.email.empty() || !contact.phone.empty();
    if (named) c.shared->receiver_contact = contact;
    if (named && staff_shared(c)) c.original.receiver_contact = sharer.staff(contact);
    c.pseudonyms_receiver = sharer.pseudonyms();
    StoredResponse::Words words = engineer_words(input.engineer);
    words.case_number = input.case_number;
    words.next_steps = input.next_steps;
    respond(txn, context, caller, *opened, update ? ResponseType::update_approval : ResponseType::approval, std::move(words),
            record);
    if (!update) system_notice(txn, context, *opened, "Case accepted", record);
    if (!update) lives(txn, context, caller, *opened, LifeMove::approved, record);
    return saved(txn, context, std::move(*opened), std::move(record));
}

Audited<CaseRead> reject_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const protocol::Rejection& input) {
    audit::Record record = step_record(caller, "case.reject");
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<CaseRead>(std::move(record), opened.error());
    // Without text a frozen case can be declined (semantics 2); any other wants to hear why.
    const bool wordless = input.reason.empty();
    const auto next = step(txn, context, *opened, CaseAction::reject, !wordless);
    if (!next) return refused<CaseRead>(std::move(record), next.error());
    if (wordless && flow_now(txn, opened->c, context.now) != protocol::Flow::frozen)
        return refused<CaseRead>(std::move(record), protocol::invalid_members({{"/reason", "missing", "is missing"}}));
    if (auto objection = objection_to(txn, context, caller, *opened, {input.reason}))
        return refused<CaseRead>(std::move(record), std::move(*objection));
    if (auto valid = check_engineer(txn, caller, input.engineer); !valid)
        return refused<CaseRead>(std::move(record), valid.error());

    opened->c.status = *next;
    opened->c.responded = true;
    StoredResponse::Words words = engineer_words(input.engineer);
    words.reason = wordless ? std::string(reason_withheld) : input.reason;
    respond(txn, context, caller, *opened, ResponseType::rejection, std::move(words), record);
    system_notice(txn, context, *opened, "Case rejected", record);
    lives(txn, context, caller, *opened, LifeMove::declined, record);
    return saved(txn, context, std::move(*opened), std::move(record));
}

Audited<CaseRead> request_information(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                      const protocol::InformationRequest& input) {
    audit::Record record = step_record(caller, "case.information.request");
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<CaseRead>(std::move(record), opened.error());
    const auto next = step(txn, context, *opened, CaseAction::request_information, true);
    if (!next) return refused<CaseRead>(std::move(record), next.error());
    if (auto objection = objection_to(txn, context, caller, *opened, {input.requested}))
        return refused<CaseRead>(std::move(record), std::move(*objection));
    if (auto valid = check_engineer(txn, caller, input.engineer); !valid)
        return refused<CaseRead>(std::move(record), valid.error());

    opened->c.status = *next;
    opened->c.responded = true;
    StoredResponse::Words words = engineer_words(input.engineer);
    words.requested_information = input.requested;
    respond(txn, context, caller, *opened, ResponseType::information_request, std::move(words), record);
    lives(txn, context, caller, *opened, LifeMove::information_requested, record);
    return saved(txn, context, std::move(*opened), std::move(record));
}

Audited<CaseRead> provide_information(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                      const protocol::InformationResponse& input) {
    audit::Record record = step_record(caller, "case.information.provide");
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<CaseRead>(std::move(record), opened.error());
    const auto next = step(txn, context, *opened, CaseAction::provide_information, true);
    if (!next) return refused<CaseRead>(std::move(record), next.error());
    if (auto objection = objection_to(txn, context, caller, *opened, {input.information}))
        return refused<CaseRead>(std::move(record), std::move(*objection));

    opened->c.status = *next;
    StoredResponse::Words words;
    words.requested_information = input.information;
    respond(txn, context, caller, *opened, ResponseType::information_response, std::move(words), record);
    lives(txn, context, caller, *opened, LifeMove::information_provided, record);
    return saved(txn, context, std::move(*opened), std::move(record));
}

Audited<CaseRead> close_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token) {
    audit::Record record = step_record(caller, "case.close");
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<CaseRead>(std::move(record), opened.error());
    // Closing carries no words, so a frozen case can be closed.
    const auto next = step(txn, context, *opened, CaseAction::close, false);
    if (!next) return refused<CaseRead>(std::move(record), next.error());

    opened->c.status = *next;
    respond(txn, context, caller, *opened, ResponseType::closure, {}, record);
    lives(txn, context, caller, *opened, LifeMove::closed, record);
    return saved(txn, context, std::move(*opened), std::move(record));
}

Audited<CaseRead> change_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                              const protocol::CaseChange& input) {
    audit::Record record = step_record(caller, "case.change");
    auto opened = open_for_write(txn, context, caller, token, record);
    if (!opened) return refused<CaseRead>(std::move(record), opened.error());
    const auto next = step(txn, context, *opened, CaseAction::change, true);
    if (!next) return refused<CaseRead>(std::move(record), next.error());
    if (input.contact && !input.contact->email.empty()) {
        const auto company = store::find_company(txn, caller.company());
        if (!company || !on_domain(input.contact->email, company->domain)) {
            Error error{.kind = ErrorKind::invalid, .code = "foreign_mail_domain", .message = "Error processing request"};
            error.violations.push_back(
                {"/submitterContactDetails/email", "not_allowed", "must be on your company's registered domain"});
            return refused<CaseRead>(std::move(record), std::move(error));
        }
    }

    const std::string_view number = input.internal_case_number ? std::string_view(*input.internal_case_number) : std::string_view();
    if (auto objection = objection_to(txn, context, caller, *opened, {number}))
        return refused<CaseRead>(std::move(record), std::move(*objection));
    store::StoredCase& c = opened->c;
    if (input.severity || !input.severity_name.empty()) {
        const auto grading = grade(txn, c.submitter, c.receiver, input.severity, input.severity_name, c.priority);
        if (!grading) return refused<CaseRead>(std::move(record), grading.error());
        regrade(txn, context, c, *grading);
    }
    const bool staff_known = staff_shared(c);
    Sharer sharer = sharer_for(txn, context, c, Side::submitter);
    if (input.internal_case_number) {
        c.original.submitter_number = *input.internal_case_number;
        if (c.shared) c.shared->submitter_number = sharer.text(*input.internal_case_number);
    }
    if (input.contact) {
        c.original.submitter_contact = input.contact;
        if (staff_known) c.shared->submitter_contact = sharer.staff(*input.contact);
    }
    c.pseudonyms_submitter = sharer.pseudonyms();
    note_masking(record, sharer);
    announce(context, record, c, EventKind::case_updated, Audience::both);
    return saved(txn, context, std::move(*opened), std::move(record));
}

}  // namespace entente::operations
