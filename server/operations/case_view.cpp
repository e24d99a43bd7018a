#include "server/operations/case_view.hpp"

#include "policy/minimisation.hpp"
#include "protocol/markup.hpp"
#include "server/operations/case_clock.hpp"
#include "server/operations/case_gate.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/hours.hpp"
#include "server/store/statements/links.hpp"

namespace entente::operations {

using protocol::CaseView;
using protocol::Flow;
using protocol::NoteView;
using protocol::ResponseView;
using protocol::Side;
using store::StoredCase;
using store::StoredNote;
using store::StoredResponse;

namespace {

constexpr std::string_view withdrawn_summary = "Content withheld: the customer's authorization is no longer in force";
constexpr std::string_view erased_summary = "Content erased";

// Names, domains and states that every part of one view needs.
struct Scene {
    const StoredCase& c;
    Side side;
    Flow flow;
    bool removed_notes;  // show what is left of notes whose content was removed
    const protocol::Company& submitter;
    const protocol::Company& receiver;
    bool accepted() const { return c.accepted_at.has_value(); }
    bool frozen_for_reader() const { return side == Side::receiver && flow == Flow::frozen; }
    const protocol::Company& company(protocol::CompanyId id) const { return id == submitter.id ? submitter : receiver; }
    protocol::CompanyId reader() const { return side == Side::submitter ? c.submitter : c.receiver; }
};

std::optional<std::string> or_null(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::string withheld_mail(const protocol::Company& company) {
    return "withheld@" + company.domain;
}

// Who wrote it, before the receiver accepted: the company answers for its people (semantics 3).
protocol::UserView placeholder(const protocol::Company& company) {
    protocol::UserView user;
    user.id = company.id.value;
    user.first_name = "Support";
    user.last_name = company.name;
    user.email = withheld_mail(company);
    return user;
}

Scene scene_of(Known& known, const StoredCase& c, Side side, Instant now, bool removed_notes) {
    return {c, side, known.flow(c, now), removed_notes, known.company(c.submitter), known.company(c.receiver)};
}

NoteView view_note(const Scene& scene, const StoredNote& note) {
    NoteView view;
    const bool own = note.author_company && note.author_company == scene.reader();
    const StoredNote::Words& words = own || !note.shared ? note.original : *note.shared;
    view.id = note.id;
    view.case_id = note.case_id;
    view.token = note.token;
    view.summary = words.summary;
    view.description = words.description;
    view.priority = note.priority;
    view.type = note.type;
    view.outbound = own;
    view.created_at = note.created_at;
    view.updated_at = note.created_at;
    if (!note.author_company) {
        view.creator_name = "SYSTEM";
        return view;
    }
    const protocol::Company& company = scene.company(note.author_company);
    view.company = company.id;
    view.company_name = company.name;
    const bool named = own || (scene.accepted() && !words.creator_name.empty() && !words.creator_email.empty());
    view.creator_name = named ? words.creator_name : "Support";
    view.creator_email = named ? words.creator_email : withheld_mail(company);
    view.topic = words.topic;
    if (own) view.correlation_id = words.correlation;
    return view;
}

bool note_visible(const Scene& scene, const StoredNote& note) {
    if (scene.c.content_removed && note.author_company && !scene.removed_notes) return false;
    if (scene.side == Side::submitter) return note.for_submitter;
    if (!note.for_receiver) return false;
    // Frozen: the receiver keeps its own words and the gateway's notices.
    return !scene.frozen_for_reader() || note.author_company != scene.c.submitter;
}

ResponseView view_response(const Scene& scene, const StoredResponse& response) {
    const bool own = response.author_company == scene.reader();
    const StoredResponse::Words& words = own || !response.shared ? response.original : *response.shared;
    ResponseView view;
    view.id = response.id;
    view.type = response.type;
    view.company = response.author_company;
    view.created_at = response.created_at;
    view.case_number = or_null(words.case_number);
    view.engineer_name = or_null(words.engineer_name);
    view.engineer_email = or_null(words.engineer_email);
    view.engineer_phone = or_null(words.engineer_phone);
    view.next_steps = or_null(words.next_steps);
    view.reason = or_null(words.reason);
    view.requested_information = or_null(words.requested_information);
    return view;
}

std::vector<protocol::FieldView> view_fields(const Scene& scene, const store::CaseWords& words) {
    std::vector<protocol::FieldView> fields;
    for (const store::StoredField& field : words.fields) {
        if (field.value.empty()) continue;
        if (scene.side == Side::receiver &&
            !policy::field_verdict(field.data_class, field.stage, scene.c.released, scene.accepted()).released)
            continue;
        fields.push_back({field.field, field.row_id, field.section, field.label, field.value, field.display_order, field.type});
    }
    return fields;
}

std::string priority_sentence(const Scene& scene, Known& known) {
    if (!scene.c.proactive.empty()) return "<p>Opened unasked: there is no time to answer in</p>";
    const protocol::ServiceTarget target = target_of(scene.c, known.targets(scene.receiver.id), scene.receiver);
    const int minutes = target.response_minutes;
    const std::string kind = target.calendar ? "working " : "";
    const std::string time = minutes % 60 == 0 ? std::to_string(minutes / 60) + " " + kind + (minutes == 60 ? "hour" : "hours")
                                               : std::to_string(minutes) + " " + kind + "minutes";
    return "<p>First answer within " + time + "</p>";
}

// Why a held case waits and what releases it; the same words as the SYSTEM note.
std::string hold_sentence(const StoredCase& c) {
    return "<p>Held, the partner sees nothing yet: " + protocol::escape_html(c.hold_text) + "</p>";
}

void fill_words(CaseView& view, const Scene& scene) {
    const StoredCase& c = scene.c;
    if (c.erased) {
        view.summary = erased_summary;
        view.submitted_by = placeholder(scene.submitter);
        return;
    }
    const store::CaseWords& words = scene.side == Side::submitter || !c.shared ? c.original : *c.shared;
    view.submitter_case_number = words.submitter_number;
    view.receiver_case_number = or_null(words.receiver_number);
    if (scene.frozen_for_reader()) {
        view.summary = withdrawn_summary;
        view.submitted_by = placeholder(scene.submitter);
        view.receiver_contact = words.receiver_contact;
        return;
    }
    view.summary = words.summary;
    if (!c.content_removed) view.description = words.description;
    view.escalation_instructions = or_null(words.escalation_instructions);
    view.fields = view_fields(scene, words);
    view.receiver_contact = words.receiver_contact;
    const bool show_people = scene.side == Side::submitter || (scene.accepted() && words.submitted_by.id != 0);
    view.submitted_by = show_people ? words.submitted_by : placeholder(scene.submitter);
    if (show_people) view.submitter_contact = words.submitter_contact;
}

CaseView view_of(const Scene& scene, Known& known) {
    const StoredCase& c = scene.c;
    const Side side = scene.side;
    CaseView view;
    view.id = c.id;
    view.token = c.token;
    view.status = c.status;
    view.side = side;
    view.priority = c.priority;
    view.severity = c.severity;
    view.submit_company = scene.submitter.id;
    view.submit_company_name = scene.submitter.name;
    view.receive_company = scene.receiver.id;
    view.receive_company_name = scene.receiver.name;
    view.created_at = side == Side::receiver && c.released_at ? *c.released_at : c.created_at;
    view.updated_at = c.updated_at;
    view.responded = c.responded;
    view.respond_by = c.flow == Flow::held ? std::nullopt : c.respond_by;
    view.reminder_sent = c.reminder_sent;
    view.feedback_requested = c.feedback_requested;
    view.test = c.test;
    view.proactive = c.proactive;
    view.version = c.version;
    view.priority_note = c.flow == Flow::held ? hold_sentence(c) : priority_sentence(scene, known);
    view.flow = scene.flow;
    view.gate_epoch = c.gate_epoch;
    view.form = c.form;
    view.severity_name = side == Side::submitter ? known.severities(c.submitter, c.receiver).of(c.severity)
                                                 : known.severities(c.receiver, c.submitter).of(c.severity);
    if (side == Side::submitter) {
        view.hold_reason = c.hold_reason;
        view.hold_text = c.hold_text;
        view.authorization = c.authorization ? c.authorization : c.referenced;
    }
    fill_words(view, scene);
    return view;
}

}  // namespace

protocol::Flow Known::flow(const StoredCase& c, Instant now) {
    if (c.flow != Flow::open) return c.flow;
    const std::pair key{c.agreement.value, c.authorization.value};
    const auto found = flows_.find(key);
    if (found != flows_.end()) return found->second;
    return flows_.emplace(key, flow_now(txn_, c, now)).first->second;
}

const protocol::Company& Known::company(protocol::CompanyId id) {
    const auto found = companies_.find(id.value);
    if (found != companies_.end()) return found->second;
    auto company = store::find_company(txn_, id);
    if (!company) throw protocol::Fault("a case names a company that does not exist");
    return companies_.emplace(id.value, std::move(*company)).first->second;
}

const protocol::ServiceTargets& Known::targets(protocol::CompanyId company) {
    const auto found = targets_.find(company.value);
    if (found != targets_.end()) return found->second;
    return targets_.emplace(company.value, store::targets_of(txn_, company)).first->second;
}

const protocol::SeverityNames& Known::severities(protocol::CompanyId own, protocol::CompanyId partner) {
    const std::pair key{own.value, partner.value};
    const auto found = severities_.find(key);
    if (found != severities_.end()) return found->second;
    return severities_.emplace(key, store::find_link(txn_, own, partner).own).first->second;
}

CaseView view_case_alone(Known& known, const StoredCase& c, Side side, Instant now) {
    return view_of(scene_of(known, c, side, now, false), known);
}

CaseView view_case(ReadTxn& txn, const Tools& tools, const StoredCase& c, Side side, Instant now, bool removed_notes) {
    Known known(txn);
    const Scene scene = scene_of(known, c, side, now, removed_notes);
    CaseView view = view_of(scene, known);
    for (const StoredNote& note : store::notes_of(txn, tools.vault, c.id))
        if (note_visible(scene, note)) view.notes.push_back(view_note(scene, note));
    for (const StoredResponse& response : store::responses_of(txn, tools.vault, c.id)) {
        if (side == Side::submitter ? !response.for_submitter : !response.for_receiver) continue;
        if (scene.frozen_for_reader() && response.author_company != c.receiver) continue;
        view.responses.push_back(view_response(scene, response));
    }
    return view;
}

std::vector<NoteView> view_notes(ReadTxn& txn, const Tools& tools, const StoredCase& c, Side side, Instant now,
                                 bool removed_notes) {
    Known known(txn);
    const Scene scene = scene_of(known, c, side, now, removed_notes);
    std::vector<NoteView> notes;
    for (const StoredNote& note : store::notes_of(txn, tools.vault, c.id))
        if (note_visible(scene, note)) notes.push_back(view_note(scene, note));
    return notes;
}

}  // namespace entente::operations
