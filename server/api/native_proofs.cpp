// What lets others check the log without trusting the gateway: checkpoints, receipts and consistency proofs. Hashes and signatures
// alone, so asking leaves no record; a company gets receipts only for what it is party to.

#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_audit.hpp"
#include "server/api/native_tables.hpp"
#include "server/audit/format/decimal.hpp"
#include "server/operations/audit.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::ErrorKind;
using protocol::JsonWriter;

namespace {

using PublishedPtr = std::shared_ptr<const audit::Published>;

// Signs what is there now, then goes on. The thread of the notary is at most a second behind; who asks for a receipt of what just
// happened need not wait for it.
Plan sign_first(Gateway& gateway, CallPtr call, std::function<Plan()> next) {
    auto step = std::make_unique<OnWorker>();
    step->run = [&gateway, call = std::move(call), next = std::move(next)]() -> Plan {
        try {
            gateway.parts().notary->round();
        } catch (const protocol::Fault& fault) {
            return gateway.fault(call, fault.what());
        }
        return next();
    };
    return step;
}

std::string encode_checkpoint(const audit::Published& published, const audit::VerifierKey& key) {
    JsonWriter out;
    out.object().member("origin", published.checkpoint.origin);
    out.member("size", static_cast<std::int64_t>(published.checkpoint.size));
    out.member("root", protocol::hex(published.checkpoint.root)).member("time", protocol::to_rfc3339(published.time));
    out.member("checkpoint", published.note).member("verifierKey", audit::format_vkey(key));
    return out.end().take();
}

Plan checkpoint(Gateway& gateway, CallPtr call) {
    const auto look = [&gateway, call]() -> Plan {
        return gateway.look_up<PublishedPtr>(
            call,
            [&gateway](store::ReadTxn&, const ops::Context&, const ops::Caller& caller) {
                return ops::newest_checkpoint(caller, *gateway.parts().notary);
            },
            [](Gateway& g, const CallPtr& c, PublishedPtr& published) {
                return g.reply(c, 200, encode_checkpoint(*published, g.parts().notary->key()));
            });
    };
    if (gateway.parts().notary->keeps_up()) return look();
    return sign_first(gateway, call, look);
}

Response plain_text(Gateway& gateway, const CallPtr& call, std::string text) {
    Response response = gateway.reply(call, 200, std::move(text));
    for (Header& header : response.headers)
        if (header.name == "Content-Type") header.value = "text/plain; charset=utf-8";
    return response;
}

Plan receipt_of(Gateway& gateway, CallPtr call, const audit::EntryKey& key, bool signed_now) {
    return gateway.look_up<ops::Receipt>(
        call,
        [&gateway, key](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
            return ops::make_receipt(txn, caller, *gateway.parts().notary, key);
        },
        [](Gateway& g, const CallPtr& c, ops::Receipt& made) {
            if (made.receipt) return plain_text(g, c, audit::format_receipt(*made.receipt));
            return g.failure(c, {.kind = ErrorKind::unavailable,
                                 .code = "receipt_not_ready",
                                 .message = "no checkpoint covers this entry yet",
                                 .retry_after_s = 1});
        },
        [&gateway, call, key, signed_now](ops::Receipt& made) -> std::optional<Plan> {
            if (made.receipt || signed_now) return std::nullopt;
            return sign_first(gateway, call, [&gateway, call, key] { return receipt_of(gateway, call, key, true); });
        });
}

Plan receipt(Gateway& gateway, CallPtr call) {
    const audit::EntryKey key = entry_key(call->path.at(0));
    return receipt_of(gateway, std::move(call), key, false);
}

Plan consistency(Gateway& gateway, CallPtr call) {
    std::optional<std::uint64_t> from;
    for (const auto& item : call->query)
        if (item.name == "from") from = audit::plain_decimal(item.value);
    if (!from) {
        return gateway.failure(call, {.kind = ErrorKind::invalid,
                                      .code = "invalid_request",
                                      .message = "from must be the size of a checkpoint, a decimal number"});
    }
    const auto look = [&gateway, call, from]() -> Plan {
        return gateway.look_up<ops::Consistency>(
            call,
            [&gateway, from](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) {
                return ops::prove_consistency(txn, caller, *gateway.parts().notary, *from);
            },
            [](Gateway& g, const CallPtr& c, ops::Consistency& proof) {
                JsonWriter out;
                out.object()
                    .member("from", static_cast<std::int64_t>(proof.from))
                    .member("to", static_cast<std::int64_t>(proof.to));
                out.key("path").array();
                for (const audit::Hash& hash : proof.path) out.value(protocol::base64(hash));
                out.end().member("checkpoint", proof.checkpoint);
                return g.reply(c, 200, out.end().take());
            });
    };
    if (gateway.parts().notary->keeps_up()) return look();
    return sign_first(gateway, call, look);
}

constexpr auto dialect = Dialect::native;
constexpr auto signed_in = Access::signed_in;

constexpr Route routes[] = {
    {Method::get, "/api/v1/audit/checkpoint", "getAuditCheckpoint", dialect, signed_in, checkpoint},
    {Method::get, "/api/v1/audit/consistency", "proveAuditConsistency", dialect, signed_in, consistency},
    {Method::get, "/api/v1/audit/receipts/{entry}", "getAuditReceipt", dialect, signed_in, receipt},
};

}  // namespace

std::span<const Route> native_proof_routes() {
    return routes;
}

}  // namespace entente::api
