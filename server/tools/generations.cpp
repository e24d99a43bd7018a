// entente keys rotate, generations, end: the key generations of a running gateway, through its API.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

int list(Context& context) {
    const Answer answer = context.get("/api/v1/keys/generations");
    if (context.printed_raw(answer)) return exit_code::ok;
    Table table({"GENERATION", "USE", "MADE", "ENDED", "KEYS THAT HANG ON IT"});
    for (const Value& row : answer.value.items()) {
        const bool ended = !row.text("destroyedAt").empty();
        table.row({row.text("generation"),
                   row.truth("current") ? Cell("current", Ink::green)
                   : ended              ? Cell(row.truth("present") ? "being destroyed" : "destroyed", Ink::dim)
                                        : Cell("older data"),
                   row.text("madeAt"), row.text("destroyedAt"), row.text("ownerKeys")});
    }
    context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

int rotate(Context& context) {
    const Answer answer = context.post("/api/v1/keys/generations");
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << "generation " << answer.value.text("generation") << " is the current one\n";
    context.note("The owners' keys are wrapped again in the background. Back up the keys folder now, apart from the data.");
    return exit_code::ok;
}

int end(Context& context) {
    const Answer answer = context.post("/api/v1/keys/generations/" + url_encoded(context.text("GENERATION")) + "/end");
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << "generation " << answer.value.text("generation") << " is destroyed\n";
    context.note("Backups that are older than the last rotation cannot be read any more.");
    return exit_code::ok;
}

}  // namespace

std::vector<Command> generation_commands() {
    return {
        {.path = "keys generations",
         .summary = "List the key generations that the gateway knows, and how many keys hang on each",
         .example = "  entente keys generations",
         .caller = Caller::gateway_operator,
         .run = list},
        {.path = "keys rotate",
         .summary = "Make a new key generation now; the gateway goes on meanwhile",
         .example = "  entente keys rotate",
         .caller = Caller::gateway_operator,
         .run = rotate},
        {.path = "keys end",
         .summary = "Destroy an older key generation for good; older backups cannot be read any more",
         .example = "  entente keys end 1",
         .caller = Caller::gateway_operator,
         .options = {argument("GENERATION", "its number")},
         .run = end},
    };
}

}  // namespace entente::tools
