// The own API: what the gate says of a case.

#include "protocol/connect/decode.hpp"
#include "protocol/connect/encode.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/cases.hpp"

namespace entente::api {

namespace ops = operations;
namespace connect = protocol::connect;

namespace {

void write_decision(protocol::JsonWriter& out, const ops::GateView& gate);

std::string encode_gate(const ops::GateView& gate) {
    protocol::JsonWriter out;
    const auto& decision = gate.decision;
    out.object().member("token", gate.facts.token).member("flow", name(gate.facts.flow)).member("verdict", name(decision.verdict));
    if (!gate.full) return out.end().take();
    write_decision(out, gate);
    return out.end().take();
}

void write_decision(protocol::JsonWriter& out, const ops::GateView& gate) {
    const auto& decision = gate.decision;
    out.member("reason", decision.reason).member("text", policy::for_case(decision.text, gate.facts.token));
    out.member("nextStep", policy::for_case(decision.next_step, gate.facts.token));
    out.key("agreement");
    decision.agreement ? out.value(decision.agreement.value) : out.null();
    out.key("authorization");
    decision.authorization ? out.value(decision.authorization.value) : out.null();
    out.key("customer");
    gate.facts.customer ? out.value(gate.facts.customer.value) : out.null();
    out.key("releasedClasses").array();
    const auto classes = gate.facts.released_at ? gate.facts.released : decision.released;
    for (int c = 0; c < protocol::data_class_count; ++c)
        if (classes.has(static_cast<protocol::DataClass>(c))) out.value(name(static_cast<protocol::DataClass>(c)));
    out.end().key("releasedFields").array();
    for (const std::string& label : gate.released) out.value(label);
    out.end().key("withheldFields").array();
    for (const auto& [label, reason] : gate.withheld) out.object().member("label", label).member("reason", reason).end();
    out.end().key("masked").object();
    for (const auto& [data_class, values] : gate.masked) out.member(data_class, values);
    out.end();
}

// What would happen, with the versions of what decides.
std::string encode_preview(const ops::GateView& gate, std::string_view detectors) {
    protocol::JsonWriter out;
    out.object().member("verdict", name(gate.decision.verdict));
    write_decision(out, gate);
    out.member("documentDigest", gate.decision.document_digest).key("rules").object();
    out.member("gate", policy::gate_version).member("detectors", detectors).end();
    return out.end().take();
}

Plan preview_decision(Gateway& gateway, CallPtr call) {
    auto input = connect::decode_new_case(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    // A verdict is a record, also one that nothing follows from.
    return gateway.disclose<ops::GateView>(
        std::move(call), "decision.preview", "decision",
        [input = std::move(*input)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::preview_decision(txn, context, caller, input);
        },
        [](Gateway& g, const CallPtr& c, ops::GateView& gate) {
            return g.reply(c, 200, encode_preview(gate, g.parts().tools.detectors.version()));
        });
}

Plan explain_gate(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::GateView>(
        std::move(call), "case.gate",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::explain_gate(txn, context, caller, token);
        },
        [](const ops::GateView& gate) { return std::vector{gate.shown}; },
        [](Gateway& g, const CallPtr& c, ops::GateView& gate) { return g.reply(c, 200, encode_gate(gate)); });
}

Plan preview_case(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::CaseRead>(
        std::move(call), "case.preview",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::preview_case(txn, context, caller, token);
        },
        [](const ops::CaseRead& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::CaseRead& read) { return g.reply(c, 200, connect::encode_case(read.view)); });
}

Plan pick_customer(Gateway& gateway, CallPtr call) {
    auto customer = native::decode_picked_customer(call->request->body);
    if (!customer) return gateway.failure(call, customer.error());
    return gateway.write<protocol::CaseId>(
        call,
        [token = call->path.at(0), customer = *customer](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::pick_customer(txn, context, caller, token, customer);
        },
        [](Gateway& g, const CallPtr& c, protocol::CaseId&) { return g.empty(c, 204); },
        // The case follows at once; the answer is what the gate says then.
        [&gateway, call](protocol::CaseId& id, const std::function<Response()>&) -> Plan {
            return gateway.reconcile(call, {id}, "customer_picked", std::make_shared<Gateway::Released>(),
                                     [&gateway, call] { return explain_gate(gateway, call); });
        });
}

constexpr Route gate_table[] = {
    {Method::post, "/api/v1/decisions/preview", "previewDecision", Dialect::native, Access::signed_in, preview_decision},
    {Method::get, "/api/v1/cases/{token}/gate", "getGate", Dialect::native, Access::signed_in, explain_gate},
    {Method::get, "/api/v1/cases/{token}/preview", "previewCase", Dialect::native, Access::signed_in, preview_case},
    {Method::post, "/api/v1/cases/{token}/customer", "pickCustomer", Dialect::native, Access::signed_in, pick_customer},
};

}  // namespace

std::span<const Route> native_gate_routes() {
    return gate_table;
}

}  // namespace entente::api
