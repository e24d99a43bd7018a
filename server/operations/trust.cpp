#include "server/operations/trust.hpp"

#include <algorithm>

#include "protocol/json_writer.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Agreement;
using protocol::AgreementId;
using protocol::AgreementState;
using protocol::Authorization;
using protocol::AuthorizationId;
using protocol::AuthorizationState;
using protocol::CompanyId;
using store::StoredAuthorization;

namespace {

audit::Record trust_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

void about(audit::Record& record, const Agreement& agreement) {
    record.parties = agreement.parties;
    record.resources.push_back({"agreement", std::to_string(agreement.id.value), agreement.version});
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("document_digest", agreement.document_digest)
                          .member("state", name(agreement.state))
                          .end()
                          .take();
}

void about(audit::Record& record, const StoredAuthorization& stored) {
    const Authorization& z = stored.authorization;
    record.customer_owner = z.customer;
    record.resources.push_back({"authorization", std::to_string(z.id.value), z.version});
    record.resources.push_back({"customer", std::to_string(z.customer.value)});
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("assurance", name(z.assurance))
                          .member("classes", static_cast<std::int64_t>(z.classes.bits()))
                          .member("evidence_digest", z.evidence_digest)
                          .member("state", name(z.state))
                          .end()
                          .take();
}

Error agreement_not_found() {
    return {.kind = ErrorKind::not_found, .code = "agreement_not_found", .message = "there is no such agreement"};
}
Error authorization_not_found() {
    return {.kind = ErrorKind::not_found, .code = "authorization_not_found", .message = "there is no such authorization"};
}

bool is_party(const Agreement& agreement, CompanyId company) {
    return std::ranges::find(agreement.parties, company) != agreement.parties.end();
}

// Every pair of parties: a consortium's agreement moves the cases of all of them.
std::vector<protocol::CaseId> cases_concerned(ReadTxn& txn, const Agreement& agreement) {
    std::vector<protocol::CaseId> cases = store::cases_under_agreement(txn, agreement.id);
    for (std::size_t i = 0; i < agreement.parties.size(); ++i)
        for (std::size_t j = i + 1; j < agreement.parties.size(); ++j)
            for (const protocol::CaseId id : store::held_cases_between(txn, agreement.parties[i], agreement.parties[j]))
                cases.push_back(id);
    return cases;
}

Error invalid(std::string pointer, std::string code, std::string message) {
    Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "the request breaks rules"};
    error.violations.push_back({std::move(pointer), std::move(code), std::move(message)});
    return error;
}

Result<void> check_agreement(ReadTxn& txn, const Caller& caller, const Agreement& agreement) {
    if (agreement.parties.size() < 2)
        return std::unexpected(invalid("/parties", "too_few", "an agreement needs two parties or more"));
    for (const CompanyId party : agreement.parties)
        if (!store::find_company(txn, party))
            return std::unexpected(invalid("/parties", "unknown", "names a company that does not exist"));
    if (agreement.valid_until && *agreement.valid_until <= agreement.valid_from)
        return std::unexpected(invalid("/validUntil", "too_early", "must be after validFrom"));
    if (!caller.is_operator() && !is_party(agreement, caller.company()))
        return fail(ErrorKind::forbidden, "not_a_party", "your company is no party to this agreement");
    return {};
}

// In the caller's sight: its own agreements, or all for the operator.
std::optional<Agreement> visible_agreement(ReadTxn& txn, const Context& context, const Caller& caller, AgreementId id) {
    auto agreement = store::find_agreement(txn, context.tools.vault, id);
    if (agreement && !caller.is_operator() && !is_party(*agreement, caller.company())) agreement.reset();
    return agreement;
}

}  // namespace

Audited<Agreement> add_agreement(Txn& txn, const Context& context, const Caller& caller, Agreement agreement) {
    audit::Record record = trust_record(caller, "agreement.create", audit::activity_create);
    if (auto allowed = require(caller, Operation::agreement_admin); !allowed)
        return refused<Agreement>(std::move(record), allowed.error());
    std::ranges::sort(agreement.parties);
    const auto repeated = std::ranges::unique(agreement.parties);
    agreement.parties.erase(repeated.begin(), repeated.end());
    if (auto valid = check_agreement(txn, caller, agreement); !valid) return refused<Agreement>(std::move(record), valid.error());
    agreement.id = {store::fresh_id(txn, "agreements", [&] { return context.tools.draw(); })};
    agreement.state = AgreementState::offered;
    store::insert_agreement(txn, agreement, context.now);
    about(record, agreement);
    return {std::move(agreement), std::move(record)};
}

