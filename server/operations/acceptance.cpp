#include "server/operations/acceptance.hpp"

#include <algorithm>

#include "policy/acceptance.hpp"
#include "protocol/markup.hpp"
#include "server/operations/announce.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/case_flow.hpp"
#include "server/operations/case_view.hpp"
#include "server/operations/cases.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::AcceptanceRule;
using protocol::AcceptanceRuleId;
using protocol::Evidence;
using protocol::EvidenceKind;
using protocol::Side;
using store::StoredCase;

namespace {

audit::Record rule_record(const Caller& caller, std::string operation, std::uint8_t activity) {
    return record_of(caller, std::move(operation), audit::Class::entity_management, activity);
}

void about(audit::Record& record, const AcceptanceRule& rule) {
    record.resources.push_back({"acceptance_rule", std::to_string(rule.id.value)});
    for (const Evidence& evidence : rule.evidence) record.resources.push_back({"evidence", std::string(name(evidence.kind))});
}

Result<void> check_department(ReadTxn& txn, const AcceptanceRule& rule) {
    if (!rule.department) return {};
    const auto department = store::find_department(txn, rule.department);
    if (department && department->company == rule.company) return {};
    return fail(ErrorKind::not_found, "department_not_found", "there is no such department of your company");
}

std::string words(EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::contract:
            return "a contract";
        case EvidenceKind::product:
            return "a product";
        case EvidenceKind::existing_case:
            return "an existing case of both companies";
        case EvidenceKind::serial_number:
            break;
    }
    return "a serial number";
}

// What the rule asserts, for both sides to read. Only kinds and the labels of fields: values stay where they are.
std::string asserted(const AcceptanceRule& rule) {
    std::string text;
    for (const Evidence& evidence : rule.evidence) {
        if (!text.empty()) text += ", ";
        text += words(evidence.kind);
        if (!evidence.field.empty()) text += " (field \"" + evidence.field + "\")";
    }
    return text;
}

policy::AcceptanceFacts facts_of(ReadTxn& txn, const Context& context, const StoredCase& c) {
    policy::AcceptanceFacts facts;
    facts.now = context.now;
    facts.status = c.status;
    facts.flow = flow_now(txn, c, context.now);
    facts.test = c.test;
    facts.submitter = c.submitter;
    facts.receiver = c.receiver;
    if (const auto form = store::find_form(txn, c.form)) facts.department = form->department;
    if (!c.released_at || !c.shared) return facts;
    facts.released_at = *c.released_at;
    for (const protocol::FieldView& field : view_case(txn, context.tools, c, Side::receiver, context.now).fields)
        facts.fields.emplace_back(field.label, field.value);
    const std::string& number = c.shared->receiver_number;
    facts.existing_case = !number.empty() && store::accepted_under(txn, context.tools.vault, c.submitter, c.receiver, number, c.id);
    return facts;
}

Caller rule_caller(const AcceptanceRule& rule) {
    Caller caller;
    caller.principal = {certs::PrincipalKind::rule, rule.id.value, rule.company, protocol::Role::api_client, "rule", ""};
    return caller;
}

protocol::Approval approval_by(const AcceptanceRule& rule, const StoredCase& c, const protocol::Company& receiver) {
    protocol::Approval approval;
    approval.case_number = c.shared->receiver_number;
    approval.engineer.name = "Automatic acceptance (rule " + rule.name + ")";
    approval.engineer.email = "automatic@" + receiver.domain;
    approval.next_steps = rule.next_steps;
    return approval;
}

// Both sides read that nobody has looked yet.
void say_so(Txn& txn, const Context& context, const AcceptanceRule& rule, StoredCase& c, audit::Record& record) {
    const std::string text = "Accepted by the rule \"" + rule.name + "\", not by a person. The rule asserts: " + asserted(rule) +
                             ". A person should act within " + std::to_string(rule.act_within_hours) + " hours.";
    store::StoredNote note = system_note(context, c, "Accepted by a rule", protocol::paragraphs(text), true, true);
    add_note_row(txn, context, c, note);
    announce_note(context, record, c, note);
}

}  // namespace

