#pragma once
// What the commands that run a gateway share.

#include "server/config.hpp"
#include "server/tools/context.hpp"

namespace entente::tools {

// What `entente init` does, without a word: folders, keys, development CA, server certificate, database.
void prepare_quietly(Context& context, const Config& config);

}  // namespace entente::tools
