// entente evidence: what the log and the configuration show for each control, as a list, as a pack, and after a suspicion.

#include <array>
#include <ostream>

#include "certs/random.hpp"
#include "protocol/encoding.hpp"
#include "server/tools/context.hpp"
#include "server/tools/evidence_period.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"
#include "server/tools/zip.hpp"

namespace entente::tools {
namespace {

Period period_of(Context& context) {
    const auto period = parse_period(context.text("period"), context.world().now());
    if (!period)
        throw Stop(exit_code::usage, "'" + context.text("period") +
                                         "' is no period: 2026, 2026-Q3, 2026-11, 2026-11-27, 90d, or "
                                         "2026-01-01..2026-06-30");
    return *period;
}

int list_controls(Context& context) {
    std::string target = "/api/v1/evidence/controls";
    if (context.given("period")) {
        const Period period = period_of(context);
        target += "?from=" + url_encoded(to_rfc3339(period.from)) + "&until=" + url_encoded(to_rfc3339(period.until));
    }
    const Answer answer = context.get(target);
    if (context.printed_raw(answer)) return exit_code::ok;
    Table table({"FRAMEWORK", "CONTROL", "TITLE", "SERVED", "RECORDS", "EVIDENCE"});
    for (const Value& row : answer.value.items("items")) {
        const bool served = row.text("serves") != "no";
        if (!served && !context.flag("all")) continue;
        const bool holds = row.truth("evidence");
        table.row({row.text("framework"), row.text("id"), row.text("title"), row.text("serves"), served ? row.text("entries") : "",
                   served ? Cell(holds ? "yes" : "none", holds ? Ink::green : Ink::yellow) : Cell(row.text("words"), Ink::dim)});
    }
    context.out() << table.print(context.paint(), context.width()) << "\n";
    for (const Value& row : answer.value.items("coverage")) {
        const bool complete = row.truth("complete");
        context.out() << row.text("title") << ": evidence for " << row.text("withEvidence") << " of " << (complete ? "" : "the ")
                      << row.text("controls") << (complete ? "" : " listed here") << ", none in this period for "
                      << row.text("empty");
        if (complete)
            context.out() << ", not served " << row.text("notServed") << "\n";
        else
            context.out() << "; the others are not looked at\n";
    }
    if (!context.flag("all")) context.note("Controls that the gateway cannot serve, with reasons: --all");
    return exit_code::ok;
}

// The files of an answer as one archive, in a new file.
void write_pack(Context& context, const Answer& answer) {
    std::vector<NamedText> files;
    for (const Value& file : answer.value.items("files")) {
        std::string content = file.text("text");
        if (const auto bytes = protocol::from_base64(file.text("base64")); bytes && file.at("base64").present())
            content = protocol::as_text(*bytes);
        files.emplace_back(file.text("name"), std::move(content));
    }
    context.world().write_new_file(context.text("out"), zip_archive(files));
    context.out() << context.text("out") << "\n";
    context.note(std::to_string(files.size()) + " files; report.html is for reading, README.txt says how to check the rest.");
}

std::string drawn_seed() {
    std::array<std::uint8_t, 8> bytes{};
    certs::random_bytes(bytes);
    return protocol::hex(bytes);
}

int make_pack(Context& context) {
    const Period period = period_of(context);
    const std::string seed = context.text("seed", drawn_seed());
    protocol::JsonWriter body;
    body.object().member("from", to_rfc3339(period.from)).member("until", to_rfc3339(period.until)).member("seed", seed);
    body.member_if("samples", context.number("samples"));
    const Answer answer = context.post("/api/v1/evidence/packs", body.end().take());
    if (context.printed_raw(answer)) return exit_code::ok;
    write_pack(context, answer);
    context.note("Samples were drawn with the seed " + seed + "; the same period and seed draw them again.");
    return exit_code::ok;
}

int list_breach(Context& context) {
    const Period period = period_of(context);
    protocol::JsonWriter body;
    body.object().key("partner").raw(company_id(context, context.text("partner")));
    body.member("from", to_rfc3339(period.from)).member("until", to_rfc3339(period.until));
    const Answer answer = context.post("/api/v1/evidence/breaches", body.end().take());
    if (context.printed_raw(answer)) return exit_code::ok;
    for (const Value& file : answer.value.items("files")) {
        if (file.text("name") != "breach.json") continue;
        const Value breach = Value::parse(file.text("text")).value_or(Value());
        Table table({"CUSTOMER", "ID", "CASES", "CLASSES"});
        for (const Value& row : breach.items("customers"))
            table.row({row.text("name", "(erased)"), row.text("id"), row.text("cases"), row.text("classes")});
        if (table.empty())
            context.note("No customer of yours is affected.");
        else
            context.out() << table.print(context.paint(), context.width());
        std::int64_t reads = 0;
        for (const Value& row : breach.items("cases")) reads += row.number("laterReads").value_or(0);
        const auto how_many = [&](const char* list) { return static_cast<std::int64_t>(breach.items(list).size()); };
        context.out() << counted(how_many("cases"), "case", "cases") << ", "
                      << counted(how_many("items"), "disclosure", "disclosures") << ", read again "
                      << counted(reads, "time", "times") << ", classes: " << breach.text("classes", "none") << "\n";
    }
    if (context.given("out")) write_pack(context, answer);
    return exit_code::ok;
}

Option period_option(bool required) {
    Option option = value("period", "PERIOD", "2026, 2026-Q3, 2026-11, 2026-11-27, 90d (up to now), or 2026-01-01..2026-06-30");
    option.required = required;
    return option;
}

}  // namespace

std::vector<Command> evidence_commands() {
    return {
        {.path = "evidence controls",
         .summary = "List what there is evidence for: ISO/IEC 27001 and 27701 controls, GDPR articles",
         .example = "  entente evidence controls --period 2026-Q3\n  entente evidence controls --all",
         .caller = Caller::person_or_operator,
         .options = {period_option(false), flag("all", "also those that the gateway cannot serve, with reasons")},
         .run = list_controls},
        {.path = "evidence pack",
         .summary = "Write an evidence pack: report, OSCAL results, samples with proofs",
         .example = "  entente evidence pack --period 2026-Q3 --out evidence-2026-Q3.zip\n"
                    "  entente evidence pack --period 2026 --seed auditor-7 --samples 25 --out year.zip",
         .caller = Caller::person_or_operator,
         .options = {period_option(true), needed("out", "FILE", "the new archive (ZIP)"),
                     value("seed", "WORD", "draws the samples; let the auditor choose it. Without: a random one, which is printed"),
                     value("samples", "N", "of each control, at most (5)")},
         .run = make_pack},
        {.path = "evidence breach",
         .summary = "List what a partner was shown: affected customers, cases, classes, with proofs",
         .example = "  entente evidence breach --partner keplin.example --period 90d --out keplin.zip",
         .caller = Caller::person,
         .options = {needed("partner", "COMPANY", "id, name or mail domain"), period_option(true),
                     value("out", "FILE", "also write it as an archive (ZIP) with a readable report and proofs")},
         .run = list_breach},
    };
}

}  // namespace entente::tools
