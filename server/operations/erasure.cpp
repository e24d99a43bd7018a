// Orders to erase: who may give one, and what each covers.

#include "server/operations/erasure.hpp"

#include <algorithm>
#include <functional>

#include "protocol/canonical.hpp"
#include "server/operations/case_common.hpp"
#include "server/operations/erasure_common.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using policy::Operation;
using protocol::CompanyId;
using store::ErasureOrder;
using store::ErasureState;
using store::ErasureSubject;
using store::HoldSubject;
using store::Tag;

Result<std::int64_t> own_case_id(ReadTxn& txn, const Caller& caller, std::string_view token) {
    const auto id = store::id_of_case(txn, token, caller.company());
    if (!id) return std::unexpected(case_not_found(token));
    return *id;
}

Result<std::int64_t> own_customer_id(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    if (!store::find_customer(txn, context.tools.vault, caller.company(), {id}))
        return fail(ErrorKind::not_found, "customer_not_found", "there is no such customer of your company");
    return id;
}

Result<std::int64_t> own_person_id(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    const auto user = store::find_user(txn, context.tools.vault, {id});
    if (!user || user->user.company != caller.company())
        return fail(ErrorKind::not_found, "user_not_found", "there is no such person of your company");
    return id;
}

std::vector<std::string> tag_names(store::TagSet tags) {
    std::vector<std::string> names;
    if (tags.has(Tag::actor)) names.emplace_back("actor");
    if (tags.has(Tag::content)) names.emplace_back("content");
    if (tags.has(Tag::core)) names.emplace_back("core");
    if (tags.has(Tag::customer)) names.emplace_back("customer");
    return names;
}

