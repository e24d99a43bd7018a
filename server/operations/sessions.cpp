#include "server/operations/sessions.hpp"

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/sessions.hpp"

namespace entente::operations {

using certs::Principal;
using certs::PrincipalKind;

namespace {

Error token_refused() {
    return {
        .kind = ErrorKind::unauthenticated, .code = "token_invalid", .message = "The authorization token provided was invalid."};
}

Error wrong_credentials() {
    return {.kind = ErrorKind::unauthenticated, .code = "wrong_credentials", .message = "wrong credentials"};
}

std::string credential_name(protocol::Bytes id) {
    return protocol::hex(certs::sha256(id)).substr(0, 16);
}

bool company_active(ReadTxn& txn, protocol::CompanyId id) {
    if (!id) return true;  // the operator's clients
    const auto company = store::find_company(txn, id);
    return company && company->active;
}

// A client by its certificate alone: the URI names it, and the certificate must be one that was registered and not revoked.
Result<Caller> by_certificate(ReadTxn& txn, Instant now, const Presented& presented) {
    const auto certificate = store::find_certificate(txn, presented.certificate_fingerprint);
    if (!certificate || certificate->revoked_at || certificate->not_after <= now) return std::unexpected(token_refused());
    const auto client = store::find_client(txn, certificate->client);
    if (!client || !client->active || client->certificate_uri != presented.certificate_uri || !company_active(txn, client->company))
        return std::unexpected(token_refused());
    Caller caller;
    caller.principal = {PrincipalKind::client, client->id.value, client->company,
                        client->role,          "mtls",           presented.certificate_fingerprint.substr(0, 16)};
    return caller;
}

Result<Caller> by_session(ReadTxn& txn, Instant now, const Presented& presented) {
    const auto session = store::find_session(txn, *presented.token, now);
    if (!session) return std::unexpected(token_refused());
    // A bound token is good only on a connection that proves the same certificate (RFC 8705 section 3).
    if (session->certificate && *session->certificate != presented.certificate_fingerprint) return std::unexpected(token_refused());
    Caller caller;
    Principal& principal = caller.principal;
    principal.id = session->principal;
    principal.authentication = session->authentication;
    principal.credential = credential_name(*presented.token);
    if (session->kind == "user") {
        const auto standing = store::find_standing(txn, {session->principal});
        if (!standing) return std::unexpected(token_refused());
        principal.kind = PrincipalKind::user;
        principal.company = standing->company;
        principal.role = standing->role;
    } else {
        const auto client = store::find_client(txn, {session->principal});
        if (!client || !client->active) return std::unexpected(token_refused());
        principal.kind = PrincipalKind::client;
        principal.company = client->company;
        principal.role = client->role;
        if (!company_active(txn, principal.company)) return std::unexpected(token_refused());
    }
    return caller;
}

SignedIn open_session(Txn& txn, const Context& context, std::string kind, std::int64_t principal, std::string authentication,
                      const Presented& presented) {
    store::StoredSession session;
    context.tools.random(session.id);
    session.kind = std::move(kind);
    session.principal = principal;
    session.authentication = std::move(authentication);
    session.created_at = context.now;
    session.expires_at = context.now.plus_seconds(context.tools.settings.session_seconds);
    if (!presented.certificate_fingerprint.empty()) session.certificate = presented.certificate_fingerprint;
    store::insert_session(txn, session);
    return {session.id, static_cast<int>(context.tools.settings.session_seconds)};
}

audit::Record login_record(const Presented& presented, std::string operation, std::string authentication, PrincipalKind kind,
                           std::int64_t id, protocol::CompanyId company, protocol::Role role) {
    Caller caller;
    caller.principal = {kind, id, company, role, std::move(authentication), {}};
    caller.request_id = presented.request_id;
    caller.peer_address = presented.peer_address;
    audit::Record record = record_of(caller, std::move(operation), audit::Class::authentication, 1);
    record.resources.push_back({kind == PrincipalKind::user ? "user" : "client", std::to_string(id)});
    return record;
}

}  // namespace

Result<Caller> authenticate(ReadTxn& txn, const Tools&, Instant now, const Presented& presented) {
    Result<Caller> caller = presented.token                              ? by_session(txn, now, presented)
                            : !presented.certificate_fingerprint.empty() ? by_certificate(txn, now, presented)
                                                                         : std::unexpected(token_refused());
    if (caller) {
        caller->request_id = presented.request_id;
        caller->peer_address = presented.peer_address;
    }
    return caller;
}

Account find_account(ReadTxn& txn, const Tools& tools, std::string_view username) {
    Account account;
    const auto stored = store::find_user_by_name(txn, tools.vault, username);
    if (!stored) return account;
    account.known = true;
    account.active = stored->user.active && company_active(txn, stored->user.company);
    account.user = stored->user.id.value;
    account.company = stored->user.company;
    account.role = stored->user.role;
    account.password_hash = stored->password_hash;
    return account;
}

LoginOutcome log_in(Txn& txn, const Context& context, const Account& account, bool verified, const Presented& presented) {
    if (!account.known) return {std::unexpected(wrong_credentials()), std::nullopt};
    audit::Record record =
        login_record(presented, "login", "password", PrincipalKind::user, account.user, account.company, account.role);
    const auto stored = store::find_user(txn, context.tools.vault, {account.user});
    const bool unchanged = stored && stored->user.active && stored->password_hash == account.password_hash;
    if (!verified || !account.active || !unchanged) {
        record.outcome = audit::Outcome::failure;
        record.reason = !account.active ? "account_disabled" : "wrong_credentials";
        return {std::unexpected(wrong_credentials()), std::move(record)};
    }
    const SignedIn signed_in = open_session(txn, context, "user", account.user, "password", presented);
    record.credential = credential_name(signed_in.token);
    return {signed_in, std::move(record)};
}

LoginOutcome grant_client_token(Txn& txn, const Context& context, std::string_view client_id, std::string_view secret,
                                const Presented& presented) {
    const auto client = store::find_client_by_name(txn, client_id);
    const auto digest = certs::sha256(protocol::as_bytes(secret));
    if (!client) return {std::unexpected(wrong_credentials()), std::nullopt};
    audit::Record record = login_record(presented, "token", "client_credentials", PrincipalKind::client, client->id.value,
                                        client->company, client->role);
    const bool current = certs::equal_constant_time(digest, client->secret);
    const bool previous = client->previous_until && *client->previous_until > context.now && !client->previous_secret.empty() &&
                          certs::equal_constant_time(digest, client->previous_secret);
    // Whose identity is a certificate cannot be taken over with the secret alone, nor with somebody else's certificate.
    const bool certificate_missing = client->certificate_uri && !by_certificate(txn, context.now, presented);
    const bool certificate_foreign =
        !certificate_missing && !presented.certificate_fingerprint.empty() && client->certificate_uri != presented.certificate_uri;
    if ((!current && !previous) || !client->active || !company_active(txn, client->company) || certificate_missing ||
        certificate_foreign) {
        record.outcome = audit::Outcome::failure;
        record.reason = !client->active                              ? "account_disabled"
                        : certificate_missing || certificate_foreign ? "certificate_missing"
                                                                     : "wrong_credentials";
        return {std::unexpected(wrong_credentials()), std::move(record)};
    }
    const SignedIn signed_in = open_session(txn, context, "client", client->id.value, "client_credentials", presented);
    record.credential = credential_name(signed_in.token);
    return {signed_in, std::move(record)};
}

Audited<bool> log_out(Txn& txn, const Context& context, const Caller& caller, const certs::TokenId& token) {
    audit::Record record = record_of(caller, "logout", audit::Class::authentication, 2);
    return {store::revoke_session(txn, token, context.now), std::move(record)};
}

}  // namespace entente::operations
