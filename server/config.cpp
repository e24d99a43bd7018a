#include "server/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "protocol/spelling.hpp"
#include "server/config_table.hpp"

namespace entente {
namespace {

using protocol::Error;
using protocol::ErrorKind;
using protocol::Result;

constexpr std::uintmax_t file_bytes_max = 1024 * 1024;

// Collects every mistake of a file, so that it is put right in one round.
class Mistakes {
  public:
    explicit Mistakes(std::string file) : file_(std::move(file)) {}

    void add(std::uint32_t line, std::string_view key, std::string_view what) {
        std::string text = file_;
        if (line > 0) text += ':' + std::to_string(line);
        text += ": ";
        if (!key.empty()) text += std::string(key) + ": ";
        text += what;
        found_.emplace(std::pair(line, std::string(key)), std::move(text));
    }
    bool empty() const { return found_.empty(); }

    Error error() const {
        Error error{.kind = ErrorKind::invalid, .code = "config_invalid", .message = {}};
        for (const auto& [place, text] : found_) {
            if (!error.message.empty()) error.message += '\n';
            error.message += text;
            error.violations.push_back({.pointer = place.second, .code = "config_invalid", .message = text});
        }
        error.next_step = "entente config help";
        return error;
    }

  private:
    std::string file_;
    std::multimap<std::pair<std::uint32_t, std::string>, std::string> found_;  // by line
};

// The known key that differs least, when it differs little: a slip of the finger gets a hint.
std::string nearest_key(std::string_view wrong) {
    if (wrong.size() > 100) return {};
    const auto best =
        std::ranges::min_element(settings(), {}, [&](const Setting& s) { return protocol::edit_distance(wrong, s.key); });
    return protocol::edit_distance(wrong, best->key) <= 3 ? std::string(best->key) : std::string{};
}

// What TOML calls the type that was found, in plain words.
std::string_view found_type(const toml::node& node) {
    if (node.is_string()) return "a text";
    if (node.is_integer()) return "a whole number";
    if (node.is_floating_point()) return "a fraction";
    if (node.is_boolean()) return "true or false";
    if (node.is_table()) return "a section";
    if (node.is_array()) return "a list";
    return "a date or time";
}

// Puts one value into its place; returns what is wrong with it, or nothing.
class Assign {
  public:
    Assign(const Setting& setting, const toml::node& node, const std::filesystem::path& folder)
        : setting_(setting), node_(node), folder_(folder) {}

    std::string operator()(std::int64_t* number) const {
        const auto value = node_.value_exact<std::int64_t>();
        if (!value) return wanted("a whole number");
        if (*value < setting_.low || *value > setting_.high) {
            return "must be between " + std::to_string(setting_.low) + " and " + std::to_string(setting_.high);
        }
        *number = *value;
        return {};
    }
    std::string operator()(bool* truth) const {
        const auto value = node_.value_exact<bool>();
        if (!value) return wanted("true or false");
        *truth = *value;
        return {};
    }
    std::string operator()(std::string* text) const {
        auto value = node_.value_exact<std::string>();
        if (!value) return wanted("a text");
        if (std::string wrong = wrong_text(*value); !wrong.empty()) return wrong;
        *text = *std::move(value);
        return {};
    }
    std::string operator()(std::filesystem::path* path) const {
        const auto value = node_.value_exact<std::string>();
        if (!value) return wanted("a text");
        if (value->find('\0') != std::string::npos) return "must be a path";
        *path = value->empty() ? std::filesystem::path{} : (folder_ / *value).lexically_normal();
        return {};
    }
    std::string operator()(ClientCertificates* choice) const {
        const auto value = node_.value_exact<std::string>();
        if (!value) return wanted("a text");
        if (std::string wrong = wrong_text(*value); !wrong.empty()) return wrong;
        *choice = *value == "none"       ? ClientCertificates::none
                  : *value == "optional" ? ClientCertificates::optional
                                         : ClientCertificates::required;
        return {};
    }

  private:
    std::string wanted(std::string_view type) const {
        return "must be " + std::string(type) + ", not " + std::string(found_type(node_));
    }
    // What is empty unless it is set may be set to nothing as well.
    bool may_be_empty() const {
        Config defaults;
        const Slot slot = setting_.slot(defaults);
        const auto* const* text = std::get_if<std::string*>(&slot);
        return text != nullptr && (*text)->empty();
    }
    std::string wrong_text(std::string_view text) const {
        const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
        if (text.empty() && !may_be_empty()) return "must not be empty";
        if (std::ranges::any_of(text, control)) return "must be one line";
        if (setting_.words.empty() || has_word(setting_.words, text)) return {};
        std::string choice(setting_.words);
        for (std::size_t at = choice.find('|'); at != std::string::npos; at = choice.find('|', at)) choice.replace(at, 1, ", ");
        return setting_.words.find('|') == std::string_view::npos ? "must be " + choice : "must be one of " + choice;
    }

