#include "server/operations/announce.hpp"
#include "server/operations/trust_common.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/agreement_life.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Agreement;
using protocol::AgreementId;
using protocol::AgreementState;
using protocol::CompanyId;

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

std::vector<protocol::CaseId> cases_concerned(ReadTxn& txn, const Agreement& agreement) {
    std::vector<protocol::CaseId> cases = store::cases_under_agreement(txn, agreement.id);
    for (std::size_t i = 0; i < agreement.parties.size(); ++i)
        for (std::size_t j = i + 1; j < agreement.parties.size(); ++j)
            for (const protocol::CaseId id : store::held_cases_between(txn, agreement.parties[i], agreement.parties[j]))
                cases.push_back(id);
    return cases;
}

namespace {

Error agreement_not_found() {
    return {.kind = ErrorKind::not_found, .code = "agreement_not_found", .message = "there is no such agreement"};
}
bool is_party(const Agreement& agreement, CompanyId company) {
    return std::ranges::find(agreement.parties, company) != agreement.parties.end();
}

Result<void> check_kind(ReadTxn& txn, const Caller& caller, const Agreement& agreement) {
    using protocol::AgreementKind;
    const bool hub = agreement.kind == AgreementKind::one_to_many;
    if (hub != static_cast<bool>(agreement.hub) || (hub && !is_party(agreement, agreement.hub)))
        return std::unexpected(
            invalid("/hub", "not_a_party", "a one-to-many agreement names one of its parties as hub, others none"));
    if (!agreement.supersedes) return {};
    const auto older = store::agreement_parties(txn, agreement.supersedes);
    if (older.empty() || (!caller.is_operator() && std::ranges::find(older, caller.company()) == older.end()))
        return std::unexpected(invalid("/supersedes", "unknown", "names no agreement of yours"));
    for (const CompanyId party : older)
        if (!is_party(agreement, party))
            return std::unexpected(
                invalid("/supersedes", "other_parties", "the agreement that it replaces has a party that this one lacks"));
    return {};
}

Result<void> check_agreement(ReadTxn& txn, const Caller& caller, const Agreement& agreement) {
    if (agreement.parties.size() < 2)
        return std::unexpected(invalid("/parties", "too_few", "an agreement needs two parties or more"));
    for (const CompanyId party : agreement.parties)
        if (!store::find_company(txn, party))
            return std::unexpected(invalid("/parties", "unknown", "names a company that does not exist"));
    if (auto kind = check_kind(txn, caller, agreement); !kind) return kind;
    if (agreement.valid_until && *agreement.valid_until <= agreement.valid_from)
        return std::unexpected(invalid("/validUntil", "too_early", "must be after validFrom"));
    if (!caller.is_operator() && !is_party(agreement, caller.company()))
        return fail(ErrorKind::forbidden, "not_a_party", "your company is no party to this agreement");
    return {};
}

// Everybody of a bilateral one; two of many, the hub among them.
bool accepted_enough(const Agreement& agreement) {
    if (agreement.kind == protocol::AgreementKind::bilateral) return agreement.acceptances.size() == agreement.parties.size();
    const bool hub =
        !agreement.hub || std::ranges::any_of(agreement.acceptances, [&](const auto& one) { return one.company == agreement.hub; });
    return hub && agreement.acceptances.size() >= 2;
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
    announce_agreement(context, record, agreement);
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
    const auto company = acting_for(txn, caller, acceptance.company);
    if (!company) return refused<Answer>(std::move(record), company.error());
    if (caller.is_operator() && acceptance.reason.empty())
        return refused<Answer>(std::move(record), invalid("/reason", "missing", "say why the operator records this acceptance"));
    if (!is_party(*agreement, *company))
        return refused<Answer>(std::move(record), invalid("/company", "not_a_party", "is no party to this agreement"));
    const bool many = agreement->kind != protocol::AgreementKind::bilateral;
    const bool joining = many && (agreement->state == AgreementState::in_force || agreement->state == AgreementState::suspended);
    if (!joining && agreement->state != AgreementState::offered && agreement->state != AgreementState::draft)
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
    protocol::Acceptance accepted{.company = *company, .signatory = acceptance.signatory, .at = context.now};
    if (!acceptance.signed_text.empty()) {
        auto signer = signer_of(txn, context, *agreement, *company, acceptance.signed_text);
        if (!signer) return refused<Answer>(std::move(record), signer.error());
        accepted.signatory = std::move(*signer);
        accepted.signed_digest = protocol::hex(certs::sha256(protocol::as_bytes(acceptance.signed_text)));
    }
    store::accept_agreement(txn, context.tools.vault, id, accepted, acceptance.signed_text);
    std::erase_if(agreement->acceptances, [&](const protocol::Acceptance& other) { return other.company == *company; });
    agreement->acceptances.push_back(std::move(accepted));
    std::ranges::sort(agreement->acceptances, {}, &protocol::Acceptance::company);
    if (agreement->state != AgreementState::suspended && accepted_enough(*agreement)) agreement->state = AgreementState::in_force;
    announce_step(txn, context, caller, *agreement, "accepted", "", context.now);
    ++agreement->version;
    if (!store::update_agreement(txn, *agreement)) throw protocol::Fault("agreement moved during its own operation");
    about(record, *agreement);
    announce_agreement(context, record, *agreement);
    if (!acceptance.reason.empty())
        record.content = protocol::JsonWriter().object().member("reason", acceptance.reason).end().take();
    std::vector<protocol::CaseId> cases;
    if (agreement->state == AgreementState::in_force) cases = cases_concerned(txn, *agreement);
    return {Answer{std::move(*agreement), std::move(cases)}, std::move(record)};
}

Audited<Turned<Agreement>> move_agreement(Txn& txn, const Context& context, const Caller& caller, AgreementId id,
                                          AgreementStep step, std::string_view reason, Instant effective) {
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
                                                       : from != AgreementState::terminated && from != AgreementState::superseded &&
                                                             from != AgreementState::expired;
    if (!legal)
        return refused<Answer>(std::move(record),
                               {.kind = ErrorKind::wrong_state,
                                .code = "wrong_state",
                                .message = "this step is not possible for an agreement that is " + std::string(name(from))});
    static constexpr std::string_view kinds[] = {"suspend", "resume", "terminate"};
    announce_step(txn, context, caller, *agreement, kinds[static_cast<int>(step)], reason, effective);
    about(record, *agreement);
    announce_agreement(context, record, *agreement);
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

}  // namespace entente::operations
