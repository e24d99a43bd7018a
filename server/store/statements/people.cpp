// Users, clients of the API and customers: what names a person or a customer is sealed.

#include "server/store/critical_rows.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CompanyId;
using protocol::Customer;
using protocol::Instant;
using protocol::User;

namespace {

constexpr std::uint8_t profile_version = 1;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string user_place(protocol::UserId id) {
    return "users/profile/" + std::to_string(id.value);
}
std::string customer_place(protocol::CustomerId id) {
    return "customers/profile/" + std::to_string(id.value);
}

Blob seal_user(Txn& txn, Vault& vault, const User& user) {
    Packer pack(profile_version);
    pack.text(user.username).text(user.first_name).text(user.last_name).text(user.email);
    pack.text(user.phone).text(user.phone_country).text(user.city);
    return vault.seal(txn, Owner::person(user.id), {}, Tag::actor, user_place(user.id), pack.bytes());
}

constexpr std::string_view user_columns = "id, company, role, active, password, profile";

StoredUser read_user(ReadTxn& txn, Vault& vault, const Row& row) {
    StoredUser stored;
    check_row(txn, Critical::user, row.number(0));
    User& user = stored.user;
    user.id = {row.number(0)};
    user.company = {row.number(1)};
    user.role = protocol::parse_role(row.text(2)).value_or(protocol::Role::engineer);
    user.active = row.number(3) != 0;
    stored.password_hash = row.text(4);
    const auto profile = vault.open(txn, user_place(user.id), row.bytes(5));
    if (!profile) {  // the person's key was destroyed
        user.active = false;
        return stored;
    }
    Unpacker in(*profile, profile_version);
    user.username = in.text();
    user.first_name = in.text();
    user.last_name = in.text();
    user.email = in.text();
    user.phone = in.text();
    user.phone_country = in.text();
    user.city = in.text();
    return stored;
}

constexpr std::string_view client_columns =
    "id, company, client_id, name, role, active, secret, previous_secret, previous_until, certificate_uri";

StoredClient read_client(const Row& row) {
    StoredClient client;
    client.id = {row.number(0)};
    client.company = {row.number(1)};
    client.client_id = row.text(2);
    client.name = row.text(3);
    client.role = protocol::parse_role(row.text(4)).value_or(protocol::Role::api_client);
    client.active = row.number(5) != 0;
    const Bytes secret = row.bytes(6);
    client.secret.assign(secret.begin(), secret.end());
    if (!row.is_null(7)) {
        const Bytes previous = row.bytes(7);
        client.previous_secret.assign(previous.begin(), previous.end());
    }
    if (!row.is_null(8)) client.previous_until = Instant{row.number(8)};
    client.certificate_uri = row.maybe_text(9);
    return client;
}

std::optional<StoredClient> first_client(ReadTxn& txn, std::string_view where, Value what) {
    const std::string sql = "SELECT " + std::string(client_columns) + " FROM clients WHERE " + std::string(where) + " = $1";
    auto client = txn.first(sql, {what}, read_client);
    if (client) check_row(txn, Critical::client, client->id.value);
    return client;
}

constexpr std::uint8_t customer_version = 2;  // 2: contacts have a language

Blob seal_customer(Txn& txn, Vault& vault, const StoredCustomer& stored) {
    const Customer& customer = stored.customer;
    Packer pack(customer_version);
    pack.text(customer.name).count(customer.aliases);
    for (const std::string& alias : customer.aliases) pack.text(alias);
    pack.count(customer.domains);
    for (std::size_t i = 0; i < customer.domains.size(); ++i)
        pack.text(customer.domains[i].domain).flag(customer.domains[i].confirmed).text(stored.domain_added_by.at(i));
    pack.count(customer.contacts);
    for (std::size_t i = 0; i < customer.contacts.size(); ++i) {
        const auto& contact = customer.contacts[i];
        pack.text(contact.name).text(contact.email).flag(contact.confirmed).text(stored.contact_added_by.at(i));
        pack.text(protocol::name(contact.language));
    }
    return vault.seal(txn, Owner::customer(customer.id), {}, Tag::customer, customer_place(customer.id), pack.bytes());
}

constexpr std::string_view customer_columns = "id, company, active, version, profile, created_by";

StoredCustomer read_customer(ReadTxn& txn, Vault& vault, const Row& row) {
    StoredCustomer stored;
    Customer& customer = stored.customer;
    customer.id = {row.number(0)};
    customer.company = {row.number(1)};
    customer.active = row.number(2) != 0;
    stored.version = row.number(3);
    stored.created_by = row.text(5);
    const auto profile = vault.open(txn, customer_place(customer.id), row.bytes(4));
    if (!profile) {
        customer.active = false;
        return stored;
    }
    Unpacker in(*profile, customer_version);
    customer.name = in.text();
    for (auto left = in.number(); left > 0; --left) customer.aliases.push_back(in.text());
    for (auto left = in.number(); left > 0; --left) {
        protocol::CustomerDomain domain;
        domain.domain = in.text();
        domain.confirmed = in.flag();
        customer.domains.push_back(std::move(domain));
        stored.domain_added_by.push_back(in.text());
    }
    for (auto left = in.number(); left > 0; --left) {
        protocol::CustomerContact contact;
        contact.name = in.text();
        contact.email = in.text();
        contact.confirmed = in.flag();
        stored.contact_added_by.push_back(in.text());
        if (in.version() >= 2) contact.language = protocol::parse_language(in.text()).value_or(protocol::Language::english);
        customer.contacts.push_back(std::move(contact));
    }
    return stored;
}

}  // namespace

