// Users, clients, certificates and customers.

#include <algorithm>

#include "certs/digest.hpp"
#include "policy/customer.hpp"
#include "protocol/encoding.hpp"
#include "server/operations/directory.hpp"
#include "server/store/statements/sessions.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::CompanyId;
using protocol::Role;
using protocol::User;
using store::StoredClient;
using store::StoredCustomer;

namespace {

constexpr std::int64_t secret_overlap_s = 24 * 3600;

audit::Record account_record(const Caller& caller, std::string operation, std::uint8_t activity, audit::Class kind) {
    return record_of(caller, std::move(operation), kind, activity);
}

Error not_found(std::string_view what) {
    return {
        .kind = ErrorKind::not_found, .code = std::string(what) + "_not_found", .message = "there is no such " + std::string(what)};
}

// An administrator may not make a second operator, nor give a role that belongs to the gateway.
Result<void> check_role(Role role, CompanyId company) {
    if (role != Role::gateway_operator || !company) return {};
    return fail(ErrorKind::forbidden, "operator_role", "a company's account cannot be the gateway's operator");
}

std::vector<std::uint8_t> digest_of(std::string_view secret) {
    const auto digest = certs::sha256(protocol::as_bytes(secret));
    return {digest.begin(), digest.end()};
}

}  // namespace

Audited<User> add_user(Txn& txn, const Context& context, const Caller& caller, NewUser input) {
    audit::Record record = account_record(caller, "user.create", audit::activity_create, audit::Class::account_change);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<User>(std::move(record), allowed.error());
    const auto company = acting_for(txn, caller, input.user.company);
    if (!company) return refused<User>(std::move(record), company.error());
    if (auto valid = check_role(input.user.role, *company); !valid) return refused<User>(std::move(record), valid.error());
    if (store::find_user_by_name(txn, context.tools.vault, input.user.username))
        return refused<User>(std::move(record),
                             {.kind = ErrorKind::conflict, .code = "already_exists", .message = "this user name is taken"});
    input.user.company = *company;
    input.user.id = {store::fresh_id(txn, "users", [&] { return context.tools.draw(); })};
    store::insert_user(txn, context.tools.vault, {input.user, input.password_hash}, context.now);
    record.parties = {*company};
    record.resources.push_back({"user", std::to_string(input.user.id.value)});
    return {std::move(input.user), std::move(record)};
}

Audited<User> change_user(Txn& txn, const Context& context, const Caller& caller, protocol::UserId id, const UserChange& change) {
    audit::Record record = account_record(caller, "user.change", audit::activity_other, audit::Class::account_change);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<User>(std::move(record), allowed.error());
    auto stored = store::find_user(txn, context.tools.vault, id);
    if (!stored || (!caller.is_operator() && stored->user.company != caller.company()))
        return refused<User>(std::move(record), not_found("user"));
    User& user = stored->user;
    if (change.role)
        if (auto valid = check_role(*change.role, user.company); !valid) return refused<User>(std::move(record), valid.error());
    if (change.active) user.active = *change.active;
    if (change.role) user.role = *change.role;
    if (change.password_hash) stored->password_hash = *change.password_hash;
    if (change.first_name) user.first_name = *change.first_name;
    if (change.last_name) user.last_name = *change.last_name;
    if (change.email) user.email = *change.email;
    if (change.phone) user.phone = *change.phone;
    if (change.phone_country) user.phone_country = *change.phone_country;
    if (change.city) user.city = *change.city;
    store::update_user(txn, context.tools.vault, *stored);
    // A leaver, a new role or a new password ends what is open at once.
    if ((change.active && !*change.active) || change.role || change.password_hash)
        store::revoke_sessions_of(txn, "user", id.value, context.now);
    record.parties = {user.company};
    record.resources.push_back({"user", std::to_string(id.value)});
    return {std::move(user), std::move(record)};
}

Result<std::vector<User>> list_users(ReadTxn& txn, const Context& context, const Caller& caller, CompanyId company) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    const auto acting = acting_for(txn, caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::users_of(txn, context.tools.vault, *acting);
}

Result<Identity> who_am_i(ReadTxn& txn, const Context& context, const Caller& caller) {
    Identity identity;
    if (const auto company = store::find_company(txn, caller.company())) {
        identity.company = {company->id, company->name, std::nullopt, company->domain};
        if (!company->description.empty()) identity.company.description = company->description;
    } else {
        identity.company = {{}, "Gateway", std::nullopt, ""};
    }
    if (caller.principal.kind == certs::PrincipalKind::user) {
        const auto stored = store::find_user(txn, context.tools.vault, {caller.principal.id});
        if (!stored) return std::unexpected(not_found("user"));
        const User& user = stored->user;
        identity.user = {user.id.value, std::nullopt, user.first_name,    user.last_name,
                         user.email,    user.phone,   user.phone_country, user.city};
        return identity;
    }
    const auto client = store::find_client(txn, {caller.principal.id});
    if (!client) return std::unexpected(not_found("client"));
    identity.user.id = client->id.value;
    identity.user.first_name = client->name;
    identity.user.last_name = identity.company.name;
    identity.user.email = identity.company.domain.empty() ? "" : "connector@" + identity.company.domain;
    return identity;
}

