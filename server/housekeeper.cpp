#include "server/housekeeper.hpp"

#include <limits>
#include <set>

#include "protocol/json_writer.hpp"
#include "server/log.hpp"
#include "server/operations/agreement_life.hpp"
#include "server/operations/case_flow.hpp"
#include "server/operations/sharing_rules.hpp"
#include "server/operations/timers.hpp"
#include "server/store/statements/cases.hpp"
#include "server/store/statements/customer_page.hpp"
#include "server/store/statements/mail.hpp"
#include "server/store/statements/readers.hpp"
#include "server/store/statements/repeats.hpp"
#include "server/store/statements/sessions.hpp"

namespace entente {

namespace {

constexpr int cases_at_once = 100;
constexpr int timers_at_once = 100;
constexpr std::int64_t counts_in_a_record = 500;

audit::Record gateway_record(std::string operation, audit::Class class_uid) {
    audit::Record record;
    record.operation = std::move(operation);
    record.class_uid = class_uid;
    record.activity = audit::activity_update;
    record.authentication = "none";
    record.role = "gateway";
    return record;
}

}  // namespace

Housekeeper::Housekeeper(store::Store& store, const operations::Tools& tools, const Clock& clock, api::Sights& sights,
                         api::Tally& tally, api::Refusals& refusals)
    : store_(store),
      tools_(tools),
      clock_(clock),
      sights_(sights),
      tally_(tally),
      refusals_(refusals),
      automation_(store, tools, clock) {}

Housekeeper::~Housekeeper() {
    stop();
}

void Housekeeper::start() {
    thread_ = std::thread([this] { run(); });
}

void Housekeeper::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    flush_counts();
    record_counts(std::numeric_limits<std::int64_t>::max());
    flush_refusals();
    flush_tally();
}

void Housekeeper::run() {
    int second = 0;
    std::unique_lock hold(mutex_);
    while (!wake_.wait_for(hold, std::chrono::seconds(1), [this] { return stopping_; })) {
        hold.unlock();
        ++second;
        do_all();  // what failed is tried again in a second: a disk that cannot be read or a full queue passes
        if (second % 10 == 0) flush_tally();
        if (second % 60 == 0) forget_old();
        hold.lock();
    }
}

std::exception_ptr Housekeeper::do_all() {
    std::exception_ptr failed;
    const auto attempt = [&](const char* step, const auto& work) {
        try {
            work();
        } catch (const std::exception& fault) {
            log::error("housekeeper.failed", {{"step", step}, {"cause", fault.what()}});
            if (!failed) failed = std::current_exception();
        }
    };
    attempt("counts", [&] { flush_counts(); });
    attempt("refusals", [&] { flush_refusals(); });
    attempt("agreements", [&] { move_agreements(); });
    attempt("rules", [&] { move_rules(); });
    attempt("cases", [&] { move_cases(); });
    attempt("timers", [&] { fire_timers(); });
    attempt("automation", [&] { automation_.tick(); });
    return failed;
}

void Housekeeper::round() {
    if (const auto failed = do_all()) std::rethrow_exception(failed);
}

// Exact counts of repeated reads, durable within about a second. The log tells them once an hour: who polls leaves a few bytes a
// poll and not a record.
void Housekeeper::flush_counts() {
    const auto counts = sights_.take_counts();
    if (!counts.empty()) {
        const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            for (const auto& count : counts)
                store::count_reads(txn,
                                   {.case_id = count.id, .principal = count.principal, .hour = count.hour, .reads = count.reads});
            return {.records = {}, .keep = true, .derived = true};
        });
        if (!commit.durable) {
            sights_.put_back(counts);
            log::warning("housekeeper.counts_kept", {{"rows", counts.size()}});
            return;
        }
    }
    const std::int64_t hour = clock_.now().seconds() / 3600;
    if (hour == recorded_hour_) return;
    record_counts(hour);
    recorded_hour_ = hour;
}

void Housekeeper::record_counts(std::int64_t before_hour) {
    // The first look after a start is at everything; then the hours since.
    const std::int64_t from = recorded_hour_ == 0 ? 0 : recorded_hour_ - 1;
    for (bool more = true; more;) {
        const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            const auto counts = store::unrecorded_reads(txn, from, before_hour, counts_in_a_record);
            more = std::ssize(counts) == counts_in_a_record;
            if (counts.empty()) return {};
            audit::Record record = gateway_record("case.read.counted", audit::Class::api_activity);
            record.activity = audit::activity_read;
            protocol::JsonWriter json;
            json.object().key("counts").array();
            for (const store::ReadCount& count : counts) {
                json.object().member("case", std::to_string(count.case_id.value)).member("hour", count.hour);
                json.member("principal", count.principal).member("reads", count.reads).end();
                store::reads_recorded(txn, count);
            }
            record.decision = json.end().member("rows", std::ssize(counts)).end().take();
            return {{std::move(record)}, true};
        });
        if (!commit.durable) return;  // the next hour begins with them
    }
}

void Housekeeper::flush_refusals() {
    auto records = refusals_.take();
    for (std::size_t begin = 0; begin < records.size(); begin += 200) {
        const std::size_t end = std::min(records.size(), begin + 200);
        const auto commit = store::submit_and_wait(store_, [&](store::Txn&) -> store::Written {
            return {{records.begin() + static_cast<std::ptrdiff_t>(begin), records.begin() + static_cast<std::ptrdiff_t>(end)},
                    true};
        });
        if (commit.durable) continue;
        for (std::size_t i = begin; i < end; ++i) refusals_.add(std::move(records[i]));
    }
}

