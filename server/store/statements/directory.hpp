#pragma once
// Statements about companies, departments, forms, users, clients and customers. Scope is part of each statement: what a company may
// not see is not selected (design 15). Sealed columns are opened and sealed here, so operations see plain values.

#include <optional>
#include <string>
#include <vector>

#include "protocol/directory.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

// A random id that `table` does not use yet. `draw` gives 64 random bits.
std::int64_t fresh_id(ReadTxn& txn, std::string_view table, const std::function<std::uint64_t()>& draw);

// Counts changes of companies, departments and forms; moves in the transaction of the change. What is kept in memory of the
// directory compares it.
std::int64_t directory_version(ReadTxn& txn);
void directory_moved(Txn& txn);

// --- companies ---
void insert_company(Txn& txn, const protocol::Company& company, protocol::Instant now);
void update_company(Txn& txn, const protocol::Company& company);
std::optional<protocol::Company> find_company(ReadTxn& txn, protocol::CompanyId id);
std::optional<protocol::Company> find_company_by_domain(ReadTxn& txn, std::string_view domain);
std::vector<protocol::Company> all_companies(ReadTxn& txn);

// --- departments and forms ---
void insert_department(Txn& txn, const protocol::Department& department);
void update_department(Txn& txn, const protocol::Department& department);
std::vector<protocol::Department> departments_of(ReadTxn& txn, protocol::CompanyId company);
std::vector<protocol::Department> all_departments(ReadTxn& txn);
std::optional<protocol::Department> find_department(ReadTxn& txn, protocol::DepartmentId id);
void insert_form(Txn& txn, const protocol::Form& form, protocol::Instant now);
void update_form(Txn& txn, const protocol::Form& form);
std::optional<protocol::Form> find_form(ReadTxn& txn, protocol::FormId id);
// The company's own form: the newest one in use without a department, else the newest in use of any.
std::optional<protocol::Form> find_company_form(ReadTxn& txn, protocol::CompanyId company);
std::vector<protocol::Form> forms_of(ReadTxn& txn, protocol::CompanyId company);
std::vector<protocol::Form> all_forms(ReadTxn& txn);

// What a form was before its present version.
struct EarlierForm {
    protocol::Form form;
    protocol::Instant until;  // when the next version replaced it
};
void keep_form_version(Txn& txn, const protocol::Form& form, protocol::Instant until);
std::vector<EarlierForm> earlier_forms(ReadTxn& txn, const protocol::Form& form);  // newest first

// --- users ---
struct StoredUser {
    protocol::User user;
    std::string password_hash;
};
void insert_user(Txn& txn, Vault& vault, const StoredUser& stored, protocol::Instant now);
void update_user(Txn& txn, Vault& vault, const StoredUser& stored);
void renew_username_index(Txn& txn, const Vault& vault, const protocol::User& user);  // under the vault's present key
// What each request asks of a signed-in person: nothing unless person and company are active and neither was erased.
struct Standing {
    protocol::CompanyId company;
    protocol::Role role = protocol::Role::engineer;
};
std::optional<Standing> find_standing(ReadTxn& txn, protocol::UserId id);
std::optional<StoredUser> find_user(ReadTxn& txn, Vault& vault, protocol::UserId id);
std::optional<StoredUser> find_user_by_name(ReadTxn& txn, Vault& vault, std::string_view username);
std::vector<protocol::User> users_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company);

// --- clients of the API ---
struct StoredClient {
    protocol::ClientId id;
    protocol::CompanyId company;  // none: a client of the operator
    std::string client_id;        // public name in the token call
    std::string name;
    protocol::Role role = protocol::Role::api_client;
    bool active = true;
    std::vector<std::uint8_t> secret;           // SHA-256 of the secret text: it is random, so one digest is enough
    std::vector<std::uint8_t> previous_secret;  // still good until previous_until
    std::optional<protocol::Instant> previous_until;
    std::optional<std::string> certificate_uri;
};
void insert_client(Txn& txn, const StoredClient& client, protocol::Instant now);
void update_client(Txn& txn, const StoredClient& client);
std::optional<StoredClient> find_client(ReadTxn& txn, protocol::ClientId id);
std::optional<StoredClient> find_client_by_name(ReadTxn& txn, std::string_view client_id);
std::optional<StoredClient> find_client_by_uri(ReadTxn& txn, std::string_view uri);
std::vector<StoredClient> clients_of(ReadTxn& txn, protocol::CompanyId company);
bool has_operator_client(ReadTxn& txn);

// --- certificates of clients ---
struct StoredCertificate {
    std::string fingerprint;
    protocol::ClientId client;
    std::string serial;
    std::string uri;
    protocol::Instant not_after;
    std::optional<protocol::Instant> revoked_at;
};
void insert_certificate(Txn& txn, const StoredCertificate& certificate, protocol::Instant now);
std::optional<StoredCertificate> find_certificate(ReadTxn& txn, std::string_view fingerprint);
std::vector<StoredCertificate> all_certificates(ReadTxn& txn);
bool revoke_certificate(Txn& txn, std::string_view fingerprint, protocol::Instant now);

// --- customers ---
struct StoredCustomer {
    protocol::Customer customer;
    std::int64_t version = 1;
    std::string created_by;  // principal label
    // Who added each domain and contact, in their order: a second person must confirm.
    std::vector<std::string> domain_added_by;
    std::vector<std::string> contact_added_by;
};
void insert_customer(Txn& txn, Vault& vault, const StoredCustomer& stored, std::string_view normalised_name, protocol::Instant now);
void update_customer(Txn& txn, Vault& vault, const StoredCustomer& stored);
void renew_customer_index(Txn& txn, const Vault& vault, protocol::CustomerId id, std::string_view normalised_name);
std::optional<StoredCustomer> find_customer(ReadTxn& txn, Vault& vault, protocol::CompanyId company, protocol::CustomerId id);
std::vector<StoredCustomer> customers_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company);

}  // namespace entente::store
