// entente mail ...: what a person wants to be told by mail, a company's mailboxes, and what the mail server hands in.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

const std::vector<std::string> languages{"en", "de", "ja"};
const std::vector<std::string> tellings{"immediate", "digest", "off"};
const std::vector<Field> own_details{{"address", "address"},          {"language", "language"},
                                     {"delivery", "delivery"},        {"all cases", "allCases"},
                                     {"digest at (UTC)", "digestAt"}, {"address bounced", "addressStopped"},
                                     {"mails are on", "mailsOn"}};
const std::vector<Field> box_columns{{"ID", "id"},
                                     {"KIND", "kind"},
                                     {"ADDRESS", "address"},
                                     {"DEPARTMENT", "department"},
                                     {"LANGUAGE", "language"},
                                     {"DELIVERY", "delivery"},
                                     {"DIGEST AT", "digestAt"}};
const std::vector<Field> box_details{{"id", "id"},
                                     {"kind", "kind"},
                                     {"address", "address"},
                                     {"department", "department"},
                                     {"language", "language"},
                                     {"delivery", "delivery"},
                                     {"digest at (UTC)", "digestAt"}};
const std::vector<Field> settings_details{{"words of cases in mails", "content"}, {"language", "language"}};
const std::vector<Field> outbox_columns{{"ID", "id"},     {"CREATED", "createdAt"}, {"KIND", "kind"},         {"TO", "contact"},
                                        {"CASE", "case"}, {"STATE", "state"},       {"ATTEMPTS", "attempts"}, {"REASON", "reason"}};
const std::vector<Field> bounce_columns{{"ID", "id"},           {"CONTACT", "contact"}, {"CODE", "code"},
                                        {"BOUNCES", "bounces"}, {"STOPPED", "stopped"}, {"LAST", "lastAt"}};

// Members from options that were given, else as they are now.
void add_text(protocol::JsonWriter& json, Context& context, const Value& now, std::string_view option, std::string_view member,
              std::string_view otherwise) {
    json.member(member, context.given(option) ? context.text(option) : now.text(member, otherwise));
}

// --event note.created=digest, several times; "--event none" removes what was there.
void add_exceptions(protocol::JsonWriter& json, Context& context, const Value& now) {
    json.key("exceptions").array();
    if (!context.given("event")) {
        for (const Value& exception : now.items("exceptions")) json.raw(exception.serialized());
    } else {
        for (const std::string& each : context.all("event")) {
            const auto equals = each.find('=');
            if (equals == std::string::npos) {
                if (each == "none") continue;
                throw Stop(exit_code::usage,
                           "--event wants KIND=immediate, KIND=digest or KIND=off, for example note.created=digest");
            }
            json.object().member("event", each.substr(0, equals)).member("delivery", each.substr(equals + 1)).end();
        }
    }
    json.end();
}

void add_preferences(protocol::JsonWriter& json, Context& context, const Value& now) {
    add_text(json, context, now, "language", "language", "en");
    add_text(json, context, now, "delivery", "delivery", "immediate");
    add_text(json, context, now, "digest-at", "digestAt", "06:00");
    add_exceptions(json, context, now);
}

std::vector<Option> with_preferences(std::vector<Option> first) {
    for (Option& option :
         std::vector<Option>{choice("language", languages, "in which mails are written"),
                             choice("delivery", tellings, "at once, once a day, or not at all"),
                             several("event", "KIND=HOW", "another choice for one kind of event; none removes them all"),
                             value("digest-at", "HH:MM", "when the daily mail goes out, UTC (06:00)")})
        first.push_back(std::move(option));
    return first;
}

int preferences(Context& context) {
    const Answer now = context.get("/api/v1/mail/preferences");
    bool change = false;
    for (const std::string_view option : {"language", "delivery", "event", "digest-at", "all-cases"})
        change = change || context.given(option);
    if (!change) return print_object(context, now, own_details);
    protocol::JsonWriter json;
    json.object();
    add_preferences(json, context, now.value);
    json.member("allCases", context.given("all-cases") ? context.text("all-cases") == "yes" : now.value.truth("allCases"));
    json.end();
    return print_object(context, context.put("/api/v1/mail/preferences", json.take()), own_details);
}

