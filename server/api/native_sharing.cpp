// The own API: what a company lets out. The dry run while typing, the budget afterwards, pseudonyms for their owner, sharing rules,
// labels, and contents that a second person lets pass.

#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"
#include "server/operations/disclosure.hpp"
#include "server/operations/rehearsal.hpp"
#include "server/operations/sharing_rules.hpp"

namespace entente::api {

namespace ops = operations;
using native::Need;
using native::Reader;
using protocol::JsonWriter;

namespace {

constexpr std::string_view labels = "TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED";

// --- reading ---

protocol::Result<ops::DryRun> decode_dry_run(std::string_view body) {
    return native::decode<ops::DryRun>(body, [](Reader& in) {
        ops::DryRun input;
        input.text = in.text("text", native::html_chars, Need::present);
        input.token = in.text("case", 64, Need::optional);
        input.partner = {in.integer("partner", 1, native::id_max, Need::optional).value_or(0)};
        return input;
    });
}

std::string kinds_text() {
    std::string text;
    for (const policy::KindInfo& kind : policy::finding_kinds()) text += (text.empty() ? "" : ", ") + std::string(kind.name);
    return text;
}

std::optional<std::string> parse_kind(std::string_view text) {
    for (const policy::KindInfo& kind : policy::finding_kinds())
        if (kind.name == text) return std::string(text);
    return std::nullopt;
}

protocol::Result<ops::NewSharingRules> decode_sharing_rules(std::string_view body) {
    return native::decode<ops::NewSharingRules>(body, [](Reader& in) {
        ops::NewSharingRules input;
        input.agreement = {in.integer("agreement", 1, native::id_max, Need::optional).value_or(0)};
        int place = 0;
        for (Reader& row : in.objects("actions", policy::finding_kind_count, Need::present)) {
            const auto kind = row.choice<std::string>("kind", parse_kind, kinds_text());
            const auto action =
                row.choice<policy::Action>("action", policy::parse_action, "allow, parseable, pseudonymise, mask, hold, refuse");
            if (kind && action && !input.rules.set(*kind, *action))
                in.violate("actions/" + std::to_string(place) + "/action", "not_allowed", "a " + *kind + " is at least masked");
            ++place;
        }
        input.ceiling =
            in.choice<policy::Label>("ceiling", policy::parse_label, labels, Need::optional).value_or(policy::default_ceiling);
        input.reason = in.text("reason", 2'000);
        input.effective_from = in.instant("effectiveFrom");
        return input;
    });
}

protocol::Result<std::optional<protocol::Hash>> decode_review(std::string_view body) {
    if (body.empty()) return std::optional<protocol::Hash>();
    return native::decode<std::optional<protocol::Hash>>(body, [](Reader& in) -> std::optional<protocol::Hash> {
        const std::string digest = native::read_digest(in, "digest", Need::optional);
        if (digest.empty()) return std::nullopt;
        const auto bytes = protocol::from_hex(digest);
        protocol::Hash hash{};
        if (bytes && bytes->size() == hash.size()) std::ranges::copy(*bytes, hash.begin());
        return hash;
    });
}

protocol::Result<policy::Label> decode_label(std::string_view body) {
    return native::decode<policy::Label>(body, [](Reader& in) {
        return in.choice<policy::Label>("label", policy::parse_label, labels).value_or(policy::Label::red);
    });
}

// --- writing ---

void write_counts(JsonWriter& out, std::string_view key, const std::map<std::string, int, std::less<>>& counts) {
    out.key(key).object();
    for (const auto& [kind, count] : counts) out.member(kind, count);
    out.end();
}

std::string encode_dry_run(const ops::DryVerdict& verdict) {
    JsonWriter out;
    const bool refused = verdict.objection && verdict.objection->code != "content_needs_review";
    out.object().member("verdict", !verdict.objection ? "pass" : refused ? "refuse" : "hold");
    out.key("reason");
    verdict.objection ? out.value(verdict.objection->code) : out.null();
    out.key("text");
    verdict.objection ? out.value(verdict.objection->message) : out.null();
    out.key("nextStep");
    verdict.objection ? out.value(verdict.objection->next_step) : out.null();
    out.member("masked", verdict.masked).key("findings").array();
    for (const ops::DryFinding& one : verdict.findings)
        out.object()
            .member("begin", static_cast<std::int64_t>(one.begin))
            .member("end", static_cast<std::int64_t>(one.end))
            .member("kind", one.kind)
            .member("title", one.title)
            .member("dataClass", name(one.data_class))
            .member("action", name(one.action))
            .end();
    out.end();
    native::write_classes(out, verdict.released);
    out.member("label", name(verdict.label)).member("ceiling", name(verdict.ceiling));
    out.member("sharingRules", verdict.rules_id).member("detectors", verdict.detectors);
    return out.end().take();
}

std::string encode_budget(const ops::Budget& budget) {
    JsonWriter out;
    out.object().member("partner", budget.partner.value).member("flow", name(budget.flow));
    out.member("label", name(budget.label)).member("ceiling", name(budget.ceiling)).member("sharingRules", budget.rules_id);
    out.member("texts", budget.texts).member("characters", budget.characters).member("waiting", budget.waiting);
    write_counts(out, "released", budget.released);
    write_counts(out, "pseudonymised", budget.pseudonymised);
    write_counts(out, "masked", budget.masked);
    out.key("withheldFields").array();
    for (const auto& [label, reason] : budget.withheld) out.object().member("label", label).member("reason", reason).end();
    return out.end().end().take();
}

std::string encode_pseudonyms(const ops::PseudonymRead& read) {
    JsonWriter out;
    out.object().key("items").array();
    for (const auto& row : read.rows)
        out.object()
            .member("kind", row.kind)
            .member("placeholder", row.placeholder)
            .member("standIn", row.stand_in)
            .member("value", row.value)
            .end();
    return out.end().end().take();
}

}  // namespace

namespace native {

void write(JsonWriter& out, const store::StoredSharingRules& stored) {
    out.object().member("id", stored.id).key("agreement");
    stored.agreement ? out.value(stored.agreement.value) : out.null();
    out.key("actions").array();
    for (std::size_t kind = 0; kind < policy::finding_kind_count; ++kind)
        out.object().member("kind", policy::finding_kinds()[kind].name).member("action", name(stored.rules.action(kind))).end();
    out.end().member("ceiling", name(stored.ceiling)).member("reason", stored.reason);
    out.member("proposedAt", to_rfc3339(stored.proposed_at)).key("approvedAt");
    stored.approved_at ? out.value(to_rfc3339(*stored.approved_at)) : out.null();
    out.member("effectiveFrom", to_rfc3339(stored.effective_from)).end();
}

}  // namespace native

namespace {

std::string encode_label(const ops::Relabelled& relabelled) {
    JsonWriter out;
    out.object()
        .member("label", name(relabelled.label.label))
        .member("ceiling", name(relabelled.ceiling))
        .member("result", relabelled.reason);
    out.key("wanted");
    relabelled.label.wanted ? out.value(name(*relabelled.label.wanted)) : out.null();
    return out.end().take();
}

// --- handlers ---

Plan scan(Gateway& gateway, CallPtr call) {
    auto input = decode_dry_run(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return gateway.look_up<ops::DryVerdict>(
        std::move(call),
        [input = std::move(*input)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::dry_run(txn, context, caller, input);
        },
        [](Gateway& g, const CallPtr& c, ops::DryVerdict& verdict) { return g.reply(c, 200, encode_dry_run(verdict)); });
}

Plan disclosures(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::BudgetRead>(
        std::move(call), "case.disclosures",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_budget(txn, context, caller, token);
        },
        [](const ops::BudgetRead& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::BudgetRead& read) { return g.reply(c, 200, encode_budget(read.budget)); });
}

Plan pseudonyms(Gateway& gateway, CallPtr call) {
    std::string token = call->path.at(0);
    return gateway.read<ops::PseudonymRead>(
        std::move(call), "case.pseudonyms",
        [token = std::move(token)](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_pseudonyms(txn, context, caller, token);
        },
        [](const ops::PseudonymRead& read) { return std::vector{read.shown}; },
        [](Gateway& g, const CallPtr& c, ops::PseudonymRead& read) { return g.reply(c, 200, encode_pseudonyms(read)); });
}

// The case follows at once, then comes the answer.
template <class T>
Plan with_case(Gateway& gateway, CallPtr call, Gateway::WriteOperation<T> operation, std::string cause,
               protocol::CaseId (*id_of)(const T&), Gateway::Render<T> render) {
    return gateway.write<T>(call, std::move(operation), std::move(render),
                            [&gateway, call, cause = std::move(cause), id_of](T& done, std::function<Response()> finish) -> Plan {
                                return gateway.reconcile(call, {id_of(done)}, cause, std::make_shared<Gateway::Released>(),
                                                         std::move(finish));
                            });
}

Plan review(Gateway& gateway, CallPtr call) {
    auto digest = decode_review(call->request->body);
    if (!digest) return gateway.failure(call, digest.error());
    return with_case<protocol::CaseId>(
        gateway, call,
        [token = call->path.at(0), digest = *digest](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::review_content(txn, context, caller, token, digest);
        },
        "content_reviewed", [](const protocol::CaseId& id) { return id; },
        [](Gateway& g, const CallPtr& c, protocol::CaseId&) { return g.empty(c, 204); });
}

Plan relabel(Gateway& gateway, CallPtr call) {
    auto label = decode_label(call->request->body);
    if (!label) return gateway.failure(call, label.error());
    return with_case<ops::Relabelled>(
        gateway, call,
        [token = call->path.at(0), label = *label](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::relabel_case(txn, context, caller, token, label);
        },
        "relabelled", [](const ops::Relabelled& done) { return done.id; },
        [](Gateway& g, const CallPtr& c, ops::Relabelled& done) { return g.reply(c, 200, encode_label(done)); });
}

Plan propose_rules(Gateway& gateway, CallPtr call) {
    auto input = decode_sharing_rules(call->request->body);
    return native::create<store::StoredSharingRules>(gateway, std::move(call), std::move(input), ops::propose_sharing_rules,
                                                     native::as_json);
}

Plan approve_rules(Gateway& gateway, CallPtr call) {
    const std::int64_t id = protocol::connect::decode_id(call->path.at(0)).value_or(-1);
    return gateway.write<ops::ApprovedRules>(
        call,
        [id](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::approve_sharing_rules(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, ops::ApprovedRules& done) { return g.reply(c, 200, native::encode(done.rules)); },
        [&gateway, call](ops::ApprovedRules& done, std::function<Response()> finish) -> Plan {
            return gateway.reconcile(call, done.cases, "sharing_rules_approved", std::make_shared<Gateway::Released>(),
                                     std::move(finish));
        });
}

Plan list_rules(Gateway& gateway, CallPtr call) {
    return native::listing<store::StoredSharingRules>(gateway, std::move(call), "sharing_rules.list", "sharing_rules",
                                                      ops::list_sharing_rules);
}

Plan get_rules(Gateway& gateway, CallPtr call) {
    const std::int64_t id = protocol::connect::decode_id(call->path.at(0)).value_or(-1);
    return gateway.disclose<store::StoredSharingRules>(
        std::move(call), "sharing_rules.read", "sharing_rules",
        [id](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::read_sharing_rules(txn, context, caller, id);
        },
        [](Gateway& g, const CallPtr& c, store::StoredSharingRules& stored) { return g.reply(c, 200, native::encode(stored)); });
}

std::string encode_rehearsal(const ops::Rehearsal& rehearsal) {
    JsonWriter out;
    out.object().member("from", to_rfc3339(rehearsal.from)).member("until", to_rfc3339(rehearsal.until));
    out.member("cases", rehearsal.cases).member("texts", rehearsal.texts).member("fromFindings", rehearsal.from_findings);
    out.member("unreadable", rehearsal.unreadable);
    out.key("moved").array();
    for (const auto& [fates, texts] : rehearsal.moved)
        out.object().member("then", name(fates.first)).member("now", name(fates.second)).member("texts", texts).end();
    out.end().member("moreMasked", rehearsal.more_masked).member("lessMasked", rehearsal.less_masked);
    for (const auto& [key, counts] :
         {std::pair("maskedThen", &rehearsal.masked_then), std::pair("maskedNow", &rehearsal.masked_now)}) {
        out.key(key).object();
        for (const auto& [data_class, values] : *counts) out.member(data_class, values);
        out.end();
    }
    out.key("examples").array();
    for (const auto& one : rehearsal.examples) {
        out.object().member("case", one.token).member("item", one.item).member("then", name(one.then)).member("now", name(one.now));
        native::text_or_null(out, "reason", one.reason);
        out.end();
    }
    out.end().key("next");
    rehearsal.next ? out.value(rehearsal.next->value) : out.null();
    return out.end().take();
}

Plan rehearse_rules(Gateway& gateway, CallPtr call) {
    const std::int64_t id = protocol::connect::decode_id(call->path.at(0)).value_or(-1);
    ops::RehearsalPeriod period;
    period.after = {std::max<std::int64_t>(0, native::query_id(*call, "after"))};
    if (const std::int64_t limit = native::query_id(*call, "limit"); limit > 0) period.limit = std::min<std::int64_t>(limit, 200);
    for (const auto& [name, end] : {std::pair("from", &period.from), std::pair("until", &period.until)}) {
        const std::string text = native::query_text(*call, name);
        if (text.empty()) continue;
        *end = protocol::parse_rfc3339(text);
        if (*end) continue;
        std::vector<protocol::Violation> violations;
        violations.push_back({std::string("/") + name, "not_allowed", "must be a time such as 2030-05-04T13:30:00Z"});
        return gateway.failure(call, protocol::invalid_members(std::move(violations)));
    }
    return gateway.disclose<ops::Rehearsal>(
        std::move(call), "sharing_rules.rehearse", "sharing_rules",
        [id, period](store::ReadTxn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::rehearse_rules(txn, context, caller, id, period);
        },
        [](Gateway& g, const CallPtr& c, ops::Rehearsal& rehearsal) { return g.reply(c, 200, encode_rehearsal(rehearsal)); });
}

constexpr Route sharing_table[] = {
    {Method::post, "/api/v1/scan", "scanText", Dialect::native, Access::signed_in, scan},
    {Method::get, "/api/v1/cases/{token}/disclosures", "getDisclosures", Dialect::native, Access::signed_in, disclosures},
    {Method::get, "/api/v1/cases/{token}/pseudonyms", "getPseudonyms", Dialect::native, Access::signed_in, pseudonyms},
    {Method::post, "/api/v1/cases/{token}/reviews", "reviewContent", Dialect::native, Access::signed_in, review},
    {Method::post, "/api/v1/cases/{token}/label", "labelCase", Dialect::native, Access::signed_in, relabel},
    {Method::get, "/api/v1/sharing-rules", "listSharingRules", Dialect::native, Access::signed_in, list_rules},
    {Method::post, "/api/v1/sharing-rules", "addSharingRules", Dialect::native, Access::signed_in, propose_rules},
    {Method::get, "/api/v1/sharing-rules/{id}", "getSharingRules", Dialect::native, Access::signed_in, get_rules},
    {Method::post, "/api/v1/sharing-rules/{id}/rehearse", "rehearseSharingRules", Dialect::native, Access::signed_in,
     rehearse_rules},
    {Method::post, "/api/v1/sharing-rules/{id}/approve", "approveSharingRules", Dialect::native, Access::signed_in, approve_rules},
};

}  // namespace

std::span<const Route> native_sharing_routes() {
    return sharing_table;
}

}  // namespace entente::api
