// entente webhook ... and entente events: being told what happens, by calls to an address of one's own or by reading the feed.

#include <ostream>

#include "protocol/connect/query.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"

namespace entente::tools {
namespace {

constexpr int follow_seconds = 20;  // of one long poll; the client gives up after 30

std::string path_of(const Context& context, std::string_view tail = {}) {
    return "/api/v1/webhooks/" + context.text("WEBHOOK") + std::string(tail);
}

int print_webhook(Context& context, const Answer& answer) {
    if (context.printed_raw(answer)) return exit_code::ok;
    const Value& hook = answer.value;
    const Names companies = Names::of_companies(context);
    Facts facts;
    facts.add("id", hook.text("id"));
    facts.add("version", hook.text("version"));
    facts.add("callback", hook.text("callbackUrl"), Ink::bold);
    facts.add("events", hook.items("eventTypes").empty() ? "all" : hook.text("eventTypes"));
    facts.add("directions", hook.items("caseDirections").empty() ? "" : hook.text("caseDirections"));
    facts.add("partners", hook.items("partnerCompanyIds").empty() ? "" : companies(hook.at("partnerCompanyIds")));
    facts.add("authentication", hook.text("callbackAuthType"));
    facts.add("active", hook.truth("active") ? "yes" : "no", hook.truth("active") ? Ink::green : Ink::yellow);
    facts.add("for", hook.text("description"));
    facts.add("old secret until", hook.text("previousSecretUntil"));
    facts.add("secret", hook.text("secret"), Ink::bold);
    context.out() << facts.print(context.paint(), context.width());
    if (hook.at("secret").present())
        context.note("The secret is shown only now. It signs X-Hub-Signature-256 and webhook-signature.");
    return exit_code::ok;
}

void add_auth(protocol::JsonWriter& json, Context& context) {
    if (!context.given("bearer") && !context.given("basic") && !context.given("header")) return;
    const auto split = [](const std::string& text, const char* option) {
        const auto colon = text.find(':');
        if (colon == std::string::npos) throw Stop(exit_code::usage, std::string("--") + option + " is NAME:VALUE");
        return std::pair(text.substr(0, colon), text.substr(colon + 1));
    };
    json.key("callbackAuth").object();
    if (context.given("bearer")) {
        json.member("type", "BEARER").member("token", text_or_file(context, "bearer"));
    } else if (context.given("basic")) {
        const auto [user, word] = split(text_or_file(context, "basic"), "basic");
        json.member("type", "BASIC").member("username", user).member("password", word);
    } else {
        const auto [name, value] = split(text_or_file(context, "header"), "header");
        json.member("type", "HEADER").member("headerName", name).member("headerValue", value);
    }
    json.end();
}

void add_filters(protocol::JsonWriter& json, Context& context) {
    if (context.given("event")) add_list(json, "eventTypes", context.all("event"));
    if (context.given("direction")) add_list(json, "caseDirections", context.all("direction"));
    if (context.given("partner")) {
        json.key("partnerCompanyIds").array();
        for (const std::string& partner : context.all("partner")) json.raw(company_id(context, partner));
        json.end();
    }
}

int add(Context& context) {
    protocol::JsonWriter json;
    json.object().member("callbackUrl", context.text("URL")).member("version", context.text("version", "native"));
    add_texts(json, context, {{"for", "description"}});
    add_filters(json, context);
    add_auth(json, context);
    json.end();
    return print_webhook(context, context.post("/api/v1/webhooks", json.take()));
}

int list(Context& context) {
    return print_list(
        context, context.get("/api/v1/webhooks"),
        {{"ID", "id"}, {"VERSION", "version"}, {"CALLBACK", "callbackUrl"}, {"EVENTS", "eventTypes"}, {"ACTIVE", "active"}},
        "No subscription. entente webhook add https://...");
}

int show(Context& context) {
    return print_webhook(context, context.get(path_of(context)));
}

int change(Context& context) {
    protocol::JsonWriter json;
    json.object();
    add_texts(json, context, {{"callback", "callbackUrl"}, {"for", "description"}});
    add_filters(json, context);
    add_auth(json, context);
    if (context.flag("pause")) json.member("active", false);
    if (context.flag("resume")) json.member("active", true);
    json.end();
    return print_webhook(context, context.patch(path_of(context), json.take()));
}

int remove(Context& context) {
    context.remove(path_of(context));
    context.note("Deleted; what waited for it was stopped");
    return exit_code::ok;
}

int secret(Context& context) {
    protocol::JsonWriter json;
    json.object();
    if (const auto hours = context.number("overlap-hours")) json.member("overlapHours", *hours);
    json.end();
    return print_webhook(context, context.post(path_of(context, "/secret"), json.take()));
}

int test(Context& context) {
    const Answer answer = context.post(path_of(context, "/test"));
    if (context.printed_raw(answer)) return exit_code::ok;
    context.note("Sent on its way. What became of it: entente webhook log " + context.text("WEBHOOK"));
    return exit_code::ok;
}

int replay(Context& context) {
    protocol::JsonWriter json;
    json.object();
    if (context.given("from")) json.member("from", moment(context, "from"));
    if (context.given("to")) json.member("to", moment(context, "to"));
    if (context.flag("failed")) json.member("failedOnly", true);
    json.end();
    const Answer answer = context.post(path_of(context, "/replay"), json.take());
    if (context.printed_raw(answer)) return exit_code::ok;
    context.out() << answer.value.text("deliveries") << " events are told again\n";
    if (answer.value.truth("more")) context.note("There are more; go on with --from " + answer.value.text("until"));
    return exit_code::ok;
}

int log(Context& context) {
    return print_list(context, context.get(path_of(context, "/attempts?size=100")),
                      {{"TIME", "createdAt"},
                       {"EVENT", "eventType"},
                       {"ATTEMPT", "attemptNumber"},
                       {"STATUS", "httpStatus"},
                       {"REASON", "reason"}},
                      "Nothing was sent yet");
}

int deliveries(Context& context) {
    std::string target = path_of(context, "/deliveries?limit=1000");
    if (context.given("state")) target += "&state=" + context.text("state");
    if (const auto before = context.number("before")) target += "&before=" + std::to_string(*before);
    return print_list(context, context.get(target),
                      {{"ID", "id"},
                       {"CURSOR", "cursor"},
                       {"STATE", "state"},
                       {"ATTEMPTS", "attempts"},
                       {"REASON", "reason"},
                       {"NEXT", "nextAttemptAt"}},
                      "Nothing is in this outbox");
}

// --- the feed ---

std::string feed_target(Context& context, const std::string& after, int wait) {
    std::string target = "/api/v1/events?limit=500&wait=" + std::to_string(wait);
    if (!after.empty()) target += "&after=" + protocol::connect::encode_segment(after);
    std::string types;
    for (const std::string& type : context.all("type")) types += (types.empty() ? "" : ",") + type;
    if (!types.empty()) target += "&types=" + protocol::connect::encode_segment(types);
    if (context.given("case")) target += "&case=" + protocol::connect::encode_segment(context.text("case"));
    return target;
}

void print_events(Context& context, const Value& page, const Names& companies) {
    for (const Value& event : page.items()) {
        if (context.json()) {
            context.out() << event.serialized() << "\n";
            continue;
        }
        const std::string by = event.text("data.by");
        context.out() << event.text("time") << "  " << event.text("type") << "  "
                      << event.text("data.case.token", event.text("subject")) << "  " << companies(event.at("data.partner"))
                      << "  by " << by << "\n";
    }
    context.out().flush();
}

int events(Context& context) {
    const Names companies = Names::of_companies(context);
    std::string after = context.text("after");
    for (;;) {
        const Answer answer = context.get(feed_target(context, after, context.flag("follow") ? follow_seconds : 0));
        print_events(context, answer.value, companies);
        after = answer.value.text("next");
        if (!answer.value.truth("more") && !context.flag("follow")) break;
    }
    context.note("Go on from here: entente events --after " + after);
    return exit_code::ok;
}

}  // namespace

std::vector<Command> webhook_commands() {
    const Option which = argument("WEBHOOK", "its id");
    const std::vector<Option> filters{several("event", "NAME", "only these events (all)"),
                                      choice("direction", {"INBOUND", "OUTBOUND"}, "only cases the company received, or submitted"),
                                      several("partner", "COMPANY", "only cases with these"),
                                      value("bearer", "TOKEN|@FILE", "sent as Authorization: Bearer"),
                                      value("basic", "USER:PASSWORD|@FILE", "sent as Authorization: Basic"),
                                      value("header", "NAME:VALUE|@FILE", "sent as a header of its own")};
    const auto with = [](std::vector<Option> first, const std::vector<Option>& then) {
        first.insert(first.end(), then.begin(), then.end());
        return first;
    };
    return {
        {.path = "webhook add",
         .summary = "Have an address of yours called when something happens",
         .example = "  entente webhook add https://hooks.brightwater.example/entente --event case.created --event note.created",
         .options = with(
             {argument("URL", "https://host/path"), choice("version", {"v1", "v2", "native"}, "whose names and bodies (native)"),
              value("for", "TEXT", "what it is for")},
             filters),
         .run = add},
        {.path = "webhook list", .summary = "List subscriptions", .example = "  entente webhook list", .run = list},
        {.path = "webhook show",
         .summary = "Show a subscription",
         .example = "  entente webhook show 4711",
         .options = {which},
         .run = show},
        {.path = "webhook change",
         .summary = "Change, pause or resume a subscription",
         .example = "  entente webhook change 4711 --event case.closed\n  entente webhook change 4711 --pause",
         .options = with({which, value("callback", "URL", "the new address"), value("for", "TEXT", "what it is for"),
                          flag("pause", "tell it nothing for now"), flag("resume", "tell it again")},
                         filters),
         .run = change},
        {.path = "webhook remove",
         .summary = "Delete a subscription",
         .example = "  entente webhook remove 4711",
         .options = {which},
         .run = remove},
        {.path = "webhook secret",
         .summary = "Make a new signing secret; the old one stays valid for a while",
         .example = "  entente webhook secret 4711 --overlap-hours 48",
         .options = {which, value("overlap-hours", "N", "0 to 168 (24)")},
         .run = secret},
        {.path = "webhook test",
         .summary = "Send a made-up event",
         .example = "  entente webhook test 4711",
         .options = {which},
         .run = test},
        {.path = "webhook replay",
         .summary = "Tell past events once more, with their ids",
         .example = "  entente webhook replay 4711 --from 2027-01-31T00:00:00Z --to 2027-02-01T00:00:00Z\n"
                    "  entente webhook replay 4711 --failed",
         .options = {which, value("from", "TIME", "from when"), value("to", "TIME", "until when (now)"),
                     flag("failed", "only what was given up or stopped")},
         .run = replay},
        {.path = "webhook log",
         .summary = "What was sent and answered, newest first",
         .example = "  entente webhook log 4711",
         .options = {which},
         .run = log},
        {.path = "webhook deliveries",
         .summary = "The outbox of a subscription; --state dead are the dead letters",
         .example = "  entente webhook deliveries 4711 --state dead",
         .options = {which, choice("state", {"waiting", "leased", "delivered", "dead", "stopped"}, "only these"),
                     value("before", "DELIVERY", "the page after this delivery; a page has 1,000")},
         .run = deliveries},
        {.path = "events",
         .summary = "Read what happened to your cases, and follow what happens",
         .example =
             "  entente events\n  entente events --after now --follow\n  entente events --type case.created --json | jq .subject",
         .options = {value("after", "CURSOR", "where to go on; now for what comes (from the beginning)"),
                     flag("follow", "wait for what happens next, until interrupted"), several("type", "NAME", "only these events"),
                     value("case", "TOKEN", "only this case")},
         .run = events},
    };
}

}  // namespace entente::tools
