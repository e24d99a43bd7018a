// entente audit list and show, and verification through the API. Verification of a copy of the database file needs the gateway's
// keys, not the gateway; audit_copy.cpp adds it.

#include <algorithm>
#include <ostream>

#include "server/tools/audit_view.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

std::string resources_of(const Value& row, std::string_view between) {
    std::string out;
    for (const Value& each : row.items("core.resources")) {
        out += (out.empty() ? "" : std::string(between)) + each.text("type") + " " + each.text("uid");
    }
    return out;
}

int list(Context& context) {
    const bool newest = !context.given("case") && !context.given("from");
    std::string target = "/api/v1/audit/entries?limit=" + std::to_string(context.number("limit").value_or(50));
    if (context.given("case")) target += "&case=" + url_encoded(context.text("case"));
    if (context.given("from")) target += "&from=" + std::to_string(*context.number("from"));
    if (newest) target += "&order=newest";
    const Answer answer = context.get(target);
    if (context.printed_raw(answer)) return exit_code::ok;
    std::vector<Value> rows = answer.value.items();
    if (newest) std::ranges::reverse(rows);
    Table table({"INDEX", "TIME", "OPERATION", "OUTCOME", "REASON", "COMPANY", "ROLE", "ABOUT"});
    for (const Value& row : rows) {
        table.row({row.text("index"), row.text("time"), row.text("operation"),
                   Cell(row.text("outcome"), ink_for_state(row.text("outcome"))), row.text("reason"),
                   row.text("core.actor.org_uid"), row.text("core.actor.role"), resources_of(row, ", ")});
    }
    if (table.empty())
        context.note("No records.");
    else
        context.out() << table.print(context.paint(), context.width());
    if (!answer.value.text("size").empty()) {
        context.note("The log holds " + answer.value.text("size") + " records, root " + answer.value.text("root"));
    }
    return exit_code::ok;
}

// Members as they stand, nested ones as JSON: a record is evidence, so nothing is prettied away.
std::string members_of(Context& context, const Value& object) {
    Facts facts;
    for (const std::string& member : object.names()) {
        const Value value = object.at(member);
        facts.add("  " + member, value.is_object() ? value.serialized() : value.text());
    }
    return facts.print(context.paint(), context.width());
}

int show(Context& context) {
    const Answer answer = context.get("/api/v1/audit/entries/" + url_encoded(context.text("RECORD")));
    if (context.printed_raw(answer)) return exit_code::ok;
    Facts facts;
    for (const std::string_view name : {"index", "event", "time", "operation", "outcome", "reason", "leaf"}) {
        facts.add(std::string(name), answer.value.text(name));
    }
    facts.add("about", resources_of(answer.value, "\n"));
    context.out() << facts.print(context.paint(), context.width());
    const std::vector<Value> sections = answer.value.items("sections");
    if (sections.empty()) context.out() << "\ncore\n" << members_of(context, answer.value.at("core"));
    for (const Value& section : sections) {
        context.out() << "\n"
                      << context.paint()(Ink::bold, section.text("section")) << "  " << section.text("state") << "  "
                      << context.paint()(Ink::dim, "commitment " + section.text("commitment")) << "\n";
        const Value text = section.at("text");
        context.out() << (text.is_object() ? members_of(context, text) : printable(text.text(), Lines::keep));
    }
    return exit_code::ok;
}

}  // namespace

int print_verification(Context& context, const Answer& answer) {
    const bool good = answer.value.truth("ok");
    const int code = good ? exit_code::ok : exit_code::tampered;
    if (context.printed_raw(answer)) return code;
    const Paint& paint = context.paint();
    const std::string size = answer.value.text("size");
    if (good) {
        context.out() << paint(Ink::green, "The audit log is intact") << ": " << answer.value.text("checked", size) << " of "
                      << size << " records checked\n  root  " << answer.value.text("root") << "\n";
        return code;
    }
    context.out() << paint(Ink::red, "The audit log has been tampered with") << ": ";
    const std::string sentence = answer.value.text("sentence");
    context.out() << printable(sentence.empty() ? "the verification failed" : sentence, Lines::join) << "\n";
    Facts facts;
    facts.add("  first bad record", answer.value.text("firstBadIndex"));
    facts.add("  failed check", answer.value.text("check"));
    facts.add("  records in the log", size);
    context.out() << facts.print(paint, context.width());
    for (const Value& finding : answer.value.items("findings")) {
        if (finding.text("sentence") == sentence) continue;
        context.out() << "  also: " << printable(finding.text("sentence"), Lines::join) << "\n";
    }
    return code;
}

// A large log takes longer than a call may: the gateway then says how far it is, and is asked again. It answers late by itself.
int verify_online(Context& context) {
    context.note("Verifying: every entry, section, seal and the tree over them ...");
    while (true) {
        const Answer answer = context.post("/api/v1/audit/verification");
        if (answer.value.text("state") != "running") return print_verification(context, answer);
        context.note("  " + answer.value.text("checked") + " of " + answer.value.text("size") + " records");
    }
}

Command audit_verify_command(int (*run)(Context&)) {
    return {.path = "audit verify",
            .summary = "Check every record of the audit log; exit code 5 if one was changed",
            .example = "  entente audit verify\n  entente audit verify --file /backup/entente.db",
            .caller = Caller::person_or_operator,
            .options = {value("file", "COPY", "a copy of the database file, opened with the keys of this machine's configuration")},
            .run = run};
}

std::vector<Command> audit_commands() {
    return {
        {.path = "audit list",
         .summary = "List audit records",
         .example = "  entente audit list --case Hq2sV8nT0LkYp5cWd3aB\n  entente audit list --from 1000 --limit 100",
         .caller = Caller::person_or_operator,
         .options = {value("case", "TOKEN", "about this case only"), value("from", "INDEX", "beginning with this record"),
                     value("limit", "N", "at most so many (50)")},
         .run = list},
        {.path = "audit show",
         .summary = "Show one record with the sections that you may read",
         .example = "  entente audit show 1041\n  entente audit show 0190f5fe-7c00-7a00-8000-000000000001",
         .caller = Caller::person_or_operator,
         .options = {argument("RECORD", "index or event id")},
         .run = show},
    };
}

}  // namespace entente::tools
