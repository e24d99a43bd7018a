// entente authorization ...: the second key. The customer allows named partners to see named classes of data until a date.

#include <ostream>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"

namespace entente::tools {
namespace {

int print_authorization(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& row = answer.value;
    Facts facts;
    facts.add("id", row.text("id"));
    facts.add("state", row.text("state"), ink_for_state(row.text("state")));
    facts.add("customer", Names::of_customers(context)(row.at("customer")));
    facts.add("partners", Names::of_companies(context)(row.at("partners")));
    facts.add("purpose", row.text("purpose"));
    facts.add("data classes", row.text("dataClasses"));
    facts.add("from", row.text("notBefore"));
    facts.add("until", row.text("until"));
    facts.add("assurance", row.text("assurance"));
    facts.add("obtained", row.text("obtainedHow"));
    facts.add("evidence", row.text("evidenceDigest"));
    facts.add("reason", row.text("reason"));
    facts.add("requested by", row.text("requestedBy"));
    facts.add("decided by", row.text("decidedBy"));
    facts.add("decided", row.text("decidedAt"));
    facts.add("cases released", row.text("releasedCases"));
    context.out() << facts.print(context.paint(), context.width());
    if (answer.value.text("state") == "requested") {
        const std::string id = answer.value.text("id");
        context.note("Next: a colleague from compliance records the customer's word:\n  entente authorization grant " + id +
                     " --obtained 'signed letter of 3 May'\nor, where the agreement allows it, you attest it yourself:\n"
                     "  entente authorization attest " +
                     id + " --obtained 'Mei Tanaka by telephone, 14:10'");
    }
    return exit_code::ok;
}

int request(Context& context) {
    protocol::JsonWriter json;
    json.object().key("customer").raw(customer_id(context, context.text("customer")));
    json.key("partners").array();
    for (const std::string& partner : context.all("partner")) json.raw(company_id(context, partner));
    json.end().member("purpose", context.text("purpose", "support"));
    add_list(json, "dataClasses", context.all("class"));
    if (context.given("from")) json.member("notBefore", moment(context, "from"));
    json.member("until", moment(context, "until"));
    add_texts(json, context, {{"obtained", "obtainedHow"}});
    json.end();
    return print_authorization(context, context.post("/api/v1/authorizations", json.take()));
}

int list(Context& context) {
    std::string target = "/api/v1/authorizations";
    if (context.given("customer")) target += "?customer=" + customer_id(context, context.text("customer"));
    const Answer answer = context.get(target);
    if (context.printed_raw(answer)) return exit_code::ok;
    const Names customers = Names::of_customers(context);
    const Names companies = Names::of_companies(context);
    Table table({"ID", "STATE", "CUSTOMER", "PARTNERS", "CLASSES", "ASSURANCE", "UNTIL"});
    for (const Value& row : answer.value.items()) {
        table.row({row.text("id"), Cell(row.text("state"), ink_for_state(row.text("state"))), customers(row.at("customer")),
                   companies(row.at("partners")), row.text("dataClasses"), row.text("assurance"), row.text("until")});
    }
    if (table.empty())
        context.note("No authorizations yet: entente authorization request");
    else
        context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

std::string path_of(const Context& context, std::string_view tail) {
    return "/api/v1/authorizations/" + context.text("AUTHORIZATION") + std::string(tail);
}

int show(Context& context) {
    return print_authorization(context, context.get(path_of(context, "")));
}

int step(Context& context, std::string_view tail) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"obtained", "obtainedHow"}, {"reason", "reason"}});
    if (context.given("evidence")) {
        const std::string evidence = context.world().read_file(context.text("evidence"));
        json.member("evidenceDigest", protocol::hex(certs::sha256(protocol::as_bytes(evidence))));
    }
    json.end();
    return print_authorization(context, context.post(path_of(context, tail), json.take()));
}

int grant(Context& context) {
    return step(context, "/grant");
}
int attest(Context& context) {
    return step(context, "/attest");
}
int refuse(Context& context) {
    return step(context, "/refuse");
}
int withdraw(Context& context) {
    return step(context, "/withdraw");
}

}  // namespace

std::vector<Command> authorization_commands() {
    const Option which = argument("AUTHORIZATION", "its id");
    const Option obtained = needed("obtained", "TEXT", "who said it, when and how");
    const Option evidence = value("evidence", "FILE", "letter or mail; only its SHA-256 is kept");
    const Option reason = needed("reason", "TEXT", "why");
    return {
        {.path = "authorization request",
         .summary = "Ask that a customer's data may go to partners",
         .example = "  entente authorization request --customer HLS --partner keplin.example \\\n"
                    "      --class technical --class product --class diagnostics --until 30d",
         .caller = Caller::person_or_operator,
         .options = {needed("customer", "CUSTOMER", "id, name or alias"),
                     several("partner", "COMPANY", "who may receive; may be repeated"),
                     several("class", "NAME",
                             "case_facts, technical, product, diagnostics, customer_identity, personal_contact, contractual"),
                     needed("until", "TIME", "30d, 2027-12-31"), value("from", "TIME", "not before"),
                     value("purpose", "TEXT", "what for (support)"),
                     value("obtained", "TEXT", "how the customer was or will be asked")},
         .run = request},
        {.path = "authorization list",
         .summary = "List authorizations",
         .example = "  entente authorization list --customer HLS",
         .caller = Caller::person_or_operator,
         .options = {value("customer", "CUSTOMER", "of this customer only")},
         .run = list},
        {.path = "authorization show",
         .summary = "Show an authorization",
         .example = "  entente authorization show 812",
         .caller = Caller::person_or_operator,
         .options = {which},
         .run = show},
        {.path = "authorization grant",
         .summary = "Record that the customer agreed; waiting cases are released",
         .example = "  entente authorization grant 812 --obtained 'signed letter of 3 May' --evidence letter.pdf",
         .caller = Caller::person_or_operator,
         .options = {which, obtained, evidence},
         .run = grant},
        {.path = "authorization attest",
         .summary = "State by yourself that the customer agreed, where the agreement permits it",
         .example = "  entente authorization attest 812 --obtained 'Mei Tanaka by telephone, 14:10'",
         .caller = Caller::person,
         .options = {which, obtained, evidence},
         .run = attest},
        {.path = "authorization refuse",
         .summary = "Record that the customer said no",
         .example = "  entente authorization refuse 812 --reason 'Customer wants no third party'",
         .caller = Caller::person_or_operator,
         .options = {which, reason},
         .run = refuse},
        {.path = "authorization withdraw",
         .summary = "Record that the customer took it back; the exchange freezes at once",
         .example = "  entente authorization withdraw 812 --reason 'Customer asked on 4 May'",
         .caller = Caller::person_or_operator,
         .options = {which, reason},
         .run = withdraw},
    };
}

}  // namespace entente::tools
