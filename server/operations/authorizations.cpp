#include <algorithm>

#include "certs/digest.hpp"
#include "policy/customer.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Authorization;
using protocol::AuthorizationId;
using protocol::AuthorizationState;
using protocol::CompanyId;
using store::StoredAuthorization;

void about(audit::Record& record, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    record.customer_owner = z.customer;
    record.resources.push_back({"authorization", std::to_string(z.id.value), z.version});
    record.resources.push_back({"customer", std::to_string(z.customer.value)});
    protocol::JsonWriter json;
    json.object().member("assurance", name(z.assurance)).member("classes", static_cast<std::int64_t>(z.classes.bits()));
    if (z.emergency) json.member("emergency", true);
    json.member("evidence_digest", z.evidence_digest).member("state", name(z.state)).end();
    record.decision = json.take();
}

Error authorization_not_found() {
    return {.kind = ErrorKind::not_found, .code = "authorization_not_found", .message = "there is no such authorization"};
}

std::string customer_section(const StoredAuthorization& stored) {
    return protocol::JsonWriter()
        .object()
        .member("obtained_how", stored.authorization.obtained_how)
        .member("reason", stored.reason)
        .end()
        .take();
}

namespace {

std::string code_of_index(const store::Hash& index) {
    return protocol::hex(index).substr(0, 16);
}

}  // namespace

std::string product_code(const store::Vault& vault, std::string_view product) {
    const std::string normalised = policy::normalise_name(product);
    return normalised.empty() ? std::string() : code_of_index(vault.blind_index("product", normalised));
}

std::vector<std::string> product_codes_in_log(const store::Vault& vault, std::string_view product) {
    std::vector<std::string> codes{product_code(vault, product)};
    const auto before = vault.blind_index_before("product", policy::normalise_name(product));
    if (before && !codes.front().empty()) codes.push_back(code_of_index(*before));
    return codes;
}

void end_emergency(Authorization& z) {
    if (!z.emergency) return;
    z.emergency = false;
    z.until = z.asked_until;
}

void save_authorization(Txn& txn, const Context& context, StoredAuthorization& stored, std::string_view event,
                        std::string_view actor, audit::Record& record) {
    stored.decided_by = actor;
    stored.authorization.decided_at = context.now;
    ++stored.authorization.version;
    if (!store::update_authorization(txn, context.tools.vault, stored))
        throw protocol::Fault("authorization moved during its own operation");
    store::add_authorization_event(txn, stored.authorization.id, event, context.now, actor);
    record.resources.clear();
    about(record, stored);
    record.customer = customer_section(stored);
}

std::vector<protocol::CaseId> cases_to_follow(ReadTxn& txn, const Authorization& z) {
    std::vector<protocol::CaseId> cases = store::cases_under_authorization(txn, z.id);
    if (z.state != AuthorizationState::withdrawn)
        for (const protocol::CaseId waiting : store::held_cases_of_customer(txn, z.company, z.customer)) cases.push_back(waiting);
    return cases;
}

Result<void> check_authorization(ReadTxn& txn, const Context& context, CompanyId company, const Authorization& z) {
    if (z.partners.empty()) return std::unexpected(invalid("/partners", "missing", "name at least one partner"));
    for (const CompanyId partner : z.partners)
        if (partner == company || !store::find_company(txn, partner))
            return std::unexpected(invalid("/partners", "unknown", "names a company that is no partner"));
    if (z.until <= z.not_before || z.until <= context.now)
        return std::unexpected(invalid("/until", "too_early", "must be in the future and after notBefore"));
    if (z.classes.has(protocol::DataClass::secret))
        return std::unexpected(invalid("/dataClasses", "not_allowed", "secrets can never be shared"));
    for (std::size_t i = 0; i < z.products.size(); ++i)
        if (product_code(context.tools.vault, z.products[i]).empty())
            return std::unexpected(invalid("/products/" + std::to_string(i), "not_allowed", "needs letters or digits"));
    return {};
}

