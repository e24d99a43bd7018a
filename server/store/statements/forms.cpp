// Statements about intake forms and their earlier versions.

#include "server/store/statements/directory.hpp"
#include "server/store/statements/pack.hpp"

namespace entente::store {

using protocol::CompanyId;
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
    form.retired = row.number(8) != 0;
    return form;
}

constexpr std::string_view form_columns =
    "id, company, department, version, admin_note, escalation_instructions, fields, injected_field, retired";

std::string select_forms(std::string_view rest) {
    return "SELECT " + std::string(form_columns) + " FROM forms " + std::string(rest);
}

}  // namespace

void insert_form(Txn& txn, const Form& f, Instant now) {
    txn.change(
        "INSERT INTO forms (id, company, department, version, admin_note, escalation_instructions, fields, injected_field,"
        " retired, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {f.id.value, f.company.value, f.department.value, f.version, f.admin_note, f.escalation_instructions,
         protocol::as_bytes(pack_fields(f.fields)), f.injected_field.value, f.retired, now.us});
    directory_moved(txn);
}

void update_form(Txn& txn, const Form& f) {
    txn.change(
        "UPDATE forms SET department = $2, version = $3, admin_note = $4, escalation_instructions = $5, fields = $6, retired = $7"
        " WHERE id = $1",
        {f.id.value, f.department.value, f.version, f.admin_note, f.escalation_instructions,
         protocol::as_bytes(pack_fields(f.fields)), f.retired});
    directory_moved(txn);
}

std::optional<Form> find_form(ReadTxn& txn, protocol::FormId id) {
    static const std::string sql = select_forms("WHERE id = $1");
    return txn.first(sql, {id.value}, read_form);
}

std::optional<Form> find_company_form(ReadTxn& txn, CompanyId company) {
    static const std::string sql = select_forms(
        "WHERE company = $1 AND retired = 0 ORDER BY CASE WHEN department = 0 THEN 0 ELSE 1 END, created_at DESC, id LIMIT 1");
    return txn.first(sql, {company.value}, read_form);
}

std::vector<Form> forms_of(ReadTxn& txn, CompanyId company) {
    static const std::string sql = select_forms("WHERE company = $1 ORDER BY created_at, id");
    std::vector<Form> forms;
    txn.each(sql, {company.value}, [&](const Row& row) { forms.push_back(read_form(row)); });
    return forms;
}

std::vector<Form> all_forms(ReadTxn& txn) {
    static const std::string sql = select_forms("ORDER BY id");
    std::vector<Form> forms;
    txn.each(sql, {}, [&](const Row& row) { forms.push_back(read_form(row)); });
    return forms;
}

void keep_form_version(Txn& txn, const Form& f, Instant until) {
    txn.change(
        "INSERT INTO form_versions (form, version, admin_note, escalation_instructions, fields, until) VALUES ($1, $2, $3, $4, $5, "
        "$6)",
        {f.id.value, f.version, f.admin_note, f.escalation_instructions, protocol::as_bytes(pack_fields(f.fields)), until.us});
}

std::vector<EarlierForm> earlier_forms(ReadTxn& txn, const Form& form) {
    std::vector<EarlierForm> earlier;
    txn.each(
        "SELECT version, admin_note, escalation_instructions, fields, until FROM form_versions WHERE form = $1 ORDER BY version "
        "DESC",
        {form.id.value}, [&](const Row& row) {
            Form then = form;
            then.version = static_cast<int>(row.number(0));
            then.admin_note = row.text(1);
            then.escalation_instructions = row.text(2);
            then.fields = unpack_fields(protocol::as_text(row.bytes(3)));
            then.retired = false;
            earlier.push_back({std::move(then), Instant{row.number(4)}});
        });
    return earlier;
}

}  // namespace entente::store
