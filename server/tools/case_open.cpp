// entente case open: finds the partner, fetches its form, fills it in, sends it. Only declared fields travel; a label that the form
// does not have is refused here, with the labels that it has.

#include <algorithm>
#include <charconv>
#include <map>
#include <ostream>

#include "server/tools/case_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

// The one row of a partner search that --to and --department mean.
Value partner_row(Context& context) {
    const std::string to = context.text("to");
    const std::vector<Value> rows = context.get("/v1/partners/" + url_encoded(shortened(to, 100))).value.items();
    const std::string department = context.text("department");
    std::vector<Value> found;
    for (const Value& row : rows) {
        const bool department_fits = department.empty() || same_ignoring_case(row.text("departmentName"), department);
        if (department_fits && same_ignoring_case(row.text("companyName"), to)) found.push_back(row);
    }
    if (found.empty() && rows.size() == 1) found = rows;
    if (found.size() == 1) return found[0];
    std::string what = rows.empty() ? "no partner matches '" + to + "'" : "'" + to + "' could be one of";
    for (const Value& row : found.empty() ? rows : found) {
        what += "\n  --to " + shell_quoted(row.text("companyName"));
        if (!row.text("departmentName").empty()) what += " --department " + shell_quoted(row.text("departmentName"));
    }
    throw Stop(exit_code::refused, what, rows.empty() ? "entente company search ''" : "");
}

Answer form_for(Context& context) {
    if (context.given("form")) return context.get("/v1/forms/document/" + url_encoded(context.text("form")));
    if (!context.given("to"))
        throw Stop(exit_code::usage, "say whom to ask: --to COMPANY, or --form ID", "entente company search WORDS");
    const Value row = partner_row(context);
    if (!row.text("departmentId").empty()) return context.get("/v1/forms/department/" + row.text("departmentId"));
    return context.get("/v1/forms/company/" + row.text("companyId"));
}

using Values = std::map<std::string, std::string>;

Values values_given(Context& context) {
    Values out;
    for (const std::string& pair : context.all("field")) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos) throw Stop(exit_code::usage, "--field takes 'LABEL=VALUE', not '" + pair + "'");
        std::string text = pair.substr(equals + 1);
        if (text.starts_with('@')) text = context.world().read_file(text.substr(1));
        out[lower(trimmed(pair.substr(0, equals)))] = text;
    }
    if (context.given("customer")) out["customer company"] = context.text("customer");
    return out;
}

void write_fields(protocol::JsonWriter& json, const Value& form, Values values) {
    std::string labels;
    json.key("customFields").array();
    for (const Value& field : form.items("customFields")) {
        const auto found = values.find(lower(field.text("label")));
        labels += "\n  " + field.text("label") + (field.truth("required") ? "  (required)" : "");
        json.object().key("fieldId").raw(field.text("fieldId")).member("label", field.text("label"));
        json.member("value", found == values.end() ? field.text("value") : found->second).end();
        if (found != values.end()) values.erase(found);
    }
    json.end();
    if (values.empty()) return;
    throw Stop(exit_code::refused, "this form has no field '" + values.begin()->first + "'; it has" + labels,
               "entente case form --form " + form.text("documentId"));
}

// Which option fills the fields that were refused: their places say little to somebody who typed labels.
void name_fields(Problem& problem, const Value& form) {
    const std::vector<Value> fields = form.items("customFields");
    for (protocol::Violation& violation : problem.violations) {
        const std::size_t digits = violation.pointer.find_first_of("0123456789");
        if (violation.pointer.find("customFields") > 1 || digits == std::string::npos) continue;
        std::size_t at = fields.size();
        std::from_chars(violation.pointer.data() + digits, violation.pointer.data() + violation.pointer.size(), at);
        if (at < fields.size()) violation.pointer += " (--field " + shell_quoted(fields[at].text("label") + "=...") + ")";
    }
}

Answer send(Context& context, const Value& form, std::string body) {
    try {
        return context.post("/v1/collaboration-requests", std::move(body));
    } catch (Refused& refused) {
        name_fields(refused.problem, form);
        throw;
    }
}