void Housekeeper::flush_tally() {
    const auto lines = tally_.take();
    if (lines.empty()) return;
    const auto commit = store::submit_and_wait(store_, [&](store::Txn&) -> store::Written {
        store::Written written;
        for (const auto& line : lines) {
            audit::Record record = gateway_record("request.refused", audit::Class::authentication);
            record.activity = audit::activity_other;
            record.outcome = audit::Outcome::failure;
            record.reason = line.reason;
            record.decision = protocol::JsonWriter().object().member("count", line.count).end().take();
            protocol::JsonWriter sources;
            sources.object().key("source_prefixes").array();
            for (const std::string& source : line.sources) sources.value(source);
            record.actor = sources.end().end().take();
            written.records.push_back(std::move(record));
        }
        return written;
    });
    if (!commit.durable) tally_.put_back(lines);
}

// Announced changes whose time has come, agreements that ran out or were replaced.
void Housekeeper::move_agreements() {
    std::vector<protocol::AgreementId> due;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) { due = store::agreements_due(txn, clock_.now(), cases_at_once); });
    for (const protocol::AgreementId id : due) {
        operations::AgreementSettled settled;
        const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            settled = operations::settle_agreement(txn, {tools_, clock_.now()}, id);
            return {settled.records, true};
        });
        if (!commit.durable) continue;
        for (const protocol::CaseId concerned : settled.cases) {
            store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
                auto done = operations::reconcile_case(txn, {tools_, clock_.now()}, concerned, "agreement_changed", "");
                return {std::move(done.records), true};
            });
        }
    }
}

// Rules of a company whose day has come: what is held under the old ones is judged by the new ones.
void Housekeeper::move_rules() {
    std::vector<store::RulesDue> due;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) { due = store::sharing_rules_due(txn, clock_.now(), cases_at_once); });
    for (const store::RulesDue& rules : due) {
        std::vector<protocol::CaseId> held;
        store::read_and_wait(store_, [&](store::ReadTxn& txn) { held = store::held_cases_of_company(txn, rules.company); });
        bool all = true;
        for (const protocol::CaseId id : held) {
            const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
                auto done = operations::reconcile_case(txn, {tools_, clock_.now()}, id, "sharing_rules_effective", "");
                return {std::move(done.records), true};
            });
            all = all && commit.durable;
        }
        if (!all) continue;  // all of them again in the next round
        store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            return {{operations::rules_took_effect(txn, {tools_, clock_.now()}, rules)}, true};
        });
    }
}

// What a request would do right after a key turned, for what turned by time or during a crash.
void Housekeeper::move_cases() {
    const protocol::Instant now = clock_.now();
    std::set<std::int64_t> cases;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        const protocol::Instant held_since = now.plus_seconds(-tools_.settings.hold_days * 86'400);
        for (const auto id : store::cases_out_of_time(txn, now, held_since, cases_at_once)) cases.insert(id.value);
        for (const auto id : store::cases_with_lost_keys(txn, cases_at_once)) cases.insert(id.value);
        for (const auto id : store::cases_with_new_keys(txn, now, cases_at_once)) cases.insert(id.value);
    });
    for (const std::int64_t id : cases) {
        store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            auto done = operations::reconcile_case(txn, {tools_, clock_.now()}, {id}, "time_passed", "");
            return {std::move(done.records), true};
        });
    }
}

// Everything that is due, earliest first; a timer that another one armed for the past is due as well. Who fires is decided in the
// timer's own transaction, so that a round may stop anywhere.
void Housekeeper::fire_timers() {
    for (;;) {
        const protocol::Instant now = clock_.now();
        std::vector<store::DueTimer> due;
        store::read_and_wait(store_, [&](store::ReadTxn& txn) { due = store::due_timers(txn, now, timers_at_once); });
        bool failed = false;
        for (const store::DueTimer& timer : due) {
            const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
                return {operations::fire_timer(txn, {tools_, clock_.now()}, timer), true};
            });
            if (commit.durable) continue;
            failed = true;  // tried again in the next round
            log::warning("housekeeper.timer_failed", {{"case", timer.case_id.value}});
        }
        if (failed || due.size() < static_cast<std::size_t>(timers_at_once)) return;
    }
}

// Sessions that ended a day ago, idempotency keys older than a week, letters and received mails after two months.
void Housekeeper::forget_old() {
    const protocol::Instant now = clock_.now();
    store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        const std::int64_t sessions = store::forget_sessions(txn, now.plus_seconds(-86'400));
        const std::int64_t keys = store::forget_repeats(txn, now.plus_seconds(-std::int64_t{7} * 86'400));
        const std::int64_t links = store::forget_links(txn, now.plus_seconds(-86'400));
        const std::int64_t mails = store::forget_mails(txn, now.plus_seconds(-std::int64_t{60} * 86'400));
        if (sessions + keys + links + mails == 0) return {};
        audit::Record record = gateway_record("gateway.forget", audit::Class::entity_management);
        record.activity = audit::activity_delete;
        record.decision = protocol::JsonWriter()
                              .object()
                              .member("customer_links", links)
                              .member("idempotency_keys", keys)
                              .member("mails", mails)
                              .member("sessions", sessions)
                              .end()
                              .take();
        return {{std::move(record)}, true};
    });
}

}  // namespace entente
