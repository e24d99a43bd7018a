#pragma once
// A whole company as one TOML file: itself, departments, intake forms, people, programs, customers, and the agreements it enters.
// deploy/samples has examples; every key is listed in deploy/README.md. Unknown keys and wrong values refuse the file, all at once,
// each with file and line. Reading a file does nothing; onboard.cpp carries the plan out.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/directory.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/result.hpp"

namespace entente::tools {

struct FormPlan {
    std::string admin_note;
    std::string escalation_instructions;
    std::vector<protocol::FormField> fields;  // without ids
};

struct DepartmentPlan {
    std::string name;
    std::vector<std::string> tags;
    std::optional<FormPlan> form;
};

struct UserPlan {
    std::string username, first_name, last_name, email, phone, phone_country, city, role;
    std::string password;  // empty: the gateway makes one
};

struct ClientPlan {
    std::string name, role, certificate_uri;
};

struct CustomerPlan {
    std::string name;
    std::vector<std::string> aliases, domains;
    std::vector<protocol::CustomerContact> contacts;
};

struct CompanyPlan {
    std::string name, domain, description;
    bool hidden = false;
    bool injected_field = false;
    protocol::ResponseTargets targets;
    std::optional<FormPlan> form;
    std::vector<DepartmentPlan> departments;
    std::vector<UserPlan> users;
    std::vector<ClientPlan> clients;
    std::vector<CustomerPlan> customers;
};

struct AcceptancePlan {
    std::string company;  // domain
    std::string signatory, reason;
};

struct AgreementPlan {
    std::string title, document_version, document;  // file, relative to the plan's
    std::vector<std::string> parties;               // domains
    std::string valid_from, valid_until;            // RFC 3339 or empty
    std::vector<std::string> classes;
    std::string purpose, assurance;
    std::vector<AcceptancePlan> acceptances;
};

struct Onboarding {
    std::optional<CompanyPlan> company;
    std::vector<AgreementPlan> agreements;
};

// Error: kind invalid, one violation a mistake, its message "file:line: key: what is wrong".
protocol::Result<Onboarding> parse_onboarding(std::string_view text, std::string_view file);

// A file with the tables of one form alone (`admin_note`, `[[field]]`), for `entente form`.
protocol::Result<FormPlan> parse_form(std::string_view text, std::string_view file);

// The members of the form's body: adminNote, escalationInstructions, fields. The object is the caller's.
void write_form(protocol::JsonWriter& json, const FormPlan& form);

// "Array:Controller" and "Array:Drive" make one tree with one root.
std::vector<protocol::Selection> selection_tree(const std::vector<std::string>& paths);

}  // namespace entente::tools
