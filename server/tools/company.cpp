// entente company ...: the members of the gateway.

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

const std::vector<Field> columns{{"ID", "id"},         {"NAME", "name"},     {"DOMAIN", "domain"},
                                 {"ACTIVE", "active"}, {"HIDDEN", "hidden"}, {"DESCRIPTION", "description"}};
const std::vector<Field> details{{"id", "id"},
                                 {"name", "name"},
                                 {"domain", "domain"},
                                 {"description", "description"},
                                 {"active", "active"},
                                 {"hidden", "hidden"},
                                 {"injected field", "injectedField"},
                                 {"asks customers", "asksCustomers"},
                                 {"answer to HIGH", "responseMinutes.high"},
                                 {"answer to MEDIUM", "responseMinutes.medium"},
                                 {"answer to LOW (min)", "responseMinutes.low"}};

void add_targets(protocol::JsonWriter& json, const Context& context) {
    if (!context.given("respond-high") && !context.given("respond-medium") && !context.given("respond-low")) return;
    json.key("responseMinutes").object();
    json.member_if("high", context.number("respond-high"));
    json.member_if("medium", context.number("respond-medium"));
    json.member_if("low", context.number("respond-low")).end();
}

void add_switch(protocol::JsonWriter& json, const Context& context, std::string_view option, std::string_view member) {
    if (context.given(option)) json.member(member, context.text(option) == "yes");
}

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("name", context.text("NAME"));
    add_texts(json, context, {{"domain", "domain"}, {"description", "description"}});
    add_switch(json, context, "hidden", "hidden");
    add_switch(json, context, "injected-field", "injectedField");
    add_switch(json, context, "asks-customers", "asksCustomers");
    add_targets(json, context);
    json.end();
    return print_object(context, context.post("/api/v1/companies", json.take()), details);
}

int list(Context& context) {
    return print_list(context, context.get("/api/v1/companies"), columns,
                      "No companies yet: entente company add, or entente onboard FILE");
}

int search(Context& context) {
    return print_list(context, context.get("/api/v1/directory/companies?query=" + url_encoded(context.text("WORDS"))),
                      {{"ID", "id"}, {"NAME", "name"}, {"DOMAIN", "domain"}}, "No active company matches that.");
}

int change(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"name", "name"}, {"domain", "domain"}, {"description", "description"}});
    add_switch(json, context, "hidden", "hidden");
    add_switch(json, context, "active", "active");
    add_switch(json, context, "injected-field", "injectedField");
    add_switch(json, context, "asks-customers", "asksCustomers");
    add_targets(json, context);
    json.end();
    const std::string id = company_id(context, context.text("COMPANY"));
    return print_object(context, context.patch("/api/v1/companies/" + id, json.take()), details);
}

int show(Context& context) {
    const Answer all = context.get("/api/v1/companies");
    const std::string named = context.text("COMPANY");
    for (const Value& row : all.value.items()) {
        if (row.text("id") != named && !same_ignoring_case(row.text("name"), named) &&
            !same_ignoring_case(row.text("domain"), named))
            continue;
        return print_object(context, {.status = 200, .headers = {}, .body = row.serialized(), .value = row}, details);
    }
    throw Stop(exit_code::refused, "no company is called '" + named + "'", "entente company list");
}

std::vector<Option> settings(std::vector<Option> first) {
    for (Option& option : std::vector<Option>{
             value("description", "TEXT", "what partners should know"),
             choice("hidden", {"yes", "no"}, "leave it out of partner search"),
             choice("injected-field", {"yes", "no"}, "offer its engineers the field 'Authorization reference' in partners' forms"),
             choice("asks-customers", {"yes", "no"}, "mail its customers by itself when a held case names their contact"),
             value("respond-high", "MINUTES", "first answer to HIGH cases"),
             value("respond-medium", "MINUTES", "first answer to MEDIUM cases"),
             value("respond-low", "MINUTES", "first answer to LOW cases")}) {
        first.push_back(std::move(option));
    }
    return first;
}

}  // namespace

std::vector<Command> company_commands() {
    return {
        {.path = "company add",
         .summary = "Admit a company",
         .example = "  entente company add 'Brightwater Storage' --domain brightwater.example --respond-high 60",
         .caller = Caller::gateway_operator,
         .options = settings({argument("NAME", "as partners know it"), needed("domain", "DOMAIN", "its mail domain")}),
         .run = add},
        {.path = "company list",
         .summary = "List the companies",
         .example = "  entente company list",
         .caller = Caller::gateway_operator,
         .options = {},
         .run = list},
        {.path = "company show",
         .summary = "Show one company",
         .example = "  entente company show brightwater.example",
         .caller = Caller::gateway_operator,
         .options = {argument("COMPANY", "id, name or mail domain")},
         .run = show},
        {.path = "company search",
         .summary = "Find companies one may work with",
         .example = "  entente company search keplin",
         .caller = Caller::person_or_operator,
         .options = {argument("WORDS", "part of a name or domain")},
         .run = search},
        {.path = "company change",
         .summary = "Change or suspend a company",
         .example = "  entente company change brightwater.example --hidden yes\n  entente company change 31 --active no",
         .caller = Caller::gateway_operator,
         .options = settings({argument("COMPANY", "id, name or mail domain"), value("name", "NAME", "new name"),
                              value("domain", "DOMAIN", "new mail domain"),
                              choice("active", {"yes", "no"}, "no: nobody of it can sign in")}),
         .run = change},
    };
}

}  // namespace entente::tools
