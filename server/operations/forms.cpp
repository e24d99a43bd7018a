// Intake forms and the departments that use them.

#include <algorithm>
#include <set>

#include "protocol/markup.hpp"
#include "server/operations/directory.hpp"

namespace entente::operations {

using policy::Operation;
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

// Connectors part the options at line breaks, and at commas when there is none (contract 8.2): an option must come back whole.
std::optional<std::string> unclear_options(const protocol::FormField& field) {
    std::set<std::string_view> seen;
    for (const std::string& option : field.options) {
        if (option.find_first_of("\r\n") != std::string::npos) return "an option must be one line";
        if (option.find_first_not_of(" \t") == std::string::npos) return "an option must not be blank";
        if (!seen.insert(option).second) return "the option " + option + " is listed twice";
    }
    if (field.options.size() == 1 && field.options.front().contains(','))
        return "connectors part a single option at its commas: add another option or leave the comma out";
    return std::nullopt;
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
        if (auto wrong = unclear_options(field)) error.violations.push_back({pointer + "/options", "not_allowed", *wrong});
        if (field.type == protocol::FieldType::tierselect && field.selections.empty())
            error.violations.push_back({pointer + "/selections", "missing", "a TIERSELECT needs selections"});
    }
    if (error.violations.empty()) return {};
    return std::unexpected(std::move(error));
}

Error form_missing() {
    return {.kind = ErrorKind::not_found, .code = "form_not_found", .message = "there is no such form"};
}

// `version` 0: the administrator did not say which version was edited.
Result<void> check_editable(const Form& stored, int version) {
    if (stored.retired) return fail(ErrorKind::conflict, "form_retired", "this form was taken out of use; publish a new one");
    if (version == 0 || version == stored.version) return {};
    return fail(
        ErrorKind::conflict, "form_version_moved",
        "the form is at version " + std::to_string(stored.version) + " by now, and you edited version " + std::to_string(version),
        "entente form show " + std::to_string(stored.id.value));
}

// What the next version takes over. A field keeps its id when it is named by it, or else by its label, so that requests that are
// being filled in stay valid.
void follow(const Form& stored, Form& form) {
    form.company = stored.company;
    if (!form.department) form.department = stored.department;
    form.injected_field = stored.injected_field;
    form.version = stored.version + 1;
    std::set<protocol::FieldId> used;
    for (protocol::FormField& field : form.fields) {
        const auto same = std::ranges::find(stored.fields, field.id, &protocol::FormField::id);
        if (same == stored.fields.end() || !used.insert(field.id).second) field.id = {};
    }
    for (protocol::FormField& field : form.fields) {
        if (field.id) continue;
        const auto before = std::ranges::find(stored.fields, field.label, &protocol::FormField::label);
        if (before != stored.fields.end() && used.insert(before->id).second) field.id = before->id;
    }
}

}  // namespace

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
        const auto company = acting_for(txn, caller, form.company);
        if (!company) return refused<Form>(std::move(record), company.error());
        form.company = *company;
        form.version = 1;
        for (protocol::FormField& field : form.fields) field.id = {};
        form.id = {store::fresh_id(txn, "forms", [&] { return context.tools.draw(); })};
        form.injected_field = {static_cast<std::int64_t>(context.tools.draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1};
    } else {
        const auto stored = store::find_form(txn, form.id);
        if (!stored || (!caller.is_operator() && stored->company != caller.company()))
            return refused<Form>(std::move(record), form_missing());
        if (auto editable = check_editable(*stored, form.version); !editable)
            return refused<Form>(std::move(record), editable.error());
        store::keep_form_version(txn, *stored, context.now);
        follow(*stored, form);
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

Result<Form> read_form(ReadTxn& txn, const Caller& caller, protocol::FormId id) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    auto form = store::find_form(txn, id);
    if (!form || (!caller.is_operator() && form->company != caller.company())) return std::unexpected(form_missing());
    return std::move(*form);
}

Result<std::vector<store::EarlierForm>> list_form_versions(ReadTxn& txn, const Caller& caller, protocol::FormId id) {
    const auto form = read_form(txn, caller, id);
    if (!form) return std::unexpected(form.error());
    return store::earlier_forms(txn, *form);
}

