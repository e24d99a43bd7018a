// entente case timeline, move, offer-fix, ...: who has the move in a case, and handing it on.

#include <ostream>

#include "protocol/case_moves.hpp"
#include "server/tools/case_view.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {

using protocol::LifeMove;

namespace {

// 93784000000 microseconds as "1 d 2 h 3 min"; nobody reads more than that.
std::string in_time(std::int64_t us) {
    const std::int64_t minutes = us / 60'000'000;
    if (minutes == 0) return std::to_string(us / 1'000'000) + " s";
    std::string out;
    const auto add = [&out](std::int64_t number, const char* unit) {
        if (number == 0) return;
        if (!out.empty()) out += ' ';
        out += std::to_string(number) + ' ' + unit;
    };
    add(minutes / 1440, "d");
    add(minutes / 60 % 24, "h");
    add(minutes % 60, "min");
    return out;
}

// "fix_offered" and "fixesOffered" as people write them.
std::string in_words(std::string_view code) {
    std::string words;
    for (const char c : code) {
        if (c >= 'A' && c <= 'Z') {
            words += ' ';
            words += static_cast<char>(c - 'A' + 'a');
        } else {
            words += c == '_' ? ' ' : c;
        }
    }
    return words;
}

void print_now(Context& context, const Value& life) {
    Facts facts;
    facts.add("state", in_words(life.text("state")), ink_for_state(life.text("state")));
    facts.add("next move", in_words(life.text("owner")) + ", " + in_words(life.text("action")));
    facts.add("why", in_words(life.text("reason")));
    facts.add("since", short_time(life.text("since")));
    if (life.at("firstAnswer").is_object()) {
        facts.add("first answer", short_time(life.text("firstAnswer.at")));
    } else {
        facts.add("answer due", short_time(life.text("targets.respondBy")), Ink::yellow);
    }
    facts.add("resolution due", short_time(life.text("targets.resolveBy")), Ink::yellow);
    if (life.at("escalation").is_object())
        facts.add("escalated", "level " + life.text("escalation.level") + ", " + in_words(life.text("escalation.reason")),
                  Ink::red);
    std::string feedback;
    for (const Value& given : life.items("feedback.answers"))
        feedback += (feedback.empty() ? "" : "\n") + in_words(given.text("by")) + ": " + given.text("score") + " of 5" +
                    (given.text("reason").empty() ? "" : ", " + in_words(given.text("reason")));
    facts.add("feedback", feedback);
    facts.add("department", life.text("department.name"));
    std::string links;
    for (const Value& link : life.items("links"))
        links += (links.empty() ? "" : "\n") + in_words(link.text("kind")) + " " + link.text("case");
    facts.add("links", links);
    context.out() << facts.print(context.paint(), context.width());
}

int moved(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    print_now(context, answer.value);
    return exit_code::ok;
}

int timeline(Context& context) {
    const Answer answer = context.get(native_case_path(context, "/timeline"));
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& life = answer.value;
    print_now(context, life);
    Table table({"FROM", "FOR", "NEXT MOVE", "DOING", "WHY"});
    for (const Value& interval : life.items("intervals"))
        table.row({short_time(interval.text("start")), in_time(interval.number("us").value_or(0)), in_words(interval.text("owner")),
                   in_words(interval.text("action")) + (interval.truth("contested") ? " (contested)" : ""),
                   in_words(interval.text("reason"))});
    context.out() << "\n" << table.print(context.paint(), context.width()) << "\n";
    Facts sums;
    for (const Value& sum : life.items("byOwner")) sums.add(in_words(sum.text("owner")), in_time(sum.number("us").value_or(0)));
    sums.add("age", in_time(life.number("ageUs").value_or(0)));
    const Value counts = life.at("counts");
    for (const std::string& name : counts.names())
        if (counts.number(name).value_or(0) > 0) sums.add(in_words(name), counts.text(name));
    context.out() << sums.print(context.paint(), context.width());
    return exit_code::ok;
}

// The department that a case goes to, by id or name. Whoever opened the case finds the receiver's departments as any partner's.
std::string department_meant(Context& context) {
    std::string named = context.text("department");
    if (is_number(named)) return named;
    const Value row = context.get(native_case_path(context, "")).value;
    if (row.text("side") == "receiver") return find_row(context, "/api/v1/departments", "name", named, "department").text("id");
    const std::string company = row.text("receiver.companyName");
    std::string names;
    for (const Value& found : context.get("/v1/partners/" + url_encoded(shortened(company, 100))).value.items()) {
        if (found.text("companyId") != row.text("receiver.company") || found.text("departmentId").empty()) continue;
        if (same_ignoring_case(found.text("departmentName"), named)) return found.text("departmentId");
        names += "\n  " + found.text("departmentName");
    }
    throw Stop(exit_code::refused,
               company + " has no department '" + named + "'" + (names.empty() ? std::string() : "; it has" + names));
}

// The body of a move: the options that were given, under the names of the API.
std::string body_of(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"reason", "reason"}, {"to", "owner"}, {"action", "action"}, {"channel", "channel"}});
    if (context.given("text")) json.member("text", text_or_file(context, "text"));
    json.member_if("level", context.number("level"));
    json.member_if("score", context.number("score"));
    if (context.given("department")) json.key("department").raw(department_meant(context));
    if (context.given("until")) json.member("until", moment(context, "until"));
    return json.end().take();
}

