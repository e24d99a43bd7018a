#pragma once
// Who calls, as proven by a session token, a client certificate or the operator's local key.

#include <string>

#include "protocol/directory.hpp"
#include "protocol/ids.hpp"

namespace entente::certs {

enum class PrincipalKind { user, client, operator_ };

struct Principal {
    PrincipalKind kind = PrincipalKind::user;
    std::int64_t id = 0;          // user or client id
    protocol::CompanyId company;  // none for the operator
    protocol::Role role = protocol::Role::engineer;
    std::string authentication;  // password, client_credentials, mtls
    std::string credential;      // names the credential in the log: first 16 hex digits of SHA-256(token id)

    // user:870 or client:12, for logs and metrics.
    std::string label() const {
        switch (kind) {
            case PrincipalKind::user:
                return "user:" + std::to_string(id);
            case PrincipalKind::client:
                return "client:" + std::to_string(id);
            case PrincipalKind::operator_:
                break;
        }
        return "operator:" + std::to_string(id);
    }
};

}  // namespace entente::certs