Audited<ClientMade> add_client(Txn& txn, const Context& context, const Caller& caller, const NewClient& input) {
    audit::Record record = account_record(caller, "client.create", audit::activity_create, audit::Class::account_change);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<ClientMade>(std::move(record), allowed.error());
    // The operator may make further clients of its own: no company, role operator.
    const bool operators_own = caller.is_operator() && !input.company && input.role == Role::gateway_operator;
    const auto company = operators_own ? Result<CompanyId>(CompanyId{}) : acting_for(txn, caller, input.company);
    if (!company) return refused<ClientMade>(std::move(record), company.error());
    if (auto valid = check_role(input.role, *company); !valid) return refused<ClientMade>(std::move(record), valid.error());
    if (input.certificate_uri && store::find_client_by_uri(txn, *input.certificate_uri))
        return refused<ClientMade>(
            std::move(record),
            {.kind = ErrorKind::conflict, .code = "already_exists", .message = "this certificate URI names another client"});
    ClientMade made;
    made.secret = context.tools.secret();
    made.client.id = {store::fresh_id(txn, "clients", [&] { return context.tools.draw(); })};
    made.client.company = *company;
    made.client.client_id = context.tools.token();
    made.client.name = input.name;
    made.client.role = input.role;
    made.client.secret = digest_of(made.secret);
    made.client.certificate_uri = input.certificate_uri;
    store::insert_client(txn, made.client, context.now);
    if (*company) record.parties = {*company};
    record.resources.push_back({"client", std::to_string(made.client.id.value)});
    return {std::move(made), std::move(record)};
}

ClientMade make_operator_client(Txn& txn, const Context& context) {
    ClientMade made;
    made.secret = context.tools.secret();
    made.client.id = {store::fresh_id(txn, "clients", [&] { return context.tools.draw(); })};
    made.client.client_id = context.tools.token();
    made.client.name = "operator";
    made.client.role = Role::gateway_operator;
    made.client.secret = digest_of(made.secret);
    store::insert_client(txn, made.client, context.now);
    return made;
}

namespace {

std::optional<StoredClient> own_client(ReadTxn& txn, const Caller& caller, protocol::ClientId id) {
    auto client = store::find_client(txn, id);
    if (client && !caller.is_operator() && client->company != caller.company()) client.reset();
    return client;
}

}  // namespace

Audited<ClientMade> rotate_client_secret(Txn& txn, const Context& context, const Caller& caller, protocol::ClientId id) {
    audit::Record record =
        account_record(caller, "client.secret.rotate", audit::account_password_change, audit::Class::account_change);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<ClientMade>(std::move(record), allowed.error());
    auto client = own_client(txn, caller, id);
    if (!client) return refused<ClientMade>(std::move(record), not_found("client"));
    ClientMade made;
    made.secret = context.tools.secret();
    client->previous_secret = client->secret;
    client->previous_until = context.now.plus_seconds(secret_overlap_s);
    client->secret = digest_of(made.secret);
    store::update_client(txn, *client);
    if (client->company) record.parties = {client->company};
    record.resources.push_back({"client", std::to_string(id.value)});
    made.client = std::move(*client);
    return {std::move(made), std::move(record)};
}

Audited<StoredClient> set_client_active(Txn& txn, const Context& context, const Caller& caller, protocol::ClientId id,
                                        bool active) {
    audit::Record record = account_record(caller, active ? "client.enable" : "client.disable",
                                          active ? audit::account_enable : audit::account_disable, audit::Class::account_change);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<StoredClient>(std::move(record), allowed.error());
    auto client = own_client(txn, caller, id);
    if (!client) return refused<StoredClient>(std::move(record), not_found("client"));
    client->active = active;
    store::update_client(txn, *client);
    if (!active) store::revoke_sessions_of(txn, "client", id.value, context.now);
    if (client->company) record.parties = {client->company};
    record.resources.push_back({"client", std::to_string(id.value)});
    return {std::move(*client), std::move(record)};
}

Result<std::vector<StoredClient>> list_clients(ReadTxn& txn, const Caller& caller, CompanyId company) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    const auto acting = acting_for(txn, caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::clients_of(txn, *acting);
}

