// entente scan, case label, case review, case disclosures, sharing ...: what leaves, what stays, and under whose rules.

#include <map>
#include <ostream>

#include "server/tools/case_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

const std::vector<std::string> labels{"TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"};

std::string joined(const Value& counts) {
    std::string out;
    for (const std::string& name : counts.names()) out += (out.empty() ? "" : ", ") + name + " " + counts.text(name);
    return out;
}

int scan(Context& context) {
    if (context.given("case") == context.given("partner"))
        throw Stop(exit_code::usage, "say for whom: --case TOKEN or --partner COMPANY, one of them");
    protocol::JsonWriter json;
    json.object().member("text", text_or_file(context, "TEXT"));
    if (context.given("case")) json.member("case", context.text("case"));
    if (context.given("partner")) json.key("partner").raw(company_id(context, context.text("partner")));
    const Answer answer = context.post("/api/v1/scan", json.end().take());
    const Value& verdict = answer.value;
    const bool passes = verdict.text("verdict") == "pass";
    if (context.printed_raw(answer)) return passes ? exit_code::ok : exit_code::refused;
    Facts facts;
    facts.add("verdict", verdict.text("verdict"), ink_for_state(verdict.text("verdict")));
    facts.add("says", verdict.text("text"));
    facts.add("label", verdict.text("label") + ", at most " + verdict.text("ceiling"));
    facts.add("classes that flow", verdict.text("dataClasses"));
    context.out() << facts.print(context.paint(), context.width());
    if (!verdict.items("findings").empty()) {
        Table table({"FOUND", "CLASS", "ACTION"});
        for (const Value& finding : verdict.items("findings"))
            table.row({finding.text("title"), finding.text("dataClass"), finding.text("action")});
        context.out() << "\n" << table.print(context.paint(), context.width());
    }
    context.out() << "\nThe partner would read:\n\n";
    for (const std::string& line : wrapped(printable(verdict.text("masked"), Lines::keep), context.width() - 2))
        context.out() << "  " << line << "\n";
    context.out() << next_line(verdict.text("nextStep"), context.paint());
    return passes ? exit_code::ok : exit_code::refused;
}

int label(Context& context) {
    protocol::JsonWriter json;
    json.object().member("label", context.text("label")).end();
    const Answer answer = context.post(native_case_path(context, "/label"), json.take());
    if (context.printed_raw(answer)) return exit_code::ok;
    Facts facts;
    facts.add("label", answer.value.text("label") + ", at most " + answer.value.text("ceiling"));
    facts.add("wanted", answer.value.text("wanted"));
    context.out() << facts.print(context.paint(), context.width());
    if (!answer.value.text("wanted").empty()) context.note("A second person of your company lowers it with the same command");
    return exit_code::ok;
}

int review(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"digest", "digest"}});
    context.post(native_case_path(context, "/reviews"), json.end().take());
    context.note("What you looked at may cross now");
    return exit_code::ok;
}

int disclosures(Context& context) {
    const Answer answer = context.get(native_case_path(context, "/disclosures"));
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& budget = answer.value;
    Facts facts;
    facts.add("flow", budget.text("flow"), ink_for_state(budget.text("flow")));
    facts.add("label", budget.text("label") + ", at most " + budget.text("ceiling"));
    facts.add("texts", budget.text("texts") + " (" + budget.text("characters") + " characters)");
    facts.add("released", joined(budget.at("released")));
    facts.add("under other names", joined(budget.at("pseudonymised")));
    facts.add("masked", joined(budget.at("masked")));
    std::string withheld;
    for (const Value& each : budget.items("withheldFields"))
        withheld += (withheld.empty() ? "" : "\n") + each.text("label") + " (" + each.text("reason") + ")";
    facts.add("withheld", withheld);
    context.out() << facts.print(context.paint(), context.width());
    return exit_code::ok;
}

int pseudonyms(Context& context) {
    return print_list(context, context.get(native_case_path(context, "/pseudonyms")),
                      {{"STANDS THERE", "placeholder"}, {"OR", "standIn"}, {"KIND", "kind"}, {"IS", "value"}},
                      "Nothing of yours is under another name in this case");
}

