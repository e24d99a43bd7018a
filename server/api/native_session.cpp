// The own API: alive or not, the contract itself, signing out.

#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::ErrorKind;

namespace {

Plan log_out(Gateway& gateway, CallPtr call) {
    if (!call->presented.token)
        return gateway.failure(call, {.kind = ErrorKind::invalid, .code = "no_token", .message = "only a token can be signed out"});
    const certs::TokenId token = *call->presented.token;
    return gateway.write<bool>(
        std::move(call),
        [token](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::log_out(txn, context, caller, token);
        },
        [](Gateway& g, const CallPtr& c, bool&) { return g.empty(c, 204); });
}

Plan openapi(Gateway& gateway, CallPtr call) {
    Response response = gateway.reply(call, 200, gateway.parts().openapi());
    for (Header& header : response.headers)
        if (header.name == "Content-Type") header.value = "application/yaml";
    return response;
}

// Alive and able to answer; whether it can also record is /readyz on the metrics listener.
Plan health(Gateway& gateway, CallPtr call) {
    return gateway.reply(call, 200, R"({"status":"ok"})");
}

constexpr auto dialect = Dialect::native;
constexpr auto open = Access::open;
constexpr auto signed_in = Access::signed_in;

constexpr Route routes[] = {
    {Method::get, "/healthz", "getHealth", dialect, open, health},
    {Method::get, "/api/v1/openapi.yaml", "getOpenApi", dialect, open, openapi},
    {Method::delete_, "/api/v1/session", "endSession", dialect, signed_in, log_out},
};

}  // namespace

std::span<const Route> native_session_routes() {
    return routes;
}

}  // namespace entente::api
