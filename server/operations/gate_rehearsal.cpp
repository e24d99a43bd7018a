#include "server/operations/gate_rehearsal.hpp"

#include "server/audit/log/reader.hpp"
#include "server/operations/audit.hpp"
#include "server/operations/trust.hpp"
#include "server/operations/trust_common.hpp"
#include "server/store/statements/cases.hpp"

namespace entente::operations {

using policy::Change;

namespace {

constexpr std::int64_t usual_period = 30LL * 86'400;
constexpr std::size_t examples_of_gate_max = 50;

// What of an agreement the gate looks at and another one may say differently. Parties and times stay those that were recorded: the
// question is what its words would have done then.
void take_terms_of(const protocol::Agreement& successor, policy::GateTerms& terms) {
    if (!terms.permitted) terms.permitted = successor.permitted;
    if (!terms.required_assurance) terms.required_assurance = successor.required_assurance;
    if (!terms.emergency_hours) terms.emergency_hours = successor.emergency_hours;
    if (!terms.products) terms.products = successor.products;
    if (!terms.purpose) terms.purpose = successor.purpose;
    if (!terms.agreement) terms.agreement = successor.supersedes;
}

Result<policy::GateTerms> terms_of(ReadTxn& txn, const Context& context, const Caller& caller, const GateTrial& trial) {
    policy::GateTerms terms = trial.terms;
    for (const protocol::AgreementId id : {terms.agreement, trial.successor}) {
        if (!id) continue;
        const auto agreement = read_agreement(txn, context, caller, id);
        if (!agreement) return std::unexpected(agreement.error());
        if (id == trial.successor) take_terms_of(*agreement, terms);
    }
    if (trial.successor && !terms.agreement)
        return std::unexpected(invalid("/agreement", "missing", "the successor supersedes none: say whose terms it would replace"));
    if (terms.products) {
        std::vector<std::string> codes;
        for (const std::string& product : *terms.products)
            for (std::string& code : product_codes_in_log(context.tools.vault, product)) codes.push_back(std::move(code));
        terms.products = std::move(codes);
    }
    return terms;
}

void count_classes(protocol::DataClasses classes, std::map<std::string, std::int64_t>& counts) {
    for (int c = 0; c < protocol::data_class_count; ++c) {
        const auto one = static_cast<protocol::DataClass>(c);
        if (classes.has(one)) ++counts[std::string(name(one))];
    }
}

void take(ReadTxn& txn, const Caller& caller, std::int64_t index, policy::Rehearsed rehearsed, GateRehearsal& rehearsal) {
    ++rehearsal.decisions;
    count_classes(rehearsed.then.released, rehearsal.released_then);
    count_classes(rehearsed.now.released, rehearsal.released_now);
    if (rehearsed.change == Change::same) return;
    ++rehearsal.changes[rehearsed.change];
    if (rehearsal.examples.size() >= examples_of_gate_max) return;
    // A case's name in the outside is its parties' alone.
    std::string token;
    if (rehearsed.case_id && !caller.is_operator())
        token = store::token_of_case(txn, rehearsed.case_id, caller.company()).value_or("");
    rehearsal.examples.push_back({index, std::move(token), rehearsed.change, std::move(rehearsed.then), std::move(rehearsed.now)});
}

}  // namespace

Result<GateRehearsal> rehearse_gate(ReadTxn& txn, const Context& context, const Caller& caller, const GateTrial& trial) {
    if (auto allowed = require(caller, policy::Operation::audit_verify); !allowed) return std::unexpected(allowed.error());
    const auto terms = terms_of(txn, context, caller, trial);
    if (!terms) return std::unexpected(terms.error());
    GateRehearsal rehearsal;
    rehearsal.until = trial.until.value_or(context.now);
    rehearsal.since = trial.since.value_or(rehearsal.until.plus_seconds(-usual_period));
    if (rehearsal.since >= rehearsal.until)
        return std::unexpected(invalid("/since", "out_of_range", "must be before the end of the period"));
    const audit::Filter filter{
        .company = caller.is_operator() ? std::nullopt : std::optional(caller.company()), .from = trial.from, .limit = trial.limit};
    rehearsal.next = audit::head(txn).size;
    for (const audit::Line& line : audit::list(txn, context.tools.vault, filter)) {
        ++rehearsal.entries;
        if (rehearsal.entries == trial.limit) rehearsal.next = line.index + 1;
        if (line.kind != 1 || line.time < rehearsal.since || line.time >= rehearsal.until) continue;
        if (line.core.empty()) {
            ++rehearsal.erased;
            continue;
        }
        const auto gate = gate_decision_of(line.core);
        if (!gate) continue;
        auto rehearsed = policy::rehearse_decision(*gate, *terms);
        if (rehearsed) {
            take(txn, caller, line.index, std::move(*rehearsed), rehearsal);
        } else {
            ++rehearsal.inexact;
        }
    }
    return rehearsal;
}

}  // namespace entente::operations
