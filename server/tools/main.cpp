// The program `entente`: the gateway and the command line that talks to it.

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "certs/memory.hpp"
#include "server/tools/command_line.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/machine.hpp"

namespace {

std::vector<entente::tools::Command> whole_table() {
    using namespace entente::tools;
    std::vector<Command> table = gateway_commands();
    for (auto* const noun : {sandbox_commands, config_commands, api_commands, audit_file_commands, audit_export_commands,
                             audit_restore_commands, log_compromised_commands, keys_commands, escrow_commands}) {
        for (Command& command : noun()) table.push_back(std::move(command));
    }
    return table;
}

}  // namespace

int main(int count, char** words) {
    try {
        entente::certs::wipe_freed_memory();
        entente::certs::refuse_dumps();
        std::signal(SIGPIPE, SIG_IGN);  // `entente case list | head` ends by a failed write, not by a signal
        const std::vector<std::string> arguments(words + (count > 0 ? 1 : 0), words + count);
        entente::tools::World world = entente::tools::this_machine();
        return entente::tools::run(whole_table(), arguments, world);
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "entente: %s\n", fault.what());
        return entente::tools::exit_code::broken;
    }
}
