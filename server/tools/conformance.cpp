// entente conformance: the contract against any server that claims to speak it.

#include "server/tools/conformance.hpp"

#include <algorithm>
#include <ostream>

#include "protocol/encoding.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

using namespace conformance;

struct Credential {
    bool client = true;
    std::string id;
    std::string secret;
};

// `prefix` is empty for the submitter and "partner-" for the receiver. Nothing when neither option was given.
std::optional<Credential> credential(Context& context, const std::string& prefix) {
    const bool client = context.given(prefix + "client");
    if (!client && !context.given(prefix + "username")) return std::nullopt;
    Credential who{client, context.text(prefix + (client ? "client" : "username")), {}};
    const certs::Secret secret =
        password(context, prefix + "secret-file", (client ? "Secret of " : "Password of ") + who.id, false);
    who.secret = protocol::as_text(secret.bytes());
    return who;
}

Exchange sign_in(Transport& transport, const Credential& who, const std::string& tenant, bool wrong) {
    const Peer nobody(transport);
    const std::string secret = wrong ? "wrong-" + who.secret : who.secret;
    if (who.client)
        return nobody.call(api::Method::post, "/" + url_encoded(tenant) + "/oauth2/v2.0/token",
                           "grant_type=client_credentials&client_id=" + url_encoded(who.id) +
                               "&client_secret=" + url_encoded(secret) + "&scope=conformance%2F.default",
                           legacy_mode, {{"Content-Type", "application/x-www-form-urlencoded"}});
    protocol::JsonWriter json;
    json.object().member("username", who.id).member("password", secret).end();
    return nobody.post("/v1/login", json.take());
}

std::string token_of(Transport& transport, const Credential& who, const std::string& tenant) {
    const Exchange got = sign_in(transport, who, tenant, false);
    const std::string token = got.body.text(who.client ? "access_token" : "accessToken");
    if (!token.empty()) return token;
    throw Stop(exit_code::not_signed_in, "the server gave no token to " + who.id + ": status " + std::to_string(got.status),
               "check --client and --secret-file, or --username");
}

Subject subject_of(Context& context) {
    const auto submitter = credential(context, "");
    if (!submitter) throw Stop(exit_code::usage, "say who signs in: --client ID, or --username NAME");
    const auto receiver = credential(context, "partner-");
    Transport& transport = context.transport();
    const std::string tenant = context.text("tenant", "conformance");
    Subject subject{.submitter = Peer(transport),
                    .receiver = Peer(transport),
                    .sign_in = {},
                    .document = {},
                    .term = {},
                    .customer = {},
                    .run = {}};
    subject.by_client = submitter->client;
    subject.sign_in = [&transport, who = *submitter, tenant](bool wrong) { return tools::sign_in(transport, who, tenant, wrong); };
    subject.submitter.token = token_of(transport, *submitter, tenant);
    subject.has_receiver = receiver.has_value();
    if (receiver) subject.receiver.token = token_of(transport, *receiver, tenant);
    subject.document = context.text("document");
    subject.term = context.text("search");
    subject.customer = context.text("customer");
    subject.run = std::to_string(context.world().now().milliseconds() % 100'000'000);
    return subject;
}

struct Part {
    std::string_view name;
    void (*run)(const Subject&, Report&);
};
constexpr Part parts[] = {{"identity", check_identity}, {"errors", check_errors},     {"directory", check_directory},
                          {"lists", check_lists},       {"webhooks", check_webhooks}, {"cases", check_life}};

std::string as_json(const std::string& where, const Report& report) {
    protocol::JsonWriter json;
    json.object()
        .member("server", where)
        .member("passed", report.count(Outcome::passed))
        .member("failed", report.count(Outcome::failed));
    json.member("differs", report.count(Outcome::differs)).member("skipped", report.count(Outcome::skipped)).key("checks").array();
    for (const Check& check : report.checks())
        json.object()
            .member("section", check.section)
            .member("title", check.title)
            .member("outcome", name(check.finding.outcome))
            .member("detail", check.finding.detail)
            .end();
    json.end().end();
    return json.take();
}

void print(Context& context, const Report& report) {
    constexpr Ink inks[] = {Ink::green, Ink::red, Ink::yellow, Ink::dim};
    Table table({"", "SECTION", "WHAT THE CONTRACT SAYS"});
    for (const Check& check : report.checks()) {
        const Ink ink = inks[static_cast<int>(check.finding.outcome)];
        table.row({{std::string(name(check.finding.outcome)), ink}, check.section, check.title});
        if (!check.finding.detail.empty()) table.row({"", "", {"  " + printable(check.finding.detail, Lines::join), ink}});
    }
    context.out() << table.print(context.paint(), 0) << "\n"
                  << report.count(Outcome::passed) << " passed, " << report.count(Outcome::failed) << " failed, "
                  << report.count(Outcome::differs) << " differ where the contract is open, " << report.count(Outcome::skipped)
                  << " skipped\n";
}

int conform(Context& context) {
    const auto left_out = context.all("skip");
    const Subject subject = subject_of(context);
    Report report;
    for (const Part& part : parts) {
        const bool skipped = std::ranges::find(left_out, part.name) != left_out.end();
        if (!skipped) context.note("Checking " + std::string(part.name));
        if (!skipped) part.run(subject, report);
    }
    if (context.json()) {
        context.out() << as_json(context.transport().where(), report) << "\n";
    } else {
        print(context, report);
    }
    return report.count(Outcome::failed) == 0 ? exit_code::ok : exit_code::refused;
}

}  // namespace

std::vector<Command> conformance_commands() {
    Option left_out =
        several("skip", "PART", "leave a part out: identity, errors, directory, lists, webhooks, cases; may be repeated");
    left_out.choices = {"identity", "errors", "directory", "lists", "webhooks", "cases"};
    return {
        {.path = "conformance",
         .summary = "Check a server against the public Connect contract; exit code 1 when a client in the field would stumble",
         .example = "  entente conformance --url https://gateway.example --client 12-abc --secret-file secret.txt\n"
                    "  entente conformance --url https://gateway.example --client a --secret-file a.txt --partner-client b \\\n"
                    "      --partner-secret-file b.txt --document 7001 --search keplin --customer 'Test Customer' --json",
         .caller = Caller::nobody,
         .options = {value("client", "ID", "the submitter: a program that signs in by client credentials"),
                     value("username", "NAME", "or a person who signs in by password"),
                     value("secret-file", "FILE", "its secret or password; - reads the standard input, without it you are asked"),
                     value("partner-client", "ID", "the receiver, for the checks that need both sides"),
                     value("partner-username", "NAME", "or a person of the receiver"),
                     value("partner-secret-file", "FILE", "its secret or password"),
                     value("document", "ID", "the receiver's form; with it test cases are opened, marked as such"),
                     value("search", "WORD", "a keyword that finds the receiver"),
                     value("customer", "NAME", "what to write where a form asks for the customer's company"),
                     value("tenant", "NAME", "tenant in the token address, any word"), left_out,
                     flag("json", "print the report as JSON"),
                     value("url", "URL", "the server (or ENTENTE_URL); without it the gateway of this machine"),
                     value("ca", "FILE", "certificate authority that vouches for it (or ENTENTE_CA)"),
                     value("config", "FILE", "configuration of the gateway on this machine (or ENTENTE_CONFIG)")},
         .run = conform}};
}

}  // namespace entente::tools
