// The sandbox's two companies, with everything that a case needs to flow: forms, people, an agreement in force, a customer who
// agreed.

#include "protocol/json_writer.hpp"
#include "server/tools/sandbox.hpp"

namespace entente::tools {

using protocol::JsonWriter;

namespace {

constexpr std::string_view password = "entente-sandbox";
constexpr std::string_view digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
constexpr std::string_view classes = R"(["case_facts","technical","product","diagnostics","customer_identity","personal_contact"])";

std::string form_body(const std::string& company) {
    return R"({"company":)" + company +
           R"(,"adminNote":"Tell us product and release.","escalationInstructions":"Call +1 555 0100.",)"
           R"("fields":[)"
           R"({"section":"COMMON_CUSTOMER_SECTION","label":"Customer Company","type":"STRING","dataClass":"customer_identity",)"
           R"("identifiesCustomer":true,"displayOrder":1},)"
           R"({"section":"PROBLEM_SECTION","label":"Product","type":"STRING","dataClass":"product","displayOrder":2},)"
           R"({"section":"PROBLEM_SECTION","label":"Log excerpt","type":"TEXT","dataClass":"diagnostics","displayOrder":3}]})";
}

class Builder {
  public:
    Builder(Gateway& gateway, std::string_view id, std::string_view secret) : gateway_(gateway), operator_(gateway) {
        operator_.sign_in_client(id, secret);
    }

    std::string company(std::string_view name, std::string_view domain) {
        JsonWriter out;
        out.object().member("name", name).member("domain", domain).end();
        return operator_.post("/api/v1/companies", out.take()).text("id");
    }

    Voice person(const std::string& company, std::string_view role, const std::string& username, std::string_view domain) {
        JsonWriter out;
        out.object().key("company").raw(company);
        out.member("username", username).member("password", password).member("firstName", "Sandy").member("lastName", role);
        out.member("email", std::string(role) + "@" + std::string(domain)).member("role", role).end();
        operator_.post("/api/v1/users", out.take());
        Voice voice(gateway_);
        voice.sign_in(username, password);
        return voice;
    }

    Value client(const std::string& company, std::string_view name) {
        JsonWriter out;
        out.object().key("company").raw(company);
        out.member("name", name).member("role", "api_client").end();
        return operator_.post("/api/v1/clients", out.take());
    }

    Value form(const std::string& company) { return operator_.post("/api/v1/forms", form_body(company)); }

    std::string department(const std::string& company, std::string_view name) {
        const std::string made = form(company).text("id");
        JsonWriter out;
        out.object().key("company").raw(company);
        out.member("name", name).key("form").raw(made).end();
        operator_.post("/api/v1/departments", out.take());
        return made;
    }

    std::string agreement(const std::string& one, const std::string& two, protocol::Instant now) {
        const std::string body = R"({"title":"Sandbox","documentVersion":"1.0","documentDigest":")" + std::string(digest) +
                                 R"(","parties":[)" + one + "," + two + R"(],"validFrom":")" + to_rfc3339(now.plus_seconds(-3600)) +
                                 R"(","dataClasses":)" + std::string(classes) + "}";
        return operator_.post("/api/v1/agreements", body).text("id");
    }

  private:
    Gateway& gateway_;
    Voice operator_;
};

void accept(Voice& administrator, const std::string& agreement) {
    administrator.post("/api/v1/agreements/" + agreement + "/accept",
                       R"({"signatory":"Sandy Administrator","documentDigest":")" + std::string(digest) + "\"}");
}

// A customer with a confirmed domain who agreed to everything that the agreement lets across. It takes two people.
std::string authorized_customer(Voice& administrator, Voice& compliance, Voice& engineer, const std::string& partner,
                                protocol::Instant now) {
    const Value made =
        administrator.post("/api/v1/customers", R"({"name":"Sample Customer","domains":["sample-customer.example"]})");
    const std::string id = made.text("id");
    compliance.post("/api/v1/customers/" + id + "/confirm", R"({"domain":"sample-customer.example"})");
    const Value asked = engineer.post("/api/v1/authorizations", R"({"customer":)" + id + R"(,"partners":[)" + partner +
                                                                    R"(],"dataClasses":)" + std::string(classes) + R"(,"until":")" +
                                                                    to_rfc3339(now.plus_seconds(365 * 86'400)) + "\"}");
    compliance.post("/api/v1/authorizations/" + asked.text("id") + "/grant", R"({"obtainedHow":"Sandbox"})");
    return made.text("name");
}

}  // namespace

SandboxWorld make_sandbox_world(Gateway& gateway, std::string_view operator_id, std::string_view operator_secret,
                                protocol::Instant now) {
    Builder build(gateway, operator_id, operator_secret);
    SandboxWorld world;
    world.company_name = "Your Company";
    world.partner_name = "Sandbox Partner";
    world.company = build.company(world.company_name, "your-company.example");
    world.partner = build.company(world.partner_name, "sandbox-partner.example");
    build.form(world.company);
    const Value form = build.form(world.partner);
    world.form = form.text("id");
    for (const Value& field : form.items("fields"))
        if (field.text("label") == "Customer Company") world.customer_field = field.text("id");
    for (const auto& [behaviour, department] :
         std::map<std::string, std::string>{{"answer", "Answers"}, {"refuse", "Refuses"}, {"stall", "Stalls"}, {"ask", "Asks"}})
        world.forms[behaviour] = build.department(world.partner, department);

    world.username = "engineer@your-company.example";
    world.password = password;
    Voice engineer = build.person(world.company, "engineer", world.username, "your-company.example");
    Voice compliance = build.person(world.company, "compliance", "compliance@your-company.example", "your-company.example");
    Voice own = build.person(world.company, "administrator", "administrator@your-company.example", "your-company.example");
    Voice theirs = build.person(world.partner, "administrator", "administrator@sandbox-partner.example", "sandbox-partner.example");
    const std::string agreement = build.agreement(world.company, world.partner, now);
    accept(own, agreement);
    accept(theirs, agreement);
    world.customer = authorized_customer(own, compliance, engineer, world.partner, now);

    const Value client = build.client(world.company, "Your connector");
    world.client_id = client.text("clientId");
    world.client_secret = client.text("clientSecret");
    const Value fake = build.client(world.partner, "Fake partner");
    world.partner_client_id = fake.text("clientId");
    world.partner_client_secret = fake.text("clientSecret");
    return world;
}

}  // namespace entente::tools
