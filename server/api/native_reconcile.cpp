// Double entry over the interface: the statement of what crossed, and the word that something was taken.

#include "protocol/json_writer.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_reading.hpp"
#include "server/api/native_tables.hpp"
#include "server/audit/format/decimal.hpp"
#include "server/operations/reconciliation.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;

namespace {

void write_crossing(JsonWriter& out, const store::Crossing& one) {
    out.object().member("direction", one.sent ? "sent" : "received").member("index", one.index);
    out.member("time", protocol::to_rfc3339(one.time)).member("case", one.case_token).member("partner", one.partner.value);
    out.member("event", one.kind).member("subjectType", one.subject_type).member("subject", one.subject);
    out.key("taken");
    if (!one.shown && !one.acknowledged) {
        out.null().end();
        return;
    }
    const bool read = one.shown && (!one.acknowledged || one.shown->us <= one.acknowledged->us);
    out.object().member("how", read ? "read" : "acknowledged");
    out.member("time", protocol::to_rfc3339(read ? *one.shown : *one.acknowledged)).end().end();
}

std::string encode_reconciliation(const ops::Reconciliation& page) {
    JsonWriter out;
    out.object().key("items").array();
    for (const store::Crossing& one : page.crossings) write_crossing(out, one);
    out.end().member("sent", page.sent).member("sentOpen", page.sent_open);
    out.member("received", page.received).member("receivedOpen", page.received_open).key("next");
    if (page.next) {
        out.value(*page.next);
    } else {
        out.null();
    }
    return out.end().take();
}

Plan reconciliation(Gateway& gateway, CallPtr call) {
    ops::ReconcileAsked asked{.until = gateway.context().now};
    asked.until.us += 1;
    for (const auto& item : call->query) {
        const auto number = audit::plain_decimal(item.value);
        const auto time = protocol::parse_rfc3339(item.value);
        const bool needs_number = item.name == "partner" || item.name == "first";
        const bool needs_time = item.name == "since" || item.name == "until";
        constexpr std::uint64_t number_max = std::numeric_limits<std::int64_t>::max();
        if ((needs_number && (!number || *number > number_max)) || (needs_time && !time) ||
            (item.name == "open" && item.value != "true" && item.value != "false")) {
            return gateway.failure(call, {.kind = protocol::ErrorKind::invalid,
                                          .code = "invalid_request",
                                          .message = "the parameter " + std::string(needs_number ? "is no decimal number"
                                                                                    : needs_time ? "is no time (RFC 3339)"
                                                                                                 : "open is true or false")});
        }
        if (item.name == "partner") asked.partner = protocol::CompanyId{static_cast<std::int64_t>(*number)};
        if (item.name == "first") asked.first = static_cast<std::int64_t>(*number);
        if (item.name == "since") asked.from = *time;
        if (item.name == "until") asked.until = *time;
        if (item.name == "open") asked.open_only = item.value == "true";
    }
    return gateway.disclose<ops::Reconciliation>(
        std::move(call), "audit.reconcile", "audit",
        [asked](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::reconcile_crossings(txn, caller, asked);
        },
        [](Gateway& g, const CallPtr& c, ops::Reconciliation& page) { return g.reply(c, 200, encode_reconciliation(page)); });
}

Plan acknowledge(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    std::optional<std::int64_t> through;
    if (!call->request->body.empty()) {
        auto asked = native::decode<std::optional<std::int64_t>>(call->request->body, [](protocol::Reader& in) {
            return in.integer("through", 0, std::numeric_limits<std::int64_t>::max(), protocol::Need::optional);
        });
        if (!asked) return gateway.failure(call, asked.error());
        through = *asked;
    }
    return gateway.write<ops::Acknowledged>(
        std::move(call),
        [token = std::move(token), through](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::acknowledge_case(txn, context, caller, token, through);
        },
        [](Gateway& g, const CallPtr& c, ops::Acknowledged& done) {
            JsonWriter out;
            out.object().member("token", done.token).member("time", protocol::to_rfc3339(done.at));
            return g.reply(c, 200, out.end().take());
        });
}

constexpr Route reconcile_routes[] = {
    {Method::get, "/api/v1/audit/reconciliation", "reconcileExchange", Dialect::native, Access::signed_in, reconciliation},
    {Method::post, "/api/v1/cases/{token}/acknowledgement", "acknowledgeCase", Dialect::native, Access::signed_in, acknowledge},
};

}  // namespace

std::span<const Route> native_reconcile_routes() {
    return reconcile_routes;
}

}  // namespace entente::api
