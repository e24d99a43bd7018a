#include "server/tools/context.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <ostream>

#include "certs/files.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/session.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {

namespace {

Answer answer_of(api::Response response) {
    Answer out{.status = response.status, .headers = std::move(response.headers), .body = std::move(response.body), .value = {}};
    if (const std::optional<Value> value = Value::parse(out.body)) out.value = *value;
    return out;
}

// A file that was named and is not there is a slip of its own, not an absent sign-in or a gateway that nobody reaches.
void must_be_readable(const std::string& file, int code, std::string_view what, std::string_view named_by) {
    if (file.empty() || std::ifstream(file).good()) return;
    throw Stop(code, "cannot read " + std::string(what) + " " + file + " (named by " + std::string(named_by) + ")");
}

}  // namespace

Context::Context(World& world, const Command& command, Arguments arguments)
    : world_(world),
      command_(command),
      arguments_(std::move(arguments)),
      paint_(world.out_is_terminal && !world.environment("NO_COLOR")) {}

Context::~Context() = default;

bool Context::flag(std::string_view name) const {
    return arguments_.contains(name);
}

bool Context::given(std::string_view name) const {
    return arguments_.contains(name);
}

std::string Context::text(std::string_view name, std::string_view otherwise) const {
    const auto found = arguments_.find(name);
    return found == arguments_.end() || found->second.empty() ? std::string(otherwise) : found->second.back();
}