namespace {

Error erasure_not_found() {
    return {.kind = ErrorKind::not_found, .code = "erasure_not_found", .message = "there is no such erasure of your company"};
}

// One case or one person is one person's decision; everything wider takes a second one.
bool takes_two(ErasureSubject subject) {
    return subject != ErasureSubject::case_alone && subject != ErasureSubject::person;
}

std::string_view resource_type(ErasureSubject subject) {
    if (subject == ErasureSubject::person) return "user";
    if (subject == ErasureSubject::partner || subject == ErasureSubject::company || subject == ErasureSubject::age)
        return "company";
    return name(subject);
}

void about(audit::Record& record, const ErasureOrder& order) {
    record.parties = {order.company};
    record.resources.push_back({"erasure", std::to_string(order.id)});
    if (order.subject_id != 0)
        record.resources.push_back({std::string(resource_type(order.subject)), std::to_string(order.subject_id)});
    protocol::CanonicalObject decision;
    decision.set("classes", tag_names(order.tags));
    if (order.ended_before) decision.set("ended_before", to_rfc3339(*order.ended_before));
    record.decision = decision.set("scope", name(order.subject)).set("state", name(order.state)).text();
}

bool subject_on_hold(ReadTxn& txn, const ErasureOrder& order) {
    if (store::on_hold(txn, HoldSubject::company, order.company.value)) return true;
    switch (order.subject) {
        case ErasureSubject::customer:
            return store::on_hold(txn, HoldSubject::customer, order.subject_id);
        case ErasureSubject::person:
            return store::on_hold(txn, HoldSubject::person, order.subject_id);
        case ErasureSubject::case_alone:
            return store::case_on_hold(txn, {order.subject_id});
        case ErasureSubject::partner:
        case ErasureSubject::age:
        case ErasureSubject::company:
        case ErasureSubject::retention:
            break;
    }
    return false;
}

// One held case keeps its customer: the customer's key opens it.
bool any_on_hold(ReadTxn& txn, const std::vector<protocol::CaseId>& cases) {
    return std::ranges::any_of(cases, [&](protocol::CaseId id) { return store::case_on_hold(txn, id); });
}

std::string waits_for(ReadTxn& txn, const ErasureOrder& order) {
    if (order.state != ErasureState::proposed && order.state != ErasureState::ordered) return {};
    if (subject_on_hold(txn, order)) return "legal_hold";
    if (order.subject == ErasureSubject::customer && any_on_hold(txn, store::cases_to_erase(txn, order))) return "legal_hold";
    if (order.subject == ErasureSubject::company && !store::standing_holds(txn, order.company).empty()) return "legal_hold";
    if (order.id != 0 && store::waits_for_held_names(txn, order.id)) return "legal_hold";
    if (!store::cases_going_on(txn, order, 1).empty()) return "cases_open";
    return {};
}

Error cannot_yet(ReadTxn& txn, const ErasureOrder& order, const std::string& why) {
    if (why == "legal_hold")
        return {.kind = ErrorKind::wrong_state,
                .code = "legal_hold",
                .message =
                    "a legal hold covers this: nothing of it is erased while the hold stands, from its proposal until it is lifted",
                .next_step = "entente hold list"};
    constexpr int named = 10;
    std::string cases;
    const auto tokens = store::cases_going_on(txn, order, named + 1);
    for (int i = 0; i < std::min<int>(named, static_cast<int>(tokens.size())); ++i)
        cases += (i == 0 ? "" : ", ") + tokens[static_cast<std::size_t>(i)];
    if (tokens.size() > named) cases += " and more";
    return {.kind = ErrorKind::wrong_state,
            .code = "cases_open",
            .message = "cases go on that this covers: nothing of them is erased before they ended: " + cases,
            .next_step = "close or withdraw them first"};
}

ErasureView view_of(ReadTxn& txn, const Context& context, ErasureOrder order) {
    ErasureView view;
    view.requests = store::erasure_requests_of(txn, context.tools.vault, order.id);
    view.waits_for = waits_for(txn, order);
    view.order = std::move(order);
    return view;
}

std::optional<ErasureOrder> visible(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    auto order = store::find_erasure(txn, context.tools.vault, id);
    if (!order) return std::nullopt;
    // The operator sees what it has to confirm, and nothing else.
    const bool seen = caller.is_operator() ? order->subject == ErasureSubject::company : order->company == caller.company();
    if (!seen) return std::nullopt;
    if (caller.is_operator()) order->reason.clear();  // people's words are the company's
    return order;
}

// What cannot be undone is not done to oneself, and nobody is left who could make accounts.
Result<std::int64_t> person_to_erase(ReadTxn& txn, const Context& context, const Caller& caller, const ErasureInput& input) {
    if (!input.tags.empty())
        return std::unexpected(
            invalid("/classes", "not_allowed", "is about the records of cases; of a person the account and the name go"));
    const auto id = own_person_id(txn, context, caller, input.subject_id);
    if (!id) return id;
    if (caller.principal.label() == "user:" + std::to_string(*id))
        return std::unexpected(second_person("nobody orders the erasure of their own account"));
    const auto users = store::users_of(txn, context.tools.vault, caller.company());
    const auto administers = [](const protocol::User& user) { return user.active && user.role == protocol::Role::administrator; };
    const bool is_one = std::ranges::any_of(users, [&](const auto& user) { return user.id.value == *id && administers(user); });
    if (is_one && std::ranges::count_if(users, administers) == 1)
        return std::unexpected(Error{.kind = ErrorKind::wrong_state,
                                     .code = "last_administrator",
                                     .message = "this is the only administrator of your company",
                                     .next_step = "have another one made first: entente user add"});
    return id;
}

Result<std::int64_t> subject_of(ReadTxn& txn, const Context& context, const Caller& caller, const ErasureInput& input) {
    switch (input.subject) {
        case ErasureSubject::case_alone:
            return own_case_id(txn, caller, input.token);
        case ErasureSubject::customer:
            return own_customer_id(txn, context, caller, input.subject_id);
        case ErasureSubject::person:
            return person_to_erase(txn, context, caller, input);
        case ErasureSubject::partner:
            if (!store::find_company(txn, {input.subject_id}) || input.subject_id == caller.company().value)
                return fail(ErrorKind::not_found, "company_not_found", "there is no such company");
            return input.subject_id;
        case ErasureSubject::age:
            if (!input.ended_before || *input.ended_before > context.now)
                return std::unexpected(invalid("/endedBefore", "missing", "must be a time in the past for this scope"));
            return 0;
        case ErasureSubject::retention:
            return std::unexpected(invalid("/scope", "not_allowed", "is the gateway's own"));
        case ErasureSubject::company:
            if (caller.role() != protocol::Role::administrator)
                return fail(ErrorKind::forbidden, "no_role", "only an administrator orders the erasure of the whole company");
            break;
    }
    return caller.company().value;
}

}  // namespace

