#include "server/store/statements/directory.hpp"

#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::Company;
using protocol::CompanyId;
using protocol::Department;
using protocol::Form;
using protocol::FormField;
using protocol::Instant;
using protocol::Selection;

namespace {

constexpr std::uint8_t form_version = 1;

void pack_selections(Packer& pack, const std::vector<Selection>& selections) {
    pack.count(selections);
    for (const Selection& selection : selections) {
        pack.text(selection.value);
        pack_selections(pack, selection.children);
    }
}

std::vector<Selection> unpack_selections(Unpacker& in) {
    std::vector<Selection> selections;
    for (std::int64_t left = in.number(); left > 0; --left) {
        Selection selection;
        selection.value = in.text();
        selection.children = unpack_selections(in);
        selections.push_back(std::move(selection));
    }
    return selections;
}

std::string pack_fields(const std::vector<FormField>& fields) {
    Packer pack(form_version);
    pack.count(fields);
    for (const FormField& f : fields) {
        pack.number(f.id.value).number(static_cast<int>(f.section)).text(f.label).number(static_cast<int>(f.type));
        pack.count(f.options);
        for (const std::string& option : f.options) pack.text(option);
        pack_selections(pack, f.selections);
        pack.text(f.additional_settings).number(f.display_order).text(f.validation_rules).flag(f.required);
        pack.number(static_cast<int>(f.data_class)).number(static_cast<int>(f.stage)).flag(f.identifies_customer);
    }
    return pack.bytes();
}

std::vector<FormField> unpack_fields(std::string_view bytes) {
    Unpacker in(bytes, form_version);
    std::vector<FormField> fields;
    for (std::int64_t left = in.number(); left > 0; --left) {
        FormField f;
        f.id = {in.number()};
        f.section = in.as<protocol::Section>();
        f.label = in.text();
        f.type = in.as<protocol::FieldType>();
        for (std::int64_t options = in.number(); options > 0; --options) f.options.push_back(in.text());
        f.selections = unpack_selections(in);
        f.additional_settings = in.text();
        f.display_order = in.as<int>();
        f.validation_rules = in.text();
        f.required = in.flag();
        f.data_class = in.as<protocol::DataClass>();
        f.stage = in.as<protocol::Stage>();
        f.identifies_customer = in.flag();
        fields.push_back(std::move(f));
    }
    return fields;
}

constexpr std::string_view company_columns =
    "id, name, description, domain, active, hidden, injected_field, high_minutes, medium_minutes, low_minutes,"
    " asks_customers";

Company read_company(const Row& row) {
    Company company;
    company.id = {row.number(0)};
    company.name = row.text(1);
    company.description = row.text(2);
    company.domain = row.text(3);
    company.active = row.number(4) != 0;
    company.hidden = row.number(5) != 0;
    company.injected_field = row.number(6) != 0;
    company.asks_customers = row.number(10) != 0;
    company.targets = {static_cast<int>(row.number(7)), static_cast<int>(row.number(8)), static_cast<int>(row.number(9))};
    return company;
}

Department read_department(const Row& row) {
    Department department{
        .id = {row.number(0)}, .company = {row.number(1)}, .name = std::string(row.text(2)), .form = {row.number(3)}};
    std::string_view tags = row.text(4);  // one a line
    while (!tags.empty()) {
        const std::size_t end = std::min(tags.find('\n'), tags.size());
        department.tags.emplace_back(tags.substr(0, end));
        tags.remove_prefix(std::min(end + 1, tags.size()));
    }
    return department;
}

Form read_form(const Row& row) {
    Form form;
    form.id = {row.number(0)};
    form.company = {row.number(1)};
    form.department = {row.number(2)};
    form.version = static_cast<int>(row.number(3));
    form.admin_note = row.text(4);
    form.escalation_instructions = row.text(5);
    form.fields = unpack_fields(protocol::as_text(row.bytes(6)));
    form.injected_field = {row.number(7)};
    return form;
}

constexpr const char* sql_form_by_id =
    "SELECT id, company, department, version, admin_note, escalation_instructions, fields, injected_field FROM forms WHERE id = $1";

}  // namespace

std::int64_t fresh_id(ReadTxn& txn, std::string_view table, const std::function<std::uint64_t()>& draw) {
    const std::string sql = "SELECT 1 FROM " + std::string(table) + " WHERE id = $1";
    for (;;) {
        const auto id = static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1;
        if (!txn.first(sql, {id}, [](const Row&) { return true; })) return id;
    }
}