Audited<Turned<Agreement>> accept_agreement(Txn& txn, const Context& context, const Caller& caller, AgreementId id,
                                            const Acceptance& acceptance) {
    using Answer = Turned<Agreement>;
    audit::Record record = trust_record(caller, "agreement.accept", 8);
    if (auto allowed = require(caller, Operation::agreement_admin); !allowed)
        return refused<Answer>(std::move(record), allowed.error());
    txn.lock("agreement/" + std::to_string(id.value));
    auto agreement = visible_agreement(txn, context, caller, id);
    if (!agreement) return refused<Answer>(std::move(record), agreement_not_found());
    const auto company = acting_for(caller, acceptance.company);
    if (!company) return refused<Answer>(std::move(record), company.error());
    if (caller.is_operator() && acceptance.reason.empty())
        return refused<Answer>(std::move(record), invalid("/reason", "missing", "say why the operator records this acceptance"));
    if (!is_party(*agreement, *company))
        return refused<Answer>(std::move(record), invalid("/company", "not_a_party", "is no party to this agreement"));
    if (agreement->state != AgreementState::offered && agreement->state != AgreementState::draft)
        return refused<Answer>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                   .code = "agreement_not_offered",
                                                   .message = "only an offered agreement can be accepted; this one is " +
                                                              std::string(name(agreement->state))});
    if (acceptance.document_digest != agreement->document_digest)
        return refused<Answer>(std::move(record), {.kind = ErrorKind::conflict,
                                                   .code = "digest_differs",
                                                   .message = "the digest names another document than the agreement's",
                                                   .next_step = "sha256sum the document that you read; the agreement's is " +
                                                                agreement->document_digest});
    store::accept_agreement(txn, context.tools.vault, id, {*company, acceptance.signatory, context.now});
    std::erase_if(agreement->acceptances, [&](const protocol::Acceptance& other) { return other.company == *company; });
    agreement->acceptances.push_back({*company, acceptance.signatory, context.now});
    std::ranges::sort(agreement->acceptances, {}, &protocol::Acceptance::company);
    if (agreement->acceptances.size() == agreement->parties.size()) agreement->state = AgreementState::in_force;
    ++agreement->version;
    if (!store::update_agreement(txn, *agreement)) throw protocol::Fault("agreement moved during its own operation");
    about(record, *agreement);
    if (!acceptance.reason.empty())
        record.content = protocol::JsonWriter().object().member("reason", acceptance.reason).end().take();
    std::vector<protocol::CaseId> cases;
    if (agreement->state == AgreementState::in_force) cases = cases_concerned(txn, *agreement);
    return {Answer{std::move(*agreement), std::move(cases)}, std::move(record)};
}

Audited<Turned<Agreement>> move_agreement(Txn& txn, const Context& context, const Caller& caller, AgreementId id,
                                          AgreementStep step, std::string_view reason) {
    using Answer = Turned<Agreement>;
    static constexpr std::string_view operations[] = {"agreement.suspend", "agreement.resume", "agreement.terminate"};
    audit::Record record = trust_record(caller, std::string(operations[static_cast<int>(step)]), audit::activity_update);
    if (auto allowed = require(caller, Operation::agreement_admin); !allowed)
        return refused<Answer>(std::move(record), allowed.error());
    txn.lock("agreement/" + std::to_string(id.value));
    auto agreement = visible_agreement(txn, context, caller, id);
    if (!agreement) return refused<Answer>(std::move(record), agreement_not_found());
    const AgreementState from = agreement->state;
    const bool legal = step == AgreementStep::suspend  ? from == AgreementState::in_force
                       : step == AgreementStep::resume ? from == AgreementState::suspended
                                                       : from != AgreementState::terminated && from != AgreementState::superseded;
    if (!legal)
        return refused<Answer>(std::move(record),
                               {.kind = ErrorKind::wrong_state,
                                .code = "wrong_state",
                                .message = "this step is not possible for an agreement that is " + std::string(name(from))});
    agreement->state = step == AgreementStep::suspend  ? AgreementState::suspended
                       : step == AgreementStep::resume ? AgreementState::in_force
                                                       : AgreementState::terminated;
    ++agreement->version;
    if (!store::update_agreement(txn, *agreement)) throw protocol::Fault("agreement moved during its own operation");
    about(record, *agreement);
    // The reason is a person's words: sealed, not in the core.
    record.content = protocol::JsonWriter().object().member("reason", reason).end().take();
    std::vector<protocol::CaseId> cases = cases_concerned(txn, *agreement);
    return {Answer{std::move(*agreement), std::move(cases)}, std::move(record)};
}

Result<std::vector<Agreement>> list_agreements(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::agreement_read); !allowed) return std::unexpected(allowed.error());
    return caller.is_operator() ? store::all_agreements(txn, context.tools.vault)
                                : store::agreements_of(txn, context.tools.vault, caller.company());
}