Audited<store::StoredCertificate> register_certificate(Txn& txn, const Context& context, const Caller& caller,
                                                       store::StoredCertificate certificate) {
    audit::Record record = account_record(caller, "certificate.issue", audit::activity_create, audit::Class::entity_management);
    if (auto allowed = require(caller, Operation::certificate_admin); !allowed)
        return refused<store::StoredCertificate>(std::move(record), allowed.error());
    const auto client = store::find_client(txn, certificate.client);
    if (!client || client->certificate_uri != certificate.uri)
        return refused<store::StoredCertificate>(std::move(record), not_found("client"));
    store::insert_certificate(txn, certificate, context.now);
    if (client->company) record.parties = {client->company};
    record.resources.push_back({"certificate", certificate.fingerprint});
    record.resources.push_back({"client", std::to_string(client->id.value)});
    return {std::move(certificate), std::move(record)};
}

Audited<store::StoredCertificate> revoke_certificate(Txn& txn, const Context& context, const Caller& caller,
                                                     std::string_view fingerprint) {
    using Answer = store::StoredCertificate;
    audit::Record record = account_record(caller, "certificate.revoke", audit::activity_delete, audit::Class::entity_management);
    if (auto allowed = require(caller, Operation::certificate_admin); !allowed)
        return refused<Answer>(std::move(record), allowed.error());
    auto certificate = store::find_certificate(txn, fingerprint);
    if (!certificate) return refused<Answer>(std::move(record), not_found("certificate"));
    store::revoke_certificate(txn, fingerprint, context.now);  // once more changes nothing
    record.resources.push_back({"certificate", certificate->fingerprint});
    return {*store::find_certificate(txn, fingerprint), std::move(record)};
}

Result<std::vector<store::StoredCertificate>> list_certificates(ReadTxn& txn, const Caller& caller) {
    if (auto allowed = require(caller, Operation::certificate_admin); !allowed) return std::unexpected(allowed.error());
    return store::all_certificates(txn);
}

// --- customers ---

namespace {

// A customer's mail never comes from one of the vendors: that would let an engineer answer for the customer.
Result<void> check_customer_domain(ReadTxn& txn, std::string_view domain_or_mail) {
    std::string mail(domain_or_mail);
    if (mail.find('@') == std::string::npos) mail = "any@" + mail;
    const auto domains = policy::mail_domains(mail);
    if (domains.size() != 1) return fail(ErrorKind::invalid, "invalid_domain", "this is no mail domain or address");
    for (const protocol::Company& company : store::all_companies(txn))
        if (policy::domain_within(domains.front(), company.domain) || policy::domain_within(company.domain, domains.front()))
            return fail(ErrorKind::forbidden, "domain_of_a_company",
                        "this domain belongs to a company of this gateway, not to a customer");
    return {};
}

Result<CompanyId> customers_company(ReadTxn& txn, const Caller& caller, CompanyId named, Operation operation) {
    if (auto allowed = require(caller, operation); !allowed) return std::unexpected(allowed.error());
    return acting_for(txn, caller, named);
}

void add_parts(StoredCustomer& stored, const protocol::Customer& parts, const std::string& by) {
    for (protocol::CustomerDomain domain : parts.domains) {
        domain.domain = lower(domain.domain);
        domain.confirmed = false;
        stored.customer.domains.push_back(std::move(domain));
        stored.domain_added_by.push_back(by);
    }
    for (protocol::CustomerContact contact : parts.contacts) {
        contact.confirmed = false;
        stored.customer.contacts.push_back(std::move(contact));
        stored.contact_added_by.push_back(by);
    }
}

}  // namespace

Audited<StoredCustomer> add_customer(Txn& txn, const Context& context, const Caller& caller, protocol::Customer customer) {
    audit::Record record = account_record(caller, "customer.create", audit::activity_create, audit::Class::entity_management);
    const auto company = customers_company(txn, caller, customer.company, Operation::customer_admin);
    if (!company) return refused<StoredCustomer>(std::move(record), company.error());
    for (const auto& domain : customer.domains)
        if (auto valid = check_customer_domain(txn, domain.domain); !valid)
            return refused<StoredCustomer>(std::move(record), valid.error());
    for (const auto& contact : customer.contacts)
        if (auto valid = check_customer_domain(txn, contact.email); !valid)
            return refused<StoredCustomer>(std::move(record), valid.error());
    const std::string normalised = policy::normalise_name(customer.name);
    if (normalised.empty())
        return refused<StoredCustomer>(
            std::move(record),
            {.kind = ErrorKind::invalid, .code = "invalid", .message = "a customer needs a name with letters or digits"});
    for (const StoredCustomer& other : store::customers_of(txn, context.tools.vault, *company))
        if (policy::normalise_name(other.customer.name) == normalised)
            return refused<StoredCustomer>(
                std::move(record),
                {.kind = ErrorKind::conflict, .code = "already_exists", .message = "there is already a customer of this name"});
    StoredCustomer stored;
    stored.created_by = caller.principal.label();
    stored.customer.company = *company;
    stored.customer.name = customer.name;
    stored.customer.aliases = customer.aliases;
    add_parts(stored, customer, stored.created_by);
    stored.customer.id = {store::fresh_id(txn, "customers", [&] { return context.tools.draw(); })};
    store::insert_customer(txn, context.tools.vault, stored, normalised, context.now);
    record.parties = {*company};
    record.resources.push_back({"customer", std::to_string(stored.customer.id.value), stored.version});
    return {std::move(stored), std::move(record)};
}

