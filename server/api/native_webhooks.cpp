// The own API: webhook subscriptions of every version, their deliveries, tests and replays.

#include "server/api/connect_webhooks.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/api/webhooks_json.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::WebhookId;

namespace {

Plan create_webhook(Gateway& gateway, CallPtr call) {
    auto input = decode_webhook(call->request->body, std::nullopt, gateway.parts().callback_rules);
    return native::create<ops::WebhookMade>(
        gateway, std::move(call), std::move(input), ops::add_webhook,
        [](const ops::WebhookMade& made) { return encode_webhook(made.stored, made.show_secret); });
}

Plan list_webhooks(Gateway& gateway, CallPtr call) {
    return gateway.disclose<std::vector<store::StoredWebhook>>(
        std::move(call), "webhook.list", "webhook",
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_webhooks(txn, context, caller, std::nullopt);
        },
        [](Gateway& g, const CallPtr& c, std::vector<store::StoredWebhook>& rows) {
            return g.reply(c, 200, encode_webhook_items(rows));
        });
}

Response with_tag(Response response, std::int64_t version) {
    response.headers.push_back({"ETag", "\"" + std::to_string(version) + "\""});
    return response;
}

Plan read_webhook(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<WebhookId>(*call);
    return gateway.disclose<store::StoredWebhook>(
        std::move(call), "webhook.read", "webhook",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_webhook(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, store::StoredWebhook& stored) {
            return with_tag(g.reply(c, 200, encode_webhook(stored, false)), stored.webhook.row_version);
        });
}

// If-Match: the row's version in quotes; anything else matches nothing.
std::optional<std::int64_t> wanted_version(const Call& call) {
    const auto header = call.request->header("If-Match");
    if (!header || *header == "*") return std::nullopt;
    std::string_view text = *header;
    if (text.size() < 3 || text.front() != '"' || text.back() != '"') return -1;
    return protocol::connect::decode_id(text.substr(1, text.size() - 2)).value_or(-1);
}

Plan change_webhook(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<WebhookId>(*call);
    auto input = decode_webhook_change(call->request->body, gateway.parts().callback_rules);
    if (!input) return gateway.failure(call, input.error());
    input->if_version = wanted_version(*call);
    return gateway.write<ops::WebhookMade>(
        std::move(call),
        [id, change = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::change_webhook(txn, context, caller, id, change);
        },
        [](Gateway& g, const CallPtr& c, ops::WebhookMade& made) {
            return with_tag(g.reply(c, 200, encode_webhook(made.stored, false)), made.stored.webhook.row_version);
        });
}

Plan rotate_secret(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<WebhookId>(*call);
    auto hours = decode_overlap(call->request->body);
    if (!hours) return gateway.failure(call, hours.error());
    return gateway.write<ops::WebhookMade>(
        std::move(call),
        [id, hours = *hours](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rotate_webhook_secret(txn, context, caller, id, hours);
        },
        [](Gateway& g, const CallPtr& c, ops::WebhookMade& made) {
            return g.reply(c, 200, encode_webhook(made.stored, made.show_secret));
        });
}

Plan test_webhook(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<WebhookId>(*call);
    return gateway.write<std::int64_t>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::test_webhook(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, std::int64_t& delivery) {
            return g.reply(c, 202, protocol::JsonWriter().object().member("delivery", delivery).end().take());
        });
}

Plan replay_webhook(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<WebhookId>(*call);
    auto input = decode_replay(call->request->body);  // before the call is given away
    return native::post<ops::Replayed>(
        gateway, std::move(call), std::move(input),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller, const ops::WebhookReplay& replay) {
            return ops::replay_webhook(txn, context, caller, id, replay);
        },
        202, [](const ops::Replayed& done) { return encode_replayed(done); });
}

Plan list_deliveries(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<WebhookId>(*call);
    std::optional<store::DeliveryState> state;
    if (const std::string word = native::query_text(*call, "state"); !word.empty()) {
        state = store::parse_delivery_state(word);
        if (!state) {
            protocol::Error error{.kind = protocol::ErrorKind::invalid, .code = "invalid", .message = "there is no such state"};
            error.violations.push_back({"/state", "not_allowed", "must be one of waiting, leased, delivered, dead, stopped"});
            return gateway.failure(call, error);
        }
    }
    const std::int64_t before = native::query_id(*call, "before");
    const std::int64_t asked = native::query_id(*call, "limit");
    const int limit = asked <= 0 ? 100 : static_cast<int>(std::min<std::int64_t>(asked, 1'000));
    return gateway.disclose<std::vector<store::StoredDelivery>>(
        std::move(call), "webhook.deliveries", "delivery",
        [id, state, before, limit](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_deliveries(txn, context, caller, id, state, before, limit);
        },
        [](Gateway& g, const CallPtr& c, std::vector<store::StoredDelivery>& rows) {
            return g.reply(c, 200, encode_deliveries(rows));
        });
}

constexpr Route webhooks_table[] = {
    {Method::get, "/api/v1/webhooks", "listWebhooks", Dialect::native, Access::signed_in, list_webhooks},
    {Method::post, "/api/v1/webhooks", "createWebhook", Dialect::native, Access::signed_in, create_webhook},
    {Method::get, "/api/v1/webhooks/{id}", "getWebhook", Dialect::native, Access::signed_in, read_webhook},
    {Method::patch, "/api/v1/webhooks/{id}", "changeWebhook", Dialect::native, Access::signed_in, change_webhook},
    {Method::delete_, "/api/v1/webhooks/{id}", "deleteWebhook", Dialect::native, Access::signed_in, connect_webhooks::remove},
    {Method::post, "/api/v1/webhooks/{id}/secret", "rotateWebhookSecretNative", Dialect::native, Access::signed_in, rotate_secret},
    {Method::post, "/api/v1/webhooks/{id}/test", "testWebhook", Dialect::native, Access::signed_in, test_webhook},
    {Method::post, "/api/v1/webhooks/{id}/replay", "replayWebhook", Dialect::native, Access::signed_in, replay_webhook},
    {Method::get, "/api/v1/webhooks/{id}/deliveries", "listWebhookDeliveries", Dialect::native, Access::signed_in, list_deliveries},
    {Method::get, "/api/v1/webhooks/{id}/attempts", "listWebhookAttempts", Dialect::native, Access::signed_in,
     connect_webhooks::attempts},
};

}  // namespace

std::span<const Route> native_webhook_routes() {
    return webhooks_table;
}

}  // namespace entente::api
