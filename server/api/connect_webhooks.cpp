#include "server/api/connect_webhooks.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/connect/decode.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/webhooks_json.hpp"

namespace entente::api::connect_webhooks {

namespace connect = protocol::connect;
namespace ops = operations;
using protocol::WebhookVersion;

namespace {

protocol::WebhookId path_id(const Call& call) {
    return {connect::decode_id(call.path.at(0)).value_or(-1)};
}

Plan create(Gateway& gateway, CallPtr call, WebhookVersion version) {
    auto input = decode_webhook(call->request->body, version, gateway.parts().callback_rules);
    if (!input) return gateway.failure(call, input.error());
    return gateway.write<ops::WebhookMade>(
        std::move(call),
        [webhook = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::add_webhook(txn, context, caller, webhook);
        },
        [](Gateway& g, const CallPtr& c, ops::WebhookMade& made) { return g.reply(c, 200, encode_webhook_made(made)); });
}

Plan list(Gateway& gateway, CallPtr call, WebhookVersion version) {
    return gateway.disclose<std::vector<store::StoredWebhook>>(
        std::move(call), "webhook.list", "webhook",
        [version](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_webhooks(txn, context, caller, version);
        },
        [](Gateway& g, const CallPtr& c, std::vector<store::StoredWebhook>& rows) {
            return g.reply(c, 200, encode_webhook_rows(rows));
        });
}

std::int64_t query_number(const Call& call, std::string_view name, std::int64_t fallback, std::int64_t most) {
    for (const auto& item : call.query) {
        if (item.name != name) continue;
        std::int64_t number = 0;
        const auto [end, problem] = std::from_chars(item.value.data(), item.value.data() + item.value.size(), number);
        if (problem != std::errc{} || end != item.value.data() + item.value.size()) return fallback;
        return std::clamp<std::int64_t>(number, 0, most);
    }
    return fallback;
}

}  // namespace

Plan create_v1(Gateway& gateway, CallPtr call) {
    return create(gateway, std::move(call), WebhookVersion::v1);
}
Plan create_v2(Gateway& gateway, CallPtr call) {
    return create(gateway, std::move(call), WebhookVersion::v2);
}
Plan list_v1(Gateway& gateway, CallPtr call) {
    return list(gateway, std::move(call), WebhookVersion::v1);
}
Plan list_v2(Gateway& gateway, CallPtr call) {
    return list(gateway, std::move(call), WebhookVersion::v2);
}

Plan remove(Gateway& gateway, CallPtr call) {
    const auto id = path_id(*call);
    return gateway.write<bool>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::remove_webhook(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); });
}

Plan attempts(Gateway& gateway, CallPtr call) {
    const auto id = path_id(*call);
    const std::int64_t page = query_number(*call, "page", 0, 1'000'000);
    const std::int64_t size = std::max<std::int64_t>(1, query_number(*call, "size", 20, 200));
    return gateway.disclose<ops::AttemptList>(
        std::move(call), "webhook.deliveries", "delivery",
        [id, page, size](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_attempts(txn, context, caller, id, page, size);
        },
        [](Gateway& g, const CallPtr& c, ops::AttemptList& list) { return g.reply(c, 200, encode_attempts(list)); });
}

Plan rotate(Gateway& gateway, CallPtr call) {
    const auto id = path_id(*call);
    return gateway.write<ops::WebhookMade>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rotate_webhook_secret(txn, context, caller, id, ops::secret_overlap_hours);
        },
        [](Gateway& g, const CallPtr& c, ops::WebhookMade& made) { return g.reply(c, 200, encode_webhook_made(made)); });
}

}  // namespace entente::api::connect_webhooks
