#pragma once
// This machine as the commands' World: terminal, environment, files, clock, and the ways to a gateway. Used by main alone.

#include <string_view>

#include "server/config.hpp"
#include "server/tools/context.hpp"

namespace entente::tools {

World this_machine();

// Where the gateway of this machine keeps its things; nothing when no configuration is found under the usual names. A named file
// that is missing or wrong throws Stop(configuration).
std::optional<Places> find_places(const std::string& config_file);

// The configuration of the gateway on this machine, for commands that open its data or keys. Throws Stop: none was found, or it is
// wrong.
Config config_here(Context& context);
// Where the service manager brings the keys, says where it did (Config::Keys::files). Throws Stop: not to this process.
void find_credentials(Config& config);
// config_here, and the keys are found.
Config config_with_keys(Context& context);
// config_here, where keys are files to be changed. Throws Stop with the next step: they come from outside.
Config config_with_key_files(Context& context, std::string_view next_step);

// The usual names, in order.
std::vector<std::filesystem::path> usual_config_files();

// Over TLS where a gateway answers, else on the data of the stopped one.
std::unique_ptr<Transport> reach(const Address& address, std::ostream& err);

// Commands that need the gateway, its configuration or its keys rather than the API.
std::vector<Command> gateway_commands();  // serve, init
std::vector<Command> sandbox_commands();
std::vector<Command> config_commands();
std::vector<Command> keys_commands();
std::vector<Command> escrow_commands();
std::vector<Command> audit_export_commands();
std::vector<Command> audit_restore_commands();
std::vector<Command> log_compromised_commands();
std::vector<Command> audit_file_commands();  // audit verify, audit copy

}  // namespace entente::tools
