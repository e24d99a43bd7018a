// entente onboard: carries out the plans of company files, one call at a time. What exists by its natural key (a company by mail
// domain, a person by username, a department, form, program or customer by name, an agreement by title and version) is left
// alone and said so; therefore an interrupted run is simply run again.

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "certs/digest.hpp"
#include "certs/files.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/onboarding.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/text.hpp"

namespace entente::tools {
namespace {

struct Plan {
    std::filesystem::path file;
    Onboarding what;
};

// Secrets that the gateway shows once, kept for --secrets or printed at the end.
struct SecretRow {
    std::string kind, company, name, id, secret;
};

class Onboarder {
  public:
    explicit Onboarder(Context& context) : context_(context) {}

    void company(const CompanyPlan& plan);
    void agreement(const AgreementPlan& plan, const std::filesystem::path& folder);
    void finish();

  private:
    // Whether the company's list has a row of that natural key; the list is read once.
    bool known(const std::string& list, std::string (*key)(const Value&), const std::string& wanted);
    bool said(bool exists, const std::string& kind, const std::string& name);
    void department(const DepartmentPlan& plan, bool company_has_form);
    void company_form(const FormPlan& plan);
    std::string department_form(const FormPlan& plan, const std::string& department, bool company_has_one);
    std::vector<Value> forms_without_department();
    std::string add_form(const FormPlan& plan, const std::string& label);
    void user(const UserPlan& plan);
    void client(const ClientPlan& plan);
    void customer(const CustomerPlan& plan);
    std::string company_of_domain(const std::string& domain);
    void keep_secrets(const std::filesystem::path& file);
    Answer create(const std::string& target, protocol::JsonWriter& json, const std::string& what);

