// entente user ...: the people of a company. A password comes from a file, the standard input or the terminal, never from the
// command line, where every process of the machine could read it.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"

namespace entente::tools {
namespace {

const std::vector<std::string> roles{"engineer", "compliance", "administrator", "auditor"};
const std::vector<Field> columns{
    {"ID", "id"},       {"USERNAME", "username"}, {"FIRST NAME", "firstName"}, {"LAST NAME", "lastName"},
    {"EMAIL", "email"}, {"ROLE", "role"},         {"COMPANY", "company"},      {"ACTIVE", "active"}};
const std::vector<Field> details{{"id", "id"},
                                 {"username", "username"},
                                 {"first name", "firstName"},
                                 {"last name", "lastName"},
                                 {"email", "email"},
                                 {"role", "role"},
                                 {"company", "company"},
                                 {"active", "active"},
                                 {"password (shown once)", "password"}};
const std::vector<Member> members{
    {"first-name", "firstName"},       {"last-name", "lastName"}, {"email", "email"}, {"phone", "phone"},
    {"phone-country", "phoneCountry"}, {"city", "city"},          {"role", "role"}};

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("username", context.text("USERNAME"));
    add_company(json, context);
    add_texts(json, context, members);
    if (!context.given("role")) json.member("role", "engineer");
    if (context.given("password-file")) {
        json.member("password", protocol::as_text(password(context, "password-file", {}, false).bytes()));
    } else if (context.flag("ask-password")) {
        json.member("password", protocol::as_text(password(context, "password-file", "Password", true).bytes()));
    }
    json.end();
    return print_object(context, context.post("/api/v1/users", json.take()), details);
}

int list(Context& context) {
    return print_list(context, context.get(of_company(context, "/api/v1/users")), columns, "No users yet: entente user add");
}

int show(Context& context) {
    const Value row = find_row(context, of_company(context, "/api/v1/users"), "username", context.text("USER"), "user");
    return print_object(context, {.status = 200, .headers = {}, .body = row.serialized(), .value = row}, details);
}

int change(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, members);
    if (context.given("active")) json.member("active", context.text("active") == "yes");
    if (context.given("password-file") || context.flag("ask-password")) {
        json.member("password", protocol::as_text(password(context, "password-file", "New password", true).bytes()));
    }
    json.end();
    const std::string id =
        find_row(context, of_company(context, "/api/v1/users"), "username", context.text("USER"), "user").text("id");
    return print_object(context, context.patch("/api/v1/users/" + id, json.take()), details);
}

std::vector<Option> settings(std::vector<Option> first) {
    for (Option& option : std::vector<Option>{
             value("first-name", "NAME", "first name"), value("last-name", "NAME", "last name"),
             value("email", "ADDRESS", "mail address on the company's domain"), value("phone", "NUMBER", "telephone"),
             value("phone-country", "CODE", "country of that number, for example DE"), value("city", "CITY", "where they sit"),
             choice("role", roles, "what they may do (engineer)"),
             value("password-file", "FILE", "first line is the password; - reads the standard input"),
             flag("ask-password", "ask for the password here")}) {
        first.push_back(std::move(option));
    }
    return first;
}

}  // namespace

std::vector<Command> user_commands() {
    return {
        {.path = "user add",
         .summary = "Add a person; without a password the gateway makes one and shows it once",
         .example = "  entente user add ada@brightwater.example --first-name Ada --last-name Okafor \\\n"
                    "      --email ada@brightwater.example --role engineer --ask-password",
         .caller = Caller::person_or_operator,
         .options = settings({argument("USERNAME", "for sign-in"), company_option()}),
         .run = add},
        {.path = "user list",
         .summary = "List the people",
         .example = "  entente user list",
         .caller = Caller::person_or_operator,
         .options = {company_option()},
         .run = list},
        {.path = "user show",
         .summary = "Show one person",
         .example = "  entente user show ada@brightwater.example",
         .caller = Caller::person_or_operator,
         .options = {argument("USER", "id or username"), company_option()},
         .run = show},
        {.path = "user change",
         .summary = "Change a role, a password, or end an account",
         .example = "  entente user change ada@brightwater.example --role compliance\n"
                    "  entente user change 870 --active no",
         .caller = Caller::person_or_operator,
         .options = settings(
             {argument("USER", "id or username"), choice("active", {"yes", "no"}, "no: tokens end at once"), company_option()}),
         .run = change},
    };
}

}  // namespace entente::tools
