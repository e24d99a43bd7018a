#pragma once
// What the handlers of the own API share: the steps "decode, operate, render" for a write, a create that may be repeated, and a
// list. Private to server/api/native_*.cpp.

#include "protocol/connect/decode.hpp"
#include "server/api/gateway_api.hpp"
#include "server/api/native_json.hpp"

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

// The same for what makes something new.
template <class T, class Decoded, class Operation, class Encode>
Plan create(Gateway& gateway, CallPtr call, Decoded input, Operation operation, Encode encode) {
    return post<T>(gateway, std::move(call), std::move(input), std::move(operation), 201, std::move(encode));
}

// Signs what happened up to now, so that evidence covers it, lets the witnesses cosign it and goes on: also when they do not.
Plan sign_then(Gateway& gateway, CallPtr call, std::function<Plan()> then);

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
