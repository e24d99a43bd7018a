#include "server/operations/agreement_life.hpp"

#include <algorithm>

#include "certs/digest.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Agreement;
using protocol::AgreementId;
using protocol::AgreementKind;
using protocol::AgreementState;
using protocol::CompanyId;
using store::AgreementChange;
using store::AgreementText;

namespace {

bool open_ended(AgreementState state) {
    return state == AgreementState::draft || state == AgreementState::offered || state == AgreementState::in_force ||
           state == AgreementState::suspended;
}

// The state that a change leads to, or nothing when it is not possible from here any more.
std::optional<AgreementState> state_after(std::string_view kind, AgreementState from) {
    if (kind == "suspend" && from == AgreementState::in_force) return AgreementState::suspended;
    if (kind == "resume" && from == AgreementState::suspended) return AgreementState::in_force;
    if (kind == "terminate" && open_ended(from)) return AgreementState::terminated;
    if (kind == "expired" && open_ended(from)) return AgreementState::expired;
    if (kind == "superseded" && open_ended(from)) return AgreementState::superseded;
    return std::nullopt;
}

bool acknowledged_by_all(const AgreementChange& change, const Agreement& agreement) {
    if (!change.needs_acknowledgement) return true;
    return std::ranges::all_of(agreement.parties, [&](CompanyId party) {
        return party == change.company || std::ranges::find(change.acknowledged, party) != change.acknowledged.end();
    });
}

void apply(Txn& txn, const Context& context, Agreement& agreement, const AgreementChange& change) {
    store::mark_applied(txn, change, context.now);
    const auto next = state_after(change.kind, agreement.state);
    if (!next) return;
    agreement.state = *next;
    ++agreement.version;
    if (!store::update_agreement(txn, agreement)) throw protocol::Fault("agreement moved during its own operation");
}

audit::Record gateway_record(const Agreement& agreement, std::string_view kind) {
    audit::Record record;
    record.operation = "agreement." + std::string(kind);
    record.class_uid = audit::Class::entity_management;
    record.activity = audit::activity_update;
    record.authentication = "none";
    record.role = "gateway";
    about(record, agreement);
    return record;
}

// What comes by time alone is announced by the gateway in the moment in which it holds: both texts named it from the beginning.
void by_time(Txn& txn, const Context& context, Agreement& agreement, std::string_view kind, AgreementSettled& settled) {
    AgreementChange change;
    change.agreement = agreement.id;
    change.kind = kind;
    change.by_whom = "gateway";
    change.announced_at = change.effective_at = context.now;
    store::insert_change(txn, context.tools.vault, change);
    apply(txn, context, agreement, change);
    settled.records.push_back(gateway_record(agreement, kind));
    announce_agreement(context, settled.records.back(), agreement);
}

// The agreement for a step of its parties: role, scope, lock, named in the record.
Result<Agreement> open_agreement(Txn& txn, const Context& context, const Caller& caller, AgreementId id, audit::Record& record) {
    if (auto allowed = require(caller, Operation::agreement_admin); !allowed) return std::unexpected(allowed.error());
    txn.lock("agreement/" + std::to_string(id.value));
    auto agreement = read_agreement(txn, context, caller, id);
    if (agreement) about(record, *agreement);
    return agreement;
}

Error wrong_state(std::string message) {
    return {.kind = ErrorKind::wrong_state, .code = "wrong_state", .message = std::move(message)};
}

}  // namespace

void announce_step(Txn& txn, const Context& context, const Caller& caller, Agreement& agreement, std::string_view kind,
                   std::string_view reason, Instant effective) {
    AgreementChange change;
    change.agreement = agreement.id;
    change.kind = kind;
    change.company = caller.company();
    change.by_whom = caller.principal.label();
    change.reason = reason;
    change.announced_at = context.now;
    change.effective_at = std::max(effective, context.now);
    change.needs_acknowledgement = kind == "resume" && agreement.acknowledge;
    store::insert_change(txn, context.tools.vault, change);
    if (change.effective_at <= context.now && acknowledged_by_all(change, agreement)) apply(txn, context, agreement, change);
}

