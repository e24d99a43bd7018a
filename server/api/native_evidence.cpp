// The own API: evidence for compliance officers, auditors and the operator.
//
// A named exception to "one operation": the record comes first, in a transaction of its own; then the period is gone through in
// short steps on the readers, so that a year of log holds nobody up; the files are made on a worker.

#include "server/api/evidence_pack.hpp"
#include "server/api/native_reading.hpp"
#include "server/api/native_steps.hpp"
#include "server/api/native_tables.hpp"

namespace entente::api {

namespace ops = operations;
using protocol::Instant;

namespace {

constexpr std::int64_t day_us = std::int64_t{86'400} * 1'000'000;
constexpr std::int64_t default_days = 365;

protocol::Result<ops::EvidenceInput> decode_pack(std::string_view body) {
    return native::decode<ops::EvidenceInput>(body, [](native::Reader& in) {
        ops::EvidenceInput input;
        input.from = in.instant("from", native::Need::filled).value_or(Instant{});
        input.until = in.instant("until", native::Need::filled).value_or(Instant{});
        input.seed = in.text("seed", 64);
        input.samples =
            static_cast<int>(in.integer("samples", 0, ops::samples_max, native::Need::optional).value_or(input.samples));
        return input;
    });
}

protocol::Result<ops::BreachInput> decode_breach(std::string_view body) {
    return native::decode<ops::BreachInput>(body, [](native::Reader& in) {
        ops::BreachInput input;
        input.partner = {in.integer("partner", 1, native::id_max).value_or(0)};
        input.from = in.instant("from", native::Need::filled).value_or(Instant{});
        input.until = in.instant("until", native::Need::filled).value_or(Instant{});
        return input;
    });
}

// ?from= and ?until=; without them the year up to now.
protocol::Result<ops::EvidenceInput> query_period(const Call& call, Instant now) {
    ops::EvidenceInput input{.from = {}, .until = now, .seed = "-", .samples = 0};
    std::vector<protocol::Violation> violations;
    const auto take = [&](std::string_view name, Instant& into) {
        const std::string text = native::query_text(call, name);
        if (text.empty()) return false;
        const auto time = protocol::parse_rfc3339(text);
        if (!time) violations.push_back({"/" + std::string(name), "time", "must be a time such as 2026-01-31T00:00:00Z"});
        into = time.value_or(into);
        return true;
    };
    take("until", input.until);
    if (!take("from", input.from)) input.from = {std::max<std::int64_t>(0, input.until.us - default_days * day_us)};
    if (!violations.empty()) return std::unexpected(protocol::invalid_members(std::move(violations)));
    return input;
}

// Step after step on a reader until there is no more, then `finish` on a worker.
template <class Work>
Plan go_on(Gateway& gateway, const CallPtr& call, const std::shared_ptr<Work>& work,
           bool (*step)(store::ReadTxn&, const ops::Context&, Work&), std::function<Response()> finish) {
    auto more = std::make_shared<bool>(false);
    auto read = std::make_unique<OnReader>();
    read->run = [&gateway, work, step, more](store::ReadTxn& txn) { *more = step(txn, gateway.context(), *work); };
    read->then = [&gateway, call, work, step, more, finish = std::move(finish)](std::string fault) -> Plan {
        if (!fault.empty()) return gateway.fault(call, std::move(fault));
        if (*more) return go_on(gateway, call, work, step, finish);
        auto make = std::make_unique<OnWorker>();
        make->run = [finish]() -> Plan { return finish(); };
        return make;
    };
    return read;
}

template <class Work>
using Begin = std::function<ops::Audited<std::shared_ptr<Work>>(store::Txn&, const ops::Context&, const ops::Caller&)>;

template <class Work>
Plan collect(Gateway& gateway, CallPtr call, Begin<Work> begin, bool (*step)(store::ReadTxn&, const ops::Context&, Work&),
             std::function<std::string(Work&)> encode) {
    return gateway.write<std::shared_ptr<Work>>(
        call, std::move(begin),
        [encode = std::move(encode)](Gateway& g, const CallPtr& c, std::shared_ptr<Work>& work) {
            return g.reply(c, 200, encode(*work));
        },
        [&gateway, call, step](std::shared_ptr<Work>& work, std::function<Response()> finish) -> Plan {
            return go_on<Work>(gateway, call, work, step, std::move(finish));
        });
}

Plan list_controls(Gateway& gateway, CallPtr call) {
    auto input = query_period(*call, gateway.context().now);
    if (!input) return gateway.failure(call, input.error());
    return collect<ops::Evidence>(
        gateway, std::move(call),
        [input = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::begin_evidence(txn, context, caller, input, "evidence.controls");
        },
        ops::continue_evidence, [&gateway](ops::Evidence& evidence) { return encode_controls(evidence, gateway.parts().origin); });
}

Plan make_pack(Gateway& gateway, CallPtr call) {
    auto input = decode_pack(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return collect<ops::Evidence>(
        gateway, std::move(call),
        [input = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::begin_evidence(txn, context, caller, input, "evidence.pack");
        },
        ops::continue_evidence,
        [&gateway](ops::Evidence& evidence) { return encode_pack(evidence_pack(evidence, gateway.parts().origin, {})); });
}

Plan list_breach(Gateway& gateway, CallPtr call) {
    auto input = decode_breach(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return collect<ops::Breach>(
        gateway, std::move(call),
        [input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::begin_breach(txn, context, caller, input);
        },
        ops::continue_breach,
        [&gateway](ops::Breach& breach) { return encode_pack(breach_pack(breach, gateway.parts().origin, {})); });
}

constexpr auto dialect = Dialect::native;
constexpr auto signed_in = Access::signed_in;

constexpr Route routes[] = {
    {Method::get, "/api/v1/evidence/controls", "listEvidenceControls", dialect, signed_in, list_controls},
    {Method::post, "/api/v1/evidence/packs", "makeEvidencePack", dialect, signed_in, make_pack},
    {Method::post, "/api/v1/evidence/breaches", "listBreach", dialect, signed_in, list_breach},
};

}  // namespace

std::span<const Route> native_evidence_routes() {
    return routes;
}

}  // namespace entente::api
