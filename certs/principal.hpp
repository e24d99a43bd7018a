#pragma once
// Who acts: a caller, as proven by a session token, a client certificate or the operator's local key; or what a company set up to
// act by itself.

#include <string>

#include "protocol/directory.hpp"
#include "protocol/ids.hpp"

namespace entente::certs {

// A rule and a probe act for their company without being anybody: no session ever yields them.
enum class PrincipalKind { user, client, operator_, rule, probe };

struct Principal {
    PrincipalKind kind = PrincipalKind::user;
    std::int64_t id = 0;          // of the user, client, rule or probe
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
            case PrincipalKind::rule:
                return "rule:" + std::to_string(id);
            case PrincipalKind::probe:
                return "probe:" + std::to_string(id);
            case PrincipalKind::operator_:
                break;
        }
        return "operator:" + std::to_string(id);
    }
};

}  // namespace entente::certs
