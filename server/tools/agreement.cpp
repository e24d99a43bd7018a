// entente agreement ...: the first key. An agreement names its text by digest; all parties accept exactly that text.

#include <ostream>

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

int print_agreement(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& agreement = answer.value;
    const Names companies = Names::of_companies(context);
    Facts facts;
    facts.add("id", agreement.text("id"));
    facts.add("title", agreement.text("title"), Ink::bold);
    facts.add("state", agreement.text("state"), ink_for_state(agreement.text("state")));
    facts.add("parties", companies(agreement.at("parties")));
    facts.add("document", "version " + agreement.text("documentVersion") + "\nSHA-256 " + agreement.text("documentDigest"));
    facts.add("valid from", agreement.text("validFrom"));
    facts.add("valid until", agreement.text("validUntil", "no end"));
    facts.add("purpose", agreement.text("purpose"));
    facts.add("data classes", agreement.text("dataClasses"));
    if (agreement.text("kind") != "bilateral") {
        facts.add("kind", agreement.text("kind"));
        facts.add("hub", companies(agreement.at("hub")));
    }
    facts.add("products", agreement.text("products"));
    facts.add("label ceiling", agreement.text("labelCeiling"));
    if (agreement.text("emergencyHours") != "0")
        facts.add("by word of mouth", "for " + agreement.text("emergencyHours") + " hours");
    facts.add("customer's consent", agreement.text("requiredAssurance") + " or stronger");
    std::string accepted;
    for (const Value& each : agreement.items("acceptances")) {
        accepted +=
            (accepted.empty() ? "" : "\n") + companies(each.at("company")) + "  " + each.text("signatory") + "  " + each.text("at");
    }
    facts.add("accepted by", accepted.empty() ? "nobody yet" : accepted);
    context.out() << facts.print(context.paint(), context.width());
    if (agreement.text("state") != "in_force" && accepted.size() < agreement.items("parties").size()) {
        context.note("Next: entente agreement accept " + agreement.text("id") +
                     " --document FILE --signatory 'NAME, TITLE'   (each party)");
    }
    return exit_code::ok;
}

std::string digest_of(Context& context) {
    if (context.given("digest")) return context.text("digest");
    if (!context.given("document")) throw Stop(exit_code::usage, "name the text: --document FILE, or --digest HEX");
    const std::string document = context.world().read_file(context.text("document"));
    return protocol::hex(certs::sha256(protocol::as_bytes(document)));
}

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("title", context.text("TITLE"));
    json.member("documentVersion", context.text("document-version", "1.0")).member("documentDigest", digest_of(context));
    json.key("parties").array();
    for (const std::string& party : context.all("party")) json.raw(company_id(context, party));
    json.end();
    json.member("validFrom", context.given("from") ? moment(context, "from") : protocol::to_rfc3339(context.world().now()));
    if (context.given("until")) json.member("validUntil", moment(context, "until"));
    add_list(json, "dataClasses", context.all("class"));
    if (context.given("product")) add_list(json, "products", context.all("product"));
    if (context.given("kind")) json.member("kind", context.text("kind"));
    if (context.given("hub")) json.key("hub").raw(company_id(context, context.text("hub")));
    if (context.given("supersedes")) json.key("supersedes").raw(std::to_string(*context.number("supersedes")));
    if (context.given("emergency-hours")) json.key("emergencyHours").raw(std::to_string(*context.number("emergency-hours")));
    add_texts(json, context, {{"transfer-basis", "transferBasis"}, {"label-ceiling", "labelCeiling"}});
    if (context.flag("acknowledge-changes")) json.member("acknowledgeChanges", true);
    json.member("purpose", context.text("purpose", "support"))
        .member("requiredAssurance", context.text("assurance", "recorded"))
        .end();
    return print_agreement(context, context.post("/api/v1/agreements", json.take()));
}

