// entente customer ...: the customers that a company serves. A form's text must match exactly one of them, by name or alias.

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

#include <ostream>

namespace entente::tools {
namespace {

// "name <mail>" or a mail address alone.
struct Contact {
    std::string name;
    std::string email;
};

Contact contact_of(const std::string& text) {
    const std::size_t open = text.find('<');
    const std::size_t close = text.find('>');
    if (open == std::string::npos || close == std::string::npos || close < open) return {{}, std::string(trimmed(text))};
    return {std::string(trimmed(text.substr(0, open))), std::string(trimmed(text.substr(open + 1, close - open - 1)))};
}

std::string with_marks(const Value& row, std::string_view list, std::string_view member) {
    std::string out;
    for (const Value& each : row.items(list)) {
        if (!out.empty()) out += "\n";
        const std::string name = each.text("name");
        out += (name.empty() || member == "name" ? "" : name + " ") + each.text(member);
        if (!each.truth("confirmed")) out += "  (not confirmed)";
    }
    return out;
}

int print_customer(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    Facts facts;
    facts.add("id", answer.value.text("id"));
    facts.add("name", answer.value.text("name"), Ink::bold);
    facts.add("company", answer.value.text("company"));
    facts.add("aliases", answer.value.text("aliases"));
    facts.add("domains", with_marks(answer.value, "domains", "domain"));
    facts.add("contacts", with_marks(answer.value, "contacts", "email"));
    facts.add("active", answer.value.truth("active") ? "yes" : "no");
    context.out() << facts.print(context.paint(), context.width());
    return exit_code::ok;
}

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("name", context.text("NAME"));
    add_company(json, context);
    add_list(json, "aliases", context.all("alias"));
    add_list(json, "domains", context.all("domain"));
    json.key("contacts").array();
    for (const std::string& text : context.all("contact")) {
        const Contact contact = contact_of(text);
        json.object().member("name", contact.name).member("email", contact.email);
        add_texts(json, context, {{"language", "language"}});
        json.end();
    }
    json.end().end();
    return print_customer(context, context.post("/api/v1/customers", json.take()));
}

// The gateway lists all customers of the company; picking out of them is a convenience of this terminal.
bool mentions(const Value& row, std::string_view words) {
    std::string all = lower(row.text("name") + "\n" + row.text("aliases"));
    for (const Value& domain : row.items("domains")) all += "\n" + domain.text("domain");
    return all.find(lower(words)) != std::string::npos;
}

int list(Context& context) {
    const Answer answer = context.get(of_company(context, "/api/v1/customers"));
    if (context.printed_raw(answer)) return exit_code::ok;
    Table table({"ID", "NAME", "ALIASES", "DOMAINS", "ACTIVE"});
    for (const Value& row : answer.value.items()) {
        if (!mentions(row, context.text("WORDS"))) continue;
        std::string domains;
        for (const Value& each : row.items("domains")) domains += (domains.empty() ? "" : ", ") + each.text("domain");
        table.row({row.text("id"), row.text("name"), row.text("aliases"), domains, row.truth("active") ? "yes" : "no"});
    }
    if (table.empty())
        context.note("No customers match: entente customer add");
    else
        context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

std::string path_of(Context& context, std::string_view tail) {
    return "/api/v1/customers/" + customer_id(context, context.text("CUSTOMER")) + std::string(tail);
}

int show(Context& context) {
    const std::string id = customer_id(context, context.text("CUSTOMER"));
    for (const Value& row : context.get("/api/v1/customers").value.items()) {
        if (row.text("id") == id)
            return print_customer(context, {.status = 200, .headers = {}, .body = row.serialized(), .value = row});
    }
    throw Stop(exit_code::refused, "no customer has the id " + id, "entente customer list");
}

int add_domain(Context& context) {
    protocol::JsonWriter json;
    json.object().member("domain", context.text("DOMAIN")).end();
    return print_customer(context, context.post(path_of(context, "/domains"), json.take()));
}

int add_contact(Context& context) {
    const Contact contact = contact_of(context.text("CONTACT"));
    protocol::JsonWriter json;
    json.object().member("name", contact.name).member("email", contact.email);
    add_texts(json, context, {{"language", "language"}});
    return print_customer(context, context.post(path_of(context, "/contacts"), json.end().take()));
}

int confirm(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"domain", "domain"}, {"contact", "contact"}});
    json.end();
    return print_customer(context, context.post(path_of(context, "/confirm"), json.take()));
}

}  // namespace

std::vector<Command> customer_commands() {
    const Option which = argument("CUSTOMER", "id, name or alias");
    return {
        {.path = "customer add",
         .summary = "Add a customer of your company",
         .example = "  entente customer add 'Harbourline Shipping' --alias HLS --domain harbourline.example \\\n"
                    "      --contact 'Mei Tanaka <mei@harbourline.example>'",
         .caller = Caller::person_or_operator,
         .options = {argument("NAME", "its registered name"), company_option(),
                     several("alias", "NAME", "another name that forms may carry"), several("domain", "DOMAIN", "its mail domain"),
                     several("contact", "'NAME <MAIL>'", "who may authorise"),
                     choice("language", {"en", "de", "ja"}, "in which the contacts are written to")},
         .run = add},
        {.path = "customer list",
         .summary = "List or find customers",
         .example = "  entente customer list\n  entente customer list harbour",
         .caller = Caller::person_or_operator,
         .options = {optional_argument("WORDS", "part of a name or alias")},
         .run = list},
        {.path = "customer show",
         .summary = "Show a customer with domains and contacts",
         .example = "  entente customer show HLS",
         .caller = Caller::person_or_operator,
         .options = {which},
         .run = show},
        {.path = "customer add-domain",
         .summary = "Add a mail domain; a second person confirms it",
         .example = "  entente customer add-domain HLS hls.example",
         .caller = Caller::person_or_operator,
         .options = {which, argument("DOMAIN", "for example hls.example")},
         .run = add_domain},
        {.path = "customer add-contact",
         .summary = "Add a contact; a second person confirms it",
         .example = "  entente customer add-contact HLS 'Mei Tanaka <mei@harbourline.example>'",
         .caller = Caller::person_or_operator,
         .options = {which, argument("CONTACT", "'NAME <MAIL>'"),
                     choice("language", {"en", "de", "ja"}, "in which the contact is written to")},
         .run = add_contact},
        {.path = "customer confirm",
         .summary = "Confirm what a colleague added",
         .example = "  entente customer confirm HLS --domain hls.example",
         .caller = Caller::person_or_operator,
         .options = {which, value("domain", "DOMAIN", "the domain to confirm"), value("contact", "MAIL", "the contact to confirm")},
         .run = confirm},
    };
}

}  // namespace entente::tools
