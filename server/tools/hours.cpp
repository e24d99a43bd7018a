// entente calendar ..., entente targets ...: when a company works, and how soon it answers and resolves.

#include <array>
#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

constexpr std::array<std::string_view, 7> days{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 4> severities{"critical", "high", "medium", "low"};

std::size_t day_named(std::string_view text) {
    for (std::size_t day = 0; day < days.size(); ++day)
        if (text.size() >= 2 && days[day].starts_with(lower(text))) return day;
    throw Stop(exit_code::usage, "'" + std::string(text) + "' is no day: mon, tue, wed, thu, fri, sat, sun");
}

using Week = std::array<std::vector<std::pair<std::string, std::string>>, 7>;

// "mon-fri 09:00-12:00" or "sat 10:00-14:00"
void add_hours(Week& week, const std::string& text) {
    const std::size_t blank = text.find(' ');
    const std::size_t dash = blank == std::string::npos ? blank : text.find('-', blank);
    if (dash == std::string::npos) throw Stop(exit_code::usage, "--hours is days and times, for example 'mon-fri 09:00-17:00'");
    const std::string_view which = std::string_view(text).substr(0, blank);
    const std::size_t to = which.find('-');
    const std::size_t first = day_named(which.substr(0, to));
    const std::size_t last = to == std::string_view::npos ? first : day_named(which.substr(to + 1));
    for (std::size_t day = first;; day = (day + 1) % 7) {
        week[day].emplace_back(trimmed(std::string_view(text).substr(blank, dash - blank)),
                               trimmed(std::string_view(text).substr(dash + 1)));
        if (day == last) return;
    }
}

std::string calendar_body(Context& context) {
    Week week;
    for (const std::string& hours : context.all("hours")) add_hours(week, hours);
    protocol::JsonWriter json;
    json.object()
        .member("name", context.given("NAME") ? context.text("NAME") : context.text("name"))
        .member("timeZone", context.text("zone"));
    add_company(json, context);
    json.key("week").object();
    for (std::size_t day = 0; day < days.size(); ++day) {
        json.key(days[day]).array();
        for (const auto& [from, to] : week[day]) json.object().member("from", from).member("to", to).end();
        json.end();
    }
    json.end().key("holidays").array();
    for (const std::string& holiday : context.all("holiday")) {
        const std::size_t blank = holiday.find(' ');
        json.object().member("day", std::string_view(holiday).substr(0, blank));
        if (blank != std::string::npos) json.member("name", trimmed(std::string_view(holiday).substr(blank)));
        json.end();
    }
    return json.end().end().take();
}

const std::vector<Field> calendar_fields{{"id", "id"}, {"name", "name"}, {"time zone", "timeZone"}};

int add_calendar(Context& context) {
    return print_object(context, context.post("/api/v1/calendars", calendar_body(context)), calendar_fields);
}

int replace_calendar(Context& context) {
    const std::string target = "/api/v1/calendars/" + url_encoded(context.text("ID"));
    return print_object(context, context.put(target, calendar_body(context)), calendar_fields);
}

int list_calendars(Context& context) {
    return print_list(context, context.get(of_company(context, "/api/v1/calendars")),
                      {{"ID", "id"}, {"NAME", "name"}, {"TIME ZONE", "timeZone"}}, "No calendars: every hour counts.");
}

int print_targets(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    Table table({"SEVERITY", "ANSWER", "RESOLUTION", "CALENDAR"});
    for (const std::string_view severity : severities) {
        const Value target = answer.value.at(severity);
        if (!target.is_object()) {
            table.row({std::string(severity), "as the company", "", ""});
            continue;
        }
        const std::string resolution = target.text("resolutionMinutes");
        table.row({std::string(severity), target.text("responseMinutes") + " min", resolution.empty() ? "" : resolution + " min",
                   target.text("calendar", "around the clock")});
    }
    context.out() << table.print(context.paint(), context.width());
    return exit_code::ok;
}

int show_targets(Context& context) {
    return print_targets(context, context.get(of_company(context, "/api/v1/targets")));
}

// The API replaces all four, so the others are sent back as they are.
int set_target(Context& context) {
    const Value now = context.get(of_company(context, "/api/v1/targets")).value;
    protocol::JsonWriter json;
    json.object();
    add_company(json, context);
    for (const std::string_view severity : severities) {
        json.key(severity);
        if (severity != context.text("SEVERITY")) {
            const std::string kept = now.at(severity).serialized();
            json.raw(kept.empty() ? "null" : kept);
            continue;
        }
        if (context.flag("remove")) {
            json.null();
            continue;
        }
        json.object().member_if("responseMinutes", context.number("answer"));
        json.member_if("resolutionMinutes", context.number("resolution")).member_if("calendar", context.number("calendar")).end();
    }
    return print_targets(context, context.put("/api/v1/targets", json.end().take()));
}

}  // namespace

std::vector<Command> hours_commands() {
    const Option zone = needed("zone", "NAME", "time zone, such as Europe/Berlin");
    const Option hours = several("hours", "DAYS TIMES", "such as 'mon-fri 09:00-17:00'; may be repeated");
    const Option holiday = several("holiday", "DATE [NAME]", "a day without work; may be repeated");
    return {
        {.path = "calendar add",
         .summary = "Add a business calendar",
         .example =
             "  entente calendar add Office --zone Europe/Berlin --hours 'mon-fri 08:00-18:00' --holiday '2030-12-25 Christmas'",
         .caller = Caller::person_or_operator,
         .options = {argument("NAME", "what you call it"), zone, hours, holiday, company_option()},
         .run = add_calendar},
        {.path = "calendar replace",
         .summary = "Replace a business calendar",
         .example = "  entente calendar replace 52771003 --name Office --zone Europe/Berlin --hours 'mon-thu 08:00-18:00'",
         .caller = Caller::person_or_operator,
         .options = {argument("ID", "the calendar"), needed("name", "NAME", "what you call it"), zone, hours, holiday,
                     company_option()},
         .run = replace_calendar},
        {.path = "calendar list",
         .summary = "List the business calendars",
         .example = "  entente calendar list",
         .caller = Caller::person_or_operator,
         .options = {company_option()},
         .run = list_calendars},
        {.path = "targets show",
         .summary = "Show how soon the company answers and resolves",
         .example = "  entente targets show",
         .caller = Caller::person_or_operator,
         .options = {company_option()},
         .run = show_targets},
        {.path = "targets set",
         .summary = "Set the target of one severity",
         .example = "  entente targets set high --answer 60 --resolution 480 --calendar 52771003",
         .caller = Caller::person_or_operator,
         .options = {argument("SEVERITY", "critical, high, medium or low"), value("answer", "MINUTES", "until the first answer"),
                     value("resolution", "MINUTES", "until it is resolved; absent: no target"),
                     value("calendar", "ID", "whose hours count; absent: around the clock"),
                     flag("remove", "follow the company's response minutes again"), company_option()},
         .run = set_target},
    };
}

}  // namespace entente::tools
