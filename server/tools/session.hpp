#pragma once
// Who is signed in at this terminal. A profile is a file of its own (0600) in the user's state folder
// ($XDG_STATE_HOME/entente/profiles/NAME.json): gateway, token and when the token ends. Passwords are never kept.

#include <filesystem>
#include <optional>
#include <string>

#include "protocol/instant.hpp"

namespace entente::tools {

struct Profile {
    std::string url;  // empty: the gateway of this machine
    std::string ca_file;
    std::string config_file;  // of that gateway
    std::string token;
    std::string who;
    protocol::Instant expires;
};

std::optional<Profile> read_profile(const std::filesystem::path& state_folder, const std::string& name);
void write_profile(const std::filesystem::path& state_folder, const std::string& name, const Profile& profile);
bool remove_profile(const std::filesystem::path& state_folder, const std::string& name);

// Letters, digits, dot, dash and underscore, not beginning with a dot: a name becomes a file name.
bool acceptable_profile_name(std::string_view name);

}  // namespace entente::tools
