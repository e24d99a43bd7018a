#pragma once
// The table of settings, private to the configuration: config.cpp reads files with it, config_text.cpp prints it.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "server/config.hpp"

namespace entente {

// Where a setting lives in a Config; its type is the setting's type.
using Slot = std::variant<std::int64_t*, bool*, std::string*, std::filesystem::path*, ClientCertificates*>;

struct Setting {
    std::string_view key;  // section.name
    Slot (*slot)(Config&);
    std::string_view sentence;
    std::int64_t low = 0;  // of numbers
    std::int64_t high = 0;
    std::string_view words = {};  // of words: the allowed ones, split by |
};

std::span<const Setting> settings();

constexpr std::string_view section_of(std::string_view key) {
    return key.substr(0, key.find('.'));
}
constexpr std::string_view name_of(std::string_view key) {
    return key.substr(key.find('.') + 1);
}

// One of the words of "a|b|c".
bool has_word(std::string_view words, std::string_view word);

// The value as TOML spells it.
std::string toml_value(const Slot& slot);

std::string_view client_certificates_word(ClientCertificates choice);

}  // namespace entente
