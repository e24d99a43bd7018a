#include "server/api/native_json.hpp"

#include "protocol/reader.hpp"

namespace entente::api::native {

using protocol::id_max;
using protocol::Need;
using protocol::Reader;

namespace {

constexpr std::size_t name_chars = 191;
constexpr std::size_t text_chars = 5'000;
constexpr std::size_t html_chars = 20'000;
constexpr std::int64_t month_minutes = 60 * 24 * 31;

template <class T, class Read>
Result<T> decode(std::string_view body, Read read) {
    const auto json = protocol::parse_json(body);
    if (!json) return std::unexpected(json.error());
    Reader in(*json);
    T value = read(in);
    if (auto ok = in.done(); !ok) return std::unexpected(std::move(ok.error()));
    return value;
}

protocol::CompanyId read_company_id(Reader& in) {
    return {in.integer("company", 1, id_max, Need::optional).value_or(0)};
}

std::optional<protocol::ResponseTargets> read_targets(Reader& in, const protocol::ResponseTargets& defaults) {
    auto object = in.object("responseMinutes");
    if (!object) return std::nullopt;
    const auto minutes = [&](std::string_view name, int fallback) {
        return static_cast<int>(object->integer(name, 1, month_minutes, Need::optional).value_or(fallback));
    };
    return protocol::ResponseTargets{minutes("high", defaults.high_minutes), minutes("medium", defaults.medium_minutes),
                                     minutes("low", defaults.low_minutes)};
}

bool domain_shaped(std::string_view domain) {
    if (domain.size() < 3 || domain.size() > 253 || domain.find('.') == std::string_view::npos) return false;
    for (const char c : domain)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
    return domain.front() != '.' && domain.back() != '.';
}

std::string read_domain(Reader& in, std::string_view name) {
    std::string domain = in.text(name, 253);
    if (!domain.empty() && !domain_shaped(domain)) in.violate(name, "not_allowed", "must be a domain such as example.com");
    return domain;
}

bool mail_shaped(std::string_view mail) {
    const std::size_t at = mail.find('@');
    return at != std::string_view::npos && at > 0 && mail.find('@', at + 1) == std::string_view::npos &&
           domain_shaped(mail.substr(at + 1));
}

std::string read_mail(Reader& in, std::string_view name, Need need = Need::filled) {
    std::string mail = in.text(name, name_chars, need);
    if (!mail.empty() && !mail_shaped(mail)) in.violate(name, "not_allowed", "must be a mail address");
    return mail;
}

constexpr std::string_view roles = "engineer, compliance, administrator, api_client, auditor, operator";

std::vector<protocol::Selection> to_selections(const std::vector<std::string>& paths) {
    // "Cloud:Vault" under one top value: paths with colons become a tree.
    std::vector<protocol::Selection> top;
    for (std::string_view path : paths) {
        std::vector<protocol::Selection>* level = &top;
        while (!path.empty()) {
            const std::size_t end = std::min(path.find(':'), path.size());
            const std::string word(path.substr(0, end));
            path.remove_prefix(std::min(end + 1, path.size()));
            auto found = level->begin();
            while (found != level->end() && found->value != word) ++found;
            if (found == level->end()) found = level->insert(level->end(), {word, {}});
            level = &found->children;
        }
    }
    return top;
}

protocol::FormField read_field(Reader& in) {
    protocol::FormField field;
    field.section = in.choice("section", protocol::parse_section, "CONTACT_SECTION, PROBLEM_SECTION, COMMON_CUSTOMER_SECTION")
                        .value_or(field.section);
    field.label = in.text("label", name_chars);
    field.type =
        in.choice("type", protocol::parse_field_type, "STRING, TEXT, EMAIL, PHONE, INTEGER, URL, SELECT, TIERSELECT, HIDDEN")
            .value_or(field.type);
    field.options = in.texts("options", 500, name_chars);
    field.selections = to_selections(in.texts("selections", 1'000, 1'000));
    field.additional_settings = in.text("additionalSettings", text_chars, Need::optional);
    field.display_order = static_cast<int>(in.integer("displayOrder", 0, 100'000, Need::optional).value_or(0));
    field.validation_rules = in.text("validationRules", name_chars, Need::optional);
    field.required = in.boolean("required").value_or(false);
    field.data_class =
        in.choice("dataClass", protocol::parse_data_class,
                  "case_facts, technical, product, diagnostics, customer_identity, personal_contact, contractual, secret")
            .value_or(field.data_class);
    field.stage =
        in.choice("stage", protocol::parse_stage, "release, acceptance, never", Need::optional).value_or(protocol::Stage::release);
    field.identifies_customer = in.boolean("identifiesCustomer").value_or(false);
    return field;
}

protocol::DataClasses to_set(const std::vector<protocol::DataClass>& classes) {
    protocol::DataClasses set;
    for (const auto c : classes) set.add(c);
    return set;
}

protocol::DataClasses read_classes(Reader& in) {
    const auto set = to_set(
        in.choices("dataClasses", protocol::parse_data_class,
                   "case_facts, technical, product, diagnostics, customer_identity, personal_contact, contractual", Need::filled));
    if (set.has(protocol::DataClass::secret)) in.violate("dataClasses", "not_allowed", "secrets can never be shared");
    return set;
}

bool digest_shaped(std::string_view digest) {
    if (digest.size() != 64) return false;
    for (const char c : digest)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    return true;
}

std::string read_digest(Reader& in, std::string_view name, Need need) {
    std::string digest = in.text(name, 64, need);
    if (!digest.empty() && !digest_shaped(digest))
        in.violate(name, "not_allowed", "must be a SHA-256 digest as 64 lower-case hexadecimal digits");
    return digest;
}

std::string read_purpose(Reader& in) {
    std::string purpose = in.text("purpose", 64, Need::optional);
    if (purpose.empty()) purpose = "support";
    for (const char c : purpose)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            in.violate("purpose", "not_allowed", "must be a code of a-z, 0-9, _ and -");
            break;
        }
    return purpose;
}

std::vector<protocol::CompanyId> read_companies(Reader& in, std::string_view name) {
    std::vector<protocol::CompanyId> companies;
    for (const std::int64_t id : in.integers(name, 100, 1, id_max, Need::filled)) companies.push_back({id});
    return companies;
}

void write_targets(JsonWriter& out, const protocol::ResponseTargets& targets) {
    out.key("responseMinutes")
        .object()
        .member("high", targets.high_minutes)
        .member("medium", targets.medium_minutes)
        .member("low", targets.low_minutes)
        .end();
}

void write_classes(JsonWriter& out, protocol::DataClasses classes) {
    out.key("dataClasses").array();
    for (int c = 0; c < protocol::data_class_count; ++c)
        if (classes.has(static_cast<protocol::DataClass>(c))) out.value(name(static_cast<protocol::DataClass>(c)));
    out.end();
}

void write_ids(JsonWriter& out, std::string_view key, const std::vector<protocol::CompanyId>& ids) {
    out.key(key).array();
    for (const auto id : ids) out.value(id.value);
    out.end();
}

void write_paths(JsonWriter& out, const std::vector<protocol::Selection>& selections, const std::string& prefix) {
    for (const protocol::Selection& selection : selections) {
        const std::string path = prefix.empty() ? selection.value : prefix + ":" + selection.value;
        if (selection.children.empty()) out.value(path);
        write_paths(out, selection.children, path);
    }
}

void write_user_members(JsonWriter& out, const protocol::User& user) {
    out.member("id", user.id.value).member("company", user.company.value).member("username", user.username);
    out.member("firstName", user.first_name).member("lastName", user.last_name).member("email", user.email);
    out.member("phone", user.phone).member("phoneCountry", user.phone_country).member("city", user.city);
    out.member("role", name(user.role)).member("active", user.active);
}

void write_client_members(JsonWriter& out, const store::StoredClient& client) {
    out.member("id", client.id.value)
        .member("clientId", client.client_id)
        .member("name", client.name)
        .member("role", name(client.role));
    out.member("active", client.active);
    if (client.company) out.member("company", client.company.value);
    out.member_if("certificateUri", client.certificate_uri);
}

void write_authorization_members(JsonWriter& out, const store::StoredAuthorization& stored) {
    const protocol::Authorization& z = stored.authorization;
    out.member("id", z.id.value).member("company", z.company.value).member("customer", z.customer.value);
    write_ids(out, "partners", z.partners);
    out.member("purpose", z.purpose);
    write_classes(out, z.classes);
    out.member("notBefore", to_rfc3339(z.not_before)).member("until", to_rfc3339(z.until));
    out.member("state", name(z.state)).member("assurance", name(z.assurance));
    out.member("obtainedHow", z.obtained_how).member("evidenceDigest", z.evidence_digest);
    out.member("requestedBy", stored.requested_by).member("decidedBy", stored.decided_by).member("reason", stored.reason);
    out.member("createdAt", to_rfc3339(z.created_at));
    out.key("decidedAt");
    if (z.decided_at.us != 0) {
        out.value(to_rfc3339(z.decided_at));
    } else {
        out.null();
    }
    out.member("version", z.version);
}

}  // namespace

Result<protocol::Company> decode_company(std::string_view body, const protocol::ResponseTargets& defaults) {
    return decode<protocol::Company>(body, [&](Reader& in) {
        protocol::Company company;
        company.name = in.text("name", name_chars);
        company.domain = read_domain(in, "domain");
        company.description = in.text("description", text_chars, Need::optional);
        company.hidden = in.boolean("hidden").value_or(false);
        company.injected_field = in.boolean("injectedField").value_or(false);
        company.targets = read_targets(in, defaults).value_or(defaults);
        return company;
    });
}

Result<operations::CompanyChange> decode_company_change(std::string_view body, const protocol::ResponseTargets& defaults) {
    return decode<operations::CompanyChange>(body, [&](Reader& in) {
        operations::CompanyChange change;
        change.name = in.maybe_text("name", name_chars);
        change.description = in.maybe_text("description", text_chars);
        change.active = in.boolean("active");
        change.hidden = in.boolean("hidden");
        change.injected_field = in.boolean("injectedField");
        change.targets = read_targets(in, defaults);
        return change;
    });
}

void write(JsonWriter& out, const protocol::Company& company) {
    out.object().member("id", company.id.value).member("name", company.name).member("domain", company.domain);
    out.member("description", company.description).member("active", company.active).member("hidden", company.hidden);
    out.member("injectedField", company.injected_field);
    write_targets(out, company.targets);
    out.end();
}

Result<UserInput> decode_user(std::string_view body) {
    return decode<UserInput>(body, [](Reader& in) {
        UserInput input;
        protocol::User& user = input.user;
        user.company = read_company_id(in);
        user.username = in.text("username", name_chars);
        user.first_name = in.text("firstName", name_chars);
        user.last_name = in.text("lastName", name_chars);
        user.email = read_mail(in, "email");
        user.phone = in.text("phone", 50, Need::optional);
        user.phone_country = in.text("phoneCountry", 2, Need::optional);
        user.city = in.text("city", name_chars, Need::optional);
        user.role = in.choice("role", protocol::parse_role, roles).value_or(user.role);
        if (in.has("password")) {
            input.password = in.secret("password", 1'024);
            if (protocol::plain_text(*input.password) && input.password->size() < 12)
                in.violate("password", "too_short", "must have 12 characters or more");
        }
        return input;
    });
}

Result<UserChangeInput> decode_user_change(std::string_view body) {
    return decode<UserChangeInput>(body, [](Reader& in) {
        UserChangeInput input;
        operations::UserChange& change = input.change;
        change.active = in.boolean("active");
        change.role = in.choice("role", protocol::parse_role, roles, Need::optional);
        change.first_name = in.maybe_text("firstName", name_chars);
        change.last_name = in.maybe_text("lastName", name_chars);
        if (in.has("email")) change.email = read_mail(in, "email");
        change.phone = in.maybe_text("phone", 50);
        change.phone_country = in.maybe_text("phoneCountry", 2);
        change.city = in.maybe_text("city", name_chars);
        if (in.has("password")) {
            input.password = in.secret("password", 1'024);
            if (input.password->size() < 12) in.violate("password", "too_short", "must have 12 characters or more");
        }
        return input;
    });
}

void write(JsonWriter& out, const protocol::User& user) {
    out.object();
    write_user_members(out, user);
    out.end();
}

std::string encode_user(const protocol::User& user, const std::optional<std::string>& password) {
    JsonWriter out;
    out.object();
    write_user_members(out, user);
    out.member_if("password", password).end();
    return out.take();
}

Result<operations::NewClient> decode_client(std::string_view body) {
    return decode<operations::NewClient>(body, [](Reader& in) {
        operations::NewClient client;
        client.company = read_company_id(in);
        client.name = in.text("name", name_chars);
        client.role = in.choice("role", protocol::parse_role, roles, Need::optional).value_or(protocol::Role::api_client);
        client.certificate_uri = in.maybe_text("certificateUri", 2'048);
        return client;
    });
}

Result<bool> decode_active(std::string_view body) {
    return decode<bool>(body, [](Reader& in) { return in.boolean("active", Need::filled).value_or(false); });
}

void write(JsonWriter& out, const store::StoredClient& client) {
    out.object();
    write_client_members(out, client);
    out.end();
}

std::string encode_client(const operations::ClientMade& made) {
    JsonWriter out;
    out.object();
    write_client_members(out, made.client);
    if (!made.secret.empty()) out.member("clientSecret", made.secret);  // a repeated create does not show it again
    out.end();
    return out.take();
}

Result<protocol::Form> decode_form(std::string_view body) {
    return decode<protocol::Form>(body, [](Reader& in) {
        protocol::Form form;
        form.company = read_company_id(in);
        form.department = {in.integer("department", 1, id_max, Need::optional).value_or(0)};
        form.admin_note = in.text("adminNote", html_chars, Need::optional);
        form.escalation_instructions = in.text("escalationInstructions", html_chars, Need::optional);
        for (Reader& field : in.objects("fields", 200, Need::present)) form.fields.push_back(read_field(field));
        return form;
    });
}

void write(JsonWriter& out, const protocol::Form& form) {
    out.object().member("id", form.id.value).member("company", form.company.value);
    out.key("department");
    if (form.department) {
        out.value(form.department.value);
    } else {
        out.null();
    }
    out.member("version", form.version)
        .member("adminNote", form.admin_note)
        .member("escalationInstructions", form.escalation_instructions);
    out.key("fields").array();
    for (const protocol::FormField& field : form.fields) {
        out.object().member("id", field.id.value).member("section", name(field.section)).member("label", field.label);
        out.member("type", name(field.type));
        out.key("options").array();
        for (const std::string& option : field.options) out.value(option);
        out.end().key("selections").array();
        write_paths(out, field.selections, "");
        out.end().member("displayOrder", field.display_order).member("validationRules", field.validation_rules);
        out.member("required", field.required).member("dataClass", name(field.data_class)).member("stage", name(field.stage));
        out.member("identifiesCustomer", field.identifies_customer).end();
    }
    out.end().end();
}

Result<operations::NewDepartment> decode_department(std::string_view body) {
    return decode<operations::NewDepartment>(body, [](Reader& in) {
        operations::NewDepartment department;
        department.company = read_company_id(in);
        department.name = in.text("name", name_chars);
        department.tags = in.texts("tags", 50, 100);
        department.form = {in.integer("form", 1, id_max, Need::optional).value_or(0)};
        return department;
    });
}

void write(JsonWriter& out, const protocol::Department& department) {
    out.object().member("id", department.id.value).member("company", department.company.value).member("name", department.name);
    out.member("form", department.form.value).key("tags").array();
    for (const std::string& tag : department.tags) out.value(tag);
    out.end().end();
}

Result<protocol::Customer> decode_customer(std::string_view body) {
    return decode<protocol::Customer>(body, [](Reader& in) {
        protocol::Customer customer;
        customer.company = read_company_id(in);
        customer.name = in.text("name", name_chars);
        customer.aliases = in.texts("aliases", 50, name_chars);
        const auto domains = in.texts("domains", 50, 253);
        for (std::size_t i = 0; i < domains.size(); ++i) {
            if (!domain_shaped(domains[i]))
                in.violate("domains/" + std::to_string(i), "not_allowed", "must be a domain such as example.com");
            customer.domains.push_back({domains[i], false});
        }
        for (Reader& contact : in.objects("contacts", 50)) {
            std::string contact_name = contact.text("name", name_chars, Need::optional);
            customer.contacts.push_back({std::move(contact_name), read_mail(contact, "email"), false});
        }
        return customer;
    });
}

Result<operations::CustomerAddition> decode_domain(std::string_view body) {
    return decode<operations::CustomerAddition>(body, [](Reader& in) {
        operations::CustomerAddition addition;
        addition.domain = read_domain(in, "domain");
        return addition;
    });
}

Result<operations::CustomerAddition> decode_contact(std::string_view body) {
    return decode<operations::CustomerAddition>(body, [](Reader& in) {
        operations::CustomerAddition addition;
        std::string contact_name = in.text("name", name_chars, Need::optional);
        addition.contact = protocol::CustomerContact{std::move(contact_name), read_mail(in, "email"), false};
        return addition;
    });
}

Result<operations::Confirmation> decode_confirmation(std::string_view body) {
    return decode<operations::Confirmation>(body, [](Reader& in) {
        operations::Confirmation confirmation;
        confirmation.domain = in.maybe_text("domain", 253);
        confirmation.contact = in.maybe_text("contact", name_chars);
        if (!confirmation.domain && !confirmation.contact) in.violate("domain", "missing", "name a domain or a contact");
        return confirmation;
    });
}

void write(JsonWriter& out, const store::StoredCustomer& stored) {
    const protocol::Customer& customer = stored.customer;
    out.object().member("id", customer.id.value).member("company", customer.company.value).member("name", customer.name);
    out.key("aliases").array();
    for (const std::string& alias : customer.aliases) out.value(alias);
    out.end().key("domains").array();
    for (const auto& domain : customer.domains)
        out.object().member("domain", domain.domain).member("confirmed", domain.confirmed).end();
    out.end().key("contacts").array();
    for (const auto& contact : customer.contacts)
        out.object().member("name", contact.name).member("email", contact.email).member("confirmed", contact.confirmed).end();
    out.end().member("active", customer.active).member("version", stored.version).end();
}

Result<protocol::Agreement> decode_agreement(std::string_view body) {
    return decode<protocol::Agreement>(body, [](Reader& in) {
        protocol::Agreement agreement;
        agreement.title = in.text("title", name_chars);
        agreement.document_version = in.text("documentVersion", 64);
        agreement.document_digest = read_digest(in, "documentDigest", Need::filled);
        agreement.parties = read_companies(in, "parties");
        agreement.valid_from = in.instant("validFrom", Need::filled).value_or(protocol::Instant{});
        agreement.valid_until = in.instant("validUntil");
        agreement.permitted = read_classes(in);
        agreement.purpose = read_purpose(in);
        agreement.required_assurance =
            in.choice("requiredAssurance", protocol::parse_assurance, "attested, recorded, confirmed, signed", Need::optional)
                .value_or(protocol::Assurance::recorded);
        return agreement;
    });
}

Result<operations::Acceptance> decode_acceptance(std::string_view body) {
    return decode<operations::Acceptance>(body, [](Reader& in) {
        operations::Acceptance acceptance;
        acceptance.company = read_company_id(in);
        acceptance.signatory = in.text("signatory", name_chars);
        acceptance.document_digest = read_digest(in, "documentDigest", Need::filled);
        acceptance.reason = in.text("reason", 2'000, Need::optional);
        return acceptance;
    });
}

Result<std::string> decode_reason(std::string_view body) {
    return decode<std::string>(body, [](Reader& in) { return in.text("reason", 2'000); });
}

void write(JsonWriter& out, const protocol::Agreement& agreement) {
    out.object()
        .member("id", agreement.id.value)
        .member("title", agreement.title)
        .member("documentVersion", agreement.document_version);
    out.member("documentDigest", agreement.document_digest);
    write_ids(out, "parties", agreement.parties);
    out.member("validFrom", to_rfc3339(agreement.valid_from)).key("validUntil");
    if (agreement.valid_until) {
        out.value(to_rfc3339(*agreement.valid_until));
    } else {
        out.null();
    }
    out.member("state", name(agreement.state));
    write_classes(out, agreement.permitted);
    out.member("purpose", agreement.purpose).member("requiredAssurance", name(agreement.required_assurance));
    out.key("acceptances").array();
    for (const auto& acceptance : agreement.acceptances)
        out.object()
            .member("company", acceptance.company.value)
            .member("signatory", acceptance.signatory)
            .member("at", to_rfc3339(acceptance.at))
            .end();
    out.end().member("version", agreement.version).end();
}

Result<protocol::Authorization> decode_authorization(std::string_view body, protocol::Instant now) {
    return decode<protocol::Authorization>(body, [&](Reader& in) {
        protocol::Authorization z;
        z.customer = {in.integer("customer", 1, id_max).value_or(0)};
        z.partners = read_companies(in, "partners");
        z.purpose = read_purpose(in);
        z.classes = read_classes(in);
        z.not_before = in.instant("notBefore").value_or(now);
        z.until = in.instant("until", Need::filled).value_or(protocol::Instant{});
        z.obtained_how = in.text("obtainedHow", 2'000, Need::optional);
        return z;
    });
}

Result<operations::AuthorizationDecision> decode_decision(std::string_view body, operations::AuthorizationStep step) {
    using operations::AuthorizationStep;
    return decode<operations::AuthorizationDecision>(body, [step](Reader& in) {
        operations::AuthorizationDecision decision;
        const bool given = step == AuthorizationStep::grant || step == AuthorizationStep::attest;
        decision.obtained_how = in.text("obtainedHow", 2'000, given ? Need::filled : Need::optional);
        decision.evidence_digest = read_digest(in, "evidenceDigest", Need::optional);
        decision.reason = in.text("reason", 2'000, given ? Need::optional : Need::filled);
        return decision;
    });
}

void write(JsonWriter& out, const store::StoredAuthorization& stored) {
    out.object();
    write_authorization_members(out, stored);
    out.end();
}

std::string encode_authorization(const store::StoredAuthorization& stored, int released_cases) {
    JsonWriter out;
    out.object();
    write_authorization_members(out, stored);
    out.member("releasedCases", released_cases).end();
    return out.take();
}

Result<protocol::CustomerId> decode_picked_customer(std::string_view body) {
    return decode<protocol::CustomerId>(
        body, [](Reader& in) { return protocol::CustomerId{in.integer("customer", 1, id_max).value_or(0)}; });
}

Result<CertificateInput> decode_certificate(std::string_view body) {
    return decode<CertificateInput>(body, [](Reader& in) {
        CertificateInput input;
        input.client = {in.integer("client", 1, id_max).value_or(0)};
        input.csr = in.maybe_text("csr", 20'000);
        input.days = static_cast<int>(in.integer("days", 1, 397, Need::optional).value_or(90));
        return input;
    });
}

}  // namespace entente::api::native
