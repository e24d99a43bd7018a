#include "server/operations/sharing_rules.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/operations/case_common.hpp"
#include "server/store/statements/directory.hpp"
#include "server/store/statements/trust.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::Side;
using store::StoredSharingRules;

namespace {

Error no_such_rules() {
    return {.kind = ErrorKind::not_found, .code = "sharing_rules_not_found", .message = "your company has no such sharing rules"};
}

// The whole rules stand in the log: what counted at any moment can be read there.
std::string decision_of(const StoredSharingRules& rules) {
    protocol::JsonWriter json;
    json.object().member("ceiling", name(rules.ceiling)).key("rules").raw(rules.rules.to_json());
    return json.end().take();
}

audit::Record rules_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

}  // namespace

Audited<StoredSharingRules> propose_sharing_rules(Txn& txn, const Context& context, const Caller& caller,
                                                  const NewSharingRules& input) {
    audit::Record record = rules_record(caller, "sharing_rules.propose", audit::activity_create);
    if (auto allowed = require(caller, Operation::authorization_decide); !allowed)
        return refused<StoredSharingRules>(std::move(record), allowed.error());
    if (input.agreement) {
        const auto agreement = store::find_agreement(txn, context.tools.vault, input.agreement);
        if (!agreement || std::ranges::find(agreement->parties, caller.company()) == agreement->parties.end())
            return refused<StoredSharingRules>(
                std::move(record),
                {.kind = ErrorKind::not_found, .code = "agreement_not_found", .message = "your company has no such agreement"});
    }
    StoredSharingRules stored;
    stored.id = store::fresh_id(txn, "sharing_rules", [&] { return context.tools.draw(); });
    stored.company = caller.company();
    stored.agreement = input.agreement;
    stored.rules = input.rules;
    stored.ceiling = input.ceiling;
    stored.reason = input.reason;
    stored.proposed_by = caller.principal.label();
    stored.proposed_at = context.now;
    stored.effective_from = input.effective_from.value_or(context.now);
    store::insert_sharing_rules(txn, context.tools.vault, stored);
    record.resources.push_back({"sharing_rules", std::to_string(stored.id)});
    if (stored.agreement) record.resources.push_back({"agreement", std::to_string(stored.agreement.value)});
    record.decision = decision_of(stored);
    return {std::move(stored), std::move(record)};
}

Audited<ApprovedRules> approve_sharing_rules(Txn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    audit::Record record = rules_record(caller, "sharing_rules.approve", audit::activity_update);
    if (auto allowed = require(caller, Operation::authorization_decide); !allowed)
        return refused<ApprovedRules>(std::move(record), allowed.error());
    auto found = store::find_sharing_rules(txn, context.tools.vault, caller.company(), id);
    if (!found) return refused<ApprovedRules>(std::move(record), no_such_rules());
    record.resources.push_back({"sharing_rules", std::to_string(id)});
    if (found->proposed_by == caller.principal.label())
        return refused<ApprovedRules>(
            std::move(record), {.kind = ErrorKind::forbidden,
                                .code = "second_person_needed",
                                .message = "who proposed the rules cannot approve them",
                                .next_step = "ask a colleague: POST /api/v1/sharing-rules/" + std::to_string(id) + "/approve"});
    found->approved_by = caller.principal.label();
    found->approved_at = context.now;
    found->effective_from = std::max(found->effective_from, context.now);
    if (!store::approve_sharing_rules(txn, *found))
        return refused<ApprovedRules>(
            std::move(record),
            {.kind = ErrorKind::wrong_state, .code = "already_approved", .message = "these rules were approved already"});
    record.decision = decision_of(*found);
    return {ApprovedRules{std::move(*found), store::held_cases_of_company(txn, caller.company())}, std::move(record)};
}

audit::Record rules_took_effect(Txn& txn, const Context& context, const store::RulesDue& rules) {
    store::mark_rules_applied(txn, rules.id, context.now);
    audit::Record record;
    record.operation = "sharing_rules.take_effect";
    record.class_uid = audit::Class::entity_management;
    record.activity = audit::activity_update;
    record.authentication = "none";
    record.role = "gateway";
    record.parties = {rules.company};
    record.resources.push_back({"sharing_rules", std::to_string(rules.id)});
    return record;
}

