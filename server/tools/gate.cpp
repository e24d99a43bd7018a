// entente gate replay, case rebuild: what was decided and what happened, again, from the log alone.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"

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
            {.path = "case rebuild",
             .summary = "Rebuild the lives of all cases from the log, and compare them byte for byte",
             .example = "  entente case rebuild",
             .caller = Caller::person_or_operator,
             .run = rebuild}};
}

}  // namespace entente::tools
