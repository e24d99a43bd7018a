#pragma once
// Opaque bearer tokens (semantics of identity): base64url(id, 16 bytes || HMAC-SHA256(key, id)[0:16]), 43 characters. A forgery is
// recognised without a database; what a genuine one is worth, its row says inside the transaction.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/encoding.hpp"

namespace entente::certs {

using protocol::Bytes;
using TokenId = std::array<std::uint8_t, 16>;

std::string mint_token(Bytes token_key, const TokenId& id);

// The id of a token that we minted; nothing for a forgery or anything misspelled.
std::optional<TokenId> token_id(Bytes token_key, std::string_view token);

}  // namespace entente::certs