    Context& context_;
    std::map<std::string, std::set<std::string>> known_;
    std::string company_;
    std::string company_name_;
    std::string company_domain_;
    std::vector<SecretRow> secrets_;
    int made_ = 0;
    int left_ = 0;
};

bool Onboarder::known(const std::string& list, std::string (*key)(const Value&), const std::string& wanted) {
    const std::string target = "/api/v1/" + list + "?company=" + company_;
    const auto found = known_.find(target);
    if (found != known_.end()) return found->second.contains(wanted);
    std::set<std::string>& keys = known_[target];
    for (const Value& row : context_.get(target).value.items()) {
        if (row.text("company", company_) == company_) keys.insert(key(row));
    }
    return keys.contains(wanted);
}

bool Onboarder::said(bool exists, const std::string& kind, const std::string& name) {
    const Paint& paint = context_.paint();
    if (!context_.json()) {
        context_.out() << "  " << (exists ? paint(Ink::dim, "exists ") : paint(Ink::green, "adding ")) << " " << kind << " "
                       << printable(name, Lines::join) << std::endl;
    }
    ++(exists ? left_ : made_);
    return exists;
}

Answer Onboarder::create(const std::string& target, protocol::JsonWriter& json, const std::string& what) {
    try {
        return context_.post(target, json.take());
    } catch (Refused& refused) {
        refused.problem.what = what + ": " + refused.problem.what;
        if (refused.problem.next_step.empty())
            refused.problem.next_step = "correct it and run entente onboard again; it goes on here";
        throw;
    }
}

std::string Onboarder::company_of_domain(const std::string& domain) {
    for (const Value& row : context_.get("/api/v1/companies").value.items()) {
        if (same_ignoring_case(row.text("domain"), domain)) return row.text("id");
    }
    return {};
}

void Onboarder::company(const CompanyPlan& plan) {
    if (!context_.json()) context_.out() << context_.paint()(Ink::bold, plan.name) << " (" << plan.domain << ")\n";
    company_name_ = plan.name;
    company_domain_ = plan.domain;
    company_ = company_of_domain(plan.domain);
    if (!said(!company_.empty(), "company", plan.name)) {
        protocol::JsonWriter json;
        json.object().member("name", plan.name).member("domain", plan.domain);
        if (!plan.description.empty()) json.member("description", plan.description);
        json.member("hidden", plan.hidden).member("injectedField", plan.injected_field).key("responseMinutes").object();
        json.member("high", plan.targets.high_minutes).member("medium", plan.targets.medium_minutes);
        json.member("low", plan.targets.low_minutes).end().end();
        company_ = create("/api/v1/companies", json, "company " + plan.name).value.text("id");
    }
    if (plan.form) company_form(*plan.form);
    for (const DepartmentPlan& each : plan.departments) department(each, plan.form.has_value());
    for (const UserPlan& each : plan.users) user(each);
    for (const ClientPlan& each : plan.clients) client(each);
    for (const CustomerPlan& each : plan.customers) customer(each);
}

std::vector<Value> Onboarder::forms_without_department() {
    std::vector<Value> out;
    for (const Value& row : context_.get("/api/v1/forms?company=" + company_).value.items()) {
        if (!row.at("department").present()) out.push_back(row);
    }
    return out;
}

std::string Onboarder::add_form(const FormPlan& plan, const std::string& label) {
    protocol::JsonWriter json;
    json.object().key("company").raw(company_);
    write_form(json, plan);
    json.end();
    return create("/api/v1/forms", json, "form " + label).value.text("id");
}

void Onboarder::company_form(const FormPlan& plan) {
    if (!said(!forms_without_department().empty(), "form", "of the company")) add_form(plan, "of the company");
}

bool same_form(const Value& row, const FormPlan& plan) {
    const std::vector<Value> fields = row.items("fields");
    return row.text("adminNote") == plan.admin_note &&
           std::ranges::equal(
               fields, plan.fields, {}, [](const Value& field) { return field.text("label"); }, &protocol::FormField::label);
}

// A form comes before its department. A run that ended between the two left a form without department: it is taken up again.
std::string Onboarder::department_form(const FormPlan& plan, const std::string& department, bool company_has_one) {
    const std::vector<Value> forms = forms_without_department();
    if (forms.size() > (company_has_one ? 1U : 0U)) {
        const auto left_over = std::ranges::find_if(forms, [&](const Value& row) { return same_form(row, plan); });
        if (left_over != forms.end()) return left_over->text("id");
    }
    said(false, "form", "of " + department);
    return add_form(plan, "of " + department);
}

void Onboarder::department(const DepartmentPlan& plan, bool company_has_form) {
    const auto key = [](const Value& row) { return row.text("name"); };
    const bool exists = known("departments", key, plan.name);
    const std::string form = plan.form && !exists ? department_form(*plan.form, plan.name, company_has_form) : std::string();
    if (said(exists, "department", plan.name)) return;
    protocol::JsonWriter json;
    json.object().key("company").raw(company_).member("name", plan.name);
    add_list(json, "tags", plan.tags);
    if (!form.empty()) json.key("form").raw(form);
    json.end();
    create("/api/v1/departments", json, "department " + plan.name);
}

void Onboarder::user(const UserPlan& plan) {
    const auto key = [](const Value& row) { return lower(row.text("username")); };
    if (said(known("users", key, lower(plan.username)), plan.role, plan.username)) return;
    protocol::JsonWriter json;
    json.object().key("company").raw(company_).member("username", plan.username).member("firstName", plan.first_name);
    json.member("lastName", plan.last_name).member("email", plan.email).member("role", plan.role);
    for (const auto& [name, text] : {std::pair{"phone", &plan.phone}, std::pair{"phoneCountry", &plan.phone_country},
                                     std::pair{"city", &plan.city}, std::pair{"password", &plan.password}}) {
        if (!text->empty()) json.member(name, *text);
    }
    json.end();
    const Answer answer = create("/api/v1/users", json, "user " + plan.username);
    const std::string made = answer.value.text("password");
    if (!made.empty()) secrets_.push_back({"user", company_domain_, plan.username, plan.username, made});
}

void Onboarder::client(const ClientPlan& plan) {
    const auto key = [](const Value& row) { return row.text("name"); };
    if (said(known("clients", key, plan.name), "client", plan.name)) return;
    protocol::JsonWriter json;
    json.object().key("company").raw(company_).member("name", plan.name).member("role", plan.role);
    if (!plan.certificate_uri.empty()) json.member("certificateUri", plan.certificate_uri);
    json.end();
    const Answer answer = create("/api/v1/clients", json, "client " + plan.name);
    secrets_.push_back({"client", company_domain_, plan.name, answer.value.text("clientId"), answer.value.text("clientSecret")});
}

// The operator brings customers in but may not read them, so the gateway itself says whether one exists.
void Onboarder::customer(const CustomerPlan& plan) {
    protocol::JsonWriter json;
    json.object().key("company").raw(company_).member("name", plan.name);
    add_list(json, "aliases", plan.aliases);
    add_list(json, "domains", plan.domains);
    json.key("contacts").array();
    for (const protocol::CustomerContact& contact : plan.contacts) {
        json.object().member("name", contact.name).member("email", contact.email).end();
    }
    json.end().end();
    try {
        create("/api/v1/customers", json, "customer " + plan.name);
        said(false, "customer", plan.name);
    } catch (const Refused& refused) {
        if (refused.problem.status != 409) throw;
        said(true, "customer", plan.name);
    }
}

void Onboarder::agreement(const AgreementPlan& plan, const std::filesystem::path& folder) {
    std::vector<std::string> parties;
    for (const std::string& domain : plan.parties) {
        parties.push_back(company_of_domain(domain));
        if (!parties.back().empty()) continue;
        throw Stop(exit_code::refused, "agreement " + plan.title + ": no company has the mail domain " + domain,
                   "bring that company in first, then run entente onboard again");
    }
    const std::string digest =
        protocol::hex(certs::sha256(protocol::as_bytes(context_.world().read_file((folder / plan.document).string()))));
    Value agreement;
    for (const Value& row : context_.get("/api/v1/agreements").value.items()) {
        if (row.text("title") == plan.title && row.text("documentVersion") == plan.document_version) agreement = row;
    }
    if (!said(agreement.present(), "agreement", plan.title + " " + plan.document_version)) {
        protocol::JsonWriter json;
        json.object().member("title", plan.title).member("documentVersion", plan.document_version).member("documentDigest", digest);
        json.key("parties").array();
        for (const std::string& party : parties) json.raw(party);
        json.end().member("validFrom", plan.valid_from.empty() ? protocol::to_rfc3339(context_.world().now()) : plan.valid_from);
        if (!plan.valid_until.empty()) json.member("validUntil", plan.valid_until);
        add_list(json, "dataClasses", plan.classes);
        json.member("purpose", plan.purpose).member("requiredAssurance", plan.assurance).end();
        agreement = create("/api/v1/agreements", json, "agreement " + plan.title).value;
    }
    for (const AcceptancePlan& acceptance : plan.acceptances) {
        const std::string party = company_of_domain(acceptance.company);
        bool accepted = false;
        for (const Value& row : agreement.items("acceptances")) accepted = accepted || row.text("company") == party;
        if (said(accepted, "acceptance", "by " + acceptance.company)) continue;
        protocol::JsonWriter json;
        json.object().key("company").raw(party.empty() ? "0" : party).member("signatory", acceptance.signatory);
        json.member("documentDigest", digest).member("reason", acceptance.reason).end();
        create("/api/v1/agreements/" + agreement.text("id") + "/accept", json, "acceptance by " + acceptance.company);
    }
}

void write_row(protocol::JsonWriter& json, const SecretRow& row) {
    json.object().member("kind", row.kind).member("company", row.company).member("name", row.name);
    json.member("id", row.id).member("secret", row.secret).end();
}

// The file of an earlier, interrupted run holds secrets that nobody shows again: they stay.
std::vector<SecretRow> rows_in(const std::filesystem::path& file) {
    std::vector<SecretRow> out;
    if (!std::filesystem::exists(file)) return out;
    const certs::Secret content = certs::read_private_file(file, 1024 * 1024);
    const Value known = Value::parse(protocol::as_text(content.bytes())).value_or(Value());
    for (const Value& row : known.items("secrets")) {
        out.push_back({row.text("kind"), row.text("company"), row.text("name"), row.text("id"), row.text("secret")});
    }
    return out;
}

void Onboarder::keep_secrets(const std::filesystem::path& file) {
    if (secrets_.empty()) return;
    protocol::JsonWriter json;
    json.object().key("secrets").array();
    for (const SecretRow& row : rows_in(file)) write_row(json, row);
    for (const SecretRow& row : secrets_) write_row(json, row);
    json.end().end();
    certs::replace_private_file(file, protocol::as_bytes(json.take()));
    context_.note("The secrets of " + std::to_string(secrets_.size()) + " new accounts are in " + file.string() +
                  " (only you can read it).");
}

void Onboarder::finish() {
    if (context_.given("secrets")) keep_secrets(context_.text("secrets"));
    if (context_.json()) {
        protocol::JsonWriter json;
        json.object().member("added", made_).member("existed", left_).key("secrets").array();
        for (const SecretRow& row : secrets_) write_row(json, row);
        context_.out() << json.end().end().take() << "\n";
        return;
    }
    if (!context_.given("secrets") && !secrets_.empty()) {
        Table table({"NEW ACCOUNT", "COMPANY", "SIGNS IN AS", "SECRET (SHOWN ONCE)"});
        for (const SecretRow& row : secrets_) table.row({row.name, row.company, row.id, row.secret});
        context_.out() << "\n" << table.print(context_.paint(), 0);
    }
    context_.out() << "\n" << made_ << " added, " << left_ << " existed already\n";
}

Plan read_plan(Context& context, const std::string& file) {
    auto plan = parse_onboarding(context.world().read_file(file), file);
    if (!plan) throw Stop(exit_code::refused, plan.error().message, "entente onboard --help");
    return {file, std::move(*plan)};
}

int onboard(Context& context) {
    std::vector<Plan> plans;
    for (const std::string& file : context.all("FILE")) plans.push_back(read_plan(context, file));
    if (context.flag("check")) {
        context.out() << plans.size() << (plans.size() == 1 ? " file is" : " files are") << " in order\n";
        return exit_code::ok;
    }
    Onboarder onboarder(context);
    try {
        for (const Plan& plan : plans) {
            if (plan.what.company) onboarder.company(*plan.what.company);
        }
        for (const Plan& plan : plans) {
            for (const AgreementPlan& agreement : plan.what.agreements) onboarder.agreement(agreement, plan.file.parent_path());
        }
    } catch (...) {
        onboarder.finish();  // what was made so far has secrets that nobody shows again
        throw;
    }
    onboarder.finish();
    return exit_code::ok;
}

}  // namespace

std::vector<Command> onboard_commands() {
    return {{.path = "onboard",
             .summary = "Bring in whole companies from files; run it again to go on where it stopped",
             .example = "  entente onboard deploy/samples/*.toml --secrets secrets.json\n  entente onboard --check company.toml",
             .caller = Caller::gateway_operator,
             .options = {arguments("FILE", "company files, see deploy/samples"),
                         value("secrets", "FILE", "write new clients' secrets and made passwords there (0600)"),
                         flag("check", "read the files and say what is wrong with them, nothing else")},
             .run = onboard}};
}

}  // namespace entente::tools