Result<void> resolve_cases(ReadTxn& txn, CompanyId company, StoredAuthorization& stored) {
    for (std::size_t i = 0; i < stored.case_tokens.size(); ++i) {
        const auto id = store::find_case_id(txn, stored.case_tokens[i], company);
        if (!id) return std::unexpected(invalid("/cases/" + std::to_string(i), "unknown", "names no case of your company"));
        stored.authorization.cases.push_back(*id);
    }
    return {};
}

void insert_new(Txn& txn, const Context& context, StoredAuthorization& stored, std::string_view event, std::string_view actor,
                audit::Record& record) {
    Authorization& z = stored.authorization;
    z.id = {store::fresh_id(txn, "authorizations", [&] { return context.tools.draw(); })};
    z.created_at = context.now;
    z.version = 1;
    z.product_codes.clear();
    for (const std::string& product : z.products) z.product_codes.push_back(product_code(context.tools.vault, product));
    stored.requested_by = actor;
    store::insert_authorization(txn, context.tools.vault, stored);
    store::add_authorization_event(txn, z.id, event, context.now, actor);
    about(record, stored);
}

Audited<StoredAuthorization> request_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                   const AuthorizationRequest& request) {
    audit::Record record = trust_record(caller, "authorization.request", audit::activity_create);
    if (auto allowed = require(caller, Operation::authorization_request); !allowed)
        return refused<StoredAuthorization>(std::move(record), allowed.error());
    StoredAuthorization stored;
    stored.authorization = request.authorization;
    stored.case_tokens = request.cases;
    Authorization& z = stored.authorization;
    const auto customer = store::find_customer(txn, context.tools.vault, caller.company(), z.customer);
    if (!customer || !customer->customer.active)
        return refused<StoredAuthorization>(std::move(record), {.kind = ErrorKind::not_found,
                                                                .code = "customer_not_found",
                                                                .message = "your company has no such customer",
                                                                .next_step = "entente customer list"});
    std::ranges::sort(z.partners);
    const auto repeated = std::ranges::unique(z.partners);
    z.partners.erase(repeated.begin(), repeated.end());
    if (auto valid = check_authorization(txn, context, caller.company(), z); !valid)
        return refused<StoredAuthorization>(std::move(record), valid.error());
    if (auto known = resolve_cases(txn, caller.company(), stored); !known)
        return refused<StoredAuthorization>(std::move(record), known.error());
    z.company = caller.company();
    z.state = AuthorizationState::requested;
    insert_new(txn, context, stored, "requested", caller.principal.label(), record);
    return {std::move(stored), std::move(record)};
}

namespace {

Result<void> may_step(const Caller& caller, AuthorizationStep step, const StoredAuthorization& stored) {
    const Operation needed = step == AuthorizationStep::attest     ? Operation::authorization_attest
                             : step == AuthorizationStep::withdraw ? Operation::authorization_withdraw
                                                                   : Operation::authorization_decide;
    if (auto allowed = require(caller, needed); !allowed) return allowed;
    // Who asked for it cannot also say that the customer agreed, except as an attestation, which is worth less.
    if (step == AuthorizationStep::grant && stored.requested_by == caller.principal.label())
        return fail(ErrorKind::forbidden, "second_person_needed", "who requested an authorization cannot record its grant",
                    "ask a compliance officer: entente authorization grant " + std::to_string(stored.authorization.id.value));
    return {};
}

// What a contract covers is named: the clause in words, the contract by its digest.
Result<void> enough_evidence(AuthorizationStep step, const AuthorizationDecision& decision) {
    if (step != AuthorizationStep::grant || !decision.covered || !decision.evidence_digest.empty()) return {};
    return std::unexpected(invalid("/evidenceDigest", "missing", "a contract that covers it is named by its SHA-256 digest"));
}

Result<void> legal_step(AuthorizationStep step, const Authorization& z) {
    const bool legal = step == AuthorizationStep::withdraw
                           ? z.state == AuthorizationState::requested || z.state == AuthorizationState::granted
                       : step == AuthorizationStep::grant
                           ? z.state == AuthorizationState::requested ||
                                 (z.state == AuthorizationState::granted && z.assurance < protocol::Assurance::covered)
                           : z.state == AuthorizationState::requested;
    if (legal) return {};
    return fail(ErrorKind::wrong_state, "wrong_state",
                "this step is not possible for an authorization that is " + std::string(name(z.state)),
                "ask the customer anew: entente authorization request");
}

void apply_step(StoredAuthorization& stored, AuthorizationStep step, const AuthorizationDecision& decision) {
    Authorization& z = stored.authorization;
    switch (step) {
        case AuthorizationStep::grant:
            z.state = AuthorizationState::granted;
            z.assurance = decision.covered ? protocol::Assurance::covered : protocol::Assurance::recorded;
            end_emergency(z);
            break;
        case AuthorizationStep::attest:
            z.state = AuthorizationState::granted;
            z.assurance = protocol::Assurance::attested;
            break;
        case AuthorizationStep::refuse:
            z.state = AuthorizationState::refused;
            break;
        case AuthorizationStep::withdraw:
            z.state = AuthorizationState::withdrawn;
            break;
    }
    if (!decision.obtained_how.empty()) z.obtained_how = decision.obtained_how;
    if (!decision.evidence_digest.empty()) z.evidence_digest = decision.evidence_digest;
    if (!decision.reason.empty()) stored.reason = decision.reason;
}

}  // namespace

