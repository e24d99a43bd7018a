#include "server/tools/session.hpp"

#include <algorithm>

#include "certs/files.hpp"
#include "protocol/json_writer.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/value.hpp"

namespace entente::tools {
namespace {

std::filesystem::path file_of(const std::filesystem::path& state_folder, const std::string& name) {
    if (!acceptable_profile_name(name))
        throw Stop(exit_code::usage, "a profile name has letters, digits, '.', '-' and '_' only: " + name);
    return state_folder / "profiles" / (name + ".json");
}

}  // namespace

bool acceptable_profile_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 64 && name[0] != '.' && std::ranges::all_of(name, allowed);
}

std::optional<Profile> read_profile(const std::filesystem::path& state_folder, const std::string& name) {
    const std::filesystem::path file = file_of(state_folder, name);
    if (!std::filesystem::exists(file)) return std::nullopt;
    const certs::Secret content = certs::read_private_file(file, 16 * 1024);
    const std::optional<Value> value = Value::parse(protocol::as_text(content.bytes()));
    if (!value) return std::nullopt;
    return Profile{.url = value->text("url"),
                   .ca_file = value->text("ca"),
                   .config_file = value->text("config"),
                   .token = value->text("token"),
                   .who = value->text("who"),
                   .expires = protocol::parse_rfc3339(value->text("expires")).value_or(protocol::Instant{})};
}

void write_profile(const std::filesystem::path& state_folder, const std::string& name, const Profile& profile) {
    const std::filesystem::path file = file_of(state_folder, name);
    std::filesystem::create_directories(state_folder.parent_path());
    certs::create_private_folder(state_folder);
    certs::create_private_folder(file.parent_path());
    protocol::JsonWriter json;
    json.object().member("url", profile.url).member("ca", profile.ca_file).member("config", profile.config_file);
    json.member("token", profile.token).member("who", profile.who).member("expires", protocol::to_rfc3339(profile.expires)).end();
    certs::replace_private_file(file, protocol::as_bytes(json.take()));
}

bool remove_profile(const std::filesystem::path& state_folder, const std::string& name) {
    const std::filesystem::path file = file_of(state_folder, name);
    if (!std::filesystem::exists(file)) return false;
    certs::destroy_private_file(file);
    return true;
}

}  // namespace entente::tools
