// The own API: acceptance rules, probes of partners' intakes, and the directory of partners with what is known of them.

#include "server/api/native_json_automation.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"

namespace entente::api {

namespace ops = operations;

namespace {

// --- acceptance rules ---

Plan add_rule(Gateway& gateway, CallPtr call) {
    auto input = native::decode_acceptance_rule(call->request->body);
    return native::create<ops::ScoredRule>(gateway, std::move(call), std::move(input), ops::add_acceptance_rule, native::as_json);
}

Plan list_rules(Gateway& gateway, CallPtr call) {
    return native::listing<ops::ScoredRule>(gateway, std::move(call), "acceptance_rule.list", "acceptance_rule",
                                            ops::list_acceptance_rules);
}

Plan end_rule(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::AcceptanceRuleId>(*call);
    return gateway.write<ops::ScoredRule>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::end_acceptance_rule(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, ops::ScoredRule& ended) { return g.reply(c, 200, native::encode(ended)); });
}

// --- probes ---

Plan add_probe(Gateway& gateway, CallPtr call) {
    auto input = native::decode_probe(call->request->body);
    return native::create<protocol::IntakeProbe>(gateway, std::move(call), std::move(input), ops::add_probe, native::as_json);
}

Plan list_probes(Gateway& gateway, CallPtr call) {
    return native::listing<protocol::IntakeProbe>(
        gateway, std::move(call), "intake_probe.list", "intake_probe",
        [](store::ReadTxn& txn, const ops::Context&, const ops::Caller& caller) { return ops::list_probes(txn, caller); });
}

Plan end_probe(Gateway& gateway, CallPtr call) {
    const auto id = native::path_id<protocol::IntakeProbeId>(*call);
    return gateway.write<protocol::IntakeProbe>(
        std::move(call),
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::end_probe(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, protocol::IntakeProbe& ended) { return g.reply(c, 200, native::encode(ended)); });
}

// --- the directory ---

Plan find_partners(Gateway& gateway, CallPtr call) {
    auto sentence = protocol::connect::decode_partner_sentence(call->query);
    if (!sentence) return gateway.failure(call, sentence.error());
    return gateway.look_up<std::vector<ops::PartnerFound>>(
        std::move(call),
        [query = ops::PartnerQuery{std::move(sentence->query), ops::PartnerIndex::Manner::sentence, sentence->limit}](
            store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::find_partners(txn, context, caller, query);
        },
        [](Gateway& g, const CallPtr& c, std::vector<ops::PartnerFound>& found) {
            return g.reply(c, 200, native::encode_items(found));
        });
}

constexpr Route automation_table[] = {
    {Method::get, "/api/v1/directory/partners", "findPartners", Dialect::native, Access::signed_in, find_partners},
    {Method::get, "/api/v1/acceptance-rules", "listAcceptanceRules", Dialect::native, Access::signed_in, list_rules},
    {Method::post, "/api/v1/acceptance-rules", "createAcceptanceRule", Dialect::native, Access::signed_in, add_rule},
    {Method::delete_, "/api/v1/acceptance-rules/{id}", "endAcceptanceRule", Dialect::native, Access::signed_in, end_rule},
    {Method::get, "/api/v1/intake-probes", "listIntakeProbes", Dialect::native, Access::signed_in, list_probes},
    {Method::post, "/api/v1/intake-probes", "createIntakeProbe", Dialect::native, Access::signed_in, add_probe},
    {Method::delete_, "/api/v1/intake-probes/{id}", "endIntakeProbe", Dialect::native, Access::signed_in, end_probe},
};

}  // namespace

std::span<const Route> native_automation_routes() {
    return automation_table;
}

}  // namespace entente::api