std::vector<std::string> Context::all(std::string_view name) const {
    const auto found = arguments_.find(name);
    return found == arguments_.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::int64_t> Context::number(std::string_view name) const {
    if (!given(name)) return std::nullopt;
    const std::string word = text(name);
    std::int64_t out = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (failure != std::errc() || end != word.data() + word.size()) {
        throw Stop(exit_code::usage, "--" + std::string(name) + " takes a whole number, not '" + word + "'");
    }
    return out;
}

void Context::note(std::string_view line) {
    if (json()) return;
    world_.out.flush();  // what was printed before stands before, also where both streams end in one place
    world_.err << Paint(world_.err_is_terminal && paint_.on())(Ink::dim, line) << std::endl;
}

std::string Context::profile_name() const {
    if (given("profile")) return text("profile");
    return world_.environment("ENTENTE_PROFILE").value_or("default");
}

// A token is good at the gateway that made it: when the person points at another one, the usual profile does not count. A profile
// that was named does, whatever else was said.
std::optional<Profile> Context::fitting_profile(const Address& address) const {
    std::optional<Profile> profile = read_profile(world_.state_folder, profile_name());
    if (!profile || given("profile") || world_.environment("ENTENTE_PROFILE")) return profile;
    const bool other_url = !address.url.empty() && !profile->url.empty() && address.url != profile->url;
    const bool other_config = !address.config_file.empty() && !profile->config_file.empty() &&
                              std::filesystem::absolute(address.config_file).lexically_normal() != profile->config_file;
    if (other_url || other_config) return std::nullopt;
    return profile;
}

Address Context::address() {
    Address out{.url = text("url"), .ca_file = text("ca"), .config_file = text("config")};
    if (out.url.empty()) out.url = world_.environment("ENTENTE_URL").value_or("");
    if (out.ca_file.empty()) out.ca_file = world_.environment("ENTENTE_CA").value_or("");
    if (out.config_file.empty()) out.config_file = world_.environment("ENTENTE_CONFIG").value_or("");
    must_be_readable(out.config_file, exit_code::configuration, "the configuration",
                     given("config") ? "--config" : "ENTENTE_CONFIG");
    must_be_readable(out.ca_file, exit_code::usage, "the certificate authority in", given("ca") ? "--ca" : "ENTENTE_CA");
    if (command_.caller == Caller::gateway_operator || flag("operator")) return out;
    if (const std::optional<Profile> profile = fitting_profile(out)) {
        if (out.config_file.empty()) out.config_file = profile->config_file;
        if (out.url.empty()) out.url = profile->url;
        if (out.ca_file.empty()) out.ca_file = profile->ca_file;
    }
    return out;
}

std::optional<Places> Context::places() {
    return world_.places(address().config_file);
}

Transport& Context::transport() {
    if (!transport_) transport_ = world_.connect(address());
    return *transport_;
}

std::string Context::operator_token(const Places& places) {
    const std::filesystem::path file = places.keys_folder / "operator.json";
    if (!std::filesystem::exists(file)) {
        throw Stop(exit_code::not_signed_in, "the operator's credential is not there: " + file.string(), "entente init");
    }
    const certs::Secret content = certs::read_private_file(file, 16 * 1024);
    const Value credential = Value::parse(protocol::as_text(content.bytes())).value_or(Value());
    const Answer answer =
        attempt_plain("/operator/oauth2/v2.0/token", "application/x-www-form-urlencoded",
                      "grant_type=client_credentials&client_id=" + url_encoded(credential.text("clientId")) +
                          "&client_secret=" + url_encoded(credential.text("clientSecret")) + "&scope=entente/.default");
    if (!answer.good()) throw Refused(read_problem(answer.response()));
    return answer.value.text("access_token");
}

const std::string& Context::token() {
    if (!token_.empty() || command_.caller == Caller::nobody) return token_;
    const bool named = given("profile") || world_.environment("ENTENTE_PROFILE").has_value();
    bool as_operator = flag("operator") || (command_.caller == Caller::gateway_operator && !named);
    if (const auto given_token = world_.environment("ENTENTE_TOKEN"); given_token && !as_operator) return token_ = *given_token;
    if (!as_operator) {
        const std::optional<Profile> profile = fitting_profile(address());
        if (profile && profile->expires > world_.now()) return token_ = profile->token;
        const std::string login =
            "entente login" + (profile_name() == "default" ? "" : " --profile " + profile_name()) + " --username NAME";
        if (profile) throw Stop(exit_code::not_signed_in, "the sign-in of " + profile->who + " has ended", login);
        if (command_.caller == Caller::person || named) throw Stop(exit_code::not_signed_in, "nobody is signed in here", login);
        as_operator = true;
    }
    const std::optional<Places> found = places();
    if (!found) {
        throw Stop(exit_code::not_signed_in,
                   "nobody is signed in, and no gateway configuration is here to find the operator's credential",
                   "entente login --username NAME, or give --config FILE");
    }
    is_operator_ = true;
    return token_ = operator_token(*found);
}

api::Response Context::send(api::Method method, const std::string& target, std::string body, std::string_view content_type,
                            bool signed_in) {
    api::Request request{.method = method,
                         .target = target,
                         .headers = {},
                         .body = std::move(body),
                         .peer_address = {},
                         .certificate = {},
                         .request_id = {}};
    request.headers.push_back({"Accept", "application/problem+json, application/json"});
    if (!content_type.empty()) request.headers.push_back({"Content-Type", std::string(content_type)});
    if (signed_in && !token().empty()) request.headers.push_back({"Authorization", "Bearer " + token()});
    return transport().call(std::move(request));
}

Answer Context::attempt(api::Method method, const std::string& target, std::string body) {
    const std::string_view type = body.empty() && method != api::Method::post ? "" : "application/json";
    api::Response response = send(method, target, std::move(body), type, true);
    return answer_of(std::move(response));
}

Answer Context::attempt_typed(const std::string& target, std::string_view content_type, std::string body) {
    api::Response response = send(api::Method::post, target, std::move(body), content_type, true);
    return answer_of(std::move(response));
}

Answer Context::attempt_plain(const std::string& target, std::string_view content_type, std::string body) {
    api::Response response = send(api::Method::post, target, std::move(body), content_type, false);
    return answer_of(std::move(response));
}

Answer Context::call(api::Method method, const std::string& target, std::string body) {
    Answer out = attempt(method, target, std::move(body));
    if (out.good()) return out;
    Problem problem = read_problem(out.response());
    if (problem.status == 401 && problem.next_step.empty()) problem.next_step = "entente login --username NAME";
    throw Refused(std::move(problem));
}

Answer Context::get(const std::string& target) {
    return call(api::Method::get, target, {});
}
Answer Context::post(const std::string& target, std::string body) {
    return call(api::Method::post, target, std::move(body));
}
Answer Context::put(const std::string& target, std::string body) {
    return call(api::Method::put, target, std::move(body));
}
Answer Context::patch(const std::string& target, std::string body) {
    return call(api::Method::patch, target, std::move(body));
}
Answer Context::remove(const std::string& target) {
    return call(api::Method::delete_, target, {});
}

bool Context::printed_raw(const Answer& answer) {
    if (json()) world_.out << answer.body << "\n";
    return json();
}

}  // namespace entente::tools
