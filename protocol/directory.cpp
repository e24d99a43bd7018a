#include "protocol/directory.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<Role, 6> role_names{{
    {Role::engineer, "engineer"},
    {Role::compliance, "compliance"},
    {Role::administrator, "administrator"},
    {Role::api_client, "api_client"},
    {Role::auditor, "auditor"},
    {Role::gateway_operator, "operator"},
}};

constexpr NameTable<Section, 3> section_names{{
    {Section::contact, "CONTACT_SECTION"},
    {Section::problem, "PROBLEM_SECTION"},
    {Section::common_customer, "COMMON_CUSTOMER_SECTION"},
}};

constexpr NameTable<FieldType, 9> field_type_names{{
    {FieldType::string, "STRING"},
    {FieldType::text, "TEXT"},
    {FieldType::email, "EMAIL"},
    {FieldType::phone, "PHONE"},
    {FieldType::integer, "INTEGER"},
    {FieldType::url, "URL"},
    {FieldType::select, "SELECT"},
    {FieldType::tierselect, "TIERSELECT"},
    {FieldType::hidden, "HIDDEN"},
}};

}  // namespace

std::string_view name(Role role) {
    return name_in(role_names, role);
}
std::optional<Role> parse_role(std::string_view text) {
    return find_exact(role_names, text);
}
std::string_view name(Section section) {
    return name_in(section_names, section);
}
std::optional<Section> parse_section(std::string_view text) {
    return find_any_case(section_names, text);
}
std::string_view name(FieldType type) {
    return name_in(field_type_names, type);
}
std::optional<FieldType> parse_field_type(std::string_view text) {
    return find_any_case(field_type_names, text);
}

}  // namespace entente::protocol
