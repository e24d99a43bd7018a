// The table of settings for people: help, manual, sample file, present values.

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "server/config.hpp"
#include "server/config_table.hpp"

namespace entente {
namespace {

std::string words_in_prose(std::string_view words) {
    std::string out;
    for (const char c : words) out += c == '|' ? std::string(", ") : std::string(1, c);
    return out;
}

std::string type_of(const Setting& setting, Config& config) {
    const Slot slot = setting.slot(config);
    if (std::holds_alternative<bool*>(slot)) return "true or false";
    if (std::holds_alternative<std::filesystem::path*>(slot)) return "path";
    if (!setting.words.empty()) return words_in_prose(setting.words);
    if (std::holds_alternative<std::int64_t*>(slot)) return std::to_string(setting.low) + " to " + std::to_string(setting.high);
    return "text";
}

template <class Print>
void by_section(Print print) {
    Config defaults;
    std::string_view section;
    for (const Setting& setting : settings()) {
        const bool begins = section_of(setting.key) != section;
        section = section_of(setting.key);
        print(setting, defaults, begins);
    }
}

}  // namespace

std::string config_help() {
    std::string out;
    by_section([&](const Setting& setting, Config& defaults, bool begins) {
        if (begins) out += (out.empty() ? "[" : "\n[") + std::string(section_of(setting.key)) + "]\n";
        out += "  " + std::string(name_of(setting.key)) + " = " + toml_value(setting.slot(defaults)) + "   (" +
               type_of(setting, defaults) + ")\n      " + std::string(setting.sentence) + '\n';
    });
    return out;
}

std::string config_manual() {
    std::string out =
        "# Settings\n\nThe gateway reads one TOML file. Every setting has a default; an unknown key refuses the file. Paths are "
        "relative "
        "to the\nfile's folder. SIGHUP reads certificates and limits again without dropping a connection.\n";
    by_section([&](const Setting& setting, Config& defaults, bool begins) {
        if (begins) {
            out += "\n## [" + std::string(section_of(setting.key)) +
                   "]\n\n| Setting | Default | Values | Meaning |\n|---|---|---|---|\n";
        }
        out += "| `" + std::string(name_of(setting.key)) + "` | `" + toml_value(setting.slot(defaults)) + "` | " +
               type_of(setting, defaults) + " | " + std::string(setting.sentence) + " |\n";
    });
    return out;
}

std::string config_sample() {
    std::string out = "# Settings of Entente. Every line shows its default; take away the # of those that you change.\n";
    by_section([&](const Setting& setting, Config& defaults, bool begins) {
        if (begins) out += "\n[" + std::string(section_of(setting.key)) + "]\n";
        out += "# " + std::string(setting.sentence) + " (" + type_of(setting, defaults) + ")\n# " +
               std::string(name_of(setting.key)) + " = " + toml_value(setting.slot(defaults)) + '\n';
    });
    return out;
}

std::vector<ConfigLine> config_lines(const Config& config) {
    Config copy = config;
    std::vector<ConfigLine> lines;
    for (const Setting& setting : settings()) {
        lines.push_back({std::string(setting.key), toml_value(setting.slot(copy)), std::string(setting.sentence)});
    }
    return lines;
}

}  // namespace entente
