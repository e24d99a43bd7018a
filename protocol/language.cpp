#include "protocol/language.hpp"

#include "protocol/name_table.hpp"

namespace entente::protocol {
namespace {

constexpr NameTable<Language, language_count> names{
    {{Language::english, "en"}, {Language::german, "de"}, {Language::japanese, "ja"}}};

}  // namespace

std::string_view name(Language language) {
    return name_in(names, language);
}
std::optional<Language> parse_language(std::string_view text) {
    return find_exact(names, text);
}

}  // namespace entente::protocol