int post_move(Context& context, std::string_view tail) {
    return moved(context, context.post(native_case_path(context, tail), body_of(context)));
}
int move(Context& context) {
    return post_move(context, "/move");
}
int offer_fix(Context& context) {
    return post_move(context, "/fix");
}
int confirm_fix(Context& context) {
    return post_move(context, "/fix/confirm");
}
int reject_fix(Context& context) {
    return post_move(context, "/fix/reject");
}
int reopen(Context& context) {
    return post_move(context, "/reopen");
}
int withdraw(Context& context) {
    return post_move(context, "/withdraw");
}
int reroute(Context& context) {
    return post_move(context, "/reroute");
}
int escalate(Context& context) {
    return post_move(context, "/escalate");
}
int pause(Context& context) {
    return post_move(context, "/pause");
}
int contest(Context& context) {
    return post_move(context, "/pause/contest");
}
int resume(Context& context) {
    return post_move(context, "/resume");
}

int feedback(Context& context) {
    return post_move(context, "/feedback");
}

int satisfaction(Context& context) {
    std::string query;
    const auto add = [&query](std::string_view name, const std::string& value) {
        query += (query.empty() ? '?' : '&') + std::string(name) + '=' + url_encoded(value);
    };
    if (context.given("partner")) add("partner", company_id(context, context.text("partner")));
    for (const char* end : {"from", "until"})
        if (context.given(end)) add(end, moment(context, end));
    const Answer answer = context.get("/api/v1/feedback" + query);
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& summary = answer.value;
    if (summary.items("items").empty()) {
        context.out() << "No answers from " << short_time(summary.text("from")) << " to " << short_time(summary.text("until"))
                      << "; asked about " << counted(summary.number("asked").value_or(0), "case", "cases") << "\n";
        return exit_code::ok;
    }
    Table table({"YOU WERE", "WHO ANSWERED", "ANSWERS", "MEAN", "SATISFIED", "WITH 95 % CONFIDENCE"});
    for (const Value& row : summary.items("items"))
        table.row({row.text("role"), row.text("by"), row.text("answers"), row.text("mean"), row.text("satisfied.percent") + " %",
                   row.text("satisfied.low") + " to " + row.text("satisfied.high") + " %"});
    context.out() << table.print(context.paint(), context.width());
    context.note("Asked about " + counted(summary.number("asked").value_or(0), "closed case", "closed cases") + " from " +
                 short_time(summary.text("from")) + " to " + short_time(summary.text("until")));
    return exit_code::ok;
}

int link(Context& context) {
    if (context.flag("remove"))
        return moved(context, context.remove(native_case_path(
                                  context, "/links/" + url_encoded(context.text("to")) + "/" + context.text("kind"))));
    protocol::JsonWriter json;
    json.object().member("case", context.text("to")).member("kind", context.text("kind")).end();
    return moved(context, context.post(native_case_path(context, "/links"), json.take()));
}

const std::vector<std::string> owners{"submitter", "receiver", "customer", "submitter_engineering", "receiver_engineering"};
const std::vector<std::string> actions{
    "supplying_information", "collecting_information", "investigating", "reproducing", "analysing", "preparing_fix", "reworking",
    "installing_fix",        "verifying_fix"};