int list_boxes(Context& context) {
    return print_list(context, context.get("/api/v1/mail/boxes"), box_columns, "No mailboxes yet: entente mail add-box");
}

std::string box_body(Context& context, const Value& now) {
    protocol::JsonWriter json;
    json.object();
    json.member("address", context.given("ADDRESS") ? context.text("ADDRESS") : now.text("address"));
    add_text(json, context, now, "kind", "kind", "team");
    if (context.given("department")) {
        json.member(
            "department",
            find_row(context, "/api/v1/departments", "name", context.text("department"), "department").number("id").value_or(0));
    } else if (const auto department = now.number("department")) {
        json.member("department", *department);
    }
    add_preferences(json, context, now);
    json.end();
    return json.take();
}

int add_box(Context& context) {
    return print_object(context, context.post("/api/v1/mail/boxes", box_body(context, {})), box_details);
}

int change_box(Context& context) {
    const Value now = find_row(context, "/api/v1/mail/boxes", "address", context.text("BOX"), "mailbox");
    return print_object(context, context.put("/api/v1/mail/boxes/" + now.text("id"), box_body(context, now)), box_details);
}

int remove_box(Context& context) {
    const Value now = find_row(context, "/api/v1/mail/boxes", "address", context.text("BOX"), "mailbox");
    context.remove("/api/v1/mail/boxes/" + now.text("id"));
    context.note("Removed; what waited for it is not sent.");
    return exit_code::ok;
}

int settings(Context& context) {
    const Answer now = context.get("/api/v1/mail/settings");
    if (!context.given("content") && !context.given("language")) return print_object(context, now, settings_details);
    protocol::JsonWriter json;
    json.object();
    json.member("content", context.given("content") ? context.text("content") == "yes" : now.value.truth("content"));
    add_text(json, context, now.value, "language", "language", "en");
    json.end();
    return print_object(context, context.put("/api/v1/mail/settings", json.take()), settings_details);
}

int outbox(Context& context) {
    std::string target = "/api/v1/mail/outbox";
    if (context.given("state")) target += "?state=" + context.text("state");
    if (const auto before = context.number("before"))
        target += (context.given("state") ? "&before=" : "?before=") + std::to_string(*before);
    return print_list(context, context.get(target), outbox_columns, "No mails.");
}

int list_bounces(Context& context) {
    return print_list(context, context.get("/api/v1/mail/bounces"), bounce_columns, "No mail came back.");
}

int clear_bounce(Context& context) {
    context.remove("/api/v1/mail/bounces/" + context.text("ID"));
    context.note("Cleared; mails go to this address again.");
    return exit_code::ok;
}

int test(Context& context) {
    protocol::JsonWriter json;
    json.object();
    if (context.given("to")) json.member("address", context.text("to"));
    json.end();
    const Answer queued = context.post("/api/v1/mail/test", json.take());
    if (context.printed_raw(queued)) return exit_code::ok;
    context.out() << "Queued. Whether it left: entente mail outbox" << (context.flag("operator") ? " --operator" : "") << "\n";
    return exit_code::ok;
}

int digest(Context& context) {
    const Answer queued = context.post("/api/v1/mail/digest");
    if (context.printed_raw(queued)) return exit_code::ok;
    context.out() << (queued.value.number("delivery").value_or(0) == 0 ? "Nothing new to tell.\n" : "On its way.\n");
    return exit_code::ok;
}

// What the mail server's pipe calls. Whatever goes wrong here, the mail server keeps the mail and tries again (75); what the
// gateway refuses is done with: a bounce would go to whoever wrote himself into the From line.
int receive(Context& context) {
    constexpr std::size_t bytes_max = 768 * 1024;  // texts stand first; what is cut are attachments, which nobody reads
    try {
        std::string mail = context.world().read_file("-");
        if (mail.size() > bytes_max) mail.resize(bytes_max);
        std::string recipient = context.text("recipient");
        if (recipient.empty()) recipient = context.world().environment("ORIGINAL_RECIPIENT").value_or("");
        if (mail.starts_with("From ")) mail.erase(0, std::min(mail.size(), mail.find('\n') + 1));
        if (!recipient.empty() && recipient.find_first_of("\r\n") == std::string::npos)
            mail.insert(0, "X-Original-To: " + recipient + "\n");
        const Answer answer = context.attempt_typed("/api/v1/mail/received", "message/rfc822", std::move(mail));
        if (!answer.good()) {
            context.note("not taken in: " + read_problem(answer.response()).what);
            return exit_code::try_later;
        }
        if (!context.printed_raw(answer)) context.out() << answer.value.text("outcome") << "\n";
        return exit_code::ok;
    } catch (const std::exception& fault) {
        context.note(fault.what());
        return exit_code::try_later;
    }
}

}  // namespace