void insert_user(Txn& txn, Vault& vault, const StoredUser& stored, Instant now) {
    const User& user = stored.user;
    touch(txn, Critical::user, user.id.value);
    const auto index = vault.blind_index("username", lower(user.username));
    const Blob profile = seal_user(txn, vault, user);
    txn.change(
        "INSERT INTO users (id, company, username_index, role, active, password, profile, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {user.id.value, user.company.value, Bytes(index), name(user.role), user.active, stored.password_hash, profile, now.us});
}

void renew_username_index(Txn& txn, const Vault& vault, const User& user) {
    touch(txn, Critical::user, user.id.value);
    const auto index = vault.blind_index("username", lower(user.username));
    txn.change("UPDATE users SET username_index = $2 WHERE id = $1", {user.id.value, Bytes(index)});
}

void update_user(Txn& txn, Vault& vault, const StoredUser& stored) {
    const User& user = stored.user;
    touch(txn, Critical::user, user.id.value);
    const Blob profile = seal_user(txn, vault, user);
    txn.change("UPDATE users SET role = $2, active = $3, password = $4, profile = $5 WHERE id = $1",
               {user.id.value, name(user.role), user.active, stored.password_hash, profile});
}

std::optional<Standing> find_standing(ReadTxn& txn, protocol::UserId id) {
    const auto standing = txn.first(
        "SELECT u.company, u.role FROM users u JOIN companies c ON c.id = u.company WHERE u.id = $1 AND u.active <> 0 AND c.active"
        " <> 0 AND NOT EXISTS (SELECT 1 FROM barred_owner b WHERE b.uid = 'company/' || u.company OR b.uid = 'person/' || u.id)",
        {id.value}, [](const Row& row) {
            return Standing{{row.number(0)}, protocol::parse_role(row.text(1)).value_or(protocol::Role::engineer)};
        });
    if (standing) check_row(txn, Critical::user, id.value);
    if (standing) check_row(txn, Critical::company, standing->company.value);
    return standing;
}

std::optional<StoredUser> find_user(ReadTxn& txn, Vault& vault, protocol::UserId id) {
    static const std::string sql = "SELECT " + std::string(user_columns) + " FROM users WHERE id = $1";
    return txn.first(sql, {id.value}, [&](const Row& row) { return read_user(txn, vault, row); });
}

std::optional<StoredUser> find_user_by_name(ReadTxn& txn, Vault& vault, std::string_view username) {
    static const std::string sql = "SELECT " + std::string(user_columns) + " FROM users WHERE username_index = $1";
    const auto index = vault.blind_index("username", lower(username));
    return txn.first(sql, {Bytes(index)}, [&](const Row& row) { return read_user(txn, vault, row); });
}

std::vector<User> users_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    static const std::string sql = "SELECT " + std::string(user_columns) + " FROM users WHERE company = $1 ORDER BY id";
    std::vector<User> users;
    txn.each(sql, {company.value}, [&](const Row& row) { users.push_back(read_user(txn, vault, row).user); });
    return users;
}

void insert_client(Txn& txn, const StoredClient& c, Instant now) {
    touch(txn, Critical::client, c.id.value);
    const std::optional<std::int64_t> until = c.previous_until ? std::optional(c.previous_until->us) : std::nullopt;
    txn.change(
        "INSERT INTO clients (id, company, client_id, name, role, active, secret, previous_secret, previous_until,"
        " certificate_uri, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        {c.id.value, c.company.value, c.client_id, c.name, name(c.role), c.active, c.secret,
         c.previous_secret.empty() ? Value() : Value(c.previous_secret), until, c.certificate_uri, now.us});
}

void update_client(Txn& txn, const StoredClient& c) {
    touch(txn, Critical::client, c.id.value);
    const std::optional<std::int64_t> until = c.previous_until ? std::optional(c.previous_until->us) : std::nullopt;
    txn.change(
        "UPDATE clients SET name = $2, role = $3, active = $4, secret = $5, previous_secret = $6, previous_until = $7,"
        " certificate_uri = $8 WHERE id = $1",
        {c.id.value, c.name, name(c.role), c.active, c.secret, c.previous_secret.empty() ? Value() : Value(c.previous_secret),
         until, c.certificate_uri});
}

