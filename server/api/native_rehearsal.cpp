// The own API: what proposed terms of the gate would have done to the decisions of a period, and a proposed form to its cases.

#include "protocol/connect/query_reader.hpp"
#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/form_rehearsal.hpp"
#include "server/operations/gate_rehearsal.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::JsonWriter;

namespace {

constexpr std::int64_t index_max = std::numeric_limits<std::int64_t>::max() / 16;

protocol::Result<ops::GateTrial> decode_gate_trial(std::string_view body) {
    return native::decode<ops::GateTrial>(body, [](native::Reader& in) {
        ops::GateTrial trial;
        policy::GateTerms& terms = trial.terms;
        terms.agreement = {in.integer("agreement", 1, protocol::id_max, native::Need::optional).value_or(0)};
        trial.successor = {in.integer("successor", 1, protocol::id_max, native::Need::optional).value_or(0)};
        if (in.has("dataClasses")) terms.permitted = native::read_classes(in);
        terms.required_assurance = in.choice("requiredAssurance", protocol::parse_assurance,
                                             "attested, recorded, covered, confirmed, signed", native::Need::optional);
        if (const auto hours = in.integer("emergencyHours", 0, 168, native::Need::optional))
            terms.emergency_hours = static_cast<int>(*hours);
        if (in.has("products")) terms.products = in.texts("products", 100, native::name_chars);
        if (in.has("purpose")) terms.purpose = native::read_purpose(in);
        terms.valid_from = in.instant("validFrom");
        terms.valid_until = in.instant("validUntil");
        terms.suspended = in.boolean("suspended").value_or(false);
        const bool tried = trial.successor || terms.permitted || terms.required_assurance || terms.emergency_hours ||
                           terms.products || terms.purpose || terms.valid_from || terms.valid_until || terms.suspended;
        if (!tried) in.violate("dataClasses", "missing", "say what is to be tried: a term, or a successor");
        return trial;
    });
}

void write_outcome(JsonWriter& out, std::string_view key, const policy::Decision& decision) {
    out.key(key).object().member("verdict", name(decision.verdict)).member("reason", decision.reason);
    native::write_classes(out, decision.released);
    out.end();
}

std::string encode_gate_rehearsal(const ops::GateRehearsal& rehearsal) {
    JsonWriter out;
    out.object().member("since", to_rfc3339(rehearsal.since)).member("until", to_rfc3339(rehearsal.until));
    out.member("entries", rehearsal.entries).member("decisions", rehearsal.decisions);
    out.member("erased", rehearsal.erased).member("inexact", rehearsal.inexact);
    out.key("changes").object();
    for (const auto& [change, decisions] : rehearsal.changes) out.member(name(change), decisions);
    out.end();
    for (const auto& [key, counts] :
         {std::pair("releasedThen", &rehearsal.released_then), std::pair("releasedNow", &rehearsal.released_now)}) {
        out.key(key).object();
        for (const auto& [data_class, decisions] : *counts) out.member(data_class, decisions);
        out.end();
    }
    out.key("examples").array();
    for (const auto& one : rehearsal.examples) {
        out.object().member("index", one.index);
        native::text_or_null(out, "case", one.token);
        out.member("change", name(one.change));
        write_outcome(out, "then", one.then);
        write_outcome(out, "now", one.now);
        out.end();
    }
    return out.end().member("next", rehearsal.next).end().take();
}

Plan rehearse_gate(Gateway& gateway, CallPtr call) {
    auto trial = decode_gate_trial(call->request->body);
    if (!trial) return gateway.failure(call, trial.error());
    protocol::connect::QueryReader in(call->query);
    trial->since = in.instant("since");
    trial->until = in.instant("until");
    trial->from = in.integer("from", 0, 0, index_max);
    trial->limit = in.integer("limit", 500, 1, 1'000);
    if (const auto ok = in.done(); !ok) return gateway.failure(call, ok.error());
    return gateway.disclose<ops::GateRehearsal>(
        std::move(call), "decision.rehearse", "audit",
        [trial = std::move(*trial)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rehearse_gate(txn, context, caller, trial);
        },
        [](Gateway& g, const CallPtr& c, ops::GateRehearsal& rehearsal) {
            return g.reply(c, 200, encode_gate_rehearsal(rehearsal));
        });
}

std::string encode_form_rehearsal(const ops::FormRehearsal& rehearsal) {
    JsonWriter out;
    out.object().member("from", to_rfc3339(rehearsal.from)).member("until", to_rfc3339(rehearsal.until));
    out.member("cases", rehearsal.cases).member("unreadable", rehearsal.unreadable).member("refused", rehearsal.refused);
    out.key("fields").array();
    for (const auto& [label, field] : rehearsal.fields) {
        out.object().member("label", label).member("values", field.values).member("withheld", field.withheld);
        out.member("later", field.later).member("sooner", field.sooner).member("notAsked", field.not_asked);
        out.member("notTaken", field.not_taken).member("unanswered", field.unanswered).end();
    }
    out.end().key("examples").array();
    for (const std::string& token : rehearsal.examples) out.value(token);
    out.end().key("next");
    rehearsal.next ? out.value(rehearsal.next->value) : out.null();
    return out.end().take();
}

Plan rehearse_form(Gateway& gateway, CallPtr call) {
    auto form = native::decode_form(call->request->body);
    if (!form) return gateway.failure(call, form.error());
    protocol::connect::QueryReader in(call->query);
    ops::RehearsalPeriod period;
    period.from = in.instant("from");
    period.until = in.instant("until");
    period.after = {in.integer("after", 0, 0)};
    period.limit = in.integer("limit", 100, 1, 200);
    if (const auto ok = in.done(); !ok) return gateway.failure(call, ok.error());
    const auto id = native::path_id<protocol::FormId>(*call);
    return gateway.disclose<ops::FormRehearsal>(
        std::move(call), "form.rehearse", "form",
        [id, form = std::move(*form), period](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rehearse_form(txn, context, caller, id, form, period);
        },
        [](Gateway& g, const CallPtr& c, ops::FormRehearsal& rehearsal) {
            return g.reply(c, 200, encode_form_rehearsal(rehearsal));
        });
}

constexpr Route rehearsal_table[] = {
    {Method::post, "/api/v1/forms/{id}/rehearse", "rehearseForm", Dialect::native, Access::signed_in, rehearse_form},
    {Method::post, "/api/v1/decisions/rehearse", "rehearseDecisions", Dialect::native, Access::signed_in, rehearse_gate},
};

}  // namespace

std::span<const Route> native_rehearsal_routes() {
    return rehearsal_table;
}

}  // namespace entente::api
