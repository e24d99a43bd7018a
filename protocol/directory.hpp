#pragma once
// Who takes part: companies, their departments, forms, users, clients and customers (semantics 1, contract sections 6 to 8).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/classes.hpp"
#include "protocol/ids.hpp"
#include "protocol/instant.hpp"
#include "protocol/language.hpp"

namespace entente::protocol {

enum class Role : std::uint8_t {
    engineer,         // opens and answers cases of the own company
    compliance,       // audits what the own company is party to, decides on authorizations
    administrator,    // users, clients, forms, customers, agreements of the own company
    api_client,       // a connector; acts like an engineer
    auditor,          // external, read-only, time-boxed
    gateway_operator  // companies, limits, keys, health; no case content
};
std::string_view name(Role role);
std::optional<Role> parse_role(std::string_view text);

// Hours until the first answer is due, per priority (contract 11.3).
struct ResponseTargets {
    int high_minutes = 60;
    int medium_minutes = 240;
    int low_minutes = 1440;
};

struct Company {
    CompanyId id;
    std::string name;
    std::string description;  // empty: none
    std::string domain;       // registered mail domain, lower case
    bool active = true;
    bool hidden = false;          // not listed in partner search
    bool asks_customers = false;  // the gateway may mail its customers by itself when a held case names their contact
    bool injected_field = false;  // its engineers see the `Authorization reference` field in partners' forms
    ResponseTargets targets;
};

struct User {
    UserId id;
    CompanyId company;
    std::string username;
    std::string first_name;
    std::string last_name;
    std::string email;
    std::string phone;
    std::string phone_country;  // ISO 3166 alpha-2
    std::string city;
    Role role = Role::engineer;
    bool active = true;
};

struct Department {
    DepartmentId id;
    CompanyId company;
    std::string name;
    FormId form;
    std::vector<std::string> tags;
    bool active = true;  // partners find it
};

enum class Section : std::uint8_t { contact, problem, common_customer };
enum class FieldType : std::uint8_t { string, text, email, phone, integer, url, select, tierselect, hidden };

// Wire spellings: CONTACT_SECTION, PROBLEM_SECTION, COMMON_CUSTOMER_SECTION; STRING, TEXT, ...
std::string_view name(Section section);
std::optional<Section> parse_section(std::string_view text);
std::string_view name(FieldType type);
std::optional<FieldType> parse_field_type(std::string_view text);

struct Selection {
    std::string value;
    std::vector<Selection> children;
};

struct FormField {
    FieldId id;
    Section section = Section::problem;
    std::string label;  // unique within a form
    FieldType type = FieldType::string;
    std::vector<std::string> options;   // SELECT
    std::vector<Selection> selections;  // TIERSELECT
    std::string additional_settings;    // empty: null on the wire
    int display_order = 0;
    std::string validation_rules;  // `not_numeric` is the only rule known
    bool required = false;
    DataClass data_class = DataClass::technical;
    Stage stage = Stage::release;
    bool identifies_customer = false;  // its value names the submitter's customer
};

// An intake form as its owner published it. `documentId` on the wire is `id`.
struct Form {
    FormId id;
    CompanyId company;
    DepartmentId department;  // none: the company's own form
    int version = 1;
    std::string admin_note;               // HTML
    std::string escalation_instructions;  // HTML
    std::vector<FormField> fields;
    FieldId injected_field;  // id that the `Authorization reference` field has where it is shown
    bool retired = false;    // no case can be opened with it any more
};

inline constexpr std::string_view injected_field_label = "Authorization reference";

struct CustomerContact {
    std::string name;
    std::string email;
    bool confirmed = false;                 // by a second person of the company
    Language language = Language::english;  // of mails and pages
};

struct CustomerDomain {
    std::string domain;
    bool confirmed = false;
};

// A customer is a record of the company that serves it; the same enterprise served by two companies is two records.
struct Customer {
    CustomerId id;
    CompanyId company;
    std::string name;
    std::vector<std::string> aliases;
    std::vector<CustomerDomain> domains;
    std::vector<CustomerContact> contacts;
    bool active = true;
};

// One row of a partner search (contract section 7).
struct PartnerRow {
    std::string label;
    std::string company_name;
    std::optional<std::string> department_name;
    CompanyId company;
    DepartmentId department;  // none: null on the wire
    FormId form;
    std::vector<std::string> tags;
};

}  // namespace entente::protocol
