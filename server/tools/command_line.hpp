#pragma once
// Parses a command line against the table of commands and runs the command. The one place that knows the parser library.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/tools/command.hpp"
#include "server/tools/context.hpp"

namespace entente::tools {

// `arguments` without the program's name. Prints help, problems and the next step; returns the exit code. Never throws.
int run(const std::vector<Command>& commands, std::span<const std::string> arguments, World& world);

// Options that every command has.
const std::vector<Option>& common_options();

// A completion script that knows every command and option of the table; empty for a shell that is not bash or zsh.
std::string completion_script(const std::vector<Command>& commands, std::string_view shell);

}  // namespace entente::tools
