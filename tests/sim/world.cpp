#include "tests/sim/world.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "certs/files.hpp"
#include "certs/keys.hpp"

namespace entente::tests {

namespace json = boost::json;

namespace {

constexpr const char* digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";

json::value must(const Reply& reply, int status, const std::string& what) {
    if (reply.status != status)
        throw std::runtime_error(what + ": " + std::to_string(reply.status) + " " + json::serialize(reply.body));
    return reply.body;
}

json::array every_class() {
    return {"case_facts", "technical", "product", "diagnostics", "customer_identity", "personal_contact"};
}

}  // namespace

SimWorld::SimWorld(const std::filesystem::path& folder) {
    config_.data.folder = folder / "data";
    config_.keys.folder = folder / "keys";
    config_.cases.content_removal_days = 20;
    config_.limits.requests_per_second = 1'000'000;  // by a clock that stands
    config_.limits.login_attempts_per_minute = 10'000;
    certs::create_private_folder(config_.data.folder);
    certs::create_key_folder(config_.keys.folder);
    restart();
    std::ifstream file(config_.keys.folder / "operator.json");
    std::stringstream text;
    text << file.rdbuf();
    const json::value credential = json::parse(text.str());
    operator_ = std::make_unique<Partner>(*this, "operator", std::string(credential.at("clientId").as_string()),
                                          std::string(credential.at("clientSecret").as_string()));
}

void SimWorld::restart() {
    gateway_.reset();
    gateway_ = Gateway::open(config_, Gateway::Mode::local, &clock);
}

Reply SimWorld::send(api::Method method, const std::string& target, std::string body, const std::string& type,
                     const std::string& token) {
    api::Request request;
    request.method = method;
    request.target = target;
    request.body = std::move(body);
    request.peer_address = "127.0.0.1";
    request.headers = {{"Content-Type", type}, {"Accept", "application/json, application/problem+json"}};
    if (!token.empty()) request.headers.push_back({"Authorization", "Bearer " + token});
    api::Response response = gateway_->call(std::move(request));
    return {response.status, response.body.empty() ? json::value() : json::parse(response.body)};
}

void SimWorld::Partner::sign_in() {
    const std::string form =
        "grant_type=client_credentials&scope=entente%2F.default&client_id=" + id_ + "&client_secret=" + secret_;
    const Reply reply =
        world_->send(api::Method::post, "/" + tenant_ + "/oauth2/v2.0/token", form, "application/x-www-form-urlencoded", "");
    must(reply, 200, "sign-in");
    token_ = reply.text("access_token");
    valid_until_us_ = world_->clock.now().us + reply.number("expires_in") * 1'000'000;
}

Reply SimWorld::Partner::call(api::Method method, const std::string& target, const json::value& body) {
    if (world_->clock.now().us >= valid_until_us_) sign_in();
    return world_->send(method, target, body.is_null() ? "" : json::serialize(body), "application/json", token_);
}

SimWorld::Partner SimWorld::client(std::int64_t company, const std::string& role) {
    const auto made =
        must(operator_->post("/api/v1/clients", {{"company", company}, {"name", role}, {"role", role}}), 201, "client");
    return Partner(*this, std::to_string(company), std::string(made.at("clientId").as_string()),
                   std::string(made.at("clientSecret").as_string()));
}

SimWorld::Company SimWorld::company(const std::string& name) {
    const auto made =
        must(operator_->post("/api/v1/companies", {{"name", name}, {"domain", name + ".example"}, {"description", name}}), 201,
             "company");
    const std::int64_t id = made.at("id").as_int64();
    Company company{.id = id,
                    .domain = name + ".example",
                    .administrator = client(id, "administrator"),
                    .compliance = client(id, "compliance"),
                    .engineer = client(id, "api_client")};
    const json::value field{{"label", "Customer"},
                            {"section", "COMMON_CUSTOMER_SECTION"},
                            {"type", "STRING"},
                            {"dataClass", "customer_identity"},
                            {"identifiesCustomer", true}};
    const auto form =
        must(company.administrator.post("/api/v1/forms",
                                        {{"adminNote", "-"}, {"escalationInstructions", "-"}, {"fields", json::array{field}}}),
             201, "form");
    company.form = form.at("id").as_int64();
    company.customer_field = form.at("fields").at(0).at("id").as_int64();
    return company;
}

std::string SimWorld::day(int days_from_now) const {
    return protocol::to_rfc3339(clock.now().plus_seconds(std::int64_t{days_from_now} * 86'400));
}

void SimWorld::agree(Company& one, Company& other) {
    const auto made = must(operator_->post("/api/v1/agreements", {{"title", "Joint support"},
                                                                  {"documentVersion", "1"},
                                                                  {"documentDigest", digest},
                                                                  {"parties", json::array{one.id, other.id}},
                                                                  {"validFrom", day(-1)},
                                                                  {"dataClasses", every_class()},
                                                                  {"purpose", "support"},
                                                                  {"requiredAssurance", "recorded"}}),
                           201, "agreement");
    const std::string path = "/api/v1/agreements/" + std::to_string(made.at("id").as_int64()) + "/accept";
    for (Company* party : {&one, &other})
        must(party->administrator.post(path, {{"signatory", "Somebody"}, {"documentDigest", digest}}), 200, "acceptance");
}

std::string SimWorld::customer(Company& company, Company& partner, const std::string& name) {
    const auto made = must(company.administrator.post("/api/v1/customers", {{"name", name}}), 201, "customer");
    const auto asked = must(company.engineer.post("/api/v1/authorizations", {{"customer", made.at("id")},
                                                                             {"partners", json::array{partner.id}},
                                                                             {"purpose", "support"},
                                                                             {"dataClasses", every_class()},
                                                                             {"until", day(365)}}),
                            201, "authorization");
    must(company.compliance.post("/api/v1/authorizations/" + std::to_string(asked.at("id").as_int64()) + "/grant",
                                 {{"obtainedHow", "Letter"}, {"evidenceDigest", digest}}),
         200, "grant");
    return name;
}

}  // namespace entente::tests
