#pragma once
// What the handlers of the own API share: the steps "decode, operate, render" for a write, a create that may be repeated, and a
// list. Private to server/api/native_*.cpp.

#include "protocol/connect/decode.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/native_json.hpp"
#include "server/store/statements/sessions.hpp"

namespace entente::api::native {

namespace ops = operations;
using protocol::ErrorKind;

inline std::int64_t query_id(const Call& call, std::string_view name) {
    for (const auto& item : call.query)
        if (item.name == name) return protocol::connect::decode_id(item.value).value_or(-1);
    return 0;
}

inline std::string query_text(const Call& call, std::string_view name) {
    for (const auto& item : call.query)
        if (item.name == name) return item.value;
    return {};
}

// The id in the path; a malformed one is an object that does not exist.
template <class Id>
Id path_id(const Call& call) {
    return {protocol::connect::decode_id(call.path.at(0)).value_or(-1)};
}

// Decodes the body, runs the operation, renders its value with `status`.
template <class T, class Decoded, class Operation, class Encode>
Plan post(Gateway& gateway, CallPtr call, Decoded input, Operation operation, int status, Encode encode) {
    if (!input) return gateway.failure(call, input.error());
    return gateway.write<T>(
        std::move(call),
        [operation, value = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller)
            -> ops::Audited<T> { return operation(txn, context, caller, value); },
        [status, encode](Gateway& g, const CallPtr& c, T& value) { return g.reply(c, status, encode(value)); });
}

// A create that may be sent twice: with an Idempotency-Key the second answer shows what the first one made, as it is today, without
// the secrets that are shown once. `load` finds the caller's object by id, `id_of` names it.
template <class T, class Decoded, class Operation, class Encode, class Load, class IdOf>
Plan create(Gateway& gateway, CallPtr call, Decoded input, Operation operation, Encode encode, Load load, IdOf id_of) {
    if (!input) return gateway.failure(call, input.error());
    auto key = idempotency_key(*call);
    if (!key) return gateway.failure(call, key.error());
    return gateway.write<T>(
        call,
        [call, operation, load, id_of, key = std::move(*key), value = std::move(*input)](
            store::Txn& txn, const ops::Context& context, const ops::Caller& caller) -> ops::Audited<T> {
            if (!key) return operation(txn, context, caller, value);
            const ops::RepeatKey repeat = repeat_key(*call, caller, *key);
            if (const auto earlier = store::find_repeat(txn, repeat.scope)) {
                audit::Record record = ops::record_of(caller, std::string(call->route->name) + ".repeat",
                                                      audit::Class::entity_management, audit::activity_read);
                record.resources.push_back({"repeat", std::to_string(earlier->outcome)});
                if (earlier->digest != repeat.digest)
                    return ops::refused<T>(std::move(record), {.kind = ErrorKind::conflict,
                                                               .code = "idempotency_key_reused",
                                                               .message = "this Idempotency-Key was used for another request"});
                if (auto found = load(txn, context, caller, earlier->outcome)) return {std::move(*found), std::move(record)};
            }
            ops::Audited<T> done = operation(txn, context, caller, value);
            if (done.outcome) store::insert_repeat(txn, repeat.scope, repeat.digest, id_of(*done.outcome), context.now);
            return done;
        },
        [encode](Gateway& g, const CallPtr& c, T& made) { return g.reply(c, 201, encode(made)); });
}

template <class T, class Work>
Plan listing(Gateway& gateway, CallPtr call, std::string operation, std::string type, Work work) {
    return gateway.disclose<std::vector<T>>(
        std::move(call), std::move(operation), std::move(type),
        [work](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) -> protocol::Result<std::vector<T>> {
            return work(txn, context, caller);
        },
        [](Gateway& g, const CallPtr& c, std::vector<T>& items) { return g.reply(c, 200, native::encode_items(items)); });
}

// Renders a value as it is read and written.
constexpr auto as_json = [](const auto& value) { return encode(value); };

}  // namespace entente::api::native
