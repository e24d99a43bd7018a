#include "server/store/statements/sessions.hpp"

#include <algorithm>

namespace entente::store {

using protocol::Instant;

void insert_session(Txn& txn, const StoredSession& s) {
    txn.change(
        "INSERT INTO sessions (id, kind, principal, authentication, created_at, expires_at, certificate)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {Bytes(s.id), s.kind, s.principal, s.authentication, s.created_at.us, s.expires_at.us, s.certificate});
}

std::optional<StoredSession> find_session(ReadTxn& txn, Bytes id, Instant now) {
    return txn.first(
        "SELECT kind, principal, authentication, created_at, expires_at, certificate FROM sessions"
        " WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2",
        {id, now.us}, [&](const Row& row) {
            StoredSession session;
            std::copy_n(id.begin(), std::min(id.size(), session.id.size()), session.id.begin());
            session.kind = row.text(0);
            session.principal = row.number(1);
            session.authentication = row.text(2);
            session.created_at = {row.number(3)};
            session.expires_at = {row.number(4)};
            session.certificate = row.maybe_text(5);
            return session;
        });
}

bool revoke_session(Txn& txn, Bytes id, Instant now) {
    return txn.change("UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", {id, now.us}) == 1;
}

std::int64_t revoke_sessions_of(Txn& txn, std::string_view kind, std::int64_t principal, Instant now) {
    return txn.change("UPDATE sessions SET revoked_at = $3 WHERE kind = $1 AND principal = $2 AND revoked_at IS NULL",
                      {kind, principal, now.us});
}

std::int64_t forget_sessions(Txn& txn, Instant expired_before) {
    return txn.change("DELETE FROM sessions WHERE expires_at < $1", {expired_before.us});
}

}  // namespace entente::store
