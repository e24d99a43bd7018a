#pragma once
// What the two ways to verify the audit log share: through the API, and on a copy of the database file.

#include "server/tools/context.hpp"

namespace entente::tools {

// Prints the report of a verification; exit code ok or tampered.
int print_verification(Context& context, const Answer& answer);

int verify_online(Context& context);

// The command with its options; `run` decides between the two ways.
Command audit_verify_command(int (*run)(Context&));

}  // namespace entente::tools
