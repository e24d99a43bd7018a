#include "server/automation.hpp"

#include "server/operations/acceptance.hpp"
#include "server/operations/probes.hpp"
#include "server/store/statements/automation.hpp"

namespace entente {

namespace {

constexpr int probes_at_once = 20;
// A rule takes a case when it arrives. What it left alone then stays a person's.
constexpr std::int64_t fresh_seconds = 3600;

}  // namespace

Automation::Automation(store::Store& store, const operations::Tools& tools, const Clock& clock)
    : store_(store), tools_(tools), clock_(clock) {}

void Automation::tick() {
    accept();
    probe();
}

void Automation::accept() {
    const protocol::Instant now = clock_.now();
    std::vector<store::RuleCandidate> candidates;
    store::read_and_wait(
        store_, [&](store::ReadTxn& txn) { candidates = store::cases_for_rules(txn, now, now.plus_seconds(-fresh_seconds)); });
    std::map<std::int64_t, std::int64_t> judged;
    for (const store::RuleCandidate& candidate : candidates) {
        judged[candidate.id.value] = candidate.version;
        const auto before = judged_.find(candidate.id.value);
        if (before != judged_.end() && before->second == candidate.version) continue;
        store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            auto records = operations::accept_by_rule(txn, {tools_, clock_.now()}, candidate.id);
            const bool kept = !records.empty() && records.front().outcome == audit::Outcome::success;
            return {std::move(records), kept};
        });
    }
    judged_ = std::move(judged);
}

void Automation::probe() {
    std::vector<protocol::IntakeProbeId> due, waiting;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        due = store::probes_due(txn, clock_.now(), probes_at_once);
        waiting = store::probes_waiting(txn, probes_at_once);
    });
    for (const auto id : due)
        store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            return {operations::send_probe(txn, {tools_, clock_.now()}, id), true};
        });
    for (const auto id : waiting)
        store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            return {operations::settle_probe(txn, {tools_, clock_.now()}, id), true};
        });
}

}  // namespace entente
