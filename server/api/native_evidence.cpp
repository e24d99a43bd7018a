// The own API: evidence for compliance officers, auditors and the operator.
//
// A named exception to "one operation": the record comes first, in a transaction of its own; then the period is gone through in
// short steps on the readers, so that a year of log holds nobody up; the files are made on a worker.

#include <map>

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
           bool (*step)(store::ReadTxn&, const ops::Context&, Work&), std::function<Plan()> finish) {
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

constexpr std::size_t receipts_a_step = 100;

// What a pack proves, each record once.
std::vector<const ops::ProvenEntry*> entries_of(const ops::Evidence& evidence) {
    std::vector<const ops::ProvenEntry*> entries;
    entries.reserve(evidence.samples.size());
    for (const ops::ProvenEntry& sample : evidence.samples) entries.push_back(&sample);
    return entries;
}
std::vector<const ops::ProvenEntry*> entries_of(const ops::Breach& breach) {
    std::map<std::int64_t, const ops::ProvenEntry*> once;
    for (const ops::BreachItem& item : breach.items) once.emplace(item.entry.index, &item.entry);
    std::vector<const ops::ProvenEntry*> entries;
    entries.reserve(once.size());
    for (const auto& [index, entry] : once) entries.push_back(entry);
    return entries;
}

// Receipts under one checkpoint, a hundred a step.
struct Proving {
    Proofs proofs;
    std::shared_ptr<const audit::Published> published;
    std::size_t next = 0;
};
template <class Work>
Plan prove(Gateway& gateway, const CallPtr& call, const std::shared_ptr<Work>& work, const std::shared_ptr<Proving>& proving,
           std::function<Response()> finish) {
    auto read = std::make_unique<OnReader>();
    read->run = [&gateway, work, proving](store::ReadTxn& txn) {
        const auto entries = entries_of(*work);
        const std::size_t until = std::min(entries.size(), proving->next + receipts_a_step);
        for (; proving->next < until; ++proving->next) {
            const ops::ProvenEntry& entry = *entries[proving->next];
            std::string receipt = ops::receipt_text(txn, *gateway.parts().notary, *proving->published, entry);
            if (!receipt.empty()) proving->proofs.receipts.emplace_back(entry.index, std::move(receipt));
        }
    };
    read->then = [&gateway, call, work, proving, finish = std::move(finish)](std::string fault) -> Plan {
        if (!fault.empty()) return gateway.fault(call, std::move(fault));
        if (proving->next < entries_of(*work).size()) return prove(gateway, call, work, proving, finish);
        auto make = std::make_unique<OnWorker>();
        make->run = [finish]() -> Plan { return finish(); };
        return make;
    };
    return read;
}

// Signs what is there, so that the checkpoint covers every record of the pack, then proves them under it.
template <class Work>
Plan sign_and_prove(Gateway& gateway, const CallPtr& call, const std::shared_ptr<Work>& work,
                    const std::shared_ptr<Proving>& proving, std::function<Response()> finish) {
    return native::sign_then(gateway, call, [&gateway, call, work, proving, finish = std::move(finish)]() -> Plan {
        audit::Notary& notary = *gateway.parts().notary;
        // As its policy wants it, if the witnesses answered; in any case over every record of the pack.
        const auto newest = notary.newest();
        proving->published = newest ? notary.covering(newest->checkpoint.size) : nullptr;
        if (!proving->published) return gateway.fault(call, "the log has no checkpoint to prove records under");
        proving->proofs.checkpoint = proving->published->note;
        proving->proofs.policy = gateway.parts().witness_policy();
        return prove(gateway, call, work, proving, finish);
    });
}

template <class Work>
using Begin = std::function<ops::Audited<std::shared_ptr<Work>>(store::Txn&, const ops::Context&, const ops::Caller&)>;

template <class Work>
Plan collect(Gateway& gateway, CallPtr call, Begin<Work> begin, bool (*step)(store::ReadTxn&, const ops::Context&, Work&),
             bool proven, std::function<std::string(Work&, const Proofs&)> encode) {
    auto proving = std::make_shared<Proving>();
    return gateway.write<std::shared_ptr<Work>>(
        call, std::move(begin),
        [proving, encode = std::move(encode)](Gateway& g, const CallPtr& c, std::shared_ptr<Work>& work) {
            return g.reply(c, 200, encode(*work, proving->proofs));
        },
        [&gateway, call, step, proven, proving](std::shared_ptr<Work>& work, std::function<Response()> finish) -> Plan {
            return go_on<Work>(gateway, call, work, step, [&gateway, call, proven, proving, work, finish]() -> Plan {
                if (proven) return sign_and_prove(gateway, call, work, proving, finish);
                return finish();
            });
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
        ops::continue_evidence, false,
        [&gateway](ops::Evidence& evidence, const Proofs&) { return encode_controls(evidence, gateway.parts().origin); });
}

Plan make_pack(Gateway& gateway, CallPtr call) {
    auto input = decode_pack(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return collect<ops::Evidence>(
        gateway, std::move(call),
        [input = std::move(*input)](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::begin_evidence(txn, context, caller, input, "evidence.pack");
        },
        ops::continue_evidence, true,
        [&gateway](ops::Evidence& evidence, const Proofs& proofs) {
            return encode_pack(evidence_pack(evidence, gateway.parts().origin, proofs));
        });
}

Plan list_breach(Gateway& gateway, CallPtr call) {
    auto input = decode_breach(call->request->body);
    if (!input) return gateway.failure(call, input.error());
    return collect<ops::Breach>(
        gateway, std::move(call),
        [input = *input](store::Txn& txn, const ops::Context& context, const ops::Caller& caller) {
            return ops::begin_breach(txn, context, caller, input);
        },
        ops::continue_breach, true,
        [&gateway](ops::Breach& breach, const Proofs& proofs) {
            return encode_pack(breach_pack(breach, gateway.parts().origin, proofs));
        });
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