Result<std::vector<StoredSharingRules>> list_sharing_rules(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::customer_read); !allowed) return std::unexpected(allowed.error());
    return store::sharing_rules_of(txn, context.tools.vault, caller.company());
}

Result<StoredSharingRules> read_sharing_rules(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    if (auto allowed = require(caller, Operation::customer_read); !allowed) return std::unexpected(allowed.error());
    auto found = store::find_sharing_rules(txn, context.tools.vault, caller.company(), id);
    if (!found) return std::unexpected(no_such_rules());
    return std::move(*found);
}

Audited<protocol::CaseId> review_content(Txn& txn, const Context& context, const Caller& caller, std::string_view token,
                                         const std::optional<protocol::Hash>& digest) {
    using Done = protocol::CaseId;
    audit::Record record = record_of(caller, "content.review", audit::Class::api_activity, audit::activity_update);
    if (auto allowed = require(caller, Operation::case_pick_customer); !allowed)
        return refused<Done>(std::move(record), allowed.error());
    txn.lock("case/" + std::string(token));
    const auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c || c->erased) return refused<Done>(std::move(record), case_not_found(token));
    about(record, *c);
    protocol::Hash what{};
    if (digest) {
        what = *digest;
    } else {
        if (c->submitter != caller.company() || c->hold_reason != "content_needs_review")
            return refused<Done>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                     .code = "nothing_to_review",
                                                     .message = "the words of this case do not wait for a second person"});
        if (c->opened_by == caller.principal.label())
            return refused<Done>(std::move(record), {.kind = ErrorKind::forbidden,
                                                     .code = "second_person_needed",
                                                     .message = "who wrote it cannot let it pass",
                                                     .next_step = "ask a colleague: POST /api/v1/cases/" + c->token + "/reviews"});
        store::StoredCase crossing = *c;
        crossing.agreement = judge_agreement(txn, c->submitter, c->receiver, context.now).agreement;
        Sharer sharer = sharer_for(txn, context, crossing, Side::submitter);
        for (const std::string_view words : words_of_case(c->original)) sharer.examine(words);
        what = sharer.held_digest();
    }
    store::review_content(txn, c->id, caller.company(), what, caller.principal.label(), context.now);
    record.resources.push_back({"content", protocol::hex(what)});
    return {c->id, std::move(record)};
}

Audited<Relabelled> relabel_case(Txn& txn, const Context& context, const Caller& caller, std::string_view token, policy::Label to) {
    audit::Record record = record_of(caller, "case.label", audit::Class::api_activity, audit::activity_update);
    if (auto allowed = require(caller, Operation::case_pick_customer); !allowed)
        return refused<Relabelled>(std::move(record), allowed.error());
    txn.lock("case/" + std::string(token));
    const auto c = store::find_case(txn, context.tools.vault, token, caller.company());
    if (!c || c->erased) return refused<Relabelled>(std::move(record), case_not_found(token));
    about(record, *c);
    store::CaseLabel label = store::case_label(txn, c->id, caller.company());
    const policy::Label before = label.label;
    const std::string self = caller.principal.label();
    const bool asked_before = label.wanted && *label.wanted == to;
    const policy::RelabelVerdict verdict =
        policy::judge_relabel({.from = label.label,
                               .to = to,
                               .asked_by = asked_before ? std::string_view(label.wanted_by) : std::string_view(self),
                               .confirmed_by = asked_before ? std::string_view(self) : std::string_view()});
    if (verdict.takes_effect) {
        label = {.label = to, .wanted = std::nullopt, .wanted_by = {}};
    } else if (!asked_before) {
        label.wanted = to;
        label.wanted_by = self;
    }
    store::set_case_label(txn, c->id, caller.company(), label, context.now);
    protocol::JsonWriter json;
    json.object().member("from", name(before)).member("label", name(label.label)).member("result", verdict.reason);
    record.decision = json.end().take();
    record.reason = verdict.takes_effect ? std::string() : std::string(verdict.reason);
    const store::RulesInForce rules = store::sharing_rules_in_force(txn, caller.company(), c->agreement, context.now);
    return {Relabelled{c->id, std::move(label), ceiling_of(txn, c->agreement, rules), verdict.reason}, std::move(record)};
}

}  // namespace entente::operations