Audited<ErasureView> order_erasure(Txn& txn, const Context& context, const Caller& caller, const ErasureInput& input) {
    audit::Record record = erasure_record(caller, "erasure.order", audit::activity_create);
    if (auto allowed = require(caller, Operation::erasure_order); !allowed)
        return refused<ErasureView>(std::move(record), allowed.error());
    const auto subject = subject_of(txn, context, caller, input);
    if (!subject) return refused<ErasureView>(std::move(record), subject.error());
    ErasureOrder order;
    order.company = caller.company();
    order.subject = input.subject;
    order.subject_id = *subject;
    order.tags = input.tags.empty() && input.subject != ErasureSubject::person
                     ? store::TagSet{}.add(Tag::customer).add(Tag::content)
                     : input.tags;
    order.ended_before = input.ended_before;
    order.state = takes_two(order.subject) ? ErasureState::proposed : ErasureState::ordered;
    if (const std::string why = waits_for(txn, order); !why.empty())
        return refused<ErasureView>(std::move(record), cannot_yet(txn, order, why));
    order.id = store::fresh_id(txn, "erasure_orders", [&] { return context.tools.draw(); });
    order.ordered_by = caller.principal.label();
    order.ordered_at = context.now;
    order.cases = static_cast<std::int64_t>(store::cases_to_erase(txn, order).size());
    order.reason = input.reason;
    store::insert_erasure(txn, context.tools.vault, order);
    about(record, order);
    return {view_of(txn, context, std::move(order)), std::move(record)};
}

Audited<ErasureView> confirm_erasure(Txn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    audit::Record record = erasure_record(caller, "erasure.confirm", 8);
    if (auto allowed = require(caller, caller.is_operator() ? Operation::operator_admin : Operation::erasure_order); !allowed)
        return refused<ErasureView>(std::move(record), allowed.error());
    auto order = visible(txn, context, caller, id);
    if (!order) return refused<ErasureView>(std::move(record), erasure_not_found());
    if (order->state != ErasureState::proposed)
        return refused<ErasureView>(std::move(record),
                                    wrong_state("this erasure is " + std::string(name(order->state)) + " already"));
    if (order->subject == ErasureSubject::company && !caller.is_operator())
        return refused<ErasureView>(std::move(record), {.kind = ErrorKind::forbidden,
                                                        .code = "operator_only",
                                                        .message = "the gateway's operator confirms the erasure of a company"});
    if (order->ordered_by == caller.principal.label())
        return refused<ErasureView>(std::move(record), second_person("who ordered an erasure cannot confirm it"));
    if (const std::string why = waits_for(txn, *order); !why.empty())
        return refused<ErasureView>(std::move(record), cannot_yet(txn, *order, why));
    order->state = ErasureState::ordered;
    order->confirmed_by = caller.principal.label();
    order->confirmed_at = context.now;
    store::update_erasure(txn, *order);
    about(record, *order);
    return {view_of(txn, context, std::move(*order)), std::move(record)};
}

Audited<ErasureView> cancel_erasure(Txn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    audit::Record record = erasure_record(caller, "erasure.cancel", 9);
    if (auto allowed = require(caller, caller.is_operator() ? Operation::operator_admin : Operation::erasure_order); !allowed)
        return refused<ErasureView>(std::move(record), allowed.error());
    auto order = visible(txn, context, caller, id);
    if (!order) return refused<ErasureView>(std::move(record), erasure_not_found());
    if (order->state != ErasureState::proposed && order->state != ErasureState::ordered)
        return refused<ErasureView>(std::move(record),
                                    wrong_state("what is " + std::string(name(order->state)) + " cannot be called back"));
    order->state = ErasureState::cancelled;
    store::update_erasure(txn, *order);
    about(record, *order);
    return {view_of(txn, context, std::move(*order)), std::move(record)};
}

