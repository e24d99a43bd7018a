// People, API clients, customers.

#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace {

protocol::Language read_contact_language(Reader& in) {
    return in.choice("language", protocol::parse_language, "en, de, ja", Need::optional).value_or(protocol::Language::english);
}

constexpr std::string_view roles = "engineer, compliance, administrator, api_client, auditor, operator";

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

}  // namespace

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
            std::string contact_mail = read_mail(contact, "email");
            customer.contacts.push_back({std::move(contact_name), std::move(contact_mail), false, read_contact_language(contact)});
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
        std::string contact_mail = read_mail(in, "email");
        addition.contact =
            protocol::CustomerContact{std::move(contact_name), std::move(contact_mail), false, read_contact_language(in)};
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
        out.object()
            .member("name", contact.name)
            .member("email", contact.email)
            .member("language", name(contact.language))
            .member("confirmed", contact.confirmed)
            .end();
    out.end().member("active", customer.active).member("version", stored.version).end();
}

}  // namespace entente::api::native
