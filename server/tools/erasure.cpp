// entente erasure, hold, subject: what the law asks to be erased, what must be kept, and what is known about somebody.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

// Whom it is about: one of the options that name somebody.
struct About {
    std::string scope;
    std::string case_token;
    std::string id;
};

About about_of(Context& context, bool with_partner) {
    About about;
    const auto given = [&](std::string_view option, std::string scope) {
        if (!context.given(option)) return false;
        if (!about.scope.empty()) throw Stop(exit_code::usage, "name one thing only, for example --customer or --case");
        about.scope = std::move(scope);
        return true;
    };
    if (given("customer", "customer")) about.id = customer_id(context, context.text("customer"));
    if (given("person", "person")) about.id = std::to_string(context.number("person").value_or(0));
    if (given("case", "case")) about.case_token = context.text("case");
    if (with_partner && given("partner", "partner")) about.id = company_id(context, context.text("partner"));
    if (with_partner && given("ended-before", "age")) about.id.clear();
    if (context.flag("company") && about.scope.empty()) about.scope = "company";
    if (about.scope.empty())
        throw Stop(exit_code::usage, with_partner ? "say what: --customer, --person, --case, --partner, --ended-before or --company"
                                                  : "say what: --customer, --person, --case or --company");
    return about;
}

void write_about(protocol::JsonWriter& json, const About& about) {
    json.member("scope", about.scope);
    if (!about.case_token.empty()) json.member("case", about.case_token);
    if (!about.id.empty()) json.key("subject").raw(about.id);
}

void print_erasure(Context& context, const Value& erasure) {
    Facts facts;
    facts.add("id", erasure.text("id"), Ink::bold);
    facts.add("of", erasure.text("scope") + (erasure.text("subject").empty() ? "" : " " + erasure.text("subject")));
    const bool person = erasure.text("scope") == "person";
    facts.add("what", person ? "the account, its sessions and addresses, and the name in cases" : erasure.text("classes"));
    facts.add("state", erasure.text("state"));
    facts.add("waits for", erasure.text("waitsFor"));
    facts.add("ordered by", erasure.text("orderedBy"));
    facts.add("confirmed by", erasure.text("confirmedBy"));
    facts.add("cases", erasure.text("cases"));
    if (const std::int64_t held = erasure.number("casesHeld").value_or(0); held != 0)
        facts.add("left alone", counted(held, "case", "cases") + " under a legal hold");
    if (!erasure.text("entry").empty()) {
        facts.add("keys destroyed", erasure.text("keysDestroyed"));
        if (!person) facts.add("sections erased", erasure.text("sections"));
        facts.add("entry of the log", erasure.text("entry"));
    }
    facts.add("done", erasure.text("doneAt"));
    context.out() << facts.print(context.paint(), context.width());
    const std::vector<Value> requests = erasure.items("requests");
    if (requests.empty()) return;
    Table table({"REQUEST", "PARTNER", "CASES", "ANSWER", "WHEN"});
    for (const Value& row : requests) {
        const std::string answer = row.text("answer");
        table.row({row.text("id"), row.text("partner"), std::to_string(row.items("cases").size()),
                   answer.empty() ? Cell("none yet", Ink::yellow) : Cell(answer), row.text("answeredAt")});
    }
    context.out() << "\nAsked to delete what they took\n" << table.print(context.paint(), context.width());
}

int print(Context& context, const Answer& answer) {
    if (!context.printed_raw(answer)) print_erasure(context, answer.value);
    return exit_code::ok;
}