Result<std::vector<ErasureView>> list_erasures(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::erasure_read); !allowed) return std::unexpected(allowed.error());
    std::vector<ErasureView> views;
    for (ErasureOrder& order : store::erasures_of(txn, context.tools.vault, caller.company())) {
        if (caller.is_operator()) order.reason.clear();
        views.push_back(view_of(txn, context, std::move(order)));
    }
    return views;
}

Result<ErasureView> read_erasure(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t id) {
    if (auto allowed = require(caller, Operation::erasure_read); !allowed) return std::unexpected(allowed.error());
    auto order = visible(txn, context, caller, id);
    if (!order) return std::unexpected(erasure_not_found());
    return view_of(txn, context, std::move(*order));
}

// --- what other companies ask this one to delete ---

Result<std::vector<store::ErasureRequest>> list_erasure_requests(ReadTxn& txn, const Context& context, const Caller& caller) {
    if (auto allowed = require(caller, Operation::erasure_read); !allowed) return std::unexpected(allowed.error());
    return store::erasure_requests_to(txn, context.tools.vault, caller.company());
}

Audited<store::ErasureRequest> answer_erasure_request(Txn& txn, const Context& context, const Caller& caller, std::int64_t id,
                                                      const ErasureAnswer& answer) {
    using Answer = store::ErasureRequest;
    audit::Record record = erasure_record(caller, "erasure.attest", audit::activity_update);
    if (auto allowed = require(caller, Operation::erasure_order); !allowed)
        return refused<Answer>(std::move(record), allowed.error());
    auto request = store::find_erasure_request(txn, context.tools.vault, caller.company(), id);
    if (!request)
        return refused<Answer>(std::move(record), {.kind = ErrorKind::not_found,
                                                   .code = "erasure_request_not_found",
                                                   .message = "nobody asked your company to delete that"});
    request->answer = answer.answer;
    request->words = answer.words;
    request->answered_by = caller.principal.label();
    request->answered_at = context.now;
    if (!store::answer_erasure_request(txn, context.tools.vault, *request))
        return refused<Answer>(std::move(record), wrong_state("this request was answered before"));
    record.parties = {request->company, request->partner};
    record.resources.push_back({"erasure_request", std::to_string(id)});
    record.resources.push_back({"erasure", std::to_string(request->erasure)});
    record.decision = protocol::CanonicalObject().set("answer", answer.answer).text();
    return {std::move(*request), std::move(record)};
}

// --- the plan ---

namespace {

constexpr int expired_at_once = 500;  // keys
using Keys = std::vector<store::Vault::KeyRow>;

bool key_on_hold(ReadTxn& txn, const store::Vault::KeyRow& key) {
    return store::owner_on_hold(txn, key.owner) || (key.scope && store::case_on_hold(txn, key.scope));
}

// Page by page until there are enough, or no more: what is held must not keep what is not from its end.
void gather_expired(ReadTxn& txn, Keys& keys, const std::function<Keys(const certs::KeyId& after)>& page) {
    certs::KeyId after{};
    while (keys.size() < expired_at_once) {
        const Keys found = page(after);
        for (const auto& key : found)
            if (!key_on_hold(txn, key)) keys.push_back(key);
        if (found.size() < expired_at_once) return;
        after = found.back().id;
    }
}

Keys expired_keys(ReadTxn& txn, const Context& context, Tag tag, Instant before) {
    Keys keys;
    gather_expired(txn, keys, [&](const certs::KeyId& after) {
        return context.tools.vault.retired_keys(txn, tag, before, after, expired_at_once);
    });
    if (tag != Tag::core)
        gather_expired(txn, keys, [&](const certs::KeyId& after) {
            return store::expired_case_keys(txn, tag, before, after, expired_at_once);
        });
    return keys;
}

// Of the keys that an earlier plan found those for which it still holds.
Keys still_expired(ReadTxn& txn, const Context& context, const ErasurePlan& before) {
    const Instant time = before.order.ended_before.value_or(Instant{});
    Keys keys;
    for (const auto& [id, sections] : before.keys) {
        const auto key = context.tools.vault.key(txn, id);
        if (!key || key_on_hold(txn, *key)) continue;
        if (key->scope ? store::case_ended_before(txn, key->scope, time) : key->retired && *key->retired < time)
            keys.push_back(*key);
    }
    return keys;
}

}  // namespace

