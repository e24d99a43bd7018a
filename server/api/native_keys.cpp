// The own API: the generations of the gateway's key encryption keys, for its operator.

#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/keys.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;

namespace {

void write_generation(JsonWriter& out, const ops::Generation& one) {
    out.object().member("generation", static_cast<std::int64_t>(one.number)).member("madeAt", to_rfc3339(one.made_at));
    out.key("destroyedAt");
    one.destroyed_at ? out.value(to_rfc3339(*one.destroyed_at)) : out.null();
    out.member("current", one.current).member("present", one.present).member("ownerKeys", one.owner_keys).end();
}

Response reply_with(Gateway& gateway, const CallPtr& call, int status, const ops::Generation& one) {
    JsonWriter out;
    write_generation(out, one);
    return gateway.reply(call, status, out.take());
}

Plan list_generations(Gateway& gateway, CallPtr call) {
    return gateway.disclose<std::vector<ops::Generation>>(
        std::move(call), "keys.list", "key_generation",
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_generations(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, std::vector<ops::Generation>& all) {
            JsonWriter out;
            out.object().key("items").array();
            for (const ops::Generation& one : all) write_generation(out, one);
            return g.reply(c, 200, out.end().end().take());
        });
}

Plan new_generation(Gateway& gateway, CallPtr call) {
    return gateway.write<ops::Generation>(
        std::move(call),
        [](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::new_generation(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, ops::Generation& made) { return reply_with(g, c, 201, made); });
}

Plan end_generation(Gateway& gateway, CallPtr call) {
    const auto number =
        static_cast<std::uint32_t>(std::max<std::int64_t>(0, protocol::connect::decode_id(call->path.at(0)).value_or(0)));
    return gateway.write<ops::Generation>(
        std::move(call),
        [number](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::end_generation(txn, context, caller, number);
        },
        [](Gateway& g, const CallPtr& c, ops::Generation& ended) { return reply_with(g, c, 200, ended); });
}

constexpr Route key_generation_table[] = {
    {Method::get, "/api/v1/keys/generations", "listKeyGenerations", Dialect::native, Access::signed_in, list_generations},
    {Method::post, "/api/v1/keys/generations", "addKeyGeneration", Dialect::native, Access::signed_in, new_generation},
    {Method::post, "/api/v1/keys/generations/{generation}/end", "endKeyGeneration", Dialect::native, Access::signed_in,
     end_generation},
};

}  // namespace

std::span<const Route> native_key_routes() {
    return key_generation_table;
}

}  // namespace entente::api
