// entente keys rotate, generations, end, and the same for the keys of the log: of a running gateway, through its API.

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
    context.out() << "generation " << answer.value.text("generation") << " has ended; its file is destroyed within seconds\n";
    context.note("Backups that are older than the last rotation cannot be read any more.");
    return exit_code::ok;
}

int list_log_keys(Context& context) {
    const Answer answer = context.get("/api/v1/keys/log");
    if (context.printed_raw(answer)) return exit_code::ok;
    Table table({"KEY", "USE", "MADE", "ENDED", "ANNOUNCED IN", "VERIFIER KEY"});
    for (const Value& row : answer.value.items()) {
        const bool ended = !row.text("endedAt").empty();
        table.row({row.text("number"),
                   row.truth("newest") ? Cell("newest", Ink::green)
                   : ended             ? Cell(row.truth("present") ? "being destroyed" : "destroyed", Ink::dim)
                                       : Cell("signs beside it"),
                   row.text("madeAt"), row.text("endedAt"), row.text("entry"), row.text("verifierKey")});
    }
    context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

int rotate_log(Context& context) {
    const Answer answer = context.post("/api/v1/keys/log");
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << "log " << answer.value.text("verifierKey") << "\n";
    context.note(
        "This line belongs into the policies of auditors and witnesses within 30 days; until then the older key signs too. "
        "Back up the keys folder now, apart from the data.");
    return exit_code::ok;
}

int end_log_key(Context& context) {
    const Answer answer = context.post("/api/v1/keys/log/" + url_encoded(context.text("NUMBER")) + "/end");
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << "key " << answer.value.text("number") << " of the log has ended; its file is destroyed within seconds\n";
    context.note("What it signed stays verifiable. Readers who know it alone follow through an export of the whole log.");
    return exit_code::ok;
}

int list_escrows(Context& context) {
    return print_list(context, context.get("/api/v1/keys/escrows"),
                      {{"ID", "id"},
                       {"MADE", "madeAt"},
                       {"STATE", "state"},
                       {"GENERATIONS", "generations"},
                       {"TO", "recipients"},
                       {"SHA-256", "digest"}},
                      "No keys were ever sealed to operators: entente keys escrow");
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
        {.path = "keys log",
         .summary = "List the keys that sign the log, and those that did",
         .example = "  entente keys log",
         .caller = Caller::person_or_operator,
         .run = list_log_keys},
        {.path = "keys log-rotate",
         .summary = "Make another key for the log; it signs from now on, the older one beside it for 30 days",
         .example = "  entente keys log-rotate",
         .caller = Caller::gateway_operator,
         .run = rotate_log},
        {.path = "keys log-end",
         .summary = "Destroy an older key of the log before its 30 days are over",
         .example = "  entente keys log-end 1",
         .caller = Caller::gateway_operator,
         .options = {argument("NUMBER", "its number")},
         .run = end_log_key},
        {.path = "keys escrows",
         .summary = "List which keys were sealed to operators, and which copies are to be destroyed",
         .example = "  entente keys escrows",
         .caller = Caller::gateway_operator,
         .run = list_escrows},
    };
}

}  // namespace entente::tools
