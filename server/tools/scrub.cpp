// entente audit scrub: the background check of the log and the data file.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

int scrub(Context& context) {
    const Answer answer = context.flag("now") ? context.post("/api/v1/audit/scrub") : context.get("/api/v1/audit/scrub");
    const bool bad = answer.value.text("ok") == "false";
    const int code = bad ? exit_code::tampered : exit_code::ok;
    if (context.printed_raw(answer)) return code;
    Facts facts;
    const bool running = answer.value.text("state") == "running";
    facts.add("now", running               ? answer.value.text("checked") + " of " + answer.value.text("size") + " entries checked"
                     : context.flag("now") ? "begins"
                                           : "nothing is being checked");
    facts.add("last", answer.value.text("last"));
    if (!answer.value.text("last").empty())
        facts.add("found", bad ? "tampering or damage" : "nothing", bad ? Ink::red : Ink::green);
    facts.add("", answer.value.text("sentence"));
    facts.add("first bad entry", answer.value.text("firstBadIndex"));
    facts.add("next", answer.value.text("next"));
    context.out() << facts.print(context.paint(), context.width());
    return code;
}

int disclosures(Context& context) {
    std::string target = "/api/v1/disclosures?limit=" + std::to_string(context.number("limit").value_or(100));
    if (context.given("customer")) target += "&customer=" + customer_id(context, context.text("customer"));
    if (context.given("partner")) target += "&partner=" + company_id(context, context.text("partner"));
    if (context.given("case")) target += "&case=" + url_encoded(context.text("case"));
    if (context.given("from")) target += "&from=" + url_encoded(moment(context, "from"));
    if (context.given("to")) target += "&to=" + url_encoded(moment(context, "to"));
    if (context.given("after")) target += "&after=" + url_encoded(context.text("after"));
    const Answer answer = context.get(target);
    const int code =
        print_list(context, answer,
                   {{"AT", "at"},
                    {"CASE", "case"},
                    {"VERSION", "version"},
                    {"TO", "company"},
                    {"CUSTOMER", "customer"},
                    {"AGREEMENT", "agreement"},
                    {"AUTHORIZATION", "authorization"},
                    {"CLASSES", "dataClasses"}},
                   "Nothing was shown to anybody of the cases that your company opened. What was shown of what it wrote "
                   "in others' cases: entente evidence breach --partner COMPANY --period PERIOD");
    if (const std::string next = answer.value.text("next"); !next.empty()) context.note("There is more: --after " + next);
    return code;
}

int readers(Context& context) {
    const Answer answer = context.get("/api/v1/cases/" + url_encoded(context.text("TOKEN")) + "/readers");
    if (context.printed_raw(answer)) return exit_code::ok;
    Table seen({"COMPANY", "WHO", "SAW VERSION"});
    for (const Value& row : answer.value.items("seen")) seen.row({row.text("company"), row.text("principal"), row.text("version")});
    if (seen.empty()) {
        context.note("Nobody has read it");
        return exit_code::ok;
    }
    context.out() << seen.print(context.paint(), context.width());
    Table counts({"HOUR", "COMPANY", "WHO", "READ AGAIN"});
    for (const Value& row : answer.value.items("counts"))
        counts.row({row.text("hour"), row.text("company"), row.text("principal"), row.text("reads")});
    if (!counts.empty()) context.out() << "\n" << counts.print(context.paint(), context.width());
    return exit_code::ok;
}

}  // namespace

std::vector<Command> scrub_commands() {
    return {
        {.path = "audit scrub",
         .summary = "Show what the daily check of log and data file found; exit code 5 if something",
         .example = "  entente audit scrub\n  entente audit scrub --now",
         .caller = Caller::person_or_operator,
         .options = {flag("now", "begin one now")},
         .run = scrub},
        {.path = "audit disclosures",
         .summary = "List what of the cases that your company opened was shown to whom, under which agreement and authorization",
         .example = "  entente audit disclosures --customer 'Harbourline Shipping'\n"
                    "  entente audit disclosures --partner keplin.example --from 2027-01-01",
         .caller = Caller::person,
         .options = {value("customer", "CUSTOMER", "about this customer"), value("partner", "COMPANY", "to this company"),
                     value("case", "TOKEN", "of this case"), value("from", "TIME", "not before"), value("to", "TIME", "before"),
                     value("limit", "N", "at most so many (100)"), value("after", "PLACE", "go on where the list before ended")},
         .run = disclosures},
        {.path = "audit readers",
         .summary = "Show who has read a case, and how often again",
         .example = "  entente audit readers Hq2sV8nT0LkYp5cWd3aB",
         .caller = Caller::person,
         .options = {argument("TOKEN", "of the case")},
         .run = readers},
    };
}

}  // namespace entente::tools