Audited<ScoredRule> add_acceptance_rule(Txn& txn, const Context& context, const Caller& caller, AcceptanceRule rule) {
    audit::Record record = rule_record(caller, "acceptance_rule.create", audit::activity_create);
    if (auto allowed = require(caller, policy::Operation::directory_admin); !allowed)
        return refused<ScoredRule>(std::move(record), allowed.error());
    const auto company = acting_for(txn, caller, rule.company);
    if (!company) return refused<ScoredRule>(std::move(record), company.error());
    rule.company = *company;
    if (auto valid = policy::check_acceptance_rule(rule, context.now); !valid)
        return refused<ScoredRule>(std::move(record), valid.error());
    if (auto known = check_department(txn, rule); !known) return refused<ScoredRule>(std::move(record), known.error());
    rule.id = {store::fresh_id(txn, "acceptance_rules", [&] { return context.tools.draw(); })};
    rule.created_at = context.now;
    store::insert_acceptance_rule(txn, context.tools.vault, rule, caller.principal.label());
    record.parties = {rule.company};
    about(record, rule);
    return {ScoredRule{std::move(rule), {}}, std::move(record)};
}

Audited<ScoredRule> end_acceptance_rule(Txn& txn, const Context& context, const Caller& caller, AcceptanceRuleId id) {
    audit::Record record = rule_record(caller, "acceptance_rule.end", audit::activity_delete);
    if (auto allowed = require(caller, policy::Operation::directory_admin); !allowed)
        return refused<ScoredRule>(std::move(record), allowed.error());
    auto rule = store::find_acceptance_rule(txn, context.tools.vault, caller.company(), id);
    if (!rule)
        return refused<ScoredRule>(
            std::move(record),
            {.kind = ErrorKind::not_found, .code = "acceptance_rule_not_found", .message = "there is no such acceptance rule"});
    store::end_acceptance_rule(txn, id, context.now);
    if (!rule->ended_at) rule->ended_at = context.now;
    about(record, *rule);
    auto scores = store::rule_scores(txn, rule->company, context.now);
    return {ScoredRule{std::move(*rule), scores[id]}, std::move(record)};
}

Result<std::vector<ScoredRule>> list_acceptance_rules(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (!policy::may(caller.role(), policy::Operation::audit_read))
        if (auto allowed = require(caller, policy::Operation::directory_admin); !allowed) return std::unexpected(allowed.error());
    std::vector<ScoredRule> scored;
    auto scores = store::rule_scores(txn, caller.company(), context.now);
    for (AcceptanceRule& rule : store::acceptance_rules_of(txn, context.tools.vault, caller.company(), std::nullopt)) {
        const AcceptanceRuleId id = rule.id;
        scored.push_back({std::move(rule), scores[id]});
    }
    return scored;
}

std::vector<audit::Record> accept_by_rule(Txn& txn, const Context& context, protocol::CaseId id) {
    txn.lock("case/" + std::to_string(id.value));
    auto c = store::find_case(txn, context.tools.vault, id);
    if (!c || c->erased || !c->released_at || c->responded) return {};
    const auto receiver = store::find_company(txn, c->receiver);
    const policy::AcceptanceFacts facts = facts_of(txn, context, *c);
    const auto rules = store::acceptance_rules_of(txn, context.tools.vault, c->receiver, context.now);
    const auto fires = [&](const AcceptanceRule& rule) { return policy::decide_acceptance(rule, facts).fires; };
    const auto rule = std::ranges::find_if(rules, fires);
    if (!receiver || rule == rules.end()) return {};

    auto done = approve_case(txn, context, rule_caller(*rule), c->token, approval_by(*rule, *c, *receiver), false);
    done.record.operation = "case.accept_by_rule";
    about(done.record, *rule);
    if (!done.outcome) return {std::move(done.record)};
    done.record.reason = "accepted_by_rule";
    c = store::find_case(txn, context.tools.vault, id);
    say_so(txn, context, *rule, *c, done.record);
    store::insert_rule_acceptance(txn, id, rule->id, context.now,
                                  context.now.plus_seconds(std::int64_t{rule->act_within_hours} * 3600));
    return {std::move(done.record)};
}

}  // namespace entente::operations
