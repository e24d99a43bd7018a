#pragma once
// Webhook subscriptions. What could give a stranger a way in (the address, credentials, signing secrets) is sealed under the
// company's key; filters and states are clear.

#include <optional>
#include <string>
#include <vector>

#include "protocol/webhook.hpp"
#include "server/store/store.hpp"
#include "server/store/vault.hpp"

namespace entente::store {

struct StoredWebhook {
    protocol::Webhook webhook;
    std::string secret;
    std::string previous_secret;  // valid beside the new one until then
    std::optional<protocol::Instant> previous_until;
    std::int64_t since = -1;  // events at or before this position are not for it
    std::string created_by;
};

void insert_webhook(Txn& txn, Vault& vault, const StoredWebhook& stored);
bool update_webhook(Txn& txn, Vault& vault, const StoredWebhook& stored);  // compare-and-set on row_version, raised by one
bool remove_webhook(Txn& txn, protocol::CompanyId company, protocol::WebhookId id, protocol::Instant now);
std::optional<StoredWebhook> find_webhook(ReadTxn& txn, Vault& vault, protocol::CompanyId company, protocol::WebhookId id);
std::vector<StoredWebhook> webhooks_of(ReadTxn& txn, Vault& vault, protocol::CompanyId company);
// For planning: filters alone, without what is sealed.
struct WebhookFilter {
    protocol::Webhook webhook;
    std::int64_t since = -1;
};
std::vector<WebhookFilter> webhook_filters_of(ReadTxn& txn, protocol::CompanyId company);
std::int64_t count_webhooks(ReadTxn& txn, protocol::CompanyId company);

}  // namespace entente::store