Audited<Turned<StoredAuthorization>> move_authorization(Txn& txn, const Context& context, const Caller& caller, AuthorizationId id,
                                                        AuthorizationStep step, const AuthorizationDecision& decision) {
    using Answer = Turned<StoredAuthorization>;
    static constexpr std::string_view operations[] = {"authorization.grant", "authorization.attest", "authorization.refuse",
                                                      "authorization.withdraw"};
    audit::Record record = trust_record(caller, std::string(operations[static_cast<int>(step)]), audit::activity_update);
    txn.lock("authorization/" + std::to_string(id.value));
    auto stored = store::find_authorization(txn, context.tools.vault, caller.company(), id);
    if (!stored) return refused<Answer>(std::move(record), authorization_not_found());
    about(record, *stored);
    if (auto allowed = may_step(caller, step, *stored); !allowed) return refused<Answer>(std::move(record), allowed.error());
    if (auto legal = legal_step(step, stored->authorization); !legal) return refused<Answer>(std::move(record), legal.error());
    if (auto enough = enough_evidence(step, decision); !enough) return refused<Answer>(std::move(record), enough.error());

    apply_step(*stored, step, decision);
    static constexpr std::string_view attested = "attested", denied = "refused", withdrawn = "withdrawn";
    const std::string_view event = step == AuthorizationStep::grant    ? name(stored->authorization.assurance)
                                   : step == AuthorizationStep::attest ? attested
                                   : step == AuthorizationStep::refuse ? denied
                                                                       : withdrawn;
    save_authorization(txn, context, *stored, event, caller.principal.label(), record);
    std::vector<protocol::CaseId> cases = cases_to_follow(txn, stored->authorization);
    return {Answer{std::move(*stored), std::move(cases)}, std::move(record)};
}

Result<std::vector<StoredAuthorization>> list_authorizations(ReadTxn& txn, const Context& context, const Caller& caller,
                                                             protocol::CustomerId customer, bool unconfirmed) {
    if (auto allowed = require(caller, Operation::authorization_read); !allowed) return std::unexpected(allowed.error());
    if (unconfirmed) return store::unconfirmed_emergencies(txn, context.tools.vault, caller.company());
    return store::authorizations_of(txn, context.tools.vault, caller.company(), customer);
}

Result<StoredAuthorization> read_authorization(ReadTxn& txn, const Context& context, const Caller& caller, AuthorizationId id) {
    if (auto allowed = require(caller, Operation::authorization_read); !allowed) return std::unexpected(allowed.error());
    auto stored = store::find_authorization(txn, context.tools.vault, caller.company(), id);
    if (!stored) return std::unexpected(authorization_not_found());
    return std::move(*stored);
}

}  // namespace entente::operations
