#include "protocol/connect/encode.hpp"

#include <algorithm>

#include "protocol/json_writer.hpp"
#include "protocol/result.hpp"

namespace entente::protocol::connect {

namespace {

void text_or_null(JsonWriter& out, std::string_view name, std::string_view text) {
    out.key(name);
    if (text.empty()) {
        out.null();
    } else {
        out.value(text);
    }
}

void write_company(JsonWriter& out, const CompanyView& company) {
    out.object()
        .member("id", company.id.value)
        .member("name", company.name)
        .member("description", company.description)
        .member("domain", company.domain)
        .end();
}

void write_user(JsonWriter& out, const UserView& user) {
    out.object()
        .member("id", user.id)
        .member("username", user.username)
        .member("firstName", user.first_name)
        .member("lastName", user.last_name)
        .member("email", user.email);
    text_or_null(out, "phone", user.phone);
    text_or_null(out, "phoneCountryCode", user.phone_country);
    text_or_null(out, "city", user.city);
    out.end();
}

void write_contact(JsonWriter& out, std::string_view name, const std::optional<ContactDetails>& contact) {
    out.key(name);
    if (!contact) {
        out.null();
        return;
    }
    out.object().member("name", contact->name).member("email", contact->email);
    text_or_null(out, "phone", contact->phone);
    out.end();
}

void write_partner(JsonWriter& out, const PartnerRow& row) {
    out.object()
        .member("label", row.label)
        .member("companyName", row.company_name)
        .member("departmentName", row.department_name)
        .member("companyId", row.company.value)
        .member("departmentId", row.department ? std::optional(row.department.value) : std::nullopt)
        .member("documentId", row.form.value);
    out.key("tags").array();
    for (const std::string& tag : row.tags) out.object().member("tag", tag).end();
    out.end().end();
}

void write_selections(JsonWriter& out, std::string_view name, std::span<const Selection> selections) {
    out.key(name).array();
    for (const Selection& selection : selections) {
        out.object().member("value", selection.value);
        write_selections(out, "children", selection.children);
        out.end();
    }
    out.end();
}

std::string joined(std::span<const std::string> options) {
    std::string text;
    for (const std::string& option : options) {
        if (!text.empty()) text += "\r\n";
        text += option;
    }
    return text;
}

// A definition as section 8.2 wants it: nothing null but additionalSettings and validationRules, the value blank.
void write_form_field(JsonWriter& out, const FormField& field) {
    out.object()
        .member("fieldId", field.id.value)
        .member("section", name(field.section))
        .member("label", field.label)
        .member("type", name(field.type))
        .member("options", joined(field.options));
    write_selections(out, "selections", field.selections);
    text_or_null(out, "additionalSettings", field.additional_settings);
    out.member("displayOrder", field.display_order);
    text_or_null(out, "validationRules", field.validation_rules);
    out.member("required", field.required).member("value", "").end();
}

FormField injected(const Form& form) {
    int last = 0;
    for (const FormField& field : form.fields) last = std::max(last, field.display_order);
    return {.id = form.injected_field,
            .section = Section::common_customer,
            .label = std::string(injected_field_label),
            .type = FieldType::string,
            .display_order = last + 1};
}

void write_field(JsonWriter& out, const FieldView& field) {
    out.object()
        .member("id", field.row_id)
        .member("section", name(field.section))
        .member("fieldName", field.label)
        .member("value", field.value)
        .member("displayOrder", field.display_order)
        .member("type", name(field.type))
        .end();
}

std::string_view direction(Side side) {
    return side == Side::submitter ? "OUTBOUND" : "INBOUND";
}

}  // namespace

std::string encode_token(std::string_view token, int expires_s) {
    JsonWriter out;
    out.object().member("accessToken", token).member("tokenType", "Bearer").member("expiresIn", expires_s).end();
    return out.take();
}

std::string encode_oauth_token(std::string_view token, int expires_s, std::string_view scope) {
    JsonWriter out;
    out.object()
        .member("access_token", token)
        .member("token_type", "Bearer")
        .member("expires_in", expires_s)
        .member("scope", scope)
        .end();
    return out.take();
}

std::string encode_oauth_error(std::string_view code, std::string_view description) {
    JsonWriter out;
    out.object().member("error", code).member("error_description", description).end();
    return out.take();
}

std::string encode_me(const CompanyView& company, const UserView& user) {
    JsonWriter out;
    out.object();
    out.key("company");
    write_company(out, company);
    out.key("user");
    write_user(out, user);
    out.end();
    return out.take();
}

std::string encode_partners(std::span<const PartnerRow> rows) {
    JsonWriter out;
    out.array();
    for (const PartnerRow& row : rows) write_partner(out, row);
    out.end();
    return out.take();
}

std::string encode_form(const Form& form, Priority priority, bool injected_field) {
    ENTENTE_ASSERT(!injected_field || form.injected_field);
    JsonWriter out;
    out.object()
        .member("documentId", form.id.value)
        .member("internalCaseNumber", "")
        .member("receiverInternalCaseNumber", "")
        .member("problemSummary", "")
        .member("problemDescription", "")
        .member("priority", name(priority))
        .member("adminNote", form.admin_note)
        .member("escalationInstructions", form.escalation_instructions)
        .member("submitterContactDetails", nullptr);
    out.key("customFields").array();
    for (const FormField& field : form.fields) write_form_field(out, field);
    if (injected_field) write_form_field(out, injected(form));
    out.end();
    out.key("internalNotes").array().end();
    out.member("testSubmission", false).end();
    return out.take();
}

void write_note(JsonWriter& out, const NoteView& view) {
    out.object()
        .member("id", view.id.value)
        .member("caseId", view.case_id.value)
        .member("companyName", view.company_name)
        .member("creatorUsername", nullptr)
        .member("creatorEmail", view.creator_email)
        .member("creatorName", view.creator_name)
        .member("summary", view.summary)
        .member("description", view.description)
        .member("priority", name(view.priority))
        .member("status", "ENTERED")
        .member("token", view.token)
        .member("createdAt", to_rfc3339(view.created_at))
        .member("updatedAt", to_rfc3339(view.updated_at))
        .member("type", name(view.type))
        .member("companyId", view.company ? std::optional(view.company->value) : std::nullopt)
        .member("direction", view.outbound ? "OUTBOUND" : "INBOUND")
        .end();
}

void write_response(JsonWriter& out, const ResponseView& view) {
    out.object()
        .member("id", view.id.value)
        .member("type", name(view.type))
        .member("caseNumber", view.case_number)
        .member("engineerName", view.engineer_name)
        .member("engineerEmail", view.engineer_email)
        .member("engineerPhone", view.engineer_phone)
        .member("nextSteps", view.next_steps)
        .member("reason", view.reason)
        .member("requestedInformation", view.requested_information)
        .member("createdAt", to_rfc3339(view.created_at))
        .end();
}

namespace {

void write_people(JsonWriter& out, const CaseView& view) {
    out.key("submittedBy");
    write_user(out, view.submitted_by);
    write_contact(out, "submitterContactDetails", view.submitter_contact);
    write_contact(out, "receiverContactDetails", view.receiver_contact);
}

void write_rows(JsonWriter& out, const CaseView& view) {
    out.key("caseNotes").array();
    for (const NoteView& note : view.notes) write_note(out, note);
    out.end();
    out.key("caseResponses").array();
    for (const ResponseView& response : view.responses) write_response(out, response);
    out.end();
}

}  // namespace

void write_case(JsonWriter& out, const CaseView& view) {
    out.object()
        .member("id", view.id.value)
        .member("token", view.token)
        .member("status", name(view.status))
        .member("direction", direction(view.side))
        .member("priority", name(view.priority))
        .member("submitCompanyName", view.submit_company_name)
        .member("submitCompanyId", view.submit_company.value)
        .member("submitterCaseNumber", view.submitter_case_number)
        .member("receiveCompanyName", view.receive_company_name)
        .member("receiveCompanyId", view.receive_company.value)
        .member("receiverCaseNumber", view.receiver_case_number)
        .member("summary", view.summary)
        .member("description", view.description)
        .member("createdAt", to_rfc3339(view.created_at))
        .member("updatedAt", to_rfc3339(view.updated_at))
        .member("deletedAt", nullptr)
        .member("responded", view.responded);
    if (view.respond_by) out.member("respondBy", to_rfc3339(*view.respond_by));
    out.member("feedbackRequested", view.feedback_requested)
        .member("reminderSent", view.reminder_sent)
        .member("priorityNote", view.priority_note)
        .member("escalationInstructions", view.escalation_instructions)
        .member("testCase", view.test);
    out.key("customFields").array();
    for (const FieldView& field : view.fields) write_field(out, field);
    out.end();
    write_people(out, view);
    write_rows(out, view);
    out.end();
}

std::string encode_case(const CaseView& view) {
    JsonWriter out;
    write_case(out, view);
    return out.take();
}

namespace {

void write_cases(JsonWriter& out, std::span<const CaseView> views) {
    out.array();
    for (const CaseView& view : views) write_case(out, view);
    out.end();
}

}  // namespace

std::string encode_cases(std::span<const CaseView> views) {
    JsonWriter out;
    write_cases(out, views);
    return out.take();
}

std::string encode_case_page(const Page<CaseView>& page) {
    // Size 0 asked for everything: one page as long as the list.
    const std::int64_t size = page.size > 0 ? page.size : page.total;
    const std::int64_t pages = size > 0 ? (page.total + size - 1) / size : 0;
    JsonWriter out;
    out.object().key("content");
    write_cases(out, page.content);
    out.member("totalElements", page.total).member("totalPages", pages).member("size", size).member("number", page.number).end();
    return out.take();
}

std::string encode_note(const NoteView& view) {
    JsonWriter out;
    write_note(out, view);
    return out.take();
}

std::string encode_notes(std::span<const NoteView> views) {
    JsonWriter out;
    out.array();
    for (const NoteView& view : views) write_note(out, view);
    out.end();
    return out.take();
}

}  // namespace entente::protocol::connect
