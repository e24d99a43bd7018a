// entente case list and show, and how a case is printed.

#include "server/tools/case_view.hpp"

#include <ostream>

#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

Ink ink_for_priority(std::string_view priority) {
    return priority == "HIGH" ? Ink::red : Ink::plain;
}

std::string partner_of(const Value& row) {
    return row.text("direction") == "OUTBOUND" ? row.text("receiveCompanyName") : row.text("submitCompanyName");
}

std::string own_number(const Value& row) {
    return row.text("direction") == "OUTBOUND" ? row.text("submitterCaseNumber") : row.text("receiverCaseNumber");
}

std::string person(const Value& contact) {
    std::string name = contact.text("name");
    if (name.empty()) name = std::string(trimmed(contact.text("firstName") + " " + contact.text("lastName")));
    std::string out = name;
    for (const std::string_view member : {"email", "phone"}) {
        if (!contact.text(member).empty()) out += (out.empty() ? "" : ", ") + contact.text(member);
    }
    return out;
}

void indent(Context& context, std::string_view text, std::string_view by) {
    const std::size_t width = context.width() == 0 ? static_cast<std::size_t>(-1) / 2 : context.width() - by.size();
    for (const std::string& line : wrapped(printable(text, Lines::keep), width)) {
        context.out() << (line.empty() ? "" : by) << line << "\n";
    }
}

void print_facts(Context& context, const Value& row) {
    Facts facts;
    facts.add("your number", own_number(row));
    facts.add("theirs", row.text("direction") == "OUTBOUND" ? row.text("receiverCaseNumber") : row.text("submitterCaseNumber"));
    facts.add("opened", short_time(row.text("createdAt")));
    facts.add("updated", short_time(row.text("updatedAt")));
    if (!row.truth("responded")) facts.add("answer due", short_time(row.text("respondBy")), Ink::yellow);
    facts.add("submitted by", person(row.at("submittedBy")));
    facts.add("contact", person(row.at("submitterContactDetails")));
    facts.add(row.text("direction") == "OUTBOUND" ? "their engineer" : "your engineer", person(row.at("receiverContactDetails")));
    facts.add("priority note", plain_text(row.text("priorityNote")));
    facts.add("escalation", plain_text(row.text("escalationInstructions")));
    if (row.truth("testCase")) facts.add("test", "yes, nobody is paged");
    context.out() << facts.print(context.paint(), context.width());
}

void print_fields(Context& context, const Value& row) {
    Facts facts;
    for (const Value& field : row.items("customFields")) facts.add(field.text("fieldName"), field.text("value"));
    const std::string text = facts.print(context.paint(), context.width());
    if (!text.empty()) context.out() << "\n" << text;
}

void print_response(Context& context, const Value& response) {
    context.out() << "\n"
                  << context.paint()(Ink::dim, short_time(response.text("createdAt"))) << "  "
                  << context.paint()(Ink::bold, response.text("type"));
    const std::string who = printable(response.text("engineerName"), Lines::join);
    const std::string number = printable(response.text("caseNumber"), Lines::join);
    context.out() << (who.empty() ? "" : "  " + who) << (number.empty() ? "" : "  case " + number) << "\n";
    for (const std::string_view member : {"reason", "requestedInformation", "nextSteps"})
        indent(context, response.text(member), "  ");
}

void print_note(Context& context, const Value& note) {
    const std::string company = note.text("companyName");
    context.out() << "\n"
                  << context.paint()(Ink::dim, short_time(note.text("createdAt"))) << "  "
                  << context.paint()(Ink::bold, printable(plain_text(note.text("summary")), Lines::join)) << "\n"
                  << "  "
                  << context.paint()(Ink::dim, printable(note.text("creatorName"), Lines::join) +
                                                   (company.empty() ? "" : ", " + printable(company, Lines::join)))
                  << "\n";
    indent(context, plain_text(note.text("description")), "  ");
}

// Answers and notes in one line of time; at the same second the gateway's own note comes first.
void print_trail(Context& context, const Value& row) {
    const std::vector<Value> responses = row.items("caseResponses");
    const std::vector<Value> notes = row.items("caseNotes");
    auto response = responses.begin();
    for (const Value& note : notes) {
        while (response != responses.end() && response->text("createdAt") < note.text("createdAt"))
            print_response(context, *response++);
        print_note(context, note);
    }
    while (response != responses.end()) print_response(context, *response++);
}

std::string next_command(const Value& row) {
    const std::string status = row.text("status");
    const std::string token = row.text("token");
    const bool outbound = row.text("direction") == "OUTBOUND";
    if (!outbound && (status == "OPEN" || status == "INFORMATION")) {
        return "entente case answer " + token + " --accept --number YOUR-NUMBER   (or --ask TEXT, or --reject REASON)";
    }
    if (outbound && status == "INFORMATION") return "entente case answer " + token + " --reply TEXT";
    if (outbound && status == "ACCEPTED")
        return "entente case note " + token + " --summary TEXT   (and at the end: entente case close " + token + ")";
    return {};
}

// The own API lists cases here, because the contract's list does not say which of them are held or frozen.
std::string list_target(Context& context) {
    std::string target = "/api/v1/cases?limit=500";
    const auto add = [&target](std::string_view name, std::string_view value) {
        target.append("&").append(name).append("=").append(url_encoded(value));
    };
    const std::string type = context.text("type", "all");
    if (type != "all") add("side", type == "inbound" ? "receiver" : "submitter");
    const std::string status = context.text("status", "all");
    if (status != "all") add(status == "held" || status == "frozen" ? "flow" : "status", status);
    if (context.given("number")) add("caseNumber", context.text("number"));
    if (context.given("updated-after")) add("updatedAfter", moment(context, "updated-after"));
    return target;
}