std::optional<StoredClient> find_client(ReadTxn& txn, protocol::ClientId id) {
    return first_client(txn, "id", id.value);
}
std::optional<StoredClient> find_client_by_name(ReadTxn& txn, std::string_view client_id) {
    return first_client(txn, "client_id", client_id);
}
std::optional<StoredClient> find_client_by_uri(ReadTxn& txn, std::string_view uri) {
    return first_client(txn, "certificate_uri", uri);
}

std::vector<StoredClient> clients_of(ReadTxn& txn, CompanyId company) {
    static const std::string sql = "SELECT " + std::string(client_columns) + " FROM clients WHERE company = $1 ORDER BY id";
    std::vector<StoredClient> clients;
    txn.each(sql, {company.value}, [&](const Row& row) { clients.push_back(read_client(row)); });
    return clients;
}

bool has_operator_client(ReadTxn& txn) {
    return txn.first("SELECT 1 FROM clients WHERE company = 0 AND active = 1", {}, [](const Row&) { return true; }).has_value();
}

void insert_certificate(Txn& txn, const StoredCertificate& c, Instant now) {
    touch(txn, Critical::certificates, c.client.value);
    txn.change("INSERT INTO certificates (fingerprint, client, serial, uri, not_after, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
               {c.fingerprint, c.client.value, c.serial, c.uri, c.not_after.us, now.us});
}

namespace {
StoredCertificate read_certificate(const Row& row) {
    StoredCertificate certificate;
    certificate.fingerprint = row.text(0);
    certificate.client = {row.number(1)};
    certificate.serial = row.text(2);
    certificate.uri = row.text(3);
    certificate.not_after = {row.number(4)};
    if (!row.is_null(5)) certificate.revoked_at = Instant{row.number(5)};
    return certificate;
}
}  // namespace

std::optional<StoredCertificate> find_certificate(ReadTxn& txn, std::string_view fingerprint) {
    auto certificate =
        txn.first("SELECT fingerprint, client, serial, uri, not_after, revoked_at FROM certificates WHERE fingerprint = $1",
                  {fingerprint}, read_certificate);
    if (certificate) check_row(txn, Critical::certificates, certificate->client.value);
    return certificate;
}

std::vector<StoredCertificate> all_certificates(ReadTxn& txn) {
    std::vector<StoredCertificate> certificates;
    txn.each("SELECT fingerprint, client, serial, uri, not_after, revoked_at FROM certificates ORDER BY created_at, fingerprint",
             {}, [&](const Row& row) { certificates.push_back(read_certificate(row)); });
    return certificates;
}

bool revoke_certificate(Txn& txn, std::string_view fingerprint, Instant now) {
    if (const auto known = find_certificate(txn, fingerprint)) touch(txn, Critical::certificates, known->client.value);
    txn.change("UPDATE sessions SET revoked_at = $2 WHERE certificate = $1 AND revoked_at IS NULL", {fingerprint, now.us});
    return txn.change("UPDATE certificates SET revoked_at = $2 WHERE fingerprint = $1 AND revoked_at IS NULL",
                      {fingerprint, now.us}) == 1;
}

void insert_customer(Txn& txn, Vault& vault, const StoredCustomer& stored, std::string_view normalised_name, Instant now) {
    const Customer& customer = stored.customer;
    const auto index = vault.blind_index("customer", normalised_name);
    const Blob profile = seal_customer(txn, vault, stored);
    txn.change(
        "INSERT INTO customers (id, company, name_index, active, version, profile, created_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {customer.id.value, customer.company.value, Bytes(index), customer.active, stored.version, profile, stored.created_by,
         now.us});
}

void renew_customer_index(Txn& txn, const Vault& vault, protocol::CustomerId id, std::string_view normalised_name) {
    const auto index = vault.blind_index("customer", normalised_name);
    txn.change("UPDATE customers SET name_index = $2 WHERE id = $1", {id.value, Bytes(index)});
}

void update_customer(Txn& txn, Vault& vault, const StoredCustomer& stored) {
    const Blob profile = seal_customer(txn, vault, stored);
    txn.change("UPDATE customers SET active = $2, version = $3, profile = $4 WHERE id = $1",
               {stored.customer.id.value, stored.customer.active, stored.version, profile});
}

std::optional<StoredCustomer> find_customer(ReadTxn& txn, Vault& vault, CompanyId company, protocol::CustomerId id) {
    static const std::string sql = "SELECT " + std::string(customer_columns) + " FROM customers WHERE company = $1 AND id = $2";
    return txn.first(sql, {company.value, id.value}, [&](const Row& row) { return read_customer(txn, vault, row); });
}

std::vector<StoredCustomer> customers_of(ReadTxn& txn, Vault& vault, CompanyId company) {
    static const std::string sql = "SELECT " + std::string(customer_columns) + " FROM customers WHERE company = $1 ORDER BY id";
    std::vector<StoredCustomer> customers;
    txn.each(sql, {company.value}, [&](const Row& row) { customers.push_back(read_customer(txn, vault, row)); });
    return customers;
}

}  // namespace entente::store
