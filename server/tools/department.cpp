// entente department ...: the parts of a company that partners can address, each with an intake form of its own.

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"

namespace entente::tools {
namespace {

const std::vector<Field> columns{{"ID", "id"}, {"NAME", "name"}, {"COMPANY", "company"}, {"FORM", "form"}, {"TAGS", "tags"}};
const std::vector<Field> details{{"id", "id"},     {"name", "name"}, {"company", "company"},
                                 {"form", "form"}, {"tags", "tags"}, {"active", "active"}};

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("name", context.text("NAME"));
    add_company(json, context);
    add_list(json, "tags", context.all("tag"));
    json.member_if("form", context.number("form"));
    json.end();
    return print_object(context, context.post("/api/v1/departments", json.take()), details);
}

int list(Context& context) {
    return print_list(context, context.get(of_company(context, "/api/v1/departments")), columns,
                      "No departments: partners address the company itself.");
}

int show(Context& context) {
    const Value row =
        find_row(context, of_company(context, "/api/v1/departments"), "name", context.text("DEPARTMENT"), "department");
    return print_object(context, {.status = 200, .headers = {}, .body = row.serialized(), .value = row}, details);
}

int change(Context& context) {
    const std::string id =
        find_row(context, of_company(context, "/api/v1/departments"), "name", context.text("DEPARTMENT"), "department").text("id");
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"name", "name"}});
    if (context.given("tag")) add_list(json, "tags", context.all("tag"));
    json.member_if("form", context.number("form"));
    if (context.given("active")) json.member("active", context.text("active") == "yes");
    json.end();
    return print_object(context, context.patch("/api/v1/departments/" + id, json.take()), details);
}

}  // namespace

std::vector<Command> department_commands() {
    return {
        {.path = "department add",
         .summary = "Add a department",
         .example = "  entente department add 'Block Storage' --tag san --tag multipath",
         .caller = Caller::person_or_operator,
         .options = {argument("NAME", "as partners read it"), company_option(),
                     several("tag", "WORD", "found by partner search; may be repeated"), value("form", "ID", "its intake form")},
         .run = add},
        {.path = "department list",
         .summary = "List the departments",
         .example = "  entente department list",
         .caller = Caller::person_or_operator,
         .options = {company_option()},
         .run = list},
        {.path = "department show",
         .summary = "Show one department",
         .example = "  entente department show 'Block Storage'",
         .caller = Caller::person_or_operator,
         .options = {argument("DEPARTMENT", "id or name"), company_option()},
         .run = show},
        {.path = "department change",
         .summary = "Rename a department, give it other tags or another form, or take it out of the search",
         .example = "  entente department change 'Block Storage' --tag san --tag nvme",
         .caller = Caller::person_or_operator,
         .options = {argument("DEPARTMENT", "id or name"), value("name", "NAME", "its new name"),
                     several("tag", "WORD", "its tags from now on; may be repeated"), value("form", "ID", "its intake form"),
                     choice("active", {"yes", "no"}, "no: partners no longer find it"), company_option()},
         .run = change},
    };
}

}  // namespace entente::tools
