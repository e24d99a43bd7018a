#include "server/operations/webhooks.hpp"

#include <algorithm>

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/store/statements/directory.hpp"

namespace entente::operations {

using protocol::Webhook;
using protocol::WebhookId;
using protocol::WebhookVersion;
using store::StoredWebhook;
using store::Target;

namespace {

constexpr std::string_view sender = "webhook";

Error webhook_not_found() {
    return {.kind = ErrorKind::not_found, .code = "webhook_not_found", .message = "there is no such subscription"};
}

audit::Record webhook_record(const Caller& caller, std::string operation, std::uint8_t activity, WebhookId id) {
    audit::Record record = record_of(caller, std::move(operation), audit::Class::entity_management, activity);
    if (id) record.resources.push_back({std::string(sender), std::to_string(id.value)});
    return record;
}

// Standard Webhooks spells secrets like this; for the contract's header the whole text is the key.
std::string fresh_secret(const Tools& tools) {
    std::array<std::uint8_t, 32> bytes{};
    tools.random(bytes);
    return "whsec_" + protocol::base64(bytes);
}

Result<StoredWebhook> own_webhook(ReadTxn& txn, const Context& context, const Caller& caller, WebhookId id) {
    auto stored = store::find_webhook(txn, context.tools.vault, caller.company(), id);
    if (!stored) return std::unexpected(webhook_not_found());
    return std::move(*stored);
}

Result<void> check_credentials(const Webhook& webhook) {
    if (webhook.auth.type == protocol::CallbackAuthType::none || webhook.callback.starts_with("https:")) return {};
    Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "credentials are sent over TLS only"};
    error.violations.push_back({"/callbackUrl", "not_allowed", "must begin with https:// when callbackAuth is set"});
    return std::unexpected(std::move(error));
}

}  // namespace

Audited<WebhookMade> add_webhook(Txn& txn, const Context& context, const Caller& caller, Webhook input) {
    audit::Record record = webhook_record(caller, "webhook.create", audit::activity_create, {});
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<WebhookMade>(std::move(record), allowed.error());
    if (auto valid = check_credentials(input); !valid) return refused<WebhookMade>(std::move(record), valid.error());
    txn.lock("webhooks/" + std::to_string(caller.company().value));
    if (store::count_webhooks(txn, caller.company()) >= webhooks_of_company_max)
        return refused<WebhookMade>(std::move(record), {.kind = ErrorKind::wrong_state,
                                                        .code = "too_many_webhooks",
                                                        .message = "a company has at most 50 subscriptions",
                                                        .next_step = "delete one that is no longer needed"});
    StoredWebhook stored;
    stored.webhook = std::move(input);
    Webhook& webhook = stored.webhook;
    webhook.id = {store::fresh_id(txn, "webhooks", [&] { return context.tools.draw(); })};
    webhook.company = caller.company();
    webhook.created_at = webhook.updated_at = context.now;
    stored.secret = fresh_secret(context.tools);
    stored.since = store::newest_position(txn);
    stored.created_by = caller.principal.label();
    store::insert_webhook(txn, context.tools.vault, stored);
    record.resources.push_back({std::string(sender), std::to_string(webhook.id.value), webhook.row_version});
    return {WebhookMade{std::move(stored), true}, std::move(record)};
}

Audited<WebhookMade> change_webhook(Txn& txn, const Context& context, const Caller& caller, WebhookId id,
                                    const WebhookChange& change) {
    audit::Record record = webhook_record(caller, "webhook.change", audit::activity_update, id);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<WebhookMade>(std::move(record), allowed.error());
    auto stored = own_webhook(txn, context, caller, id);
    if (!stored) return refused<WebhookMade>(std::move(record), stored.error());
    Webhook& webhook = stored->webhook;
    if (change.if_version && *change.if_version != webhook.row_version)
        return refused<WebhookMade>(std::move(record),
                                    {.kind = ErrorKind::changed_since,
                                     .code = "changed_since",
                                     .message = "somebody changed this since you read it",
                                     .next_step = "read it again, look at what changed, then send the new ETag in If-Match"});
    if (change.event_types)
        for (const std::string& type : *change.event_types)
            if (!protocol::knows_event_name(webhook.version, type)) {
                Error error{.kind = ErrorKind::invalid, .code = "invalid", .message = "an event name of another version"};
                error.violations.push_back({"/eventTypes", "not_allowed", "must be names of this subscription's version"});
                return refused<WebhookMade>(std::move(record), std::move(error));
            }
    if (change.callback) webhook.callback = *change.callback;
    if (change.event_types) webhook.event_types = *change.event_types;
    if (change.sides) webhook.sides = *change.sides;
    if (change.partners) webhook.partners = *change.partners;
    if (change.auth) webhook.auth = *change.auth;
    if (change.active) webhook.active = *change.active;
    if (change.description) webhook.description = *change.description;
    if (auto valid = check_credentials(webhook); !valid) return refused<WebhookMade>(std::move(record), valid.error());
    ++webhook.row_version;
    webhook.updated_at = context.now;
    if (!store::update_webhook(txn, context.tools.vault, *stored)) throw protocol::Fault("webhook moved during its own operation");
    record.resources.back().version = webhook.row_version;
    return {WebhookMade{std::move(*stored), false}, std::move(record)};
}

