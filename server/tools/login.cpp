// entente login, logout, whoami: the sign-in that the other commands use.

#include <ostream>

#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/session.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

struct Token {
    std::string text;
    std::int64_t seconds = 0;
};

Token by_password(Context& context) {
    const certs::Secret secret = password(context, "password-file", "Password of " + context.text("username"), false);
    protocol::JsonWriter json;
    json.object().member("username", context.text("username")).member("password", protocol::as_text(secret.bytes())).end();
    const Answer answer = context.attempt_plain("/v1/login", "application/json", json.take());
    if (!answer.good()) {
        Problem problem = read_problem(answer.response());
        if (problem.status == 401) problem.what = "the gateway does not know this username with this password";
        throw Refused(std::move(problem));
    }
    return {answer.value.text("accessToken"), answer.value.number("expiresIn").value_or(3600)};
}

Token by_client_secret(Context& context) {
    const certs::Secret secret = password(context, "password-file", "Secret of " + context.text("client-id"), false);
    const Answer answer = context.attempt_plain(
        "/" + url_encoded(context.text("tenant", "entente")) + "/oauth2/v2.0/token", "application/x-www-form-urlencoded",
        "grant_type=client_credentials&client_id=" + url_encoded(context.text("client-id")) +
            "&client_secret=" + url_encoded(protocol::as_text(secret.bytes())) + "&scope=entente%2F.default");
    if (!answer.good()) throw Refused(read_problem(answer.response()));
    return {answer.value.text("access_token"), answer.value.number("expires_in").value_or(3600)};
}

std::string absolute(const std::string& file) {
    return file.empty() ? file : std::filesystem::absolute(file).lexically_normal().string();
}

int login(Context& context) {
    const bool person = context.given("username");
    if (person == context.given("client-id")) throw Stop(exit_code::usage, "say who signs in: --username NAME, or --client-id ID");
    const Token token = person ? by_password(context) : by_client_secret(context);
    const Address address = context.address();
    std::string config = address.config_file;
    if (address.url.empty() && config.empty()) {
        if (const std::optional<Places> places = context.places()) config = places->config_file.string();
    }
    const Profile profile{.url = address.url,
                          .ca_file = absolute(address.ca_file),
                          .config_file = absolute(config),
                          .token = token.text,
                          .who = context.text(person ? "username" : "client-id"),
                          .expires = context.world().now().plus_seconds(token.seconds)};
    write_profile(context.world().state_folder, context.profile_name(), profile);
    context.out() << "Signed in as " << printable(profile.who, Lines::join) << " until " << protocol::to_rfc3339(profile.expires)
                  << (context.profile_name() == "default" ? "" : ", profile " + context.profile_name()) << "\n";
    context.note("Next: entente case list");
    return exit_code::ok;
}

int logout(Context& context) {
    const std::string name = context.profile_name();
    const std::optional<Profile> profile = read_profile(context.world().state_folder, name);
    if (!profile) throw Stop(exit_code::not_signed_in, "nobody is signed in here");
    // The gateway should forget the token, but a gateway that is away must not keep anybody from signing out here.
    try {
        if (profile->expires > context.world().now()) context.attempt(api::Method::delete_, "/api/v1/session");
    } catch (const Unreachable&) {
        context.note("The gateway could not be told; the token ends by itself at " + protocol::to_rfc3339(profile->expires) + ".");
    }
    remove_profile(context.world().state_folder, name);
    context.out() << "Signed out " << printable(profile->who, Lines::join) << "\n";
    return exit_code::ok;
}

int whoami(Context& context) {
    const Answer me = context.get("/v1/me");
    if (context.printed_raw(me)) return exit_code::ok;
    // The contract's answer has no room for the role; the own API says it.
    const Answer session = context.attempt(api::Method::get, "/api/v1/session");
    Facts facts;
    facts.add("company", me.value.text("company.name"));
    facts.add("domain", me.value.text("company.domain"));
    facts.add("first name", me.value.text("user.firstName"));
    facts.add("last name", me.value.text("user.lastName"));
    facts.add("email", me.value.text("user.email"));
    facts.add("user id", me.value.text("user.id"));
    facts.add("role", session.value.text("role"));
    context.out() << facts.print(context.paint(), context.width());
    return exit_code::ok;
}

}  // namespace

std::vector<Command> login_commands() {
    const std::vector<Option> address{value("url", "URL", "the gateway (or ENTENTE_URL); without it the one of this machine"),
                                      value("ca", "FILE", "certificate authority that vouches for it (or ENTENTE_CA)"),
                                      value("config", "FILE", "configuration of the gateway on this machine (or ENTENTE_CONFIG)"),
                                      value("profile", "NAME", "keep the sign-in under this name")};
    std::vector<Option> options{value("username", "NAME", "a person; the password is asked for"),
                                value("client-id", "ID", "a program; the secret is asked for"),
                                value("tenant", "NAME", "tenant in the token address, any word"),
                                value("password-file", "FILE", "first line is the password or secret; - reads the standard input")};
    options.insert(options.end(), address.begin(), address.end());
    return {
        {.path = "login",
         .summary = "Sign in; the token is kept for this user account only",
         .example = "  entente login --username ada@brightwater.example\n"
                    "  entente login --profile bo --username bo@keplin.example --url https://gateway.example:8443 --ca ca.pem",
         .caller = Caller::nobody,
         .options = options,
         .run = login},
        {.path = "logout",
         .summary = "Sign out; the token ends at once",
         .example = "  entente logout",
         .caller = Caller::person,
         .options = {},
         .run = logout},
        {.path = "whoami",
         .summary = "Say who is signed in",
         .example = "  entente whoami",
         .caller = Caller::person,
         .options = {},
         .run = whoami},
    };
}

}  // namespace entente::tools
