#include "protocol/classes.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {

namespace {

constexpr NameTable<DataClass, data_class_count> class_names{{
    {DataClass::case_facts, "case_facts"},
    {DataClass::technical, "technical"},
    {DataClass::product, "product"},
    {DataClass::diagnostics, "diagnostics"},
    {DataClass::customer_identity, "customer_identity"},
    {DataClass::personal_contact, "personal_contact"},
    {DataClass::contractual, "contractual"},
    {DataClass::secret, "secret"},
}};

constexpr NameTable<Stage, 3> stage_names{{
    {Stage::release, "release"},
    {Stage::acceptance, "acceptance"},
    {Stage::never, "never"},
}};

}  // namespace

std::string_view name(DataClass c) {
    return name_in(class_names, c);
}
std::optional<DataClass> parse_data_class(std::string_view text) {
    return find_exact(class_names, text);
}
std::string_view name(Stage stage) {
    return name_in(stage_names, stage);
}
std::optional<Stage> parse_stage(std::string_view text) {
    return find_exact(stage_names, text);
}

}  // namespace entente::protocol