std::vector<Command> mail_commands() {
    const Option box = argument("BOX", "id or address of the mailbox");
    return {
        {.path = "mail preferences",
         .summary = "Show or change what you are told by mail",
         .example = "  entente mail preferences\n"
                    "  entente mail preferences --language de --delivery digest --event information.requested=immediate",
         .options =
             with_preferences({choice("all-cases", {"yes", "no"}, "every case of the company, not only those you take part in")}),
         .run = preferences},
        {.path = "mail boxes",
         .summary = "List the mailboxes that are told about cases",
         .example = "  entente mail boxes",
         .run = list_boxes},
        {.path = "mail add-box",
         .summary = "Tell a team's mailbox or a ticket system about cases",
         .example = "  entente mail add-box storage-team@brightwater.example --department Storage\n"
                    "  entente mail add-box tickets@brightwater.example --kind copy",
         .options = with_preferences({argument("ADDRESS", "on the company's mail domain"),
                                      choice("kind", {"team", "copy"}, "copy: for a ticket system, plain text, every event (team)"),
                                      value("department", "NAME", "only cases that this department receives")}),
         .run = add_box},
        {.path = "mail change-box",
         .summary = "Change a mailbox",
         .example = "  entente mail change-box tickets@brightwater.example --delivery off",
         .options = with_preferences({box, choice("kind", {"team", "copy"}, "what it is for"),
                                      value("department", "NAME", "only cases that this department receives")}),
         .run = change_box},
        {.path = "mail remove-box",
         .summary = "Tell a mailbox nothing more",
         .example = "  entente mail remove-box tickets@brightwater.example",
         .options = {box},
         .run = remove_box},
        {.path = "mail settings",
         .summary = "Show or change the company's settings: words of cases in mails, language",
         .example = "  entente mail settings --content yes --language ja",
         .options = {choice("content", {"yes", "no"}, "whether mails may hold what is written in cases (no)"),
                     choice("language", languages, "for people who have not chosen one (en)")},
         .run = settings},
        {.path = "mail outbox",
         .summary = "List the newest mails and what became of them; never their words",
         .example = "  entente mail outbox --state dead",
         .options = {choice("state", {"waiting", "leased", "delivered", "dead", "stopped"}, "only these"),
                     value("before", "MAIL", "the page after this mail; a page has 200")},
         .run = outbox},
        {.path = "mail bounces",
         .summary = "List the contacts whose mails came back",
         .example = "  entente mail bounces",
         .run = list_bounces},
        {.path = "mail clear-bounce",
         .summary = "Send to an address again after it was mended",
         .example = "  entente mail clear-bounce 311",
         .options = {argument("ID", "of the bounce")},
         .run = clear_bounce},
        {.path = "mail test",
         .summary = "Send a test mail to yourself; the operator names an address",
         .example = "  entente mail test\n  entente mail test --operator --to postmaster@gateway.example",
         .caller = Caller::person_or_operator,
         .options = {value("to", "ADDRESS", "where the operator wants it")},
         .run = test},
        {.path = "mail digest",
         .summary = "Send your digest now instead of at its time",
         .example = "  entente mail digest",
         .run = digest},
        {.path = "mail receive",
         .summary = "Take in one mail from the standard input: for the pipe of a mail server",
         .example = "  entente mail receive --recipient \"$ORIGINAL_RECIPIENT\" --config /etc/entente/entente.toml < mail",
         .caller = Caller::gateway_operator,
         .options = {value("recipient", "ADDRESS", "to whom the mail server delivers ($ORIGINAL_RECIPIENT)")},
         .run = receive},
    };
}

}  // namespace entente::tools