// What every move has: the case, its reasons, and words of one's own.
Command a_move(protocol::LifeMove move, std::string path, std::string summary, std::string example, std::vector<Option> more,
               int (*run)(Context&)) {
    const auto codes = protocol::reasons_of(move);
    Option reason = choice("reason", {codes.begin(), codes.end()}, "why");
    reason.required = protocol::reason_needed(move);
    Command command{.path = std::move(path),
                    .summary = std::move(summary),
                    .example = std::move(example),
                    .caller = Caller::person,
                    .options = {argument("TOKEN", "the case"), std::move(reason)},
                    .run = run};
    for (Option& option : more) command.options.push_back(std::move(option));
    command.options.push_back(value("text", "TEXT|@FILE", "in your own words; the partner reads them as a note"));
    return command;
}

Option owner_option() {
    Option option = choice("to", owners, "who has the next move");
    option.required = true;
    return option;
}

}  // namespace

std::vector<Command> case_life_commands() {
    const std::string token = "Hq2sV8nT0LkYp5cWd3aB";
    Option score = choice("score", {"1", "2", "3", "4", "5"}, "1 very dissatisfied, 5 very satisfied");
    score.required = true;
    Option department = needed("department", "NAME", "a department of the receiver, by name or id");
    return {
        {.path = "case timeline",
         .summary = "Show who had the move, what they did, why and for how long",
         .example = "  entente case timeline " + token,
         .caller = Caller::person,
         .options = {argument("TOKEN", "the case")},
         .run = timeline},
        a_move(LifeMove::moved, "case move", "Hand the next move over, or take it",
               "  entente case move " + token + " --to customer --reason test_needed",
               {owner_option(), choice("action", actions, "what they do; absent, what is usual")}, move),
        a_move(LifeMove::fix_offered, "case offer-fix", "Offer a fix (the receiver does)",
               "  entente case offer-fix " + token + " --text 'Fixed in 9.3.1'", {}, offer_fix),
        a_move(LifeMove::fix_confirmed, "case confirm-fix", "Confirm the fix and close the case (the submitter does)",
               "  entente case confirm-fix " + token, {}, confirm_fix),
        a_move(LifeMove::fix_rejected, "case reject-fix", "Reject the fix (the submitter does)",
               "  entente case reject-fix " + token + " --reason not_fixed --text 'Still drops after 20 minutes'", {}, reject_fix),
        a_move(LifeMove::reopened, "case reopen", "Reopen a closed case (the submitter does)",
               "  entente case reopen " + token + " --reason recurred", {}, reopen),
        a_move(LifeMove::withdrawn, "case withdraw", "Take back a case that is not answered yet",
               "  entente case withdraw " + token + " --reason solved", {}, withdraw),
        a_move(LifeMove::rerouted, "case reroute", "Send a case to another department of the receiver",
               "  entente case reroute " + token + " --department 'Block Storage'", {std::move(department)}, reroute),
        a_move(LifeMove::escalated, "case escalate", "Raise the escalation level, or lower your own",
               "  entente case escalate " + token + " --reason no_progress --channel phone",
               {value("level", "0-3", "absent: one more than now"),
                choice("channel", {"case", "mail", "phone"}, "how you want to be answered")},
               escalate),
        a_move(LifeMove::paused, "case pause", "Pause a case while you have the move",
               "  entente case pause " + token + " --reason maintenance_window --until 5d",
               {value("until", "TIME", "when it ends by itself: 5d, 12h, a date")}, pause),
        a_move(LifeMove::pause_contested, "case contest", "Contest the partner's pause: its time counts",
               "  entente case contest " + token + " --reason answered", {}, contest),
        a_move(LifeMove::resumed, "case resume", "End your pause", "  entente case resume " + token, {}, resume),
        a_move(LifeMove::feedback_given, "case feedback", "Say how a closed case went",
               "  entente case feedback " + token + " --score 4 --reason solved", {std::move(score)}, feedback),
        {.path = "case satisfaction",
         .summary = "Show how cases went, counted over a period",
         .example = "  entente case satisfaction --partner 'Keplin Networks' --from 2030-01-01",
         .caller = Caller::person,
         .options = {value("partner", "COMPANY", "only cases with this company"),
                     value("from", "TIME", "absent: a year before the end"), value("until", "TIME", "absent: now")},
         .run = satisfaction},
        {.path = "case link",
         .summary = "Link two cases, or remove a link",
         .example = "  entente case link " + token + " --kind duplicate_of --to Zb7kQ1xWm4Rt9LpVc2Ns",
         .caller = Caller::person,
         .options = {argument("TOKEN", "the case"),
                     needed("kind", "KIND", "duplicate_of, duplicated_by, child_of, parent_of, depends_on or needed_by"),
                     needed("to", "TOKEN", "the other case"), flag("remove", "take the link away again")},
         .run = link},
    };
}

}  // namespace entente::tools
