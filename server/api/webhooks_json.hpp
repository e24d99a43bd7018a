#pragma once
// Subscriptions and their logs on the wire: the contract's spelling (section 15), which our own API shares with more members.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"
#include "server/operations/webhooks.hpp"

namespace entente::api {

// What the gateway permits of callbacks. `judge_host` answers whether a host may be called as far as its spelling tells.
struct CallbackRules {
    bool plain_allowed = false;
    std::function<std::optional<bool>(std::string_view host)> judge_host;
};

// `version` nothing: the body names it (our own API), native by default.
protocol::Result<protocol::Webhook> decode_webhook(std::string_view body, std::optional<protocol::WebhookVersion> version,
                                                   const CallbackRules& rules);
protocol::Result<operations::WebhookChange> decode_webhook_change(std::string_view body, const CallbackRules& rules);
protocol::Result<operations::WebhookReplay> decode_replay(std::string_view body);
protocol::Result<std::int64_t> decode_overlap(std::string_view body);  // hours; the usual when the body is empty

// The contract's shapes: the answer of create and rotation, and a row of a list.
std::string encode_webhook_made(const operations::WebhookMade& made);
std::string encode_webhook_rows(const std::vector<store::StoredWebhook>& rows);
std::string encode_attempts(const operations::AttemptList& list);

// Our own.
std::string encode_webhook(const store::StoredWebhook& stored, bool show_secret);
std::string encode_webhook_items(const std::vector<store::StoredWebhook>& rows);
std::string encode_deliveries(const std::vector<store::StoredDelivery>& rows);
std::string encode_replayed(const operations::Replayed& done);
std::string encode_event_page(const operations::EventPage& page, std::string_view source);

}  // namespace entente::api