int list(Context& context) {
    const Answer answer = context.get("/api/v1/agreements");
    if (context.printed_raw(answer)) return exit_code::ok;
    const Names companies = Names::of_companies(context);
    Table table({"ID", "TITLE", "VERSION", "STATE", "PARTIES", "FROM", "UNTIL"});
    for (const Value& row : answer.value.items()) {
        table.row({row.text("id"), row.text("title"), row.text("documentVersion"),
                   Cell(row.text("state"), ink_for_state(row.text("state"))), companies(row.at("parties")), row.text("validFrom"),
                   row.text("validUntil")});
    }
    if (table.empty())
        context.note("No agreement: without one no case can be opened. entente agreement add");
    else
        context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

std::string path_of(const Context& context, std::string_view tail) {
    return "/api/v1/agreements/" + context.text("AGREEMENT") + std::string(tail);
}

int show(Context& context) {
    return print_agreement(context, context.get(path_of(context, "")));
}

int accept(Context& context) {
    protocol::JsonWriter json;
    json.object().member("signatory", context.text("signatory")).member("documentDigest", digest_of(context));
    add_company(json, context);
    add_texts(json, context, {{"reason", "reason"}});
    json.end();
    return print_agreement(context, context.post(path_of(context, "/accept"), json.take()));
}

int step(Context& context, std::string_view tail) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"reason", "reason"}});
    if (context.given("effective")) json.member("effectiveAt", moment(context, "effective"));
    json.end();
    return print_agreement(context, context.post(path_of(context, tail), json.take()));
}

int suspend(Context& context) {
    return step(context, "/suspend");
}
int resume(Context& context) {
    return step(context, "/resume");
}
int terminate(Context& context) {
    return step(context, "/terminate");
}

int leave(Context& context) {
    return step(context, "/leave");
}

int member(Context& context) {
    protocol::JsonWriter json;
    json.object().key("company").raw(company_id(context, context.text("COMPANY")));
    add_texts(json, context, {{"role", "role"}});
    return print_agreement(context, context.post(path_of(context, "/members"), json.end().take()));
}

int changes(Context& context) {
    return print_list(context, context.get(path_of(context, "/changes")),
                      {{"NO", "position"},
                       {"CHANGE", "kind"},
                       {"BY", "company"},
                       {"ANNOUNCED", "announcedAt"},
                       {"HOLDS FROM", "effectiveAt"},
                       {"APPLIED", "appliedAt"},
                       {"REASON", "reason"}},
                      "Nothing was announced yet");
}

int acknowledge(Context& context) {
    const std::string position = std::to_string(*context.number("CHANGE"));
    return print_agreement(context, context.post(path_of(context, "/changes/" + position + "/acknowledge")));
}

int text(Context& context) {
    protocol::JsonWriter json;
    json.object().member("title", context.text("title")).member("version", context.text("document-version", "1.0"));
    json.member("text", context.world().read_file(context.text("FILE")));
    return print_object(context, context.post("/api/v1/agreement-texts", json.end().take()),
                        {{"digest", "digest"}, {"title", "title"}, {"version", "version"}});
}

int upcoming(Context& context) {
    std::string target = "/api/v1/upcoming?days=" + std::to_string(context.number("days").value_or(90));
    if (context.flag("calendar")) target += "&format=icalendar";
    const Answer answer = context.get(target);
    if (context.flag("calendar")) {
        context.out() << answer.body;
        return exit_code::ok;
    }
    return print_list(context, answer, {{"WHEN", "at"}, {"WHAT", "kind"}, {"ID", "id"}, {"TITLE", "title"}, {"DETAIL", "detail"}},
                      "Nothing changes by itself in that time");
}

}  // namespace