AgreementSettled settle_agreement(Txn& txn, const Context& context, AgreementId id) {
    txn.lock("agreement/" + std::to_string(id.value));
    AgreementSettled settled;
    auto agreement = store::find_agreement(txn, context.tools.vault, id);
    if (!agreement) return settled;
    for (const AgreementChange& change : store::changes_of(txn, context.tools.vault, id)) {
        if (change.applied_at || change.effective_at > context.now || !acknowledged_by_all(change, *agreement)) continue;
        apply(txn, context, *agreement, change);
        settled.records.push_back(gateway_record(*agreement, change.kind));
        announce_agreement(context, settled.records.back(), *agreement);
    }
    if (open_ended(agreement->state) && agreement->valid_until && *agreement->valid_until <= context.now)
        by_time(txn, context, *agreement, "expired", settled);
    if (open_ended(agreement->state) && store::successor_in_force(txn, id, context.now))
        by_time(txn, context, *agreement, "superseded", settled);
    if (!settled.records.empty()) settled.cases = cases_concerned(txn, *agreement);
    return settled;
}

Result<std::vector<AgreementChange>> list_changes(ReadTxn& txn, const Context& context, const Caller& caller, AgreementId id) {
    const auto agreement = read_agreement(txn, context, caller, id);
    if (!agreement) return std::unexpected(agreement.error());
    return store::changes_of(txn, context.tools.vault, id);
}

Audited<Turned<Agreement>> acknowledge_change(Txn& txn, const Context& context, const Caller& caller, AgreementId id,
                                              std::int64_t position) {
    using Answer = Turned<Agreement>;
    audit::Record record = trust_record(caller, "agreement.acknowledge", audit::activity_update);
    auto agreement = open_agreement(txn, context, caller, id, record);
    if (!agreement) return refused<Answer>(std::move(record), agreement.error());
    const auto changes = store::changes_of(txn, context.tools.vault, id);
    const auto change = std::ranges::find(changes, position, &AgreementChange::position);
    if (caller.is_operator() || change == changes.end())
        return refused<Answer>(std::move(record), {.kind = ErrorKind::not_found,
                                                   .code = "change_not_found",
                                                   .message = "there is no such change for your company to acknowledge"});
    store::acknowledge_change(txn, id, position, caller.company(), caller.principal.label(), context.now);
    settle_agreement(txn, context, id);  // its own record is this one
    auto now = store::find_agreement(txn, context.tools.vault, id);
    record.resources.clear();
    about(record, *now);
    announce_agreement(context, record, *now);
    std::vector<protocol::CaseId> cases = cases_concerned(txn, *now);
    return {Answer{std::move(*now), std::move(cases)}, std::move(record)};
}

// --- members ---

Audited<Agreement> add_member(Txn& txn, const Context& context, const Caller& caller, AgreementId id, const Member& member) {
    audit::Record record = trust_record(caller, "agreement.member.add", audit::activity_update);
    auto agreement = open_agreement(txn, context, caller, id, record);
    if (!agreement) return refused<Agreement>(std::move(record), agreement.error());
    if (agreement->kind == AgreementKind::bilateral || !open_ended(agreement->state))
        return refused<Agreement>(std::move(record),
                                  wrong_state("only a consortium or one-to-many agreement that has not ended takes members"));
    if (agreement->kind == AgreementKind::one_to_many && !caller.is_operator() && caller.company() != agreement->hub)
        return refused<Agreement>(std::move(record), {.kind = ErrorKind::forbidden,
                                                      .code = "hub_only",
                                                      .message = "members of a one-to-many agreement are brought in by its hub"});
    if (!store::find_company(txn, member.company))
        return refused<Agreement>(std::move(record), invalid("/company", "unknown", "names a company that does not exist"));
    if (std::ranges::find(agreement->parties, member.company) != agreement->parties.end())
        return refused<Agreement>(
            std::move(record),
            {.kind = ErrorKind::conflict, .code = "already_member", .message = "this company is a party already"});
    store::add_party(txn, id, member.company, member.role);
    announce_step(txn, context, caller, *agreement, "member_added", "", context.now);
    auto now = store::find_agreement(txn, context.tools.vault, id);
    record.resources.clear();
    about(record, *now);
    record.resources.push_back({"company", std::to_string(member.company.value)});
    announce_agreement(context, record, *now);
    return {std::move(*now), std::move(record)};
}