Audited<StoredCustomer> extend_customer(Txn& txn, const Context& context, const Caller& caller, protocol::CustomerId id,
                                        const CustomerAddition& addition) {
    audit::Record record = account_record(caller, "customer.change", audit::activity_update, audit::Class::entity_management);
    if (auto allowed = require(caller, Operation::customer_admin); !allowed)
        return refused<StoredCustomer>(std::move(record), allowed.error());
    auto stored = store::find_customer(txn, context.tools.vault, caller.company(), id);
    if (!stored) return refused<StoredCustomer>(std::move(record), not_found("customer"));
    protocol::Customer parts;
    if (addition.domain) parts.domains.push_back({*addition.domain, false});
    if (addition.contact) parts.contacts.push_back(*addition.contact);
    for (const std::optional<std::string>& place :
         {addition.domain, addition.contact ? std::optional(addition.contact->email) : std::nullopt})
        if (place)
            if (auto valid = check_customer_domain(txn, *place); !valid)
                return refused<StoredCustomer>(std::move(record), valid.error());
    add_parts(*stored, parts, caller.principal.label());
    if (addition.alias) stored->customer.aliases.push_back(*addition.alias);
    ++stored->version;
    store::update_customer(txn, context.tools.vault, *stored);
    record.resources.push_back({"customer", std::to_string(id.value), stored->version});
    return {std::move(*stored), std::move(record)};
}

Audited<StoredCustomer> confirm_customer(Txn& txn, const Context& context, const Caller& caller, protocol::CustomerId id,
                                         const Confirmation& confirmation) {
    audit::Record record = account_record(caller, "customer.confirm", audit::activity_update, audit::Class::entity_management);
    if (auto allowed = require(caller, Operation::customer_confirm); !allowed)
        return refused<StoredCustomer>(std::move(record), allowed.error());
    auto stored = store::find_customer(txn, context.tools.vault, caller.company(), id);
    if (!stored) return refused<StoredCustomer>(std::move(record), not_found("customer"));
    bool found = false;
    bool same_person = false;
    const auto confirm = [&](auto& part, const std::string& added_by) {
        found = true;
        if (added_by == caller.principal.label()) {
            same_person = true;
        } else {
            part.confirmed = true;
        }
    };
    auto& customer = stored->customer;
    for (std::size_t i = 0; confirmation.domain && i < customer.domains.size(); ++i)
        if (customer.domains[i].domain == lower(*confirmation.domain)) confirm(customer.domains[i], stored->domain_added_by[i]);
    for (std::size_t i = 0; confirmation.contact && i < customer.contacts.size(); ++i)
        if (lower(customer.contacts[i].email) == lower(*confirmation.contact))
            confirm(customer.contacts[i], stored->contact_added_by[i]);
    if (same_person)
        return refused<StoredCustomer>(std::move(record),
                                       {.kind = ErrorKind::forbidden,
                                        .code = "second_person_needed",
                                        .message = "who added a domain or contact cannot confirm it",
                                        .next_step = "ask a colleague: entente customer confirm " + std::to_string(id.value)});
    if (!found) return refused<StoredCustomer>(std::move(record), not_found("contact"));
    ++stored->version;
    store::update_customer(txn, context.tools.vault, *stored);
    record.resources.push_back({"customer", std::to_string(id.value), stored->version});
    return {std::move(*stored), std::move(record)};
}

Result<std::vector<StoredCustomer>> list_customers(ReadTxn& txn, const Context& context, const Caller& caller, CompanyId company,
                                                   std::string_view query) {
    const auto acting = customers_company(txn, caller, company, Operation::customer_read);
    if (!acting) return std::unexpected(acting.error());
    std::vector<StoredCustomer> customers = store::customers_of(txn, context.tools.vault, *acting);
    if (query.empty()) return customers;
    const std::string wanted = policy::normalise_name(query);
    const auto named = [&](std::string_view name) { return policy::normalise_name(name).find(wanted) != std::string::npos; };
    std::erase_if(customers, [&](const StoredCustomer& stored) {
        return wanted.empty() || (!named(stored.customer.name) && std::ranges::none_of(stored.customer.aliases, named));
    });
    return customers;
}

}  // namespace entente::operations
