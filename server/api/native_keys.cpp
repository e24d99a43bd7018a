// The own API: the generations of the gateway's key encryption keys, for its operator.

#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/keys.hpp"
#include "server/operations/log_keys.hpp"

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

void write_time(JsonWriter& out, std::string_view name, const std::optional<protocol::Instant>& at) {
    out.key(name);
    at ? out.value(to_rfc3339(*at)) : out.null();
}

void write_log_key(JsonWriter& out, const ops::LogKeyRow& one) {
    out.object().member("number", static_cast<std::int64_t>(one.number)).member("verifierKey", one.verifier_key);
    out.member("madeAt", to_rfc3339(one.made_at)).key("entry");
    one.entry ? out.value(*one.entry) : out.null();
    write_time(out, "endedAt", one.ended_at);
    out.member("newest", one.newest).member("present", one.present).end();
}

Response reply_with_key(Gateway& gateway, const CallPtr& call, int status, const ops::LogKeyRow& one) {
    JsonWriter out;
    write_log_key(out, one);
    return gateway.reply(call, status, out.take());
}

Plan list_log_keys(Gateway& gateway, CallPtr call) {
    return gateway.look_up<std::vector<ops::LogKeyRow>>(
        std::move(call),
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_log_keys(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, std::vector<ops::LogKeyRow>& all) {
            JsonWriter out;
            out.object().key("items").array();
            for (const ops::LogKeyRow& one : all) write_log_key(out, one);
            return g.reply(c, 200, out.end().end().take());
        });
}

Plan new_log_key(Gateway& gateway, CallPtr call) {
    return gateway.write<ops::LogKeyRow>(
        std::move(call),
        [](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::new_log_key(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, ops::LogKeyRow& made) { return reply_with_key(g, c, 201, made); });
}

Plan end_log_key(Gateway& gateway, CallPtr call) {
    const auto number =
        static_cast<std::uint32_t>(std::max<std::int64_t>(0, protocol::connect::decode_id(call->path.at(0)).value_or(0)));
    return gateway.write<ops::LogKeyRow>(
        std::move(call),
        [number](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::end_log_key(txn, context, caller, number);
        },
        [](Gateway& g, const CallPtr& c, ops::LogKeyRow& ended) { return reply_with_key(g, c, 200, ended); });
}

void write_escrow(JsonWriter& out, const ops::Escrow& one) {
    out.object().member("id", one.id).member("madeAt", to_rfc3339(one.made_at)).member("digest", one.digest);
    for (const auto& [name, words] : {std::pair{"recipients", &one.recipients}, std::pair{"generations", &one.generations},
                                      std::pair{"logKeys", &one.log_keys}}) {
        out.key(name).array();
        for (const std::string& word : *words) out.value(word);
        out.end();
    }
    out.member("rootKeys", one.root_keys).member("state", one.state).end();
}

Plan list_escrows(Gateway& gateway, CallPtr call) {
    return gateway.disclose<std::vector<ops::Escrow>>(
        std::move(call), "keys.escrow.list", "key_escrow",
        [](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::list_escrows(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, std::vector<ops::Escrow>& all) {
            JsonWriter out;
            out.object().key("items").array();
            for (const ops::Escrow& one : all) write_escrow(out, one);
            return g.reply(c, 200, out.end().end().take());
        });
}

Plan note_escrow(Gateway& gateway, CallPtr call) {
    auto input = native::decode<ops::EscrowInput>(call->request->body, [](protocol::Reader& in) {
        constexpr std::size_t recipients_max = 20;
        constexpr std::size_t recipient_chars = 62;
        constexpr std::size_t keys_max = 1'000;
        constexpr std::size_t name_chars = 16;
        ops::EscrowInput escrow;
        const auto digest = protocol::from_hex(in.text("digest", 64));
        if (!digest || digest->size() != escrow.digest.size()) {
            in.violate("digest", "digest", "must be a SHA-256 digest in hexadecimal");
        } else {
            std::ranges::copy(*digest, escrow.digest.begin());
        }
        escrow.recipients = in.texts("recipients", recipients_max, recipient_chars, protocol::Need::filled);
        escrow.generations = in.integers("generations", keys_max, 1, protocol::id_max, protocol::Need::filled);
        escrow.log_keys = in.integers("logKeys", keys_max, 1, protocol::id_max, protocol::Need::filled);
        escrow.root_keys = in.text("rootKeys", name_chars);
        if (const auto name = protocol::from_hex(escrow.root_keys); !name || name->size() * 2 != name_chars)
            in.violate("rootKeys", "name", "must be 16 hexadecimal digits");
        return escrow;
    });
    return native::post<ops::Escrow>(gateway, std::move(call), std::move(input), ops::note_escrow, 201,
                                     [](const ops::Escrow& made) {
                                         JsonWriter out;
                                         write_escrow(out, made);
                                         return out.take();
                                     });
}

constexpr Route key_generation_table[] = {
    {Method::get, "/api/v1/keys/escrows", "listKeyEscrows", Dialect::native, Access::signed_in, list_escrows},
    {Method::post, "/api/v1/keys/escrows", "noteKeyEscrow", Dialect::native, Access::signed_in, note_escrow},
    {Method::get, "/api/v1/keys/log", "listLogKeys", Dialect::native, Access::signed_in, list_log_keys},
    {Method::post, "/api/v1/keys/log", "addLogKey", Dialect::native, Access::signed_in, new_log_key},
    {Method::post, "/api/v1/keys/log/{number}/end", "endLogKey", Dialect::native, Access::signed_in, end_log_key},
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
