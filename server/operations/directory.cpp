// Companies, departments, forms, and finding a partner.

#include "server/operations/directory.hpp"

#include <algorithm>

#include "policy/customer.hpp"
#include "protocol/markup.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Company;
using protocol::CompanyId;
using protocol::Department;
using protocol::Form;

namespace {

audit::Record entity_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

Error taken(std::string_view what) {
    return {.kind = ErrorKind::conflict, .code = "already_exists", .message = "there is already " + std::string(what)};
}

Result<void> check_form(const Form& form) {
    Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the form breaks rules"};
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const protocol::FormField& field = form.fields[i];
        const std::string pointer = "/fields/" + std::to_string(i);
        if (field.label.empty()) error.violations.push_back({pointer + "/label", "missing", "is required"});
        // Connectors match fields by label (contract 8.2).
        for (std::size_t j = 0; j < i; ++j)
            if (form.fields[j].label == field.label)
                error.violations.push_back({pointer + "/label", "not_unique", "is used twice"});
        if (field.label == protocol::injected_field_label)
            error.violations.push_back({pointer + "/label", "not_allowed", "is reserved for the gateway's own field"});
        if (field.type == protocol::FieldType::select && field.options.empty())
            error.violations.push_back({pointer + "/options", "missing", "a SELECT needs options"});
        if (field.type == protocol::FieldType::tierselect && field.selections.empty())
            error.violations.push_back({pointer + "/selections", "missing", "a TIERSELECT needs selections"});
    }
    if (error.violations.empty()) return {};
    return std::unexpected(std::move(error));
}

}  // namespace

Audited<Company> add_company(Txn& txn, const Context& context, const Caller& caller, Company company) {
    audit::Record record = entity_record(caller, "company.create", audit::activity_create);
    if (auto allowed = require(caller, Operation::operator_admin); !allowed)
        return refused<Company>(std::move(record), allowed.error());
    company.domain = lower(company.domain);
    if (store::find_company_by_domain(txn, company.domain))
        return refused<Company>(std::move(record), taken("a company with this domain"));
    for (const Company& other : store::all_companies(txn))
        if (other.name == company.name) return refused<Company>(std::move(record), taken("a company with this name"));
    company.id = {store::fresh_id(txn, "companies", [&] { return context.tools.draw(); })};
    store::insert_company(txn, company, context.now);
    record.parties = {company.id};
    record.resources.push_back({"company", std::to_string(company.id.value)});
    return {std::move(company), std::move(record)};
}

Audited<Company> change_company(Txn& txn, const Context&, const Caller& caller, CompanyId id, const CompanyChange& change) {
    audit::Record record = entity_record(caller, "company.change", audit::activity_update);
    const bool own = caller.company() == id && policy::may(caller.role(), Operation::directory_admin);
    if (!caller.is_operator() && !own)
        return refused<Company>(std::move(record), require(caller, Operation::operator_admin).error());
    auto company = store::find_company(txn, id);
    if (!company)
        return refused<Company>(std::move(record),
                                {.kind = ErrorKind::not_found, .code = "company_not_found", .message = "there is no such company"});
    // Being listed as active is the operator's word, everything else the company's own.
    if (!caller.is_operator() && (change.active || change.name))
        return refused<Company>(
            std::move(record),
            {.kind = ErrorKind::forbidden, .code = "operator_only", .message = "only the operator changes name and activity"});
    if (change.name) company->name = *change.name;
    if (change.description) company->description = *change.description;
    if (change.active) company->active = *change.active;
    if (change.hidden) company->hidden = *change.hidden;
    if (change.injected_field) company->injected_field = *change.injected_field;
    if (change.asks_customers) company->asks_customers = *change.asks_customers;
    if (change.targets) company->targets = *change.targets;
    store::update_company(txn, *company);
    record.parties = {id};
    record.resources.push_back({"company", std::to_string(id.value)});
    return {std::move(*company), std::move(record)};
}

Result<std::vector<Company>> list_companies(ReadTxn& txn, const Caller& caller) {
    if (caller.is_operator()) return store::all_companies(txn);
    std::vector<Company> own;
    if (auto company = store::find_company(txn, caller.company())) own.push_back(std::move(*company));
    return own;
}

Result<std::vector<Company>> find_companies(ReadTxn& txn, const Caller& caller, std::string_view query) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    const std::string wanted = policy::normalise_name(query);
    std::vector<Company> found;
    for (Company& company : store::all_companies(txn)) {
        if (!company.active || (company.hidden && company.id != caller.company())) continue;
        if (!query.empty() && policy::normalise_name(company.name).find(wanted) == std::string::npos &&
            lower(query) != company.domain)
            continue;
        found.push_back(std::move(company));
    }
    return found;
}