int order(Context& context) {
    protocol::JsonWriter json;
    json.object();
    write_about(json, about_of(context, true));
    if (context.given("ended-before")) json.member("endedBefore", moment(context, "ended-before"));
    add_list(json, "classes", context.all("class"));
    json.member("reason", context.text("reason")).end();
    const Answer answer = context.post("/api/v1/erasures", json.take());
    print(context, answer);
    if (answer.value.text("state") == "proposed") {
        context.note(answer.value.text("scope") == "company"
                         ? "The gateway's operator confirms: entente erasure confirm " + answer.value.text("id") + " --operator"
                         : "A colleague confirms: entente erasure confirm " + answer.value.text("id"));
    } else if (answer.value.text("waitsFor").empty()) {
        context.note("It is being carried out, and cannot be undone: entente erasure show " + answer.value.text("id"));
    }
    if (answer.value.text("scope") == "person")
        context.note("Records of what the person did, and from where, stay until their retention is over (retention.actor_days).");
    return exit_code::ok;
}

std::string path_of(Context& context, std::string_view tail = {}) {
    return "/api/v1/erasures/" + url_encoded(context.text("ERASURE")) + std::string(tail);
}

int confirm(Context& context) {
    return print(context, context.post(path_of(context, "/confirm")));
}

int cancel(Context& context) {
    return print(context, context.post(path_of(context, "/cancel")));
}

int show(Context& context) {
    return print(context, context.get(path_of(context)));
}

int list(Context& context) {
    return print_list(context, context.get("/api/v1/erasures"),
                      {{"ID", "id"},
                       {"SCOPE", "scope"},
                       {"SUBJECT", "subject"},
                       {"STATE", "state"},
                       {"WAITS FOR", "waitsFor"},
                       {"CASES", "cases"},
                       {"ENTRY", "entry"},
                       {"ORDERED", "orderedAt"},
                       {"DONE", "doneAt"}},
                      "Nothing was ordered to be erased");
}

int requests(Context& context) {
    return print_list(context, context.get("/api/v1/erasure-requests"),
                      {{"REQUEST", "id"},
                       {"COMPANY", "company"},
                       {"CASES", "cases"},
                       {"WHAT", "classes"},
                       {"SENT", "sentAt"},
                       {"ANSWER", "answer"}},
                      "Nobody asked your company to delete anything");
}

int answer_request(Context& context) {
    protocol::JsonWriter json;
    json.object().member("answer", context.text("answer")).member("words", context.text("words")).end();
    const Answer answer = context.post("/api/v1/erasure-requests/" + url_encoded(context.text("REQUEST")) + "/answer", json.take());
    return print_object(context, answer,
                        {{"request", "id"},
                         {"company", "company"},
                         {"cases", "cases"},
                         {"what", "classes"},
                         {"answer", "answer"},
                         {"at", "answeredAt"}});
}

// --- legal holds ---

const std::vector<Field>& hold_fields() {
    static const std::vector<Field> fields{{"id", "id"},
                                           {"scope", "scope"},
                                           {"subject", "subject"},
                                           {"state", "state"},
                                           {"placed by", "placedBy"},
                                           {"confirmed by", "confirmedBy"},
                                           {"end asked by", "liftBy"},
                                           {"lifted by", "liftedBy"},
                                           {"reason", "reason"}};
    return fields;
}

int hold_place(Context& context) {
    protocol::JsonWriter json;
    json.object();
    write_about(json, about_of(context, false));
    json.member("reason", context.text("reason")).end();
    const Answer answer = context.post("/api/v1/holds", json.take());
    print_object(context, answer, hold_fields());
    context.note(
        "It stands from now on; until it is confirmed anybody who may order erasures can take it back alone. A colleague "
        "confirms it: entente hold confirm " +
        answer.value.text("id"));
    return exit_code::ok;
}

int hold_step(Context& context, std::string_view step) {
    return print_object(context, context.post("/api/v1/holds/" + url_encoded(context.text("HOLD")) + "/" + std::string(step)),
                        hold_fields());
}

int hold_confirm(Context& context) {
    return hold_step(context, "confirm");
}

int hold_lift(Context& context) {
    return hold_step(context, "lift");
}

int hold_list(Context& context) {
    return print_list(context, context.get("/api/v1/holds"),
                      {{"ID", "id"},
                       {"SCOPE", "scope"},
                       {"SUBJECT", "subject"},
                       {"STATE", "state"},
                       {"PLACED", "placedAt"},
                       {"REASON", "reason"}},
                      "No legal holds");
}

}  // namespace