std::vector<Command> agreement_commands() {
    const Option which = argument("AGREEMENT", "its id");
    const Option document = value("document", "FILE", "the agreement's text; its SHA-256 names it");
    const Option digest = value("digest", "HEX", "the SHA-256 itself");
    return {
        {.path = "agreement add",
         .summary = "Propose an agreement between companies",
         .example = "  entente agreement add 'Mutual support 2027' --party brightwater.example --party keplin.example \\\n"
                    "      --document mutual-support.md --class technical --class product --class diagnostics",
         .caller = Caller::person_or_operator,
         .options = {argument("TITLE", "what people call it"), several("party", "COMPANY", "id, name or domain; two or more"),
                     document, digest, value("document-version", "TEXT", "version of that text (1.0)"),
                     value("from", "TIME", "in force from (now)"), value("until", "TIME", "and until; 365d, 2027-12-31"),
                     several("class", "NAME", "data class that may cross: case_facts, technical, product, diagnostics, ..."),
                     value("purpose", "TEXT", "what for (support)"),
                     choice("assurance", {"attested", "recorded", "covered", "confirmed", "signed"},
                            "how surely customers must consent (recorded)"),
                     choice("kind", {"bilateral", "one_to_many", "consortium"}, "which pairs of parties it joins (bilateral)"),
                     value("hub", "COMPANY", "of a one-to-many agreement"), several("product", "NAME", "only for this product"),
                     choice("transfer-basis", {"none_needed", "adequacy", "standard_clauses", "binding_rules", "derogation"},
                            "what a transfer of data between countries rests on"),
                     value("label-ceiling", "LABEL", "highest label that may cross, for example tlp:amber"),
                     value("emergency-hours", "N", "how long a customer's word of mouth stands unconfirmed (0: never)"),
                     flag("acknowledge-changes", "a suspension is taken back only when every party acknowledged it"),
                     value("supersedes", "AGREEMENT", "which one ends when this one comes in force")},
         .run = add},
        {.path = "upcoming",
         .summary = "Show what changes by itself and when: agreements, authorizations, rules",
         .example = "  entente upcoming --days 30\n  entente upcoming --calendar > entente.ics",
         .caller = Caller::person,
         .options = {value("days", "N", "how far ahead; absent: 90"), flag("calendar", "as iCalendar (RFC 5545)")},
         .run = upcoming},
        {.path = "agreement list",
         .summary = "List agreements",
         .example = "  entente agreement list",
         .caller = Caller::person_or_operator,
         .options = {},
         .run = list},
        {.path = "agreement show",
         .summary = "Show an agreement and who has accepted it",
         .example = "  entente agreement show 4711",
         .caller = Caller::person_or_operator,
         .options = {which},
         .run = show},
        {.path = "agreement accept",
         .summary = "Accept exactly this text for your company",
         .example = "  entente agreement accept 4711 --document mutual-support.md --signatory 'Hugo Brandt, Head of Support'",
         .caller = Caller::person_or_operator,
         .options = {which, document, digest, needed("signatory", "NAME", "who signed for the company"),
                     value("company", "COMPANY", "for whom (operator only)"),
                     value("reason", "TEXT", "why the operator records it")},
         .run = accept},
        {.path = "agreement suspend",
         .summary = "Stop new exchange under an agreement for a while",
         .example = "  entente agreement suspend 4711 --reason 'Contract under review'",
         .caller = Caller::person_or_operator,
         .options = {which, needed("reason", "TEXT", "why"), value("effective", "TIME", "announced now, holds from then")},
         .run = suspend},
        {.path = "agreement resume",
         .summary = "Put a suspended agreement in force again",
         .example = "  entente agreement resume 4711",
         .caller = Caller::person_or_operator,
         .options = {which, value("reason", "TEXT", "why"), value("effective", "TIME", "announced now, holds from then")},
         .run = resume},
        {.path = "agreement terminate",
         .summary = "End an agreement for good",
         .example = "  entente agreement terminate 4711 --reason 'Replaced by version 2.0'",
         .caller = Caller::person_or_operator,
         .options = {which, needed("reason", "TEXT", "why"), value("effective", "TIME", "announced now, holds from then")},
         .run = terminate},
        {.path = "agreement member",
         .summary = "Bring a company into a consortium or one-to-many agreement",
         .example = "  entente agreement member 4711 halden.example --role processor",
         .caller = Caller::person_or_operator,
         .options = {which, argument("COMPANY", "id, name or domain"),
                     choice("role", {"controller", "joint_controller", "processor"}, "what it is to the data (controller)")},
         .run = member},
        {.path = "agreement leave",
         .summary = "Leave a consortium or one-to-many agreement; your cases under it freeze",
         .example = "  entente agreement leave 4711 --reason 'Contract ended'",
         .caller = Caller::person,
         .options = {which, needed("reason", "TEXT", "why")},
         .run = leave},
        {.path = "agreement changes",
         .summary = "List what was announced, and from when it holds",
         .example = "  entente agreement changes 4711",
         .caller = Caller::person_or_operator,
         .options = {which},
         .run = changes},
        {.path = "agreement acknowledge",
         .summary = "Acknowledge an announced change for your company",
         .example = "  entente agreement acknowledge 4711 3",
         .caller = Caller::person,
         .options = {which, argument("CHANGE", "its number")},
         .run = acknowledge},
        {.path = "agreement text",
         .summary = "Keep an agreement's text under its SHA-256",
         .example = "  entente agreement text mutual-support.md --title 'Mutual support' --document-version 1.0",
         .caller = Caller::person_or_operator,
         .options = {argument("FILE", "the text"), needed("title", "TEXT", "what people call it"),
                     value("document-version", "TEXT", "its version (1.0)")},
         .run = text},
    };
}

}  // namespace entente::tools
