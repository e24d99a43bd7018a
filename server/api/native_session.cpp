// The own API: alive or not, the contract itself, signing out.

#include "certs/digest.hpp"
#include "protocol/encoding.hpp"
#include "protocol/json_writer.hpp"
#include "server/api/conditional.hpp"
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

// What the credential of this call is good for. It says nothing that the caller did not bring, so there is nothing to record.
Plan session(Gateway& gateway, CallPtr call) {
    return gateway.look_up<protocol::Role>(
        std::move(call),
        [](store::ReadTxn&, const ops::Context&, const ops::Caller& caller) -> protocol::Result<protocol::Role> {
            return caller.role();
        },
        [](Gateway& g, const CallPtr& c, protocol::Role& role) {
            protocol::JsonWriter out;
            out.object().member("role", name(role)).end();
            return g.reply(c, 200, out.take());
        });
}

// The documents change only with the program, so a caller that has one asks with its tag.
Response document(Gateway& gateway, const CallPtr& call, std::string_view text, std::string_view type) {
    const std::string tag = '"' + protocol::hex(certs::sha256(protocol::as_bytes(text))).substr(0, 32) + '"';
    const bool known = already_has(*call, tag);
    Response response = known ? gateway.empty(call, 304) : gateway.reply(call, 200, std::string(text));
    for (Header& header : response.headers) {
        if (header.name == "Content-Type") header.value = type;
        if (header.name == "Cache-Control") header.value = "no-cache";
    }
    response.headers.push_back({"ETag", tag});
    return response;
}

Plan openapi_yaml(Gateway& gateway, CallPtr call) {
    return document(gateway, call, gateway.parts().documents.yaml, "application/yaml");
}

Plan openapi_json(Gateway& gateway, CallPtr call) {
    return document(gateway, call, gateway.parts().documents.json, "application/json");
}

// A page for people: no script, its own style and nothing from elsewhere.
Response page(Gateway& gateway, const CallPtr& call, std::string_view html) {
    Response response = document(gateway, call, html, "text/html; charset=utf-8");
    response.headers.push_back({"Content-Security-Policy", "default-src 'none'; style-src 'sha256-" +
                                                               std::string(gateway.parts().documents.style_digest) +
                                                               "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"});
    response.headers.push_back({"Referrer-Policy", "no-referrer"});
    return response;
}

Plan docs(Gateway& gateway, CallPtr call) {
    return page(gateway, call, gateway.parts().documents.page);
}

Plan problems(Gateway& gateway, CallPtr call) {
    return page(gateway, call, gateway.parts().documents.problems);
}

// Alive and able to answer; whether it can also record is /readyz on the metrics listener.
Plan health(Gateway& gateway, CallPtr call) {
    return gateway.reply(call, 200, R"({"status":"ok"})");
}

constexpr Route session_table[] = {
    {Method::get, "/healthz", "getHealth", Dialect::native, Access::open, health},
    {Method::get, "/api/v1/openapi.yaml", "getOpenApi", Dialect::native, Access::open, openapi_yaml},
    {Method::get, "/api/v1/openapi.json", "getOpenApiJson", Dialect::native, Access::open, openapi_json},
    {Method::get, "/api/v1/docs", "getDocumentation", Dialect::native, Access::open, docs},
    {Method::get, "/api/v1/problems", "getProblems", Dialect::native, Access::open, problems},
    {Method::get, "/api/v1/session", "getSession", Dialect::native, Access::signed_in, session},
    {Method::delete_, "/api/v1/session", "endSession", Dialect::native, Access::signed_in, log_out},
};

}  // namespace

std::span<const Route> native_session_routes() {
    return session_table;
}

}  // namespace entente::api