    const Setting& setting_;
    const toml::node& node_;
    const std::filesystem::path& folder_;
};

void read_sections(const toml::table& root, Config& config, const std::filesystem::path& folder, Mistakes& mistakes) {
    for (const auto& [section, inner] : root) {
        const bool known = std::ranges::any_of(settings(), [&](const Setting& s) { return section_of(s.key) == section.str(); });
        if (!known) {
            mistakes.add(inner.source().begin.line, section.str(), "there is no such section");
            continue;
        }
        const toml::table* table = inner.as_table();
        if (table == nullptr) {
            mistakes.add(inner.source().begin.line, section.str(), "must be a section");
            continue;
        }
        for (const auto& [name, value] : *table) {
            const std::string key = std::string(section.str()) + '.' + std::string(name.str());
            const auto setting = std::ranges::find(settings(), key, &Setting::key);
            if (setting == settings().end()) {
                const std::string near = nearest_key(key);
                mistakes.add(name.source().begin.line, key,
                             near.empty() ? "there is no such setting" : "there is no such setting; is it " + near + "?");
                continue;
            }
            const std::string wrong = std::visit(Assign(*setting, value, folder), setting->slot(config));
            if (!wrong.empty()) mistakes.add(value.source().begin.line, key, wrong);
        }
    }
}

bool inside(const std::filesystem::path& inner, const std::filesystem::path& outer) {
    const auto relative = inner.lexically_relative(outer);
    return !relative.empty() && *relative.begin() != "..";
}

// What no single value shows.
void judge_together(const Config& config, const toml::table& root, Mistakes& mistakes) {
    const auto line_of = [&](std::string_view key) -> std::uint32_t {
        const auto node = root.at_path(key);
        return node ? node.node()->source().begin.line : 0;
    };
    const std::string& url = config.published.url;
    if (!url.starts_with("https://") || url.size() < 9 || url.ends_with('/')) {
        mistakes.add(line_of("public.url"), "public.url", "must begin with https:// and not end with /");
    }
    if (config.published.origin.find_first_of(" +\t") != std::string::npos) {
        mistakes.add(line_of("public.origin"), "public.origin", "must have no blanks and no plus sign");
    }
    if (config.listen.client_certificates == ClientCertificates::required && config.tls.client_authorities.empty()) {
        mistakes.add(line_of("listen.client_certificates"), "listen.client_certificates",
                     "certificates are required, but tls.client_authorities names nobody who may issue them");
    }
    if (inside(config.keys.folder, config.data.folder)) {
        mistakes.add(line_of("keys.folder"), "keys.folder", "must be outside data.folder, or a backup would carry the keys");
    }
    const auto& [port, other] = std::pair(config.listen.port, config.metrics.port);
    if (config.metrics.enabled && port == other && port != 0 && config.listen.address == config.metrics.address) {
        mistakes.add(line_of("metrics.port"), "metrics.port", "is the gateway's own port");
    }
    if (config.limits.connections_per_address > config.limits.connections) {
        mistakes.add(line_of("limits.connections_per_address"), "limits.connections_per_address",
                     "must not be more than limits.connections");
    }
}

void resolve_defaults(Config& config, const std::filesystem::path& folder) {
    for (const Setting& setting : settings()) {
        const Slot slot = setting.slot(config);
        if (auto* const* path = std::get_if<std::filesystem::path*>(&slot); path != nullptr && !(*path)->empty()) {
            **path = (folder / **path).lexically_normal();
        }
    }
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::filesystem::path& file) {
    Mistakes mistakes(file.string());
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    Config config;
    resolve_defaults(config, folder);
    try {
        const toml::table root = toml::parse(text, file.string());
        read_sections(root, config, folder, mistakes);
        if (mistakes.empty()) judge_together(config, root, mistakes);
    } catch (const toml::parse_error& wrong) {
        mistakes.add(wrong.source().begin.line, {}, "is not TOML: " + std::string(wrong.description()));
    }
    if (!mistakes.empty()) return std::unexpected(mistakes.error());
    return config;
}

Result<Config> load_config(const std::filesystem::path& file) {
    std::error_code problem;
    const auto bytes = std::filesystem::file_size(file, problem);
    std::ifstream in(file, std::ios::binary);
    if (problem || !in) {
        return protocol::fail(ErrorKind::not_found, "config_missing", file.string() + ": cannot be read",
                              "entente config sample prints a file to start from");
    }
    if (bytes > file_bytes_max)
        return protocol::fail(ErrorKind::invalid, "config_invalid", file.string() + ": is larger than 1 MiB");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    Result<Config> config = parse_config(text, file);
    if (config) config->file = std::filesystem::absolute(file).lexically_normal();
    return config;
}

}  // namespace entente