Audited<Form> retire_form(Txn& txn, const Context&, const Caller& caller, protocol::FormId id) {
    audit::Record record = entity_record(caller, "form.retire", audit::activity_delete);
    auto form = read_form(txn, caller, id);
    if (!form) return refused<Form>(std::move(record), form.error());
    for (const Department& department : store::departments_of(txn, form->company))
        if (department.active && department.form == form->id)
            return refused<Form>(std::move(record), {.kind = ErrorKind::conflict,
                                                     .code = "form_in_use",
                                                     .message = "the department " + department.name + " uses this form",
                                                     .next_step = "give the department another form first"});
    form->retired = true;
    store::update_form(txn, *form);
    record.parties = {form->company};
    record.resources.push_back({"form", std::to_string(form->id.value), form->version});
    return {std::move(*form), std::move(record)};
}

Result<std::vector<Form>> list_forms(ReadTxn& txn, const Caller& caller, CompanyId company) {
    if (auto allowed = require(caller, Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    const auto acting = acting_for(txn, caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::forms_of(txn, *acting);
}

Audited<Department> add_department(Txn& txn, const Context& context, const Caller& caller, const NewDepartment& input) {
    audit::Record record = entity_record(caller, "department.create", audit::activity_create);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<Department>(std::move(record), allowed.error());
    const auto company = acting_for(txn, caller, input.company);
    if (!company) return refused<Department>(std::move(record), company.error());
    const auto form = input.form ? store::find_form(txn, input.form) : store::find_company_form(txn, *company);
    if (!form || form->retired || form->company != *company)
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

Audited<Department> change_department(Txn& txn, const Context&, const Caller& caller, protocol::DepartmentId id,
                                      const DepartmentChange& change) {
    audit::Record record = entity_record(caller, "department.change", audit::activity_update);
    if (auto allowed = require(caller, Operation::directory_admin); !allowed)
        return refused<Department>(std::move(record), allowed.error());
    auto department = store::find_department(txn, id);
    if (!department || (!caller.is_operator() && department->company != caller.company()))
        return refused<Department>(
            std::move(record),
            {.kind = ErrorKind::not_found, .code = "department_not_found", .message = "there is no such department"});
    for (const Department& other : store::departments_of(txn, department->company))
        if (change.name && other.id != id && other.name == *change.name)
            return refused<Department>(std::move(record), taken("a department with this name"));
    if (change.name) department->name = *change.name;
    if (change.tags) department->tags = *change.tags;
    if (change.active) department->active = *change.active;
    if (change.form) department->form = *change.form;
    const auto form = store::find_form(txn, department->form);
    if (!form || form->company != department->company || (form->retired && department->active))
        return refused<Department>(std::move(record), form_missing());
    store::update_department(txn, *department);
    record.parties = {department->company};
    record.resources.push_back({"department", std::to_string(id.value)});
    return {std::move(*department), std::move(record)};
}

Result<std::vector<Department>> list_departments(ReadTxn& txn, const Caller& caller, CompanyId company) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed && !caller.is_operator())
        return std::unexpected(allowed.error());
    const auto acting = acting_for(txn, caller, company);
    if (!acting) return std::unexpected(acting.error());
    return store::departments_of(txn, *acting);
}

Result<FormFound> find_form(ReadTxn& txn, const Caller& caller, FormBy by, std::int64_t id) {
    if (auto allowed = require(caller, Operation::directory_read); !allowed) return std::unexpected(allowed.error());
    std::optional<Form> form;
    if (by == FormBy::document) form = store::find_form(txn, {id});
    if (by == FormBy::company) form = store::find_company_form(txn, {id});
    if (by == FormBy::department)
        if (const auto department = store::find_department(txn, {id}); department && department->active)
            form = store::find_form(txn, department->form);
    const auto owner = form && !form->retired ? store::find_company(txn, form->company) : std::nullopt;
    if (!owner || !owner->active)
        return fail(ErrorKind::not_found, "form_not_found", "there is no such intake form",
                    "search the partner again: forms change");
    const auto own = store::find_company(txn, caller.company());
    return FormFound{std::move(*form), own && own->injected_field};
}

}  // namespace entente::operations
