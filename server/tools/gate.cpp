// entente gate ...: what the gate decided, again.

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

}  // namespace

std::vector<Command> gate_commands() {
    return {{.path = "gate replay",
             .summary = "Recompute every decision of the gate from the log, to the same bytes",
             .example = "  entente gate replay\n  entente gate replay --from 12000",
             .caller = Caller::person_or_operator,
             .options = {value("from", "INDEX", "first entry to look at")},
             .run = replay}};
}

}  // namespace entente::tools
