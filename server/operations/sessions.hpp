#pragma once
// Signing in and out, and who a request's credential stands for (semantics 9).

#include <optional>
#include <string>
#include <string_view>

#include "certs/credential.hpp"
#include "server/operations/context.hpp"

namespace entente::operations {

// The credential that came with a request, as far as it could be judged without the store.
struct Presented {
    std::optional<certs::TokenId> token;  // a token of ours that is no forgery
    std::string certificate_fingerprint;  // verified client certificate, or empty
    std::string certificate_uri;
    std::string request_id;
    std::string peer_address;
};

// The caller as the row says at this moment; revocation, a disabled account and an ended certificate act at once.
Result<Caller> authenticate(ReadTxn& txn, const Tools& tools, Instant now, const Presented& presented);

// --- password login: read the account, verify on a worker, then write the session ---
struct Account {
    bool known = false;
    bool active = false;
    std::int64_t user = 0;
    protocol::CompanyId company;
    protocol::Role role = protocol::Role::engineer;
    std::string password_hash;
};
Account find_account(ReadTxn& txn, const Tools& tools, std::string_view username);

struct SignedIn {
    certs::TokenId token{};
    int expires_s = 0;
};
// `verified` is what the worker found. A failure of a known account is a record of its own; an unknown one is only counted, so that
// nobody can fill the log. The password hash must still be the one that was verified.
struct LoginOutcome {
    Result<SignedIn> outcome;
    std::optional<audit::Record> record;
};
LoginOutcome log_in(Txn& txn, const Context& context, const Account& account, bool verified, const Presented& presented);

// --- client credentials ---
LoginOutcome grant_client_token(Txn& txn, const Context& context, std::string_view client_id, std::string_view secret,
                                const Presented& presented);

Audited<bool> log_out(Txn& txn, const Context& context, const Caller& caller, const certs::TokenId& token);

}  // namespace entente::operations
