#pragma once
// Companies and what belongs to them: users, clients, departments, forms, customers, certificates.
//
// The operator works on every company but names it; an administrator works on the own one. Answers never contain a secret but the
// one that was just made.

#include <optional>
#include <string>
#include <vector>

#include "certs/secret.hpp"
#include "protocol/collaboration.hpp"
#include "protocol/directory.hpp"
#include "server/operations/context.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

// --- companies ---
Audited<protocol::Company> add_company(Txn& txn, const Context& context, const Caller& caller, protocol::Company company);
struct CompanyChange {
    std::optional<std::string> name, description;
    std::optional<bool> active, hidden, injected_field, asks_customers;
    std::optional<protocol::ResponseTargets> targets;
};
Audited<protocol::Company> change_company(Txn& txn, const Context& context, const Caller& caller, protocol::CompanyId id,
                                          const CompanyChange& change);
Result<std::vector<protocol::Company>> list_companies(ReadTxn& txn, const Caller& caller);  // all for the operator, else the own
Result<std::vector<protocol::Company>> find_companies(ReadTxn& txn, const Caller& caller, std::string_view query);

// --- users ---
struct NewUser {
    protocol::User user;
    std::string password_hash;  // made on a worker before
};
Audited<protocol::User> add_user(Txn& txn, const Context& context, const Caller& caller, NewUser input);
struct UserChange {
    std::optional<bool> active;
    std::optional<protocol::Role> role;
    std::optional<std::string> password_hash;
    std::optional<std::string> first_name, last_name, email, phone, phone_country, city;
};
Audited<protocol::User> change_user(Txn& txn, const Context& context, const Caller& caller, protocol::UserId id,
                                    const UserChange& change);
Result<std::vector<protocol::User>> list_users(ReadTxn& txn, const Context& context, const Caller& caller,
                                               protocol::CompanyId company);

struct Identity {
    protocol::CompanyView company;
    protocol::UserView user;
};
Result<Identity> who_am_i(ReadTxn& txn, const Context& context, const Caller& caller);

// --- clients of the API and their certificates ---
struct ClientMade {
    store::StoredClient client;
    std::string secret;  // shown once
};
struct NewClient {
    protocol::CompanyId company;
    std::string name;
    protocol::Role role = protocol::Role::api_client;
    std::optional<std::string> certificate_uri;
};
Audited<ClientMade> add_client(Txn& txn, const Context& context, const Caller& caller, const NewClient& input);
Audited<ClientMade> rotate_client_secret(Txn& txn, const Context& context, const Caller& caller, protocol::ClientId id);
Audited<store::StoredClient> set_client_active(Txn& txn, const Context& context, const Caller& caller, protocol::ClientId id,
                                               bool active);
Result<std::vector<store::StoredClient>> list_clients(ReadTxn& txn, const Caller& caller, protocol::CompanyId company);
// The operator's own client, made once at first start by the gateway itself.
ClientMade make_operator_client(Txn& txn, const Context& context);

Audited<store::StoredCertificate> register_certificate(Txn& txn, const Context& context, const Caller& caller,
                                                       store::StoredCertificate certificate);
Audited<store::StoredCertificate> revoke_certificate(Txn& txn, const Context& context, const Caller& caller,
                                                     std::string_view fingerprint);
Result<std::vector<store::StoredCertificate>> list_certificates(ReadTxn& txn, const Caller& caller);

// --- departments and forms ---
// id 0: a new one. Else the next version; `version` names the one that was edited, 0 overwrites whatever is there.
Audited<protocol::Form> save_form(Txn& txn, const Context& context, const Caller& caller, protocol::Form form);
// No case can be opened with it any more; cases that were keep what they hold. Refused while a department uses it.
Audited<protocol::Form> retire_form(Txn& txn, const Context& context, const Caller& caller, protocol::FormId id);
Result<protocol::Form> read_form(ReadTxn& txn, const Caller& caller, protocol::FormId id);
Result<std::vector<store::EarlierForm>> list_form_versions(ReadTxn& txn, const Caller& caller, protocol::FormId id);
Result<std::vector<protocol::Form>> list_forms(ReadTxn& txn, const Caller& caller, protocol::CompanyId company);
struct NewDepartment {
    protocol::CompanyId company;
    std::string name;
    std::vector<std::string> tags;
    protocol::FormId form;  // none: the company's own form
};
Audited<protocol::Department> add_department(Txn& txn, const Context& context, const Caller& caller, const NewDepartment& input);
struct DepartmentChange {
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> tags;
    std::optional<protocol::FormId> form;
    std::optional<bool> active;
};
Audited<protocol::Department> change_department(Txn& txn, const Context& context, const Caller& caller, protocol::DepartmentId id,
                                                const DepartmentChange& change);
Result<std::vector<protocol::Department>> list_departments(ReadTxn& txn, const Caller& caller, protocol::CompanyId company);

struct FormFound {
    protocol::Form form;
    bool injected_field = false;  // the caller's company wants the `Authorization reference` field
};
enum class FormBy { company, department, document };
Result<FormFound> find_form(ReadTxn& txn, const Caller& caller, FormBy by, std::int64_t id);

// --- customers ---
Audited<store::StoredCustomer> add_customer(Txn& txn, const Context& context, const Caller& caller, protocol::Customer customer);
struct CustomerAddition {
    std::optional<std::string> domain;
    std::optional<protocol::CustomerContact> contact;
    std::optional<std::string> alias;
};
Audited<store::StoredCustomer> extend_customer(Txn& txn, const Context& context, const Caller& caller, protocol::CustomerId id,
                                               const CustomerAddition& addition);
struct Confirmation {
    std::optional<std::string> domain;
    std::optional<std::string> contact;  // mail address
};
Audited<store::StoredCustomer> confirm_customer(Txn& txn, const Context& context, const Caller& caller, protocol::CustomerId id,
                                                const Confirmation& confirmation);
// `query`: only those with a name or alias that contains it after normalisation; empty: all.
Result<std::vector<store::StoredCustomer>> list_customers(ReadTxn& txn, const Context& context, const Caller& caller,
                                                          protocol::CompanyId company, std::string_view query);

}  // namespace entente::operations
