// entente client ...: programs (connectors) that sign in with client credentials or a certificate.

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"

namespace entente::tools {
namespace {

const std::vector<Field> columns{{"ID", "id"},        {"NAME", "name"},       {"CLIENT ID", "clientId"},
                                 {"ROLE", "role"},    {"COMPANY", "company"}, {"CERTIFICATE", "certificateUri"},
                                 {"ACTIVE", "active"}};
const std::vector<Field> details{
    {"id", "id"},     {"name", "name"},       {"client id", "clientId"},         {"secret (shown once)", "clientSecret"},
    {"role", "role"}, {"company", "company"}, {"certificate", "certificateUri"}, {"active", "active"}};

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("name", context.text("NAME")).member("role", context.text("role", "api_client"));
    add_company(json, context);
    add_texts(json, context, {{"certificate-uri", "certificateUri"}});
    json.end();
    return print_object(context, context.post("/api/v1/clients", json.take()), details);
}

int list(Context& context) {
    return print_list(context, context.get(of_company(context, "/api/v1/clients")), columns, "No clients yet: entente client add");
}

std::string id_of(Context& context) {
    return find_row(context, of_company(context, "/api/v1/clients"), "name", context.text("CLIENT"), "client").text("id");
}

int show(Context& context) {
    const Value row = find_row(context, of_company(context, "/api/v1/clients"), "name", context.text("CLIENT"), "client");
    return print_object(context, {.status = 200, .headers = {}, .body = row.serialized(), .value = row}, details);
}

int secret(Context& context) {
    const Answer answer = context.post("/api/v1/clients/" + id_of(context) + "/secret");
    context.note("The previous secret works for 24 more hours.");
    return print_object(context, answer, details);
}

int change(Context& context) {
    protocol::JsonWriter json;
    json.object();
    json.member("active", context.text("active") == "yes");
    json.end();
    return print_object(context, context.patch("/api/v1/clients/" + id_of(context), json.take()), details);
}

}  // namespace

std::vector<Command> client_commands() {
    const Option which = argument("CLIENT", "id or name");
    Option active = choice("active", {"yes", "no"}, "no: its tokens end at once");
    active.required = true;
    const Option uri = value("certificate-uri", "URI", "the one URI name in its certificate");
    return {
        {.path = "client add",
         .summary = "Add a program that signs in by itself; its secret is shown once",
         .example = "  entente client add 'Zendesk connector' --company brightwater.example",
         .caller = Caller::person_or_operator,
         .options = {argument("NAME", "what it is"), company_option(),
                     choice("role", {"api_client", "auditor"}, "what it may do (api_client)"), uri},
         .run = add},
        {.path = "client list",
         .summary = "List the programs",
         .example = "  entente client list",
         .caller = Caller::person_or_operator,
         .options = {company_option()},
         .run = list},
        {.path = "client show",
         .summary = "Show one program",
         .example = "  entente client show 'Zendesk connector'",
         .caller = Caller::person_or_operator,
         .options = {which, company_option()},
         .run = show},
        {.path = "client secret",
         .summary = "Make a new secret; the old one works for another 24 hours",
         .example = "  entente client secret 'Zendesk connector'",
         .caller = Caller::person_or_operator,
         .options = {which, company_option()},
         .run = secret},
        {.path = "client change",
         .summary = "End a program, or let it in again",
         .example = "  entente client change 12 --active no",
         .caller = Caller::person_or_operator,
         .options = {which, active, company_option()},
         .run = change},
    };
}

}  // namespace entente::tools