Audited<Turned<Agreement>> leave_agreement(Txn& txn, const Context& context, const Caller& caller, AgreementId id,
                                           std::string_view reason) {
    using Answer = Turned<Agreement>;
    audit::Record record = trust_record(caller, "agreement.member.leave", audit::activity_update);
    auto agreement = open_agreement(txn, context, caller, id, record);
    if (!agreement) return refused<Answer>(std::move(record), agreement.error());
    if (caller.is_operator() || agreement->kind == AgreementKind::bilateral || agreement->hub == caller.company())
        return refused<Answer>(std::move(record), wrong_state("who cannot leave an agreement ends it: terminate"));
    std::vector<protocol::CaseId> cases = cases_concerned(txn, *agreement);
    announce_step(txn, context, caller, *agreement, "member_left", reason, context.now);
    announce_agreement(context, record, *agreement);
    store::leave_agreement(txn, id, caller.company(), context.now);
    ++agreement->version;
    if (!store::update_agreement(txn, *agreement)) throw protocol::Fault("agreement moved during its own operation");
    std::erase(agreement->parties, caller.company());
    return {Answer{std::move(*agreement), std::move(cases)}, std::move(record)};
}

// --- texts ---

Audited<AgreementText> add_text(Txn& txn, const Context& context, const Caller& caller, const NewText& input) {
    audit::Record record = trust_record(caller, "agreement.text.add", audit::activity_create);
    if (auto allowed = require(caller, Operation::agreement_admin); !allowed)
        return refused<AgreementText>(std::move(record), allowed.error());
    AgreementText text;
    text.digest = input.body ? protocol::hex(certs::sha256(protocol::as_bytes(*input.body))) : input.digest;
    if (text.digest.empty())
        return refused<AgreementText>(std::move(record),
                                      invalid("/digest", "missing", "is needed where the text itself is not given"));
    if (!input.digest.empty() && input.digest != text.digest)
        return refused<AgreementText>(std::move(record), {.kind = ErrorKind::conflict,
                                                          .code = "digest_differs",
                                                          .message = "the digest is another text's; this one's is " + text.digest});
    text.title = input.title;
    text.version = input.version;
    text.body = input.body;
    text.company = caller.company();
    text.added_by = caller.principal.label();
    text.created_at = context.now;
    if (auto known = store::find_text(txn, text.digest)) {
        // Whoever has the words has the text: it is named by them. Nobody can change what a digest stands for.
        if (!known->body && text.body) store::give_text(txn, text);
        if (!known->body) known->body = text.body;
        text = std::move(*known);
    } else {
        store::insert_text(txn, text);
    }
    record.resources.push_back({"agreement_text", text.digest});
    return {std::move(text), std::move(record)};
}

Result<AgreementText> read_text(ReadTxn& txn, const Context&, const Caller& caller, std::string_view digest) {
    if (auto allowed = require(caller, Operation::agreement_read); !allowed) return std::unexpected(allowed.error());
    auto text = store::find_text(txn, digest);
    if (!text || (!caller.is_operator() && !store::may_read_text(txn, digest, caller.company())))
        return fail(ErrorKind::not_found, "text_not_found", "there is no such text");
    return std::move(*text);
}

}  // namespace entente::operations