Audited<Form> save_form(Txn& txn, const Context& context, const Caller& caller, Form form) {
    const bool fresh = !form.id;
    audit::Record record =
        entity_record(caller, fresh ? "form.create" : "form.change", fresh ? audit::activity_create : audit::activity_update);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<Form>(std::move(record), allowed.error());
    if (auto valid = check_form(form); !valid) return refused<Form>(std::move(record), valid.error());
    form.admin_note = protocol::to_html(form.admin_note);
    form.escalation_instructions = protocol::to_html(form.escalation_instructions);
    if (fresh) {
        const auto company = acting_for(caller, form.company);
        if (!company) return refused<Form>(std::move(record), company.error());
        if (!store::find_company(txn, *company))
            return refused<Form>(
                std::move(record),
                {.kind = ErrorKind::not_found, .code = "company_not_found", .message = "there is no such company"});
        form.company = *company;
        form.id = {store::fresh_id(txn, "forms", [&] { return context.tools.draw(); })};
        form.injected_field = {static_cast<std::int64_t>(context.tools.draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1};
    } else {
        const auto stored = store::find_form(txn, form.id);
        if (!stored || (!caller.is_operator() && stored->company != caller.company()))
            return refused<Form>(std::move(record),
                                 {.kind = ErrorKind::not_found, .code = "form_not_found", .message = "there is no such form"});
        form.company = stored->company;
        form.injected_field = stored->injected_field;
        form.version = stored->version + 1;
        // A field keeps its id as long as it keeps its label, so that half-filled forms stay valid.
        for (protocol::FormField& field : form.fields)
            for (const protocol::FormField& before : stored->fields)
                if (before.label == field.label) field.id = before.id;
    }
    for (protocol::FormField& field : form.fields)
        if (!field.id)
            field.id = {static_cast<std::int64_t>(context.tools.draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1};
    if (fresh) {
        store::insert_form(txn, form, context.now);
    } else {
        store::update_form(txn, form);
    }
    record.parties = {form.company};
    record.resources.push_back({"form", std::to_string(form.id.value), form.version});
    return {std::move(form), std::move(record)};
}

Result<std::vector<Form>> list_forms(ReadTxn& txn, const Caller& caller, CompanyId company) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    const auto acting = acting_for(caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::forms_of(txn, *acting);
}

Audited<Department> add_department(Txn& txn, const Context& context, const Caller& caller, const NewDepartment& input) {
    audit::Record record = entity_record(caller, "department.create", audit::activity_create);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<Department>(std::move(record), allowed.error());
    const auto company = acting_for(caller, input.company);
    if (!company) return refused<Department>(std::move(record), company.error());
    const auto form = input.form ? store::find_form(txn, input.form) : store::find_company_form(txn, *company);
    if (!form || form->company != *company)
        return refused<Department>(std::move(record), {.kind = ErrorKind::not_found,
                                                       .code = "form_not_found",
                                                       .message = "a department needs an intake form of its company",
                                                       .next_step = "entente form add"});
    for (const Department& other : store::departments_of(txn, *company))
        if (other.name == input.name) return refused<Department>(std::move(record), taken("a department with this name"));
    Department department{.company = *company, .name = input.name, .form = form->id, .tags = input.tags};
    department.id = {store::fresh_id(txn, "departments", [&] { return context.tools.draw(); })};
    store::insert_department(txn, department);
    if (input.form && !form->department) {
        Form owned = *form;
        owned.department = department.id;
        store::update_form(txn, owned);
    }
    record.parties = {*company};
    record.resources.push_back({"department", std::to_string(department.id.value)});
    return {std::move(department), std::move(record)};
}

Result<std::vector<Department>> list_departments(ReadTxn& txn, const Caller& caller, CompanyId company) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed && !caller.is_operator())
        return std::unexpected(allowed.error());
    const auto acting = acting_for(caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::departments_of(txn, *acting);
}

Result<FormFound> find_form(ReadTxn& txn, const Caller& caller, FormBy by, std::int64_t id) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    std::optional<Form> form;
    if (by == FormBy::document) form = store::find_form(txn, {id});
    if (by == FormBy::company) form = store::find_company_form(txn, {id});
    if (by == FormBy::department)
        if (const auto department = store::find_department(txn, {id})) form = store::find_form(txn, department->form);
    const auto owner = form ? store::find_company(txn, form->company) : std::nullopt;
    if (!owner || !owner->active)
        return fail(ErrorKind::not_found, "form_not_found", "there is no such intake form",
                    "search the partner again: forms change");
    const auto own = store::find_company(txn, caller.company());
    return FormFound{std::move(*form), own && own->injected_field};
}

namespace {

bool holds_every_word(std::string_view text, std::string_view words) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (text.find(words.substr(0, end)) == std::string_view::npos) return false;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return true;
}

}  // namespace

Result<std::vector<protocol::PartnerRow>> search_partners(ReadTxn& txn, const Caller& caller, std::string_view term) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    const std::string wanted = policy::normalise_name(term);
    std::vector<protocol::PartnerRow> rows;
    if (wanted.empty()) return rows;
    for (const Company& company : store::all_companies(txn)) {
        if (!company.active || company.hidden || company.id == caller.company()) continue;
        const auto departments = store::departments_of(txn, company.id);
        for (const Department& department : departments) {
            std::string text = company.name + " " + department.name;
            for (const std::string& tag : department.tags) text += " " + tag;
            if (!holds_every_word(policy::normalise_name(text), wanted)) continue;
            rows.push_back({.label = company.name + " - " + department.name,
                            .company_name = company.name,
                            .department_name = department.name,
                            .company = company.id,
                            .department = department.id,
                            .form = department.form,
                            .tags = department.tags});
        }
        if (!departments.empty() || !holds_every_word(policy::normalise_name(company.name), wanted)) continue;
        if (const auto form = store::find_company_form(txn, company.id))
            rows.push_back({.label = company.name,
                            .company_name = company.name,
                            .department_name = std::nullopt,
                            .company = company.id,
                            .department = {},
                            .form = form->id,
                            .tags = {}});
    }
    return rows;
}

}  // namespace entente::operations
