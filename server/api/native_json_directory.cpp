// Companies, forms, departments.

#include "server/api/native_reading.hpp"

namespace entente::api::native {

namespace {

std::optional<protocol::ResponseTargets> read_targets(Reader& in, const protocol::ResponseTargets& defaults) {
    auto object = in.object("responseMinutes");
    if (!object) return std::nullopt;
    const auto minutes = [&](std::string_view name, int fallback) {
        return static_cast<int>(object->integer(name, 1, month_minutes, Need::optional).value_or(fallback));
    };
    return protocol::ResponseTargets{minutes("high", defaults.high_minutes), minutes("medium", defaults.medium_minutes),
                                     minutes("low", defaults.low_minutes)};
}

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
    field.id = {in.integer("id", 1, id_max, Need::optional).value_or(0)};
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

void write_targets(JsonWriter& out, const protocol::ResponseTargets& targets) {
    out.key("responseMinutes")
        .object()
        .member("high", targets.high_minutes)
        .member("medium", targets.medium_minutes)
        .member("low", targets.low_minutes)
        .end();
}

void write_paths(JsonWriter& out, const std::vector<protocol::Selection>& selections, const std::string& prefix) {
    for (const protocol::Selection& selection : selections) {
        const std::string path = prefix.empty() ? selection.value : prefix + ":" + selection.value;
        if (selection.children.empty()) out.value(path);
        write_paths(out, selection.children, path);
    }
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
        company.asks_customers = in.boolean("asksCustomers").value_or(false);
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
        change.asks_customers = in.boolean("asksCustomers");
        change.targets = read_targets(in, defaults);
        return change;
    });
}

void write(JsonWriter& out, const protocol::Company& company) {
    out.object().member("id", company.id.value).member("name", company.name).member("domain", company.domain);
    out.member("description", company.description).member("active", company.active).member("hidden", company.hidden);
    out.member("injectedField", company.injected_field).member("asksCustomers", company.asks_customers);
    write_targets(out, company.targets);
    out.end();
}

Result<protocol::Form> decode_form(std::string_view body) {
    return decode<protocol::Form>(body, [](Reader& in) {
        protocol::Form form;
        form.company = read_company_id(in);
        form.department = {in.integer("department", 1, id_max, Need::optional).value_or(0)};
        form.version = static_cast<int>(in.integer("version", 1, id_max, Need::optional).value_or(0));
        form.admin_note = in.text("adminNote", html_chars, Need::optional);
        form.escalation_instructions = in.text("escalationInstructions", html_chars, Need::optional);
        for (Reader& field : in.objects("fields", 200, Need::present)) form.fields.push_back(read_field(field));
        return form;
    });
}

namespace {

void write_form_members(JsonWriter& out, const protocol::Form& form) {
    out.member("id", form.id.value).member("company", form.company.value);
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
        out.end().member("additionalSettings", field.additional_settings);
        out.member("displayOrder", field.display_order).member("validationRules", field.validation_rules);
        out.member("required", field.required).member("dataClass", name(field.data_class)).member("stage", name(field.stage));
        out.member("identifiesCustomer", field.identifies_customer).end();
    }
    out.end().member("retired", form.retired);
}

}  // namespace

void write(JsonWriter& out, const protocol::Form& form) {
    out.object();
    write_form_members(out, form);
    out.end();
}

void write(JsonWriter& out, const store::EarlierForm& earlier) {
    out.object();
    write_form_members(out, earlier.form);
    out.member("until", protocol::to_rfc3339(earlier.until)).end();
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

Result<operations::DepartmentChange> decode_department_change(std::string_view body) {
    return decode<operations::DepartmentChange>(body, [](Reader& in) {
        operations::DepartmentChange change;
        change.name = in.maybe_text("name", name_chars);
        if (in.has("tags")) change.tags = in.texts("tags", 50, 100);
        if (const auto form = in.integer("form", 1, id_max, Need::optional)) change.form = protocol::FormId{*form};
        change.active = in.boolean("active");
        return change;
    });
}

void write(JsonWriter& out, const protocol::Department& department) {
    out.object().member("id", department.id.value).member("company", department.company.value).member("name", department.name);
    out.member("form", department.form.value).key("tags").array();
    for (const std::string& tag : department.tags) out.value(tag);
    out.end().member("active", department.active).end();
}

}  // namespace entente::api::native