Audited<bool> remove_webhook(Txn& txn, const Context& context, const Caller& caller, WebhookId id) {
    audit::Record record = webhook_record(caller, "webhook.delete", audit::activity_delete, id);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<bool>(std::move(record), allowed.error());
    if (!store::remove_webhook(txn, caller.company(), id, context.now))
        return refused<bool>(std::move(record), webhook_not_found());
    store::stop_deliveries(txn, Target{std::string(sender), id.value}, "subscription_gone", context.now);
    return {true, std::move(record)};
}

Audited<WebhookMade> rotate_webhook_secret(Txn& txn, const Context& context, const Caller& caller, WebhookId id,
                                           std::int64_t overlap_hours) {
    audit::Record record = webhook_record(caller, "webhook.secret.rotate", audit::activity_update, id);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<WebhookMade>(std::move(record), allowed.error());
    auto stored = own_webhook(txn, context, caller, id);
    if (!stored) return refused<WebhookMade>(std::move(record), stored.error());
    stored->previous_secret = overlap_hours > 0 ? stored->secret : "";
    stored->previous_until = overlap_hours > 0 ? std::optional(context.now.plus_seconds(overlap_hours * 3600)) : std::nullopt;
    stored->secret = fresh_secret(context.tools);
    ++stored->webhook.row_version;
    stored->webhook.updated_at = context.now;
    if (!store::update_webhook(txn, context.tools.vault, *stored)) throw protocol::Fault("webhook moved during its own operation");
    return {WebhookMade{std::move(*stored), true}, std::move(record)};
}

Result<std::vector<StoredWebhook>> list_webhooks(ReadTxn& txn, const Context& context, const Caller& caller,
                                                 std::optional<WebhookVersion> version) {
    if (auto allowed = require(caller, policy::Operation::webhook_read); !allowed) return std::unexpected(allowed.error());
    auto all = store::webhooks_of(txn, context.tools.vault, caller.company());
    if (version) std::erase_if(all, [&](const StoredWebhook& stored) { return stored.webhook.version != *version; });
    return all;
}

Result<StoredWebhook> read_webhook(ReadTxn& txn, const Context& context, const Caller& caller, WebhookId id) {
    if (auto allowed = require(caller, policy::Operation::webhook_read); !allowed) return std::unexpected(allowed.error());
    return own_webhook(txn, context, caller, id);
}

Result<AttemptList> list_attempts(ReadTxn& txn, const Context& context, const Caller& caller, WebhookId id, std::int64_t page,
                                  std::int64_t size) {
    if (auto allowed = require(caller, policy::Operation::webhook_read); !allowed) return std::unexpected(allowed.error());
    if (auto stored = own_webhook(txn, context, caller, id); !stored) return std::unexpected(stored.error());
    AttemptList list{.number = page, .size = size};
    list.page = store::attempts_of(txn, context.tools.vault, Target{std::string(sender), id.value}, page, size);
    return list;
}

Result<std::vector<store::StoredDelivery>> list_deliveries(ReadTxn& txn, const Context& context, const Caller& caller, WebhookId id,
                                                           std::optional<store::DeliveryState> state, std::int64_t before,
                                                           int limit) {
    if (auto allowed = require(caller, policy::Operation::webhook_read); !allowed) return std::unexpected(allowed.error());
    if (auto stored = own_webhook(txn, context, caller, id); !stored) return std::unexpected(stored.error());
    return store::deliveries_of(txn, Target{std::string(sender), id.value}, state, before, limit);
}

