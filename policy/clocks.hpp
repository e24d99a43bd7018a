#pragma once
// Deadlines of a case. The first reaction is due some minutes after release, by priority (contract 11.3); a held case has none.

#include "protocol/collaboration.hpp"
#include "protocol/directory.hpp"
#include "protocol/instant.hpp"

namespace entente::policy {

protocol::Instant respond_by(protocol::Instant released_at, protocol::Priority priority, const protocol::ResponseTargets& targets);

}  // namespace entente::policy
