// entente rule, probe, partner ...: acceptance by rule, probes of partners' intakes, and finding a partner.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

const std::vector<Field> rule_details{{"id", "id"},
                                      {"name", "name"},
                                      {"department", "department"},
                                      {"partners", "partners"},
                                      {"until", "until"},
                                      {"ended", "endedAt"},
                                      {"a person acts within hours", "actWithinHours"},
                                      {"accepted", "score.accepted"},
                                      {"acted in time", "score.acted"},
                                      {"acted too late", "score.actedLate"},
                                      {"nobody acted", "score.notActed"},
                                      {"still in time", "score.waiting"}};

std::vector<std::string> parted(std::string_view text, char at) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = std::min(text.find(at), text.size());
        parts.emplace_back(trimmed(text.substr(0, end)));
        if (end == text.size()) return parts;
        text.remove_prefix(end + 1);
    }
}

// "serial_number=Serial number:SN-10*,SN-20*", or "existing_case" alone.
void write_evidence(protocol::JsonWriter& json, std::string_view text) {
    const std::size_t equals = text.find('=');
    json.object().member("kind", trimmed(text.substr(0, equals)));
    if (equals != std::string_view::npos) {
        const std::string_view rest = text.substr(equals + 1);
        const std::size_t colon = rest.find(':');
        if (colon == std::string_view::npos)
            throw Stop(exit_code::usage, "evidence is KIND=FIELD:VALUE,VALUE or existing_case, not " + std::string(text));
        json.member("field", trimmed(rest.substr(0, colon)));
        add_list(json, "values", parted(rest.substr(colon + 1), ','));
    }
    json.end();
}

int add_rule(Context& context) {
    protocol::JsonWriter json;
    json.object().member("name", context.text("NAME")).member("until", moment(context, "until"));
    json.key("evidence").array();
    for (const std::string& evidence : context.all("evidence")) write_evidence(json, evidence);
    json.end();
    json.member_if("department", context.number("department")).member_if("actWithinHours", context.number("act-within"));
    if (context.given("partner")) {
        json.key("partners").array();
        for (const std::string& partner : context.all("partner")) json.raw(company_id(context, partner));
        json.end();
    }
    add_texts(json, context, {{"next-steps", "nextSteps"}});
    json.end();
    return print_object(context, context.post("/api/v1/acceptance-rules", json.take()), rule_details);
}

int list_rules(Context& context) {
    return print_list(context, context.get("/api/v1/acceptance-rules"),
                      {{"ID", "id"},
                       {"NAME", "name"},
                       {"UNTIL", "until"},
                       {"ENDED", "endedAt"},
                       {"ACCEPTED", "score.accepted"},
                       {"ACTED", "score.acted"},
                       {"LATE", "score.actedLate"},
                       {"NOBODY ACTED", "score.notActed"}},
                      "No rules: people accept every case. entente rule add");
}

int end_rule(Context& context) {
    const std::string id = find_row(context, "/api/v1/acceptance-rules", "name", context.text("RULE"), "rule").text("id");
    return print_object(context, context.remove("/api/v1/acceptance-rules/" + id), rule_details);
}

const std::vector<Field> probe_details{
    {"id", "id"},       {"department", "department"}, {"customer", "customer"},      {"every hours", "everyHours"},
    {"next", "nextAt"}, {"last sent", "lastSentAt"},  {"last result", "lastResult"}, {"ended", "endedAt"}};

int add_probe(Context& context) {
    protocol::JsonWriter json;
    json.object();
    json.member_if("department", context.number("DEPARTMENT"));
    json.key("customer").raw(customer_id(context, context.text("customer")));
    json.member_if("everyHours", context.number("every")).end();
    return print_object(context, context.post("/api/v1/intake-probes", json.take()), probe_details);
}

int list_probes(Context& context) {
    return print_list(context, context.get("/api/v1/intake-probes"),
                      {{"ID", "id"},
                       {"DEPARTMENT", "department"},
                       {"EVERY HOURS", "everyHours"},
                       {"LAST SENT", "lastSentAt"},
                       {"LAST RESULT", "lastResult"},
                       {"ENDED", "endedAt"}},
                      "No probes: entente probe add");
}

int end_probe(Context& context) {
    const auto id = context.number("PROBE");
    return print_object(context, context.remove("/api/v1/intake-probes/" + std::to_string(id.value_or(0))), probe_details);
}

int search(Context& context) {
    std::string words;
    for (const std::string& word : context.all("WORDS")) words += (words.empty() ? "" : " ") + word;
    const std::string limit = context.number("limit") ? "&limit=" + std::to_string(*context.number("limit")) : "";
    return print_list(context, context.get("/api/v1/directory/partners?query=" + url_encoded(words) + limit),
                      {{"PARTNER", "label"},
                       {"COMPANY", "company"},
                       {"DEPARTMENT", "department"},
                       {"TAGS", "tags"},
                       {"AGREEMENT", "agreement"},
                       {"LAST PROVEN", "lastProven"}},
                      "Nobody fits: try other words, a product or a department");
}

}  // namespace

std::vector<Command> automation_commands() {
    Option evidence =
        several("evidence", "KIND=FIELD:VALUES",
                "what must be shown: serial_number, contract or product with the form's field and its values (SN-10* is a "
                "beginning), or existing_case; may be repeated, then all of it");
    evidence.required = true;
    return {
        {.path = "partner search",
         .summary = "Find a partner in your own words",
         .example = "  entente partner search 'who can help with fabric switches'",
         .options = {arguments("WORDS", "names, departments, products, or a sentence"), value("limit", "N", "rows at most (10)")},
         .run = search},
        {.path = "rule add",
         .summary = "Let the gateway accept cases for which evidence is shown; both sides read that no person did",
         .example = "  entente rule add 'Arrays under contract' --evidence 'serial_number=Serial number:BW-2*,BW-4*' \\\n"
                    "      --evidence 'contract=Contract number:C-1001,C-1002' --until 90d --act-within 8",
         .options = {argument("NAME", "as both sides read it"), evidence, needed("until", "TIME", "when it ends: 90d, 2027-01-31"),
                     value("act-within", "HOURS", "in which a person should act on what it accepted (24)"),
                     value("department", "ID", "only cases for this department"),
                     several("partner", "COMPANY", "only from this partner"), value("next-steps", "TEXT", "told to the partner")},
         .run = add_rule},
        {.path = "rule list",
         .summary = "List the rules with how often a person followed",
         .example = "  entente rule list",
         .options = {},
         .run = list_rules},
        {.path = "rule end",
         .summary = "End a rule",
         .example = "  entente rule end 'Arrays under contract'",
         .options = {argument("RULE", "id or name")},
         .run = end_rule},
        {.path = "probe add",
         .summary = "Send a test case to a partner's department from time to time",
         .example = "  entente probe add 310 --customer 'Test Customer' --every 168",
         .options = {argument("DEPARTMENT", "its id: entente partner search"),
                     needed("customer", "CUSTOMER", "your test customer, whose authorization it travels under"),
                     value("every", "HOURS", "how often (168)")},
         .run = add_probe},
        {.path = "probe list",
         .summary = "List the probes with their last result",
         .example = "  entente probe list",
         .options = {},
         .run = list_probes},
        {.path = "probe end",
         .summary = "End a probe",
         .example = "  entente probe end 12",
         .options = {argument("PROBE", "its id")},
         .run = end_probe},
    };
}

}  // namespace entente::tools
