#pragma once
// Helpers of the protocol tests: violations as comparable text, the contract's example values.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/collaboration.hpp"
#include "protocol/result.hpp"

namespace entente::protocol {

// "/summary missing", sorted by appearance: what a decoder complained about.
template <class T>
std::vector<std::string> violations(const Result<T>& result) {
    if (result) return {"(accepted)"};
    std::vector<std::string> found;
    for (const Violation& violation : result.error().violations) found.push_back(violation.pointer + ' ' + violation.code);
    if (found.empty()) found.push_back("(" + result.error().code + ")");
    return found;
}

using Words = std::vector<std::string>;

inline Instant at(std::string_view text) {
    return *parse_rfc3339(text);
}

// The case of the contract's section 9.3.
inline CaseView example_case() {
    CaseView view;
    view.id = CaseId{3101};
    view.token = "Hq2sV8nT0LkYp5cWd3";
    view.submit_company = CompanyId{12};
    view.submit_company_name = "Northwind Storage";
    view.submitter_case_number = "NW-9001";
    view.receive_company = CompanyId{31};
    view.receive_company_name = "Contoso";
    view.summary = "Mount fails after upgrade";
    view.description = "Host loses its paths.";
    view.created_at = view.updated_at = at("2030-05-04T09:30:00Z");
    view.respond_by = at("2030-05-04T13:30:00Z");
    view.priority_note = "<p>P2, four hours</p>";
    view.escalation_instructions = "<p>Ask for the duty lead.</p>";
    view.test = true;
    view.fields = {{.row_id = 88,
                    .section = Section::problem,
                    .label = "Product",
                    .value = "Cloud:Vault",
                    .display_order = 2,
                    .type = FieldType::tierselect}};
    view.submitted_by = {.id = 870,
                         .first_name = "Ada",
                         .last_name = "Okafor",
                         .email = "ada@northwind.example",
                         .phone = "5550100",
                         .phone_country = "US",
                         .city = "Austin"};
    view.submitter_contact = ContactDetails{.name = "Ada Okafor", .email = "ada@northwind.example", .phone = ""};
    return view;
}

// The note of section 13.
inline NoteView example_note() {
    NoteView note;
    note.id = NoteId{5501};
    note.case_id = CaseId{3101};
    note.token = "Zk4QyW1rT7bXe9Ms20";
    note.company = CompanyId{12};
    note.company_name = "Northwind Storage";
    note.creator_email = "ada@northwind.example";
    note.creator_name = "Ada Okafor";
    note.summary = "Logs attached";
    note.description = "<p>See the share.</p>";
    note.priority = Priority::low;
    note.outbound = true;
    note.created_at = note.updated_at = at("2030-05-04T10:00:00Z");
    return note;
}

}  // namespace entente::protocol