// --- a company's rules ---

int list_rules(Context& context) {
    return print_list(context, context.get("/api/v1/sharing-rules"),
                      {{"ID", "id"},
                       {"AGREEMENT", "agreement"},
                       {"CEILING", "ceiling"},
                       {"APPROVED", "approvedAt"},
                       {"FROM", "effectiveFrom"},
                       {"REASON", "reason"}},
                      "Your company has no rules of its own: the defaults hold");
}

int print_rules(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& rules = answer.value;
    Facts facts;
    facts.add("id", rules.text("id"));
    facts.add("agreement", rules.text("agreement", "every one without rules of its own"));
    facts.add("ceiling", rules.text("ceiling"));
    facts.add("from", short_time(rules.text("effectiveFrom")));
    facts.add("approved", short_time(rules.text("approvedAt")), Ink::yellow);
    facts.add("reason", rules.text("reason"));
    context.out() << facts.print(context.paint(), context.width()) << "\n";
    Table table({"KIND", "ACTION"});
    for (const Value& row : rules.items("actions")) table.row({row.text("kind"), row.text("action")});
    context.out() << table.print(context.paint(), context.width());
    if (rules.text("approvedAt").empty())
        context.note("A second person approves them: entente sharing approve " + rules.text("id"));
    return exit_code::ok;
}

int show_rules(Context& context) {
    return print_rules(context, context.get("/api/v1/sharing-rules/" + url_encoded(context.text("ID"))));
}

int propose_rules(Context& context) {
    protocol::JsonWriter json;
    json.object();
    if (const auto agreement = context.number("agreement")) json.member("agreement", *agreement);
    json.key("actions").array();
    for (const std::string& pair : context.all("set")) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos)
            throw Stop(exit_code::usage, "--set takes KIND=ACTION, for example phone_number=hold, not " + pair);
        json.object().member("kind", pair.substr(0, equals)).member("action", pair.substr(equals + 1)).end();
    }
    json.end();
    add_texts(json, context, {{"ceiling", "ceiling"}, {"reason", "reason"}});
    if (context.given("from")) json.member("effectiveFrom", moment(context, "from"));
    return print_rules(context, context.post("/api/v1/sharing-rules", json.end().take()));
}

// All pages of the period, added up.
int rehearse_rules(Context& context) {
    std::string target = "/api/v1/sharing-rules/" + url_encoded(context.text("ID")) + "/rehearse?limit=200";
    for (const char* end : {"from", "until"})
        if (context.given(end)) target.append("&").append(end).append("=").append(url_encoded(moment(context, end)));
    std::int64_t cases = 0, texts = 0, unreadable = 0, from_findings = 0, more = 0, less = 0;
    std::map<std::string, std::int64_t> moved;
    Table examples({"CASE", "ITEM", "THEN", "NOW", "REASON"});
    std::size_t shown = 0;
    for (std::string next = "0"; !next.empty();) {
        std::string page = target;
        const Answer answer = context.post(page.append("&after=").append(next));
        const auto number = [&](std::string_view name) { return answer.value.number(name).value_or(0); };
        cases += number("cases");
        texts += number("texts");
        unreadable += number("unreadable");
        from_findings += number("fromFindings");
        more += number("moreMasked");
        less += number("lessMasked");
        for (const Value& row : answer.value.items("moved"))
            moved[row.text("then") + " -> " + row.text("now")] += row.number("texts").value_or(0);
        for (const Value& row : answer.value.items("examples"))
            if (shown++ < 50)
                examples.row({row.text("case"), row.text("item"), row.text("then"), row.text("now"), row.text("reason")});
        next = answer.value.text("next");
    }
    Facts facts;
    facts.add("cases", std::to_string(cases) + (unreadable > 0 ? ", " + std::to_string(unreadable) + " without their words" : ""));
    facts.add("texts", std::to_string(texts) +
                           (from_findings > 0 ? ", " + std::to_string(from_findings) + " judged from what was found in them" : ""));
    for (const auto& [fates, count] : moved) facts.add(fates, std::to_string(count), Ink::yellow);
    facts.add("more masked", std::to_string(more));
    facts.add("less masked", std::to_string(less));
    context.out() << facts.print(context.paint(), context.width());
    if (shown > 0) context.out() << "\n" << examples.print(context.paint(), context.width());
    return exit_code::ok;
}