Result<Agreement> read_agreement(ReadTxn& txn, const Context& context, const Caller& caller, AgreementId id) {
    if (auto allowed = require(caller, Operation::agreement_read); !allowed) return std::unexpected(allowed.error());
    auto agreement = visible_agreement(txn, context, caller, id);
    if (!agreement) return std::unexpected(agreement_not_found());
    return std::move(*agreement);
}

// --- authorizations ---

Audited<StoredAuthorization> request_authorization(Txn& txn, const Context& context, const Caller& caller,
                                                   Authorization authorization) {
    audit::Record record = trust_record(caller, "authorization.request", audit::activity_create);
    if (auto allowed = require(caller, Operation::authorization_request); !allowed)
        return refused<StoredAuthorization>(std::move(record), allowed.error());
    const auto customer = store::find_customer(txn, context.tools.vault, caller.company(), authorization.customer);
    if (!customer || !customer->customer.active)
        return refused<StoredAuthorization>(std::move(record), {.kind = ErrorKind::not_found,
                                                                .code = "customer_not_found",
                                                                .message = "your company has no such customer",
                                                                .next_step = "entente customer list"});
    std::ranges::sort(authorization.partners);
    const auto repeated = std::ranges::unique(authorization.partners);
    authorization.partners.erase(repeated.begin(), repeated.end());
    if (authorization.partners.empty())
        return refused<StoredAuthorization>(std::move(record), invalid("/partners", "missing", "name at least one partner"));
    for (const CompanyId partner : authorization.partners)
        if (partner == caller.company() || !store::find_company(txn, partner))
            return refused<StoredAuthorization>(std::move(record),
                                                invalid("/partners", "unknown", "names a company that is no partner"));
    if (authorization.until <= authorization.not_before || authorization.until <= context.now)
        return refused<StoredAuthorization>(std::move(record),
                                            invalid("/until", "too_early", "must be in the future and after notBefore"));
    if (authorization.classes.has(protocol::DataClass::secret))
        return refused<StoredAuthorization>(std::move(record),
                                            invalid("/dataClasses", "not_allowed", "secrets can never be shared"));

    StoredAuthorization stored;
    stored.authorization = std::move(authorization);
    Authorization& z = stored.authorization;
    z.id = {store::fresh_id(txn, "authorizations", [&] { return context.tools.draw(); })};
    z.company = caller.company();
    z.state = AuthorizationState::requested;
    z.created_at = context.now;
    z.version = 1;
    stored.requested_by = caller.principal.label();
    store::insert_authorization(txn, context.tools.vault, stored);
    about(record, stored);
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

Result<void> legal_step(AuthorizationStep step, const Authorization& z) {
    const bool legal = step == AuthorizationStep::withdraw
                           ? z.state == AuthorizationState::requested || z.state == AuthorizationState::granted
                       : step == AuthorizationStep::grant
                           ? z.state == AuthorizationState::requested ||
                                 (z.state == AuthorizationState::granted && z.assurance == protocol::Assurance::attested)
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
            z.assurance = protocol::Assurance::recorded;
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

    apply_step(*stored, step, decision);
    stored->decided_by = caller.principal.label();
    stored->authorization.decided_at = context.now;
    ++stored->authorization.version;
    if (!store::update_authorization(txn, context.tools.vault, *stored))
        throw protocol::Fault("authorization moved during its own operation");
    record.resources.clear();
    about(record, *stored);
    record.customer = protocol::JsonWriter()
                          .object()
                          .member("obtained_how", stored->authorization.obtained_how)
                          .member("reason", stored->reason)
                          .end()
                          .take();
    const Authorization& z = stored->authorization;
    std::vector<protocol::CaseId> cases = store::cases_under_authorization(txn, z.id);
    if (step != AuthorizationStep::withdraw)
        for (const protocol::CaseId waiting : store::held_cases_of_customer(txn, z.company, z.customer)) cases.push_back(waiting);
    return {Answer{std::move(*stored), std::move(cases)}, std::move(record)};
}

Result<std::vector<StoredAuthorization>> list_authorizations(ReadTxn& txn, const Context& context, const Caller& caller,
                                                             protocol::CustomerId customer) {
    if (auto allowed = require(caller, Operation::authorization_read); !allowed) return std::unexpected(allowed.error());
    return store::authorizations_of(txn, context.tools.vault, caller.company(), customer);
}

Result<StoredAuthorization> read_authorization(ReadTxn& txn, const Context& context, const Caller& caller, AuthorizationId id) {
    if (auto allowed = require(caller, Operation::authorization_read); !allowed) return std::unexpected(allowed.error());
    auto stored = store::find_authorization(txn, context.tools.vault, caller.company(), id);
    if (!stored) return std::unexpected(authorization_not_found());
    return std::move(*stored);
}

}  // namespace entente::operations
