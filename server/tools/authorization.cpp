// entente authorization ...: the second key. The customer allows named partners to see named classes of data until a date.

#include <ostream>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/text.hpp"

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
    if (context.given("product")) add_list(json, "products", context.all("product"));
    if (context.given("case")) add_list(json, "cases", context.all("case"));
    if (context.given("from")) json.member("notBefore", moment(context, "from"));
    json.member("until", moment(context, "until"));
    add_texts(json, context, {{"obtained", "obtainedHow"}, {"conditions", "conditions"}});
    json.end();
    return print_authorization(context, context.post("/api/v1/authorizations", json.take()));
}

int list(Context& context) {
    std::string target = "/api/v1/authorizations";
    if (context.flag("unconfirmed")) target += "?unconfirmed=true";
    if (context.given("customer") && !context.flag("unconfirmed"))
        target += "?customer=" + customer_id(context, context.text("customer"));
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
    if (context.given("covered-by-contract")) json.member("basis", "covered");
    if (context.given("evidence") || context.given("covered-by-contract")) {
        const std::string evidence =
            context.world().read_file(context.text(context.given("covered-by-contract") ? "covered-by-contract" : "evidence"));
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

int link(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"contact", "contact"}, {"language", "language"}});
    const Answer answer = context.post(path_of(context, "/link"), json.end().take());
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << "A link is on its way to " << answer.value.text("sentTo") << ", valid until " << answer.value.text("expiresAt")
                  << "\n";
    context.note("What the customer decides on that page releases the waiting cases by itself.");
    return exit_code::ok;
}

int record(Context& context) {
    context.out() << context.get(path_of(context, "/record")).body << "\n";
    return exit_code::ok;
}

int take_signed(Context& context) {
    std::string text = context.world().read_file(context.text("FILE"));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return print_authorization(
        context, context.post("/api/v1/authorizations/signed", protocol::JsonWriter().object().member("jws", text).end().take()));
}

int emergency(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"who", "who"}, {"how", "how"}, {"when", "when"}});
    add_list(json, "dataClasses", context.all("class"));
    const Answer answer = context.post("/api/v1/cases/" + url_encoded(context.text("CASE")) + "/emergency", json.end().take());
    const int done = print_authorization(context, answer);
    if (!context.json())
        context.note("The customer is told by mail. Without their confirmation this ends at " + answer.value.text("until") +
                     " and the case freezes.");
    return done;
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
                     value("purpose", "TEXT", "what for (support)"), several("product", "NAME", "only for this product"),
                     several("case", "TOKEN", "only for this case"), value("conditions", "TEXT", "what else was agreed"),
                     value("obtained", "TEXT", "how the customer was or will be asked")},
         .run = request},
        {.path = "authorization list",
         .summary = "List authorizations",
         .example = "  entente authorization list --customer HLS",
         .caller = Caller::person_or_operator,
         .options = {value("customer", "CUSTOMER", "of this customer only"),
                     flag("unconfirmed", "word of mouth in an emergency that nobody confirmed")},
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
         .options = {which, obtained, evidence,
                     value("covered-by-contract", "FILE", "the customer's contract, a clause of which covers it")},
         .run = grant},
        {.path = "authorization link",
         .summary = "Mail the customer a link to the page on which they decide",
         .example =
             "  entente authorization link 812\n  entente authorization link 812 --contact mei@harbourline.example --language ja",
         .caller = Caller::person,
         .options = {which, value("contact", "MAIL", "a confirmed contact; without it the first one"),
                     choice("language", {"en", "de", "ja"}, "of mail and page")},
         .run = link},
        {.path = "authorization signed",
         .summary = "Hand in an authorization that the customer signed (compact JWS)",
         .example = "  entente authorization signed harbourline.jws",
         .caller = Caller::person,
         .options = {argument("FILE", "the signed text")},
         .run = take_signed},
        {.path = "authorization emergency",
         .summary = "Attest what the customer allowed by word of mouth; the held case is released at once",
         .example = "  entente authorization emergency gP7fZ8GuoZ6ml1F09BAe --who 'Mei Tanaka' --how 'by telephone' \\\n"
                    "      --when 2030-05-04T14:10:00Z --class technical --class product",
         .caller = Caller::person,
         .options = {argument("CASE", "token of the held case"), needed("who", "TEXT", "who of the customer"),
                     needed("how", "TEXT", "how they said it"), needed("when", "TIME", "when, RFC 3339"),
                     several("class", "NAME", "kind of data; may be repeated")},
         .run = emergency},
        {.path = "authorization record",
         .summary = "Print the record in the shape of ISO/IEC TS 27560 with the gateway's receipt",
         .example = "  entente authorization record 812 > authorization-812.json",
         .caller = Caller::person,
         .options = {which},
         .run = record},
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
