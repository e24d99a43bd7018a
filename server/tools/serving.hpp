#pragma once
// What the commands that run a gateway share.

#include <memory>

#include "server/config.hpp"
#include "server/gateway.hpp"
#include "server/tools/context.hpp"

namespace entente::tools {

// What `entente init` does, without a word: folders, keys, development CA, server certificate, database.
void prepare_quietly(Context& context, const Config& config);

// Throws Stop with the command that helps where the log is frozen; otherwise as Gateway::open.
std::unique_ptr<Gateway> open_gateway(const Config& config, Gateway::Mode mode);

}  // namespace entente::tools