int approve_rules(Context& context) {
    return print_rules(context, context.post("/api/v1/sharing-rules/" + url_encoded(context.text("ID")) + "/approve"));
}

// --- keys of signatories and customers ---

// A public key as JWK, from a file or as it stands.
std::string jwk_of(Context& context) {
    const auto jwk = Value::parse(text_or_file(context, "JWK"));
    if (!jwk || !jwk->is_object()) throw Stop(exit_code::usage, "JWK must be a public key as JSON (RFC 7517), or @FILE with one");
    return jwk->serialized();
}

const std::vector<Field> key_fields{{"kid", "kid"},
                                    {"issuer", "issuer"},
                                    {"proposed by", "proposedBy"},
                                    {"confirmed by", "confirmedBy"},
                                    {"confirmed", "confirmedAt"},
                                    {"revoked", "revokedAt"}};

int list_keys_at(Context& context, const std::string& target, bool of_customer) {
    std::vector<Field> columns{{"KID", "kid"}};
    if (of_customer) columns.push_back({"ISSUER", "issuer"});
    for (const Field& more :
         std::vector<Field>{{"PROPOSED BY", "proposedBy"}, {"CONFIRMED", "confirmedAt"}, {"REVOKED", "revokedAt"}})
        columns.push_back(more);
    return print_list(context, context.get(target), columns, "No key");
}

std::string named_key(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"issuer", "issuer"}, {"KID", "kid"}});
    return json.end().take();
}

std::string brought_key(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"issuer", "issuer"}});
    return json.key("jwk").raw(jwk_of(context)).end().take();
}

std::string customer_path(Context& context, std::string_view tail) {
    return "/api/v1/customers/" + customer_id(context, context.text("CUSTOMER")) + "/keys" + std::string(tail);
}

int customer_keys(Context& context) {
    return list_keys_at(context, customer_path(context, ""), true);
}
int add_customer_key(Context& context) {
    return print_object(context, context.post(customer_path(context, ""), brought_key(context)), key_fields);
}
int confirm_customer_key(Context& context) {
    return print_object(context, context.post(customer_path(context, "/confirm"), named_key(context)), key_fields);
}
int revoke_customer_key(Context& context) {
    return print_object(context, context.post(customer_path(context, "/revoke"), named_key(context)), key_fields);
}

int signatory_keys(Context& context) {
    return list_keys_at(context, "/api/v1/signing-keys", false);
}
int add_signatory_key(Context& context) {
    return print_object(context, context.post("/api/v1/signing-keys", brought_key(context)), key_fields);
}
int confirm_signatory_key(Context& context) {
    return print_object(context, context.post("/api/v1/signing-keys/confirm", named_key(context)), key_fields);
}
int revoke_signatory_key(Context& context) {
    return print_object(context, context.post("/api/v1/signing-keys/revoke", named_key(context)), key_fields);
}

Command command(std::string path, std::string summary, std::string example, std::vector<Option> options, int (*run)(Context&)) {
    return {.path = std::move(path),
            .summary = std::move(summary),
            .example = std::move(example),
            .caller = Caller::person,
            .options = std::move(options),
            .run = run};
}

