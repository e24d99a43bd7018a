// What may never be missing or null, and how ids, times and enumerations are spelled.

#include <algorithm>
#include <initializer_list>
#include <set>

#include "protocol/json_writer.hpp"
#include "server/tools/conformance.hpp"
#include "server/tools/text.hpp"

namespace entente::tools::conformance {

namespace {

using Names = std::initializer_list<std::string_view>;

std::string missing(const Value& value, std::string_view what, Names names) {
    for (const std::string_view name : names)
        if (!value.at(name).present()) return std::string(what) + ": " + std::string(name) + " is missing or null";
    return {};
}

std::string not_an_id(const Value& value, std::string_view what, std::string_view name) {
    const auto id = value.number(name);
    if (id && *id > 0 && *id <= INT32_MAX) return {};
    return std::string(what) + ": " + std::string(name) + " must be a number from 1 to 2^31-1, two connectors parse into 32 bits";
}

std::string not_a_time(const Value& value, std::string_view what, std::string_view name) {
    constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:ddZ";
    const std::string text = value.text(name);
    bool fits = text.size() == pattern.size();
    for (std::size_t i = 0; fits && i < pattern.size(); ++i)
        fits = pattern[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == pattern[i];
    if (fits) return {};
    return std::string(what) + ": " + std::string(name) + " must be whole seconds in UTC such as 2030-05-04T09:30:00Z";
}

std::string not_one_of(const Value& value, std::string_view what, std::string_view name, Names allowed) {
    const std::string word = value.text(name);
    if (std::ranges::find(allowed, std::string_view(word)) != allowed.end()) return {};
    return std::string(what) + ": " + std::string(name) + " has a value outside of its list";
}

std::string first_of(std::initializer_list<std::string> problems) {
    for (const std::string& problem : problems)
        if (!problem.empty()) return problem;
    return {};
}

std::string wrong_in_note(const Value& note) {
    return first_of({missing(note, "note", {"id", "caseId", "token", "createdAt", "updatedAt", "creatorName", "summary", "status"}),
                     not_an_id(note, "note", "id"), not_an_id(note, "note", "caseId"), not_a_time(note, "note", "createdAt"),
                     not_a_time(note, "note", "updatedAt"), not_one_of(note, "note", "status", {"ENTERED"}),
                     not_one_of(note, "note", "priority", {"LOW", "MEDIUM", "HIGH"})});
}

std::string wrong_in_response(const Value& response) {
    return first_of(
        {missing(response, "response", {"id", "type", "createdAt"}), not_an_id(response, "response", "id"),
         not_a_time(response, "response", "createdAt"),
         not_one_of(response, "response", "type",
                    {"APPROVAL", "REJECTION", "INFORMATION_REQUEST", "INFORMATION_RESPONSE", "CLOSURE", "UPDATE_APPROVAL"})});
}

std::string wrong_in_field(const Value& field) {
    return first_of(
        {missing(field, "custom field", {"id", "section", "fieldName", "value", "displayOrder"}),
         not_an_id(field, "custom field", "id"),
         not_one_of(field, "custom field", "section", {"CONTACT_SECTION", "PROBLEM_SECTION", "COMMON_CUSTOMER_SECTION"})});
}

std::string wrong_in_rows(const Value& c) {
    std::set<std::string> tokens;
    for (const Value& note : c.items("caseNotes")) {
        if (auto wrong = wrong_in_note(note); !wrong.empty()) return wrong;
        if (!tokens.insert(note.text("token")).second) return "note: two notes have one token; it is a key in two clients";
    }
    for (const Value& response : c.items("caseResponses"))
        if (auto wrong = wrong_in_response(response); !wrong.empty()) return wrong;
    for (const Value& field : c.items("customFields"))
        if (auto wrong = wrong_in_field(field); !wrong.empty()) return wrong;
    return {};
}

std::string wrong_in_definition(const Value& field) {
    return first_of(
        {missing(field, "form field", {"fieldId", "section", "label", "type", "options", "selections", "displayOrder", "required"}),
         not_an_id(field, "form field", "fieldId"),
         not_one_of(field, "form field", "section", {"CONTACT_SECTION", "PROBLEM_SECTION", "COMMON_CUSTOMER_SECTION"}),
         not_one_of(field, "form field", "type",
                    {"STRING", "TEXT", "EMAIL", "PHONE", "INTEGER", "URL", "SELECT", "TIERSELECT", "HIDDEN"})});
}

}  // namespace

std::string wrong_in_case(const Value& c) {
    if (!c.is_object()) return "the answer is no case; every lifecycle call answers with the whole one";
    const auto names = c.names();
    if (std::ranges::find(names, "respondBy") != names.end() && !c.at("respondBy").present())
        return "case: respondBy is null; it is left out when there is no deadline";
    return first_of({missing(c, "case",
                             {"id",
                              "token",
                              "status",
                              "direction",
                              "priority",
                              "submitCompanyName",
                              "submitCompanyId",
                              "receiveCompanyName",
                              "receiveCompanyId",
                              "submitterCaseNumber",
                              "summary",
                              "createdAt",
                              "updatedAt",
                              "responded",
                              "feedbackRequested",
                              "reminderSent",
                              "testCase",
                              "customFields",
                              "caseNotes",
                              "caseResponses",
                              "submittedBy"}),
                     not_an_id(c, "case", "id"), not_an_id(c, "case", "submitCompanyId"), not_an_id(c, "case", "receiveCompanyId"),
                     not_a_time(c, "case", "createdAt"), not_a_time(c, "case", "updatedAt"),
                     c.at("respondBy").present() ? not_a_time(c, "case", "respondBy") : std::string(),
                     not_one_of(c, "case", "status", {"OPEN", "INFORMATION", "ACCEPTED", "REJECTED", "CLOSED"}),
                     not_one_of(c, "case", "direction", {"INBOUND", "OUTBOUND"}),
                     not_one_of(c, "case", "priority", {"LOW", "MEDIUM", "HIGH"}), wrong_in_rows(c)});
}

std::string wrong_in_form(const Value& form) {
    if (!form.is_object()) return "the answer is no form";
    std::string wrong =
        first_of({missing(form, "form", {"documentId", "priority", "customFields", "internalNotes", "testSubmission"}),
                  not_an_id(form, "form", "documentId"), not_one_of(form, "form", "priority", {"LOW", "MEDIUM", "HIGH"})});
    if (!wrong.empty()) return wrong;
    std::set<std::string> labels;
    for (const Value& field : form.items("customFields")) {
        if (auto definition = wrong_in_definition(field); !definition.empty()) return definition;
        if (!labels.insert(field.text("label")).second) return "form: two fields have one label; one connector matches by label";
    }
    return {};
}

std::string wrong_in_partner(const Value& row) {
    return first_of({missing(row, "partner", {"label", "companyName", "companyId", "documentId", "tags"}),
                     not_an_id(row, "partner", "companyId"), not_an_id(row, "partner", "documentId"),
                     row.at("departmentId").present() ? not_an_id(row, "partner", "departmentId") : std::string()});
}

std::string wrong_in_page(const Value& page) {
    if (auto wrong = missing(page, "page", {"content", "totalElements", "totalPages", "size", "number"}); !wrong.empty())
        return wrong;
    for (const Value& c : page.items("content"))
        if (auto wrong = wrong_in_case(c); !wrong.empty()) return wrong;
    return {};
}

std::string filled(const Value& form, const std::string& number, const std::string& customer) {
    protocol::JsonWriter json;
    json.object().member("documentId", form.number("documentId").value_or(0)).member("internalCaseNumber", number);
    json.member("problemSummary", "Conformance test")
        .member("problemDescription", "A test of the Connect contract; nothing needs to be done.");
    json.member("priority", "LOW").member("testSubmission", true);
    // As clients in the field send it: definitions come back, unset members are null or empty, unknown ones exist.
    json.member("EscalationInstructions", "")
        .member("adminNote", nullptr)
        .member("submitterContactDetails", nullptr)
        .member("unknownMember", 1);
    json.key("internalNotes").array().end().key("customFields").array();
    for (const Value& field : form.items("customFields")) {
        const std::string label = field.text("label");
        const bool asks = !customer.empty() && same_ignoring_case(label, "Customer Company");
        json.object().member("fieldId", std::to_string(field.number("fieldId").value_or(0))).member("label", label);
        json.member("type", field.text("type"))
            .member("options", field.text("options"))
            .member("value", asks ? customer : std::string())
            .end();
    }
    json.end().end();
    return json.take();
}

}  // namespace entente::tools::conformance
