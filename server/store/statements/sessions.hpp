#pragma once
// Statements about sessions (opaque tokens).

#include <array>
#include <optional>
#include <string>

#include "protocol/encoding.hpp"
#include "protocol/instant.hpp"
#include "server/store/store.hpp"

namespace entente::store {

struct StoredSession {
    std::array<std::uint8_t, 16> id{};
    std::string kind;  // user, client
    std::int64_t principal = 0;
    std::string authentication;
    protocol::Instant created_at;
    protocol::Instant expires_at;
    std::optional<std::string> certificate;  // fingerprint that the token is bound to (RFC 8705)
};

void insert_session(Txn& txn, const StoredSession& session);
// Nothing for unknown, expired and revoked sessions alike.
std::optional<StoredSession> find_session(ReadTxn& txn, Bytes id, protocol::Instant now);
bool revoke_session(Txn& txn, Bytes id, protocol::Instant now);
std::int64_t revoke_sessions_of(Txn& txn, std::string_view kind, std::int64_t principal, protocol::Instant now);
std::int64_t forget_sessions(Txn& txn, protocol::Instant expired_before);

}  // namespace entente::store