std::vector<Command> key_commands() {
    const Option customer = argument("CUSTOMER", "id, name or alias");
    const Option jwk = argument("JWK", "a public key as JSON (Ed25519 or P-256), or @FILE with one");
    const Option kid = argument("KID", "the key's name, as the list shows it");
    const Option issuer = needed("issuer", "WHO", "who signs with it, as iss says in what is signed");
    return {
        command("customer keys", "List the keys that a customer signs with", "  entente customer keys HLS", {customer},
                customer_keys),
        command("customer add-key", "Add a key of a customer; a second person confirms it",
                "  entente customer add-key HLS @harbourline.jwk --issuer https://harbourline.example", {customer, jwk, issuer},
                add_customer_key),
        command("customer confirm-key", "Confirm a key that a colleague added",
                "  entente customer confirm-key HLS 2030-a --issuer https://harbourline.example", {customer, kid, issuer},
                confirm_customer_key),
        command("customer revoke-key", "Revoke a key; what it signed before stays explained",
                "  entente customer revoke-key HLS 2030-a --issuer https://harbourline.example", {customer, kid, issuer},
                revoke_customer_key),
        command("agreement keys", "List the keys with which your signatories sign", "  entente agreement keys", {}, signatory_keys),
        command("agreement add-key", "Add a signatory's key; a second person confirms it",
                "  entente agreement add-key @signatory.jwk", {jwk}, add_signatory_key),
        command("agreement confirm-key", "Confirm a key that a colleague added", "  entente agreement confirm-key 2030-a", {kid},
                confirm_signatory_key),
        command("agreement revoke-key", "Revoke a signatory's key", "  entente agreement revoke-key 2030-a", {kid},
                revoke_signatory_key),
    };
}

}  // namespace

std::vector<Command> sharing_commands() {
    const std::string token = "Hq2sV8nT0LkYp5cWd3aB";
    const Option which = argument("TOKEN", "the case");
    const Option rules = argument("ID", "of the rules");
    Option wanted = choice("label", labels, "what the case is marked with from now on");
    wanted.required = true;
    std::vector<Command> all{
        command("scan", "See what a partner would read of a text, without sending it",
                "  entente scan @problem.txt --partner 'Keplin Networks'\n  entente scan 'db01 answers again' --case " + token,
                {argument("TEXT", "the text, or @FILE"), value("case", "TOKEN", "as part of this case"),
                 value("partner", "COMPANY", "as a new case for this company")},
                scan),
        command("case label", "Mark a case; raising holds at once, lowering takes a second person",
                "  entente case label " + token + " --label TLP:AMBER", {which, std::move(wanted)}, label),
        command("case review", "Let pass what your rules hold for a second look",
                "  entente case review " + token + "\n  entente case review " + token +
                    " --digest 5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
                {which, value("digest", "HEX", "of the refused text, as the refusal says; absent: the held case itself")}, review),
        command("case disclosures", "Count what of a case left, was masked, or stayed", "  entente case disclosures " + token,
                {which}, disclosures),
        command("case pseudonyms", "Show what stands for what of your own in a case", "  entente case pseudonyms " + token, {which},
                pseudonyms),
        command("sharing list", "List your company's rules about what leaves", "  entente sharing list", {}, list_rules),
        command("sharing show", "Show one version of the rules", "  entente sharing show 912004", {rules}, show_rules),
        command("sharing propose", "Propose rules; a second person approves them",
                "  entente sharing propose --set phone_number=hold --set ip_address=allow --reason 'Ticket 4711'\n"
                "  entente sharing propose --agreement 6612 --ceiling TLP:GREEN --reason 'New policy' --from 2030-07-01",
                {several("set", "KIND=ACTION",
                         "what happens to a kind of finding: allow, parseable, pseudonymise, mask, hold or refuse"),
                 value("agreement", "ID", "only under this agreement"), choice("ceiling", labels, "highest label that may cross"),
                 value("from", "TIME", "from when they hold; absent: at once"), needed("reason", "TEXT", "why")},
                propose_rules),
        command("sharing rehearse", "See what rules would have done to the texts of a period",
                "  entente sharing rehearse 912004\n  entente sharing rehearse 912004 --from 2030-05-01 --until 2030-06-01",
                {rules, value("from", "TIME", "absent: 30 days before the end"), value("until", "TIME", "absent: now")},
                rehearse_rules),
        command("sharing approve", "Approve rules that a colleague proposed", "  entente sharing approve 912004", {rules},
                approve_rules),
    };
    for (Command& one : key_commands()) all.push_back(std::move(one));
    return all;
}

}  // namespace entente::tools