Audited<std::int64_t> test_webhook(Txn& txn, const Context& context, const Caller& caller, WebhookId id) {
    audit::Record record = webhook_record(caller, "webhook.test", audit::activity_create, id);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<std::int64_t>(std::move(record), allowed.error());
    auto stored = own_webhook(txn, context, caller, id);
    if (!stored) return refused<std::int64_t>(std::move(record), stored.error());
    store::StoredDelivery d;
    d.sender = sender;
    d.target = id.value;
    d.company = caller.company();
    d.due_at = d.created_at = context.now;
    store::insert_delivery(txn, d, [&] { return context.tools.draw(); });
    record.resources.push_back({"delivery", std::to_string(d.id)});
    record.fills_outbox = true;
    return {d.id, std::move(record)};
}

Audited<Replayed> replay_webhook(Txn& txn, const Context& context, const Caller& caller, WebhookId id,
                                 const WebhookReplay& replay) {
    audit::Record record = webhook_record(caller, "webhook.replay", audit::activity_create, id);
    if (auto allowed = require(caller, policy::Operation::webhook_admin); !allowed)
        return refused<Replayed>(std::move(record), allowed.error());
    auto stored = own_webhook(txn, context, caller, id);
    if (!stored) return refused<Replayed>(std::move(record), stored.error());
    Replayed done;
    done.replay = static_cast<std::int64_t>(context.tools.draw() % static_cast<std::uint64_t>(protocol::id_max)) + 1;
    const Instant to = replay.to.value_or(context.now.plus_seconds(1));
    const auto events = store::events_between(txn, caller.company(), replay.from.value_or(Instant{}), to, -1, replay_max + 1);
    const Target target{std::string(sender), id.value};
    for (const protocol::Event& event : events) {
        if (done.deliveries >= replay_max || &event - events.data() >= replay_max) {
            done.more = true;
            done.until = event.time;
            break;
        }
        if (!protocol::wants(stored->webhook, event)) continue;
        if (replay.failed_only && !store::failed_for(txn, target, event.cursor, event.ordinal)) continue;
        store::StoredDelivery d;
        d.sender = sender;
        d.target = id.value;
        d.company = caller.company();
        d.lane = event.case_id.value;
        d.event_idx = event.cursor;
        d.event_seq = event.ordinal;
        d.replay = done.replay;
        d.due_at = d.created_at = context.now;
        if (store::insert_delivery(txn, d, [&] { return context.tools.draw(); })) ++done.deliveries;
    }
    record.decision = protocol::JsonWriter().object().member("deliveries", done.deliveries).end().take();
    record.fills_outbox = done.deliveries > 0;
    return {done, std::move(record)};
}

Result<EventPage> read_events(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t after, int limit,
                              const EventFilter& filter) {
    if (auto allowed = require(caller, policy::Operation::case_read); !allowed) return std::unexpected(allowed.error());
    const auto listed = [](const auto& list, const auto& one) {
        return list.empty() || std::ranges::find(list, one) != list.end();
    };
    EventPage page{.next = after};
    KnownKeys known;
    const auto rows = store::events_after(txn, caller.company(), after, limit);
    page.more = rows.size() >= static_cast<std::size_t>(limit);
    for (const store::StoredEvent& row : rows) {
        const protocol::Event& event = row.view.event;
        page.next = event.cursor;
        if (!listed(filter.kinds, event.kind) || !listed(filter.sides, event.side) || !listed(filter.partners, event.partner))
            continue;
        if (event.subject.type == protocol::EventSubject::Type::agreement && !filter.sides.empty()) continue;
        if (!filter.case_token.empty() && filter.case_token != row.view.case_token) continue;
        if (!may_tell(txn, row, context.now, known)) continue;
        page.events.push_back(row.view);
    }
    return page;
}

audit::Record events_record(const Caller& caller, const EventPage& page, std::int64_t after) {
    audit::Record record = record_of(caller, "events.read", audit::Class::api_activity, audit::activity_read);
    record.resources.push_back({"event", "list"});
    record.decision = protocol::JsonWriter()
                          .object()
                          .member("after", after)
                          .member("count", static_cast<std::int64_t>(page.events.size()))
                          .member("next", page.next)
                          .end()
                          .take();
    return record;
}

}  // namespace entente::operations
