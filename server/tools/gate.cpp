// entente gate replay, gate rehearse, case rebuild: what was decided and what happened, again, from the log alone.

#include <algorithm>
#include <array>
#include <map>
#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

// Goes through the whole of what the caller may see of the log, a page at a time.
int replay(Context& context) {
    std::int64_t from = context.number("from").value_or(0);
    std::int64_t entries = 0, decisions = 0, exact = 0, erased = 0;
    std::string difference;
    for (;;) {
        const Answer answer = context.post("/api/v1/decisions/replay?limit=500&from=" + std::to_string(from));
        const auto number = [&](std::string_view name) { return answer.value.number(name).value_or(0); };
        entries += number("entries");
        decisions += number("decisions");
        exact += number("exact");
        erased += number("erased");
        if (difference.empty()) difference = answer.value.text("firstDifference");
        // Every page is a record of its own, so the log is never looked at to its very end: a page that is not full is the last.
        if (number("entries") < 500) break;
        from = number("next");
    }
    Facts facts;
    facts.add("entries", std::to_string(entries));
    facts.add("decisions", std::to_string(decisions));
    facts.add("exact", std::to_string(exact));
    facts.add("erased", std::to_string(erased));
    facts.add("first difference", difference.empty() ? "none" : difference);
    context.out() << facts.print(context.paint(), context.width());
    if (difference.empty() && exact == decisions) return exit_code::ok;
    context.note("Next: entente audit show " + difference + " and compare it with this version of the rules");
    return exit_code::refused;
}

std::string terms_to_try(Context& context) {
    constexpr std::array terms{"successor", "class",           "product",     "assurance",
                               "purpose",   "emergency-hours", "valid-until", "suspended"};
    if (std::ranges::none_of(terms, [&](const char* term) { return context.given(term); })) {
        std::string options;
        for (const char* term : terms) options += (options.empty() ? "--" : ", --") + std::string(term);
        throw Stop(exit_code::usage, "say what is to be tried, by one or several of " + options);
    }
    protocol::JsonWriter json;
    json.object();
    for (const char* id : {"agreement", "successor"})
        if (context.given(id)) json.key(id).raw(std::to_string(*context.number(id)));
    if (context.given("class")) add_list(json, "dataClasses", context.all("class"));
    if (context.given("product")) add_list(json, "products", context.all("product"));
    add_texts(json, context, {{"assurance", "requiredAssurance"}, {"purpose", "purpose"}});
    if (context.given("emergency-hours")) json.key("emergencyHours").raw(std::to_string(*context.number("emergency-hours")));
    if (context.given("valid-until")) json.member("validUntil", moment(context, "valid-until"));
    if (context.flag("suspended")) json.member("suspended", true);
    return json.end().take();
}

// All pages of the log, added up.
int rehearse(Context& context) {
    const std::string terms = terms_to_try(context);
    std::string target = "/api/v1/decisions/rehearse?limit=500";
    for (const char* end : {"since", "until"})
        if (context.given(end)) target.append("&").append(end).append("=").append(url_encoded(moment(context, end)));
    std::int64_t from = 0, decisions = 0, erased = 0, inexact = 0;
    std::map<std::string, std::int64_t> changes, then, now;
    Table examples({"ENTRY", "CASE", "WOULD BE", "THEN", "NOW"});
    std::size_t shown = 0;
    for (;;) {
        std::string page = target;
        const Answer answer = context.post(page.append("&from=").append(std::to_string(from)), terms);
        const auto number = [&](std::string_view name) { return answer.value.number(name).value_or(0); };
        decisions += number("decisions");
        erased += number("erased");
        inexact += number("inexact");
        for (const auto& [key, sums] :
             {std::pair("changes", &changes), std::pair("releasedThen", &then), std::pair("releasedNow", &now)}) {
            const Value counts = answer.value.at(key);
            for (const std::string& name : counts.names()) (*sums)[name] += counts.number(name).value_or(0);
        }
        for (const Value& row : answer.value.items("examples"))
            if (shown++ < 50)
                examples.row({row.text("index"), row.text("case"), row.text("change"), row.at("then").text("reason"),
                              row.at("now").text("reason")});
        if (number("entries") < 500) break;
        from = number("next");
    }
    Facts facts;
    facts.add("decisions", std::to_string(decisions));
    if (erased > 0) facts.add("erased", std::to_string(erased) + ", of which nothing can be said");
    if (inexact > 0) facts.add("of other rules", std::to_string(inexact) + ", of which this version says nothing");
    if (changes.empty()) facts.add("changes", "none", Ink::green);
    for (const auto& [change, count] : changes) facts.add(change, std::to_string(count), Ink::yellow);
    for (const auto& [data_class, count] : now) then[data_class] += 0;
    for (const auto& [data_class, count] : then)
        if (now[data_class] != count)
            facts.add(data_class, "released " + std::to_string(count) + " times, then " + std::to_string(now[data_class]));
    context.out() << facts.print(context.paint(), context.width());
    if (shown > 0) context.out() << "\n" << examples.print(context.paint(), context.width());
    return exit_code::ok;
}

