// entente case answer, note, close, change: what moves a case on.

#include <ostream>

#include "server/tools/case_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

// The engineer of an answer: as given, else whoever is signed in.
void write_engineer(protocol::JsonWriter& json, Context& context) {
    Value me;
    if (!context.given("engineer") || !context.given("email")) me = context.get("/v1/me").value.at("user");
    json.member("engineerName", context.text("engineer", trimmed(me.text("firstName") + " " + me.text("lastName"))));
    json.member("engineerEmail", context.text("email", me.text("email")));
    json.member("engineerPhone", context.text("phone", me.text("phone")));
}

int accept(Context& context, bool again) {
    if (context.text("number").empty())
        throw Stop(exit_code::usage,
                   again ? "--update says the whole acceptance again, so give your own case number too: --number TEXT"
                         : "accepting needs your own case number: --number TEXT");
    protocol::JsonWriter json;
    json.object().member("caseNumber", context.text("number"));
    write_engineer(json, context);
    json.member("nextSteps", context.text("next-steps")).end();
    const std::string path = case_path(context, "/approval");
    return print_case(context, again ? context.patch(path, json.take()) : context.post(path, json.take()));
}

int reject(Context& context) {
    // Without a reason nothing else is said either: that is how a frozen case is declined.
    const std::string reason = text_or_file(context, "reject");
    protocol::JsonWriter json;
    json.object();
    if (!reason.empty()) {
        json.member("reason", reason);
        write_engineer(json, context);
    }
    json.end();
    return print_case(context, context.post(case_path(context, "/rejection"), json.take()));
}

int ask(Context& context) {
    protocol::JsonWriter json;
    json.object().member("requestedInformation", text_or_file(context, "ask"));
    write_engineer(json, context);
    json.end();
    return print_case(context, context.post(case_path(context, "/information-request"), json.take()));
}

int reply(Context& context) {
    protocol::JsonWriter json;
    json.object().member("requestedInformation", text_or_file(context, "reply")).end();
    return print_case(context, context.post(case_path(context, "/information-response"), json.take()));
}

int answer(Context& context) {
    int chosen = 0;
    for (const std::string_view option : {"accept", "update", "reject", "ask", "reply"}) chosen += context.given(option) ? 1 : 0;
    if (chosen != 1) throw Stop(exit_code::usage, "say one of --accept, --update, --reject REASON, --ask TEXT, --reply TEXT");
    if (context.flag("accept")) return accept(context, false);
    if (context.flag("update")) return accept(context, true);
    if (context.given("reject")) return reject(context);
    return context.given("ask") ? ask(context) : reply(context);
}

int note(Context& context) {
    protocol::JsonWriter json;
    const bool internal = context.flag("internal");
    json.object().member("visibility", internal ? "internal" : "shared").member("summary", context.text("summary"));
    json.member("text", text_or_file(context, "text")).member("topic", context.text("topic")).end();
    const Answer added = context.post(native_case_path(context, "/notes"), json.take());
    if (!context.printed_raw(added))
        context.out() << (internal ? "Noted for your company only: " : "Noted: ")
                      << printable(plain_text(added.value.text("summary")), Lines::join) << "\n";
    return exit_code::ok;
}

int close(Context& context) {
    return print_case(context, context.post(case_path(context, "/closure"), "{}"));
}

int change(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"number", "internalCaseNumber"}});
    if (context.given("contact-name") || context.given("contact-email") || context.given("contact-phone")) {
        json.key("submitterContactDetails").object();
        add_texts(json, context, {{"contact-name", "name"}, {"contact-email", "email"}, {"contact-phone", "phone"}});
        json.end();
    }
    json.end();
    return print_case(context, context.patch(case_path(context), json.take()));
}

}  // namespace

std::vector<Command> case_answer_commands() {
    const Option token = argument("TOKEN", "the case");
    return {
        {.path = "case answer",
         .summary = "Accept, reject, ask back, or reply to a question",
         .example = "  entente case answer Hq2sV8nT0LkYp5cWd3aB --accept --number KN-77120 --next-steps 'Reviewing the logs'\n"
                    "  entente case answer Hq2sV8nT0LkYp5cWd3aB --ask 'Which firmware do the switches run?'\n"
                    "  entente case answer Hq2sV8nT0LkYp5cWd3aB --reply @answer.txt\n"
                    "  entente case answer Hq2sV8nT0LkYp5cWd3aB --reject 'Not our product'",
         .caller = Caller::person,
         .options = {token, flag("accept", "take the case"), flag("update", "change what was said when accepting"),
                     value("reject", "REASON", "decline it ('' on a frozen case)"),
                     value("ask", "TEXT|@FILE", "ask the submitter for information"),
                     value("reply", "TEXT|@FILE", "give the information asked for"),
                     value("number", "TEXT", "your own case number"), value("engineer", "NAME", "who takes care (you)"),
                     value("email", "ADDRESS", "on your company's domain (yours)"), value("phone", "NUMBER", "telephone (yours)"),
                     value("next-steps", "TEXT", "what happens next")},
         .run = answer},
        {.path = "case note",
         .summary = "Write a note to the partner, or for your own company only",
         .example = "  entente case note Hq2sV8nT0LkYp5cWd3aB --summary 'Logs attached' --text @paths.log\n"
                    "  entente case note Hq2sV8nT0LkYp5cWd3aB --summary 'Ask Kim first' --internal",
         .caller = Caller::person,
         .options = {token, needed("summary", "TEXT", "one line"),
                     value("text", "TEXT|@FILE", "the rest; @- reads the standard input"),
                     value("topic", "TEXT", "what it belongs to; groups notes"),
                     flag("internal", "for your company only; the partner learns nothing of it")},
         .run = note},
        {.path = "case close",
         .summary = "Close an accepted case (the submitter does)",
         .example = "  entente case close Hq2sV8nT0LkYp5cWd3aB",
         .caller = Caller::person,
         .options = {token},
         .run = close},
        {.path = "case change",
         .summary = "Change your case number or contact",
         .example = "  entente case change Hq2sV8nT0LkYp5cWd3aB --number BW-9001-B",
         .caller = Caller::person,
         .options = {token, value("number", "TEXT", "your own case number"), value("contact-name", "NAME", "new contact"),
                     value("contact-email", "ADDRESS", "on your own domain"), value("contact-phone", "NUMBER", "telephone")},
         .run = change},
    };
}

}  // namespace entente::tools