std::optional<ErasureOrder> expired_sections(ReadTxn& txn, const Context& context, const Retention& retention) {
    if (store::retention_under_way(txn)) return std::nullopt;
    for (const auto& [tag, days] :
         {std::pair(Tag::content, retention.content_days), std::pair(Tag::customer, retention.customer_days),
          std::pair(Tag::actor, retention.actor_days), std::pair(Tag::core, retention.core_days)}) {
        if (days <= 0) continue;
        const Instant before = context.now.plus_seconds(-days * 86'400);
        if (expired_keys(txn, context, tag, before).empty()) continue;
        ErasureOrder order;
        order.subject = ErasureSubject::retention;
        order.tags.add(tag);
        order.ended_before = before;
        order.state = ErasureState::ordered;
        order.ordered_by = "gateway";
        order.ordered_at = context.now;
        return order;
    }
    return std::nullopt;
}

std::vector<audit::Record> order_retention(Txn& txn, const Context& context, ErasureOrder order) {
    order.id = store::fresh_id(txn, "erasure_orders", [&] { return context.tools.draw(); });
    store::insert_erasure(txn, context.tools.vault, order);
    audit::Record record;
    record.operation = "erasure.order";
    record.class_uid = audit::Class::entity_management;
    record.activity = audit::activity_create;
    record.authentication = "none";
    record.role = "gateway";
    about(record, order);
    return {std::move(record)};
}

std::optional<ErasurePlan> plan_erasure(ReadTxn& txn, const Context& context, std::int64_t id, const ErasurePlan* before) {
    auto order = store::find_erasure(txn, context.tools.vault, id);
    if (!order || order->state != ErasureState::ordered) return std::nullopt;
    ErasurePlan plan;
    plan.waits_for = waits_for(txn, *order);
    plan.order = std::move(*order);
    if (!plan.waits_for.empty()) return plan;
    store::Vault& vault = context.tools.vault;
    const auto take = [&](const store::Vault::KeyRow& key) {
        plan.keys.try_emplace(key.id);
        if (!key.scope && key.sealed_sections) plan.scan_everything = true;
    };
    for (const protocol::CaseId one : store::cases_to_erase(txn, plan.order)) {
        if (store::case_on_hold(txn, one)) {
            ++plan.held;
            continue;
        }
        plan.cases.push_back(one);
        for (const auto& key : vault.keys_of(txn, one))
            if (plan.order.tags.has(key.tag)) take(key);
    }
    if (plan.order.subject == ErasureSubject::retention && before != nullptr)
        for (const auto& key : still_expired(txn, context, *before)) take(key);
    if (plan.order.subject == ErasureSubject::retention && before == nullptr)
        for (int tag = 1; tag <= 4; ++tag)
            if (plan.order.tags.has(static_cast<Tag>(tag)))
                for (const auto& key : expired_keys(txn, context, static_cast<Tag>(tag), *plan.order.ended_before)) take(key);
    std::vector<store::Owner> owners;
    if (plan.order.subject == ErasureSubject::customer) owners.push_back(store::Owner::customer({plan.order.subject_id}));
    if (plan.order.subject == ErasureSubject::person) owners.push_back(store::Owner::person({plan.order.subject_id}));
    if (plan.order.subject == ErasureSubject::company) owners = store::owners_of_company(txn, plan.order.company);
    for (const store::Owner& owner : owners)
        for (const auto& key : vault.keys_of(txn, owner)) take(key);
    return plan;
}

}  // namespace entente::operations