int rebuild(Context& context) {
    std::int64_t cases = 0, exact = 0, older = 0, erased = 0;
    std::string difference;
    for (std::string next = "0"; !next.empty();) {
        const Answer answer = context.post("/api/v1/lives/replay?limit=200&after=" + next);
        const auto number = [&](std::string_view name) { return answer.value.number(name).value_or(0); };
        cases += number("cases");
        exact += number("exact");
        older += number("older");
        erased += number("erased");
        if (difference.empty()) difference = answer.value.text("firstDifference");
        next = answer.value.text("next");
    }
    Facts facts;
    facts.add("cases", std::to_string(cases));
    facts.add("exact", std::to_string(exact));
    if (older > 0) facts.add("older than the log of lives", std::to_string(older));
    facts.add("erased", std::to_string(erased));
    facts.add("first difference", difference.empty() ? "none" : "case " + difference);
    context.out() << facts.print(context.paint(), context.width());
    if (difference.empty()) return exit_code::ok;
    context.note("Next: entente audit verify, then compare the timeline of the case with its records");
    return exit_code::refused;
}

}  // namespace

std::vector<Command> gate_commands() {
    return {{.path = "gate replay",
             .summary = "Recompute every decision of the gate from the log, to the same bytes",
             .example = "  entente gate replay\n  entente gate replay --from 12000",
             .caller = Caller::person_or_operator,
             .options = {value("from", "INDEX", "first entry to look at")},
             .run = replay},
            {.path = "gate rehearse",
             .summary = "See what other terms of an agreement would have done to a period's decisions",
             .example = "  entente gate rehearse --agreement 4711 --assurance confirmed\n"
                        "  entente gate rehearse --successor 4812 --since 2030-05-01 --until 2030-06-01\n"
                        "  entente gate rehearse --class technical --class product",
             .caller = Caller::person_or_operator,
             .options = {value("agreement", "ID", "whose terms; absent: those of every agreement"),
                         value("successor", "ID", "try the terms of this agreement, a draft for example"),
                         several("class", "CLASS", "data class that would be permitted"),
                         choice("assurance", {"attested", "recorded", "covered", "confirmed", "signed"},
                                "how surely the customer's word would have to be obtained"),
                         value("emergency-hours", "HOURS", "how long word of mouth would stand; 0: never"),
                         several("product", "NAME", "product that would be covered"),
                         value("purpose", "CODE", "for which the agreement would be"),
                         value("valid-until", "TIME", "when the agreement would have ended"),
                         flag("suspended", "as if the agreement had been suspended"),
                         value("since", "TIME", "of a decision; absent: 30 days before the end"),
                         value("until", "TIME", "absent: now")},
             .run = rehearse},
            {.path = "case rebuild",
             .summary = "Rebuild the lives of all cases from the log, and compare them byte for byte",
             .example = "  entente case rebuild",
             .caller = Caller::person_or_operator,
             .run = rebuild}};
}

}  // namespace entente::tools
