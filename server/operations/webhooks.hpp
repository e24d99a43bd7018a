#pragma once
// Webhook subscriptions of a company, their log, tests and replays (contract section 15, and beyond it).

#include <optional>
#include <string>
#include <vector>

#include "protocol/webhook.hpp"
#include "server/operations/context.hpp"
#include "server/operations/outbox.hpp"
#include "server/store/statements/webhooks.hpp"

namespace entente::operations {

inline constexpr std::int64_t webhooks_of_company_max = 50;
inline constexpr int replay_max = 10'000;  // events of one replay; the rest is told by the next one
inline constexpr std::int64_t secret_overlap_hours = 24;

struct WebhookMade {
    store::StoredWebhook stored;
    bool show_secret = false;
};

// The callback was checked for its form already. Refuses callbacks that plainly point into a network nobody may be called in:
// what a name resolves to is judged again when it is called.
Audited<WebhookMade> add_webhook(Txn& txn, const Context& context, const Caller& caller, protocol::Webhook input);

struct WebhookChange {
    std::optional<std::string> callback;
    std::optional<std::vector<std::string>> event_types;
    std::optional<std::vector<protocol::Side>> sides;
    std::optional<std::vector<protocol::CompanyId>> partners;
    std::optional<protocol::CallbackAuth> auth;
    std::optional<bool> active;
    std::optional<std::string> description;
    std::optional<std::int64_t> if_version;  // compare-and-set by the caller
};
Audited<WebhookMade> change_webhook(Txn& txn, const Context& context, const Caller& caller, protocol::WebhookId id,
                                    const WebhookChange& change);
Audited<bool> remove_webhook(Txn& txn, const Context& context, const Caller& caller, protocol::WebhookId id);
// The old secret stays valid beside the new one for `overlap_hours`.
Audited<WebhookMade> rotate_webhook_secret(Txn& txn, const Context& context, const Caller& caller, protocol::WebhookId id,
                                           std::int64_t overlap_hours);

// Of one version, or of all.
Result<std::vector<store::StoredWebhook>> list_webhooks(ReadTxn& txn, const Context& context, const Caller& caller,
                                                        std::optional<protocol::WebhookVersion> version);
Result<store::StoredWebhook> read_webhook(ReadTxn& txn, const Context& context, const Caller& caller, protocol::WebhookId id);

struct AttemptList {
    store::AttemptPage page;
    std::int64_t number = 0;
    std::int64_t size = 20;
};
Result<AttemptList> list_attempts(ReadTxn& txn, const Context& context, const Caller& caller, protocol::WebhookId id,
                                  std::int64_t page, std::int64_t size);
Result<std::vector<store::StoredDelivery>> list_deliveries(ReadTxn& txn, const Context& context, const Caller& caller,
                                                           protocol::WebhookId id, std::optional<store::DeliveryState> state,
                                                           std::int64_t before, int limit);

// Queues one delivery of a made-up event that names no case. Answers the delivery's id.
Audited<std::int64_t> test_webhook(Txn& txn, const Context& context, const Caller& caller, protocol::WebhookId id);

// Tells the events of a window of time, or all that are in the dead letters or were stopped, once more.
struct WebhookReplay {
    std::optional<Instant> from;
    std::optional<Instant> to;
    bool failed_only = false;
};
struct Replayed {
    std::int64_t deliveries = 0;
    std::int64_t replay = 0;
    bool more = false;  // the window holds more than one replay takes; `until` is where the next one starts
    std::optional<Instant> until;
};
Audited<Replayed> replay_webhook(Txn& txn, const Context& context, const Caller& caller, protocol::WebhookId id,
                                 const WebhookReplay& replay);

// Page of the event feed. `next` is where the following page starts.
struct EventFilter {
    std::vector<protocol::EventKind> kinds;
    std::vector<protocol::Side> sides;
    std::vector<protocol::CompanyId> partners;
    std::string case_token;
};
struct EventPage {
    std::vector<protocol::EventView> events;
    std::int64_t next = 0;
    bool more = false;
};
Result<EventPage> read_events(ReadTxn& txn, const Context& context, const Caller& caller, std::int64_t after, int limit,
                              const EventFilter& filter);
// The record that a page of events was shown.
audit::Record events_record(const Caller& caller, const EventPage& page, std::int64_t after);

}  // namespace entente::operations