void insert_company(Txn& txn, const Company& c, Instant now) {
    txn.change(
        "INSERT INTO companies (id, name, description, domain, active, hidden, injected_field, high_minutes, medium_minutes,"
        " low_minutes, created_at, asks_customers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        {c.id.value, c.name, c.description, c.domain, c.active, c.hidden, c.injected_field, c.targets.high_minutes,
         c.targets.medium_minutes, c.targets.low_minutes, now.us, c.asks_customers});
}

void update_company(Txn& txn, const Company& c) {
    txn.change(
        "UPDATE companies SET name = $2, description = $3, domain = $4, active = $5, hidden = $6, injected_field = $7,"
        " high_minutes = $8, medium_minutes = $9, low_minutes = $10, asks_customers = $11 WHERE id = $1",
        {c.id.value, c.name, c.description, c.domain, c.active, c.hidden, c.injected_field, c.targets.high_minutes,
         c.targets.medium_minutes, c.targets.low_minutes, c.asks_customers});
}

std::optional<Company> find_company(ReadTxn& txn, CompanyId id) {
    static const std::string sql = "SELECT " + std::string(company_columns) + " FROM companies WHERE id = $1";
    return txn.first(sql, {id.value}, read_company);
}

std::optional<Company> find_company_by_domain(ReadTxn& txn, std::string_view domain) {
    static const std::string sql = "SELECT " + std::string(company_columns) + " FROM companies WHERE domain = $1";
    return txn.first(sql, {domain}, read_company);
}

std::vector<Company> all_companies(ReadTxn& txn) {
    static const std::string sql = "SELECT " + std::string(company_columns) + " FROM companies ORDER BY name";
    std::vector<Company> companies;
    txn.each(sql, {}, [&](const Row& row) { companies.push_back(read_company(row)); });
    return companies;
}

void insert_department(Txn& txn, const Department& d) {
    std::string tags;
    for (const std::string& tag : d.tags) tags += tag + '\n';
    txn.change("INSERT INTO departments (id, company, name, form, tags) VALUES ($1, $2, $3, $4, $5)",
               {d.id.value, d.company.value, d.name, d.form.value, tags});
}

std::vector<Department> departments_of(ReadTxn& txn, CompanyId company) {
    std::vector<Department> departments;
    txn.each("SELECT id, company, name, form, tags FROM departments WHERE company = $1 ORDER BY name", {company.value},
             [&](const Row& row) { departments.push_back(read_department(row)); });
    return departments;
}

std::vector<Department> all_departments(ReadTxn& txn) {
    std::vector<Department> departments;
    txn.each("SELECT id, company, name, form, tags FROM departments ORDER BY name", {},
             [&](const Row& row) { departments.push_back(read_department(row)); });
    return departments;
}

std::optional<Department> find_department(ReadTxn& txn, protocol::DepartmentId id) {
    return txn.first("SELECT id, company, name, form, tags FROM departments WHERE id = $1", {id.value}, read_department);
}

void insert_form(Txn& txn, const Form& f, Instant now) {
    txn.change(
        "INSERT INTO forms (id, company, department, version, admin_note, escalation_instructions, fields, injected_field,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {f.id.value, f.company.value, f.department.value, f.version, f.admin_note, f.escalation_instructions,
         protocol::as_bytes(pack_fields(f.fields)), f.injected_field.value, now.us});
}

void update_form(Txn& txn, const Form& f) {
    txn.change(
        "UPDATE forms SET department = $2, version = $3, admin_note = $4, escalation_instructions = $5, fields = $6 WHERE id = $1",
        {f.id.value, f.department.value, f.version, f.admin_note, f.escalation_instructions,
         protocol::as_bytes(pack_fields(f.fields))});
}

std::optional<Form> find_form(ReadTxn& txn, protocol::FormId id) {
    return txn.first(sql_form_by_id, {id.value}, read_form);
}

std::optional<Form> find_company_form(ReadTxn& txn, CompanyId company) {
    return txn.first(
        "SELECT id, company, department, version, admin_note, escalation_instructions, fields, injected_field FROM forms"
        " WHERE company = $1 ORDER BY CASE WHEN department = 0 THEN 0 ELSE 1 END, created_at DESC, id LIMIT 1",
        {company.value}, read_form);
}

std::vector<Form> forms_of(ReadTxn& txn, CompanyId company) {
    std::vector<Form> forms;
    txn.each(
        "SELECT id, company, department, version, admin_note, escalation_instructions, fields, injected_field FROM forms"
        " WHERE company = $1 ORDER BY created_at, id",
        {company.value}, [&](const Row& row) { forms.push_back(read_form(row)); });
    return forms;
}

}  // namespace entente::store
