#pragma once
// Idempotency-Key: names a request so that sending it twice makes one thing (semantics 9).

#include <optional>

#include "server/api/route.hpp"
#include "server/operations/cases.hpp"

namespace entente::api {

// The header's value: 1 to 255 printable ASCII characters; nothing when absent.
protocol::Result<std::optional<std::string>> idempotency_key(const Call& call);

// Scope: company, caller, method, route, key. Digest: of the body.
operations::RepeatKey repeat_key(const Call& call, const operations::Caller& caller, std::string_view key);

}  // namespace entente::api
