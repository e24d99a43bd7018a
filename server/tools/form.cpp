// entente form ...: intake forms. A form is a TOML file like the form tables of an onboarding file.

#include <array>
#include <map>
#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/onboarding.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

int print_form(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& form = answer.value;
    Facts facts;
    facts.add("form", form.text("id", form.text("documentId")), Ink::bold);
    facts.add("company", form.text("company"));
    facts.add("department", form.text("department"));
    facts.add("version", form.text("version"));
    facts.add("note", plain_text(form.text("adminNote")));
    facts.add("escalation", plain_text(form.text("escalationInstructions")));
    context.out() << facts.print(context.paint(), context.width()) << "\n";
    Table table({"LABEL", "SECTION", "TYPE", "REQUIRED", "CLASS", "SHOWN AT", "NAMES CUSTOMER"});
    for (const Value& field : form.items("fields")) {
        table.row({field.text("label"), field.text("section"), field.text("type"), field.truth("required") ? "yes" : "",
                   field.text("dataClass"), field.text("stage"), field.truth("identifiesCustomer") ? "yes" : ""});
    }
    context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

FormPlan read_form(Context& context) {
    const std::string file = context.text("FILE");
    auto form = parse_form(context.world().read_file(file), file);
    if (!form) throw Stop(exit_code::refused, form.error().message);
    return std::move(*form);
}

int add(Context& context) {
    const FormPlan form = read_form(context);
    protocol::JsonWriter json;
    json.object();
    add_company(json, context);
    json.member_if("department", context.number("department"));
    write_form(json, form);
    json.end();
    return print_form(context, context.post("/api/v1/forms", json.take()));
}

int replace(Context& context) {
    const FormPlan form = read_form(context);
    protocol::JsonWriter json;
    json.object();
    write_form(json, form);
    json.end();
    return print_form(context, context.put("/api/v1/forms/" + context.text("FORM"), json.take()));
}

// All pages of the period, added up.
int rehearse(Context& context) {
    const FormPlan form = read_form(context);
    protocol::JsonWriter json;
    json.object();
    write_form(json, form);
    const std::string body = json.end().take();
    std::string target = "/api/v1/forms/" + url_encoded(context.text("FORM")) + "/rehearse?limit=200";
    for (const char* end : {"from", "until"})
        if (context.given(end)) target.append("&").append(end).append("=").append(url_encoded(moment(context, end)));
    static constexpr std::array<const char*, 6> kinds{"withheld", "later", "sooner", "notAsked", "notTaken", "unanswered"};
    std::int64_t cases = 0, unreadable = 0, refused = 0;
    std::map<std::string, std::map<std::string, std::int64_t>> fields;
    std::vector<std::string> examples;
    for (std::string next = "0"; !next.empty();) {
        std::string page = target;
        const Answer answer = context.post(page.append("&after=").append(next), body);
        cases += answer.value.number("cases").value_or(0);
        unreadable += answer.value.number("unreadable").value_or(0);
        refused += answer.value.number("refused").value_or(0);
        for (const Value& row : answer.value.items("fields"))
            for (const char* kind : kinds) fields[row.text("label")][kind] += row.number(kind).value_or(0);
        for (const Value& token : answer.value.items("examples"))
            if (examples.size() < 50) examples.push_back(token.text());
        next = answer.value.text("next");
    }
    Facts facts;
    facts.add("cases", std::to_string(cases) + (unreadable > 0 ? ", " + std::to_string(unreadable) + " without their words" : ""));
    facts.add("would be refused", std::to_string(refused), refused > 0 ? Ink::yellow : Ink::green);
    for (const std::string& token : examples) facts.add("", token);
    context.out() << facts.print(context.paint(), context.width());
    if (fields.empty()) return exit_code::ok;
    Table table({"FIELD", "WITHHELD", "LATER", "SOONER", "NOT ASKED", "NOT TAKEN", "UNANSWERED"});
    for (const auto& [label, counts] : fields) {
        std::vector<Cell> row{Cell(label)};
        for (const char* kind : kinds) row.emplace_back(counts.at(kind) > 0 ? std::to_string(counts.at(kind)) : std::string());
        table.row(std::move(row));
    }
    context.out() << "\n" << table.print(context.paint(), context.width());
    return exit_code::ok;
}

int list(Context& context) {
    return print_list(
        context, context.get(of_company(context, "/api/v1/forms")),
        {{"ID", "id"}, {"COMPANY", "company"}, {"DEPARTMENT", "department"}, {"VERSION", "version"}, {"RETIRED", "retired"}},
        "No forms: partners cannot open cases with you. entente form add FILE");
}

int show(Context& context) {
    const Value row = find_row(context, of_company(context, "/api/v1/forms"), "id", context.text("FORM"), "form");
    return print_form(context, {.status = 200, .headers = {}, .body = row.serialized(), .value = row});
}

int versions(Context& context) {
    return print_list(context, context.get("/api/v1/forms/" + context.text("FORM") + "/versions"),
                      {{"VERSION", "version"}, {"REPLACED", "until"}}, "No earlier versions: this is the first.");
}

int retire(Context& context) {
    return print_form(context, context.remove("/api/v1/forms/" + context.text("FORM")));
}

}  // namespace

std::vector<Command> form_commands() {
    const Option file = argument("FILE", "TOML: admin_note, escalation_instructions and [[field]] tables");
    return {
        {.path = "form add",
         .summary = "Publish an intake form",
         .example = "  entente form add storage-form.toml --department 310",
         .caller = Caller::person_or_operator,
         .options = {file, value("department", "ID", "for this department; without it, for the company"), company_option()},
         .run = add},
        {.path = "form list",
         .summary = "List the intake forms",
         .example = "  entente form list",
         .caller = Caller::person_or_operator,
         .options = {company_option()},
         .run = list},
        {.path = "form show",
         .summary = "Show a form with data classes and stages",
         .example = "  entente form show 7001",
         .caller = Caller::person_or_operator,
         .options = {argument("FORM", "its id"), company_option()},
         .run = show},
        {.path = "form replace",
         .summary = "Publish a new version of a form",
         .example = "  entente form replace 7001 storage-form.toml",
         .caller = Caller::person_or_operator,
         .options = {argument("FORM", "its id"), file},
         .run = replace},
        {.path = "form rehearse",
         .summary = "See what a new version of a form would have meant for a period's cases",
         .example = "  entente form rehearse 7001 storage-form.toml\n"
                    "  entente form rehearse 7001 storage-form.toml --from 2030-05-01 --until 2030-06-01",
         .caller = Caller::person,
         .options = {argument("FORM", "its id"), file, value("from", "TIME", "absent: 30 days before the end"),
                     value("until", "TIME", "absent: now")},
         .run = rehearse},
        {.path = "form versions",
         .summary = "List the earlier versions of a form",
         .example = "  entente form versions 7001",
         .caller = Caller::person_or_operator,
         .options = {argument("FORM", "its id")},
         .run = versions},
        {.path = "form retire",
         .summary = "Take a form out of use; existing cases keep what they hold",
         .example = "  entente form retire 7001",
         .caller = Caller::person_or_operator,
         .options = {argument("FORM", "its id")},
         .run = retire},
    };
}

}  // namespace entente::tools