std::vector<Command> erasure_commands() {
    const Option customer = value("customer", "CUSTOMER", "this customer: id, name or alias");
    const Option person = value("person", "ID", "this person of your company (entente user list)");
    const Option of_case = value("case", "TOKEN", "this case");
    const Option whole = flag("company", "everything of your company");
    const Option erasure = argument("ERASURE", "its id");
    const Option hold = argument("HOLD", "its id");
    const Option reason = needed("reason", "TEXT", "why; sealed with your company's records");
    return {
        {.path = "erasure order",
         .summary = "Order an erasure: keys go, the log stays provable, partners are asked to delete. One case or person: at once; "
                    "more: a colleague confirms",
         .example = "  entente erasure order --customer 'Harbourline Shipping' --reason 'Request of 3 May'\n"
                    "  entente erasure order --case Hq2sV8nT0LkYp5cWd3aB --reason 'Opened by mistake'\n"
                    "  entente erasure order --ended-before 2027-01-01 --reason 'Retention'",
         .caller = Caller::person,
         .options = {customer, person, of_case, value("partner", "COMPANY", "ended cases with this partner"),
                     value("ended-before", "TIME", "cases that ended before"), whole,
                     several(
                         "class", "CLASS",
                         "customer, actor or content of the records; by default customer and content. Of actor alone partners are "
                         "not told"),
                     reason},
         .run = order},
        {.path = "erasure confirm",
         .summary = "Confirm what a colleague ordered; it is carried out at once",
         .example = "  entente erasure confirm 1719144464",
         .caller = Caller::person_or_operator,
         .options = {erasure},
         .run = confirm},
        {.path = "erasure cancel",
         .summary = "Call an order back that was not carried out yet",
         .example = "  entente erasure cancel 1719144464",
         .caller = Caller::person_or_operator,
         .options = {erasure},
         .run = cancel},
        {.path = "erasure show",
         .summary = "Show an order, the entry of the log, and which partners have answered",
         .example = "  entente erasure show 1719144464",
         .caller = Caller::person_or_operator,
         .options = {erasure},
         .run = show},
        {.path = "erasure list",
         .summary = "List orders to erase",
         .example = "  entente erasure list",
         .caller = Caller::person_or_operator,
         .run = list},
        {.path = "erasure requests",
         .summary = "List what other companies ask your company to delete",
         .example = "  entente erasure requests",
         .caller = Caller::person,
         .run = requests},
        {.path = "erasure answer",
         .summary = "Attest what your company did about a request to delete",
         .example = "  entente erasure answer 811223344 --answer deleted\n"
                    "  entente erasure answer 811223344 --answer partly --words 'Backups expire on 1 June'",
         .caller = Caller::person,
         .options = {argument("REQUEST", "its id"), choice("answer", {"deleted", "partly", "kept"}, "what was done"),
                     value("words", "TEXT", "what is left, and why")},
         .run = answer_request},
        {.path = "hold place",
         .summary = "Place a legal hold: from now on nothing that it covers is erased",
         .example = "  entente hold place --customer 'Harbourline Shipping' --reason 'Court order 5 O 12/30'",
         .caller = Caller::person,
         .options = {customer, person, of_case, whole, reason},
         .run = hold_place},
        {.path = "hold confirm",
         .summary = "Confirm a legal hold that a colleague placed: it stands already, and from then on takes two people to lift",
         .example = "  entente hold confirm 422113355",
         .caller = Caller::person,
         .options = {hold},
         .run = hold_confirm},
        {.path = "hold lift",
         .summary = "Ask for the end of a legal hold, or agree to the end that a colleague asked for",
         .example = "  entente hold lift 422113355",
         .caller = Caller::person,
         .options = {hold},
         .run = hold_lift},
        {.path = "hold list",
         .summary = "List legal holds",
         .example = "  entente hold list",
         .caller = Caller::person_or_operator,
         .run = hold_list},
    };
}

}  // namespace entente::tools
