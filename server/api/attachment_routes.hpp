#pragma once
// Attachments on the wire: the contract's calls (section 14), which our own API shares where the shape is the same.

#include "server/api/route.hpp"

namespace entente::api::attachments {

Plan read_config(Gateway& gateway, CallPtr call);
Plan set_config(Gateway& gateway, CallPtr call);
Plan analyze(Gateway& gateway, CallPtr call);

}  // namespace entente::api::attachments