int open(Context& context) {
    const Value form = form_for(context).value;
    protocol::JsonWriter json;
    json.object().key("documentId").raw(form.text("documentId")).member("internalCaseNumber", context.text("number"));
    json.member("problemSummary", context.text("summary")).member("problemDescription", text_or_file(context, "description"));
    json.member("priority", upper(context.text("priority", "medium"))).member("testSubmission", context.flag("test"));
    Values values = values_given(context);
    const std::string customer = values.contains("customer company") ? values["customer company"] : std::string();
    write_fields(json, form, std::move(values));
    if (context.given("contact-name") || context.given("contact-email")) {
        json.key("submitterContactDetails").object();
        add_texts(json, context, {{"contact-name", "name"}, {"contact-email", "email"}, {"contact-phone", "phone"}});
        json.end();
    }
    json.key("internalNotes").array().end().end();
    const Answer answer = send(context, form, json.take());
    if (context.printed_raw(answer)) return exit_code::ok;
    const std::string token = answer.value.text("token");
    context.out() << "Opened " << context.paint()(Ink::bold, token) << " with "
                  << printable(answer.value.text("receiveCompanyName"), Lines::join) << "\n";
    const Answer gate = context.attempt(api::Method::get, "/api/v1/cases/" + token + "/gate");
    if (gate.good()) print_gate(context, gate.value);
    if (gate.value.text("reason") == "customer_missing" && !customer.empty()) {
        if (const std::string hint = customers_meant(context, customer); !hint.empty()) context.note(hint);
    }
    if (gate.value.text("flow", "open") == "open") context.note("Next: entente case show " + token);
    return exit_code::ok;
}

// Every path through a tree, as a case's field takes it.
void add_paths(std::string& out, const std::vector<Value>& selections, const std::string& before) {
    for (const Value& each : selections) {
        const std::string path = before.empty() ? each.text("value") : before + ":" + each.text("value");
        const std::vector<Value> children = each.items("children");
        if (children.empty()) out += (out.empty() ? "" : " | ") + path;
        add_paths(out, children, path);
    }
}

std::string choices_of(const Value& field) {
    std::string out;
    add_paths(out, field.items("selections"), {});
    if (!out.empty()) return out;
    const std::string options = field.text("options");
    for (std::size_t at = 0; at < options.size();) {
        const std::size_t end = std::min(options.find_first_of("\r\n", at), options.size());
        if (end > at) out += (out.empty() ? "" : " | ") + options.substr(at, end - at);
        at = end + 1;
    }
    return out;
}

int form(Context& context) {
    const Answer answer = form_for(context);
    if (context.printed_raw(answer)) return exit_code::ok;
    Facts facts;
    facts.add("form", answer.value.text("documentId"), Ink::bold);
    facts.add("note", plain_text(answer.value.text("adminNote")));
    facts.add("escalation", plain_text(answer.value.text("escalationInstructions")));
    context.out() << facts.print(context.paint(), context.width()) << "\n";
    Table table({"LABEL", "TYPE", "REQUIRED", "CHOICES"});
    for (const Value& field : answer.value.items("customFields")) {
        table.row({field.text("label"), field.text("type"), field.truth("required") ? "yes" : "", choices_of(field)});
    }
    context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

const Option& to_option() {
    static const Option option = value("to", "COMPANY", "the partner's name");
    return option;
}

}  // namespace

Command case_open_command() {
    return {
        .path = "case open",
        .summary = "Open a case with a partner",
        .example =
            "  entente case open --to 'Keplin Networks' --number BW-9001 --priority high \\\n"
            "      --summary 'Paths flap after switch upgrade' --description @problem.txt \\\n"
            "      --customer 'Harbourline Shipping' --field 'Product=Switch:KX-9000:Line card' --field 'Log excerpt=@paths.log'",
        .caller = Caller::person,
        .options = {to_option(), value("department", "NAME", "its department, where there are several"),
                    value("form", "ID", "its form, instead of a name"), needed("number", "TEXT", "your own case number"),
                    needed("summary", "TEXT", "the problem in one line"),
                    needed("description", "TEXT|@FILE", "the problem; @- reads the standard input"),
                    choice("priority", {"low", "medium", "high"}, "how urgent (medium)"),
                    value("customer", "NAME", "whose problem it is: fills the field 'Customer Company'"),
                    several("field", "'LABEL=VALUE'", "a field of the form; VALUE may be @FILE"),
                    value("contact-name", "NAME", "whom the partner may call back"),
                    value("contact-email", "ADDRESS", "on your own domain"), value("contact-phone", "NUMBER", "their telephone"),
                    flag("test", "a test: nobody is paged")},
        .run = open};
}

Command case_form_command() {
    return {.path = "case form",
            .summary = "Show which fields a partner asks for",
            .example = "  entente case form --to 'Keplin Networks' --department Switching",
            .caller = Caller::person,
            .options = {to_option(), value("department", "NAME", "its department, where there are several"),
                        value("form", "ID", "its form")},
            .run = form};
}

}  // namespace entente::tools