// While something keeps a case from its partner, that says more than the status.
Cell state_of(const Value& row) {
    const std::string flow = row.text("flow");
    const std::string word = flow == "held" || flow == "frozen" ? flow : upper(row.text("status"));
    return {word, ink_for_state(word)};
}

void add_row(Table& table, const Value& row) {
    const bool outbound = row.text("side") == "submitter";
    const std::string priority = row.text("priority");
    table.row({row.text("token"), state_of(row), Cell(priority, ink_for_priority(priority)), outbound ? "to" : "from",
               row.text(outbound ? "receiver.companyName" : "submitter.companyName"),
               row.text(outbound ? "submitter.caseNumber" : "receiver.caseNumber"), short_time(row.text("updatedAt")),
               row.text("summary")});
}

int list(Context& context) {
    const std::string target = list_target(context);
    Answer answer = context.get(target);
    std::vector<Value> rows = answer.value.items();
    const bool one_page = answer.value.text("next").empty();
    while (!answer.value.text("next").empty()) {
        answer = context.get(target + "&after=" + url_encoded(answer.value.text("next")));
        for (Value& row : answer.value.items()) rows.push_back(std::move(row));
    }
    if (context.json() && !one_page) {
        // Further pages read as one that had room for all of them.
        std::string all;
        for (const Value& row : rows) all += (all.empty() ? "" : ",") + row.serialized();
        answer.body = R"({"items":[)" + all + R"(],"next":null})";
    }
    if (context.printed_raw(answer)) return exit_code::ok;
    Table table({"TOKEN", "STATUS", "PRIO", "", "PARTNER", "NUMBER", "UPDATED", "SUMMARY"});
    table.keep_whole({0, 6});
    for (const Value& row : rows) add_row(table, row);
    if (table.empty())
        context.note("No cases. Open one: entente case open --help");
    else
        context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

int show(Context& context) {
    const Answer answer = context.get(case_path(context));
    const int code = print_case(context, answer);
    if (!context.json() && answer.value.text("direction") == "OUTBOUND" && !answer.value.truth("responded")) {
        const Answer gate = context.attempt(api::Method::get, native_case_path(context, "/gate"));
        if (gate.good()) print_gate(context, gate.value);
    }
    return code;
}

}  // namespace

std::string case_path(const Context& context, std::string_view tail) {
    return "/v1/collaboration-requests/" + url_encoded(context.text("TOKEN")) + std::string(tail);
}

std::string native_case_path(const Context& context, std::string_view tail) {
    return "/api/v1/cases/" + url_encoded(context.text("TOKEN")) + std::string(tail);
}

int print_case(Context& context, const Answer& answer, Hint hint) {
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& row = answer.value;
    const Paint& paint = context.paint();
    const bool outbound = row.text("direction") == "OUTBOUND";
    context.out() << paint(Ink::bold, printable(row.text("summary"), Lines::join)) << "\n"
                  << row.text("token") << "  " << paint(ink_for_state(row.text("status")), row.text("status")) << "  "
                  << paint(ink_for_priority(row.text("priority")), row.text("priority")) << "  " << (outbound ? "to " : "from ")
                  << printable(partner_of(row), Lines::join) << "\n\n";
    print_facts(context, row);
    const std::string description = row.text("description");
    if (!description.empty()) {
        context.out() << "\n";
        indent(context, description, "  ");
    }
    print_fields(context, row);
    print_trail(context, row);
    const std::string next = hint == Hint::none ? std::string() : next_command(row);
    if (!next.empty()) context.note("\nNext: " + next);
    return exit_code::ok;
}

void print_gate(Context& context, const Value& gate) {
    const std::string flow = gate.text("flow");
    if (flow == "open" || flow == "ended" || flow.empty()) return;
    const Paint& paint = context.paint();
    context.out() << "\n"
                  << paint(Ink::yellow, flow == "frozen" ? "Frozen" : "Held") << ": " << printable(gate.text("text"), Lines::join)
                  << "\n";
    if (!gate.text("reason").empty()) context.out() << paint(Ink::dim, "  reason") << "  " << gate.text("reason") << "\n";
    context.out() << next_line(gate.text("nextStep"), paint);
}

std::string short_time(const std::string& time) {
    if (time.size() < 17) return time;
    return time.substr(0, 10) + " " + time.substr(11, 5) + "Z";
}

std::vector<Command> case_commands() {
    Option type = choice("type", {"inbound", "outbound", "all"}, "which side you are on (all)");
    Option status =
        choice("status", {"open", "information", "accepted", "rejected", "closed", "held", "frozen", "all"}, "only these (all)");
    std::vector<Command> out{
        case_open_command(),
        case_form_command(),
        {.path = "case list",
         .summary = "List your company's cases, newest first",
         .example = "  entente case list --type inbound --status open\n  entente case list --status held\n  entente case list "
                    "--updated-after 2027-01-31 --json",
         .caller = Caller::person,
         .options = {type, status, value("number", "TEXT", "your own case number"),
                     value("updated-after", "TIME", "changed since then")},
         .run = list},
        {.path = "case show",
         .summary = "Show a case with its trail and notes",
         .example = "  entente case show Hq2sV8nT0LkYp5cWd3aB",
         .caller = Caller::person,
         .options = {argument("TOKEN", "the case")},
         .run = show},
    };
    for (Command& command : case_answer_commands()) out.push_back(std::move(command));
    for (Command& command : case_gate_commands()) out.push_back(std::move(command));
    for (Command& command : case_life_commands()) out.push_back(std::move(command));
    return out;
}

}  // namespace entente::tools
