#include "server/deliveries/dispatcher.hpp"

#include <algorithm>
#include <chrono>

#include "server/log.hpp"

namespace entente::deliveries {

using operations::Answer;
using protocol::Instant;

namespace {

constexpr int breaker_opens_after = 5;
constexpr std::int64_t slow_ms = 2'000;
constexpr std::size_t settle_max = 64;
constexpr int lease_max = 64;
constexpr std::chrono::milliseconds longest_pause{1'000};
constexpr std::chrono::milliseconds trouble_pause{500};
constexpr std::chrono::seconds stop_patience{5};
constexpr std::int64_t forget_every_s = 3'600;
constexpr std::int64_t recover_every_s = 30;

}  // namespace

// One transaction: what goes in, and what comes out of it. The work may run again, so it fills the second half anew each time.
struct Dispatcher::Round {
    std::vector<Finished> finished;
    bool plan = false;
    bool rescan = false;
    bool forget = false;
    bool recover = false;
    std::vector<std::pair<Target, int>> wishes;
    int left = 0;  // free threads that nobody has asked for yet

    operations::PlanResult planned;
    operations::LeaseResult leased;
    std::vector<std::shared_ptr<Departures::Pass>> passes;  // of what was leased
    std::vector<Target> found;

    bool empty() const { return finished.empty() && !plan && !rescan && !forget && !recover && wishes.empty(); }
};

Dispatcher::Dispatcher(store::Store& store, const operations::Tools& tools, const Clock& clock, Metrics& metrics,
                       Departures& departures, operations::Senders senders, DispatcherOptions options)
    : store_(store),
      tools_(tools),
      clock_(clock),
      departures_(departures),
      senders_(std::move(senders)),
      options_(options),
      outcomes_(metrics.counters("entente_deliveries_total", "Attempts of deliveries by outcome.", {"sender", "outcome"})),
      seconds_(metrics.histograms("entente_delivery_seconds", "How long targets took to answer.", {"sender"}, latency_bounds())),
      under_way_(metrics.gauge("entente_deliveries_under_way", "Deliveries being sent right now.")),
      targets_(metrics.gauge("entente_delivery_targets",
                             "Targets with deliveries that wait or are sent, or that were slow or failed lately.")) {}

Dispatcher::~Dispatcher() {
    stop();
}

void Dispatcher::start() {
    recover();
    for (int i = 0; i < std::max(2, options_.threads); ++i) workers_.emplace_back([this] { work_loop(); });
    thread_ = std::thread([this] { run(); });
}

void Dispatcher::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    for (operations::Sender* sender : senders_) sender->hurry();
    wake_dispatcher_.notify_all();
    wake_workers_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (std::thread& worker : workers_)
        if (worker.joinable()) worker.join();
    workers_.clear();
}

void Dispatcher::wake(bool rows) {
    {
        const std::lock_guard hold(mutex_);
        (rows ? new_rows_ : new_events_) = true;
    }
    wake_dispatcher_.notify_one();
}

void Dispatcher::recover() {
    const auto commit = store::submit_and_wait(store_, [this](store::Txn& txn) -> store::Written {
        return {operations::recover_deliveries(txn, {tools_, clock_.now()}), true};
    });
    if (!commit.durable) throw protocol::Fault("the outbox could not be opened: " + commit.fault);
}

void Dispatcher::run() {
    std::unique_lock hold(mutex_);
    for (;;) {
        plan_again_ = plan_again_ || std::exchange(new_events_, false);
        rescan_ = rescan_ || std::exchange(new_rows_, false);
        const bool last = stopping_;
        if (last) give_up_jobs();
        Round round;
        round.finished.swap(finished_);
        if (round.finished.size() > settle_max) {
            finished_.assign(std::make_move_iterator(round.finished.begin() + settle_max),
                             std::make_move_iterator(round.finished.end()));
            round.finished.resize(settle_max);
        }
        hold.unlock();
        const Instant now = clock_.now();
        bool good = true;
        if (!last) {
            Round wishes = prepare(now);
            wishes.finished = std::move(round.finished);
            round = std::move(wishes);
        }
        const bool idle = round.empty();
        if (!idle) {
            good = carry_out(round);
            if (good) absorb(round, now);
        }
        hold.lock();
        if (!good) {
            // Nothing happened: the same outcomes are written down when the store is well again.
            finished_.insert(finished_.end(), std::make_move_iterator(round.finished.begin()),
                             std::make_move_iterator(round.finished.end()));
        }
        if (last && (finished_.empty() || !good)) {
            if (!good || healthy_under_way_ + suspect_under_way_ == 0) return;
            // What is under way gets a moment to come back; then it is left to the next start.
            const bool back = wake_dispatcher_.wait_for(hold, stop_patience, [this] { return !finished_.empty(); });
            if (!back) return;
            continue;
        }
        if (!good) wake_dispatcher_.wait_for(hold, trouble_pause, [this] { return stopping_; });
        if (!good || !finished_.empty() || plan_again_) continue;
        const auto wait = pause(clock_.now());
        wake_dispatcher_.wait_for(hold, wait, [this] { return stopping_ || new_events_ || new_rows_ || !finished_.empty(); });
    }
}

// How many more of this target may be under way now.
int Dispatcher::room_for(const Standing& standing, Instant now) const {
    if (standing.closed_until > now) return 0;
    return (standing.failures > 0 ? 1 : options_.per_target) - standing.under_way;
}

// What this round will ask for: targets in turn, as far as threads are free.
Dispatcher::Round Dispatcher::prepare(Instant now) {
    Round round;
    round.plan = plan_again_;
    round.rescan = rescan_;
    round.recover = recovered_at_.plus_seconds(recover_every_s) <= now;
    round.forget = forgot_at_.plus_seconds(forget_every_s) <= now;
    int for_suspects = std::max(1, options_.threads / 2) - suspect_under_way_;
    int left = std::min(lease_max, options_.threads - healthy_under_way_ - suspect_under_way_);
    const auto serve = [&](const Target& target, const Standing& standing) {
        if (left <= 0 || (!standing.look && (!standing.next || *standing.next > now))) return;
        const int slots = std::min({room_for(standing, now), left, standing.suspect ? for_suspects : left});
        if (slots <= 0) return;
        round.wishes.emplace_back(target, slots);
        left -= slots;
        if (standing.suspect) for_suspects -= slots;
    };
    // Round robin: begin after the one that was served last.
    const auto start = standings_.upper_bound(last_served_);
    for (auto it = start; it != standings_.end(); ++it) serve(it->first, it->second);
    for (auto it = standings_.begin(); it != start; ++it) serve(it->first, it->second);
    if (!round.wishes.empty()) last_served_ = round.wishes.back().first;
    round.left = left;
    return round;
}

bool Dispatcher::carry_out(Round& round) {
    const auto commit = store::submit_and_wait(store_, [this, &round](store::Txn& txn) -> store::Written {
        const operations::Context context{tools_, clock_.now()};
        round.planned = {};
        round.leased = {};
        round.found.clear();
        round.passes.clear();
        auto wishes = round.wishes;
        store::Written written;
        const auto keep = [&](std::vector<audit::Record>& records) {
            written.records.insert(written.records.end(), std::make_move_iterator(records.begin()),
                                   std::make_move_iterator(records.end()));
        };
        std::vector<operations::Settled> settled;
        settled.reserve(round.finished.size());
        for (const Finished& one : round.finished) settled.push_back(one.settled);
        auto records = operations::settle_deliveries(txn, context, senders_, options_.retry, settled);
        keep(records);
        if (round.plan) {
            round.planned = operations::plan_deliveries(txn, context, senders_, options_.retry, planned_);
            keep(round.planned.records);
            // What is new may leave in this very round.
            int left = round.left;
            for (const Target& target : round.planned.targets) {
                if (left <= 0 || std::ranges::find(wishes, target, &std::pair<Target, int>::first) != wishes.end()) continue;
                const auto known = standings_.find(target);
                const int slots = known == standings_.end() ? 1 : std::min(left, room_for(known->second, context.now));
                if (slots <= 0 || (known != standings_.end() && known->second.suspect)) continue;
                wishes.emplace_back(target, slots);
                left -= slots;
            }
        }
        if (round.recover) {
            auto freed = operations::recover_ended_leases(txn, context);
            round.rescan = round.rescan || !freed.empty();
            keep(freed);
        }
        if (round.rescan) round.found = store::targets_with_work(txn);
        round.leased = operations::lease_deliveries(txn, context, senders_, wishes, options_.lease_seconds);
        keep(round.leased.records);
        // Before the commit: a key that turns after it finds them.
        for (const operations::Leased& leased : round.leased.leased)
            round.passes.push_back(departures_.enter({leased.delivery.lane}));
        if (round.forget) {
            const std::int64_t rows = store::forget_deliveries(txn, context.now.plus_seconds(-options_.log_days * 86'400));
            if (rows > 0) {
                audit::Record record;
                record.operation = "deliveries.forget";
                record.class_uid = audit::Class::entity_management;
                record.activity = audit::activity_delete;
                record.authentication = "none";
                record.role = "gateway";
                written.records.push_back(std::move(record));
            }
        }
        return written;
    });
    if (!commit.durable) log::warning("deliveries.round_failed", {{"cause", commit.fault}});
    return commit.durable;
}

// The round is durable: hands out what was leased and remembers how targets stand.
void Dispatcher::absorb(Round& round, Instant now) {
    for (const Finished& finished : round.finished) judge(finished, now);
    if (round.plan) {
        planned_ = std::max(planned_, round.planned.planned);
        plan_again_ = round.planned.more;
        for (const Target& target : round.planned.targets) standings_[target].look = true;
    }
    if (round.rescan) {
        rescan_ = false;
        for (const Target& target : round.found) standings_[target].look = true;
    }
    if (round.forget) forgot_at_ = now;
    if (round.recover) recovered_at_ = now;
    for (const auto& [target, next] : round.leased.next) {
        Standing& standing = standings_[target];
        standing.look = next.more;
        standing.next = next.due;
    }
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < round.leased.leased.size(); ++i) {
        operations::Leased& leased = round.leased.leased[i];
        Standing& standing = standings_[{leased.delivery.sender, leased.delivery.target}];
        ++standing.under_way;
        ++(standing.suspect ? suspect_under_way_ : healthy_under_way_);
        jobs.push_back({std::move(leased), std::move(round.passes[i]), standing.suspect});
    }
    under_way_.set(healthy_under_way_ + suspect_under_way_);
    forget_idle(round.forget);
    targets_.set(static_cast<std::int64_t>(standings_.size()));
    if (jobs.empty()) return;
    {
        const std::lock_guard hold(mutex_);
        for (Job& job : jobs) jobs_.push_back(std::move(job));
    }
    wake_workers_.notify_all();
}

// A target without work is known again by its next delivery; a letter is a target that never has one. What was learnt of a slow
// or failing one stays a while.
void Dispatcher::forget_idle(bool all) {
    std::erase_if(standings_, [&](const auto& known) {
        const Standing& standing = known.second;
        const bool idle = standing.under_way == 0 && !standing.look && !standing.next;
        return idle && (all || (standing.failures == 0 && !standing.suspect));
    });
}

// Under the lock, while it stops: what was leased and not begun waits again, as if its turn had not come.
void Dispatcher::give_up_jobs() {
    for (Job& job : jobs_) {
        Finished finished;
        finished.suspect = job.suspect;
        finished.settled = {
            .delivery = job.leased.delivery,
            .begun = false,
            .event = job.leased.event,
            .name = {},
            .request = {},
            .answer = {.end = Answer::End::interrupted, .reason = "interrupted", .http_status = {}, .response = {}}};
        finished_.push_back(std::move(finished));
    }
    jobs_.clear();
}

// Breaker and suspicion after one attempt.
void Dispatcher::judge(const Finished& finished, Instant now) {
    const auto& d = finished.settled.delivery;
    const Answer& answer = finished.settled.answer;
    Standing& standing = standings_[{d.sender, d.target}];
    --standing.under_way;
    --(finished.suspect ? suspect_under_way_ : healthy_under_way_);
    standing.look = true;
    using End = Answer::End;
    const bool failed = answer.end == End::retry;
    const bool told_nothing = answer.end == End::stopped || answer.end == End::interrupted;
    standing.failures = failed ? standing.failures + 1 : told_nothing ? standing.failures : 0;
    standing.suspect = failed || finished.took_ms > slow_ms;
    if (standing.failures >= breaker_opens_after) {
        const int longer = standing.failures - breaker_opens_after + 1;
        standing.closed_until =
            Instant{now.us + 1'000 * operations::retry_pause_ms(options_.retry, std::min(longer, 16), tools_.draw())};
        if (standing.failures == breaker_opens_after)
            log::warning("deliveries.target_failing", {{"sender", d.sender}, {"target", d.target}, {"reason", answer.reason}});
    } else {
        standing.closed_until = {};
    }
    const char* outcome = answer.end == End::delivered ? "delivered"
                          : answer.end == End::retry   ? "failed"
                          : told_nothing               ? "stopped"
                                                       : "refused";
    outcomes_.with({d.sender, outcome}).add();
    seconds_.with({d.sender}).observe(static_cast<double>(finished.took_ms) / 1'000.0);
}

std::chrono::milliseconds Dispatcher::pause(Instant now) const {
    std::int64_t wait = longest_pause.count();
    for (const auto& [target, standing] : standings_) {
        if (standing.under_way >= (standing.failures > 0 ? 1 : options_.per_target)) continue;
        std::optional<Instant> due = standing.look ? std::optional(now) : standing.next;
        if (!due) continue;
        if (standing.closed_until > *due) due = standing.closed_until;
        // What is due and could not be served waits for a thread; that one's end wakes us.
        wait = std::min(wait, *due <= now ? std::int64_t{20} : (due->us - now.us) / 1'000 + 1);
    }
    return std::chrono::milliseconds(wait);
}

void Dispatcher::work_loop() {
    for (;;) {
        Job job;
        {
            std::unique_lock hold(mutex_);
            wake_workers_.wait(hold, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        const auto begun = std::chrono::steady_clock::now();
        Finished finished;
        finished.suspect = job.suspect;
        finished.settled = {.delivery = job.leased.delivery,
                            .event = job.leased.event,
                            .name = job.leased.parcel.name,
                            .request = job.leased.parcel.request,
                            .answer = {}};
        try {
            bool ended = false;  // too late to send: somebody else may have the lease
            const auto may_leave = [&] {
                ended = clock_.now() >= job.leased.until;
                return !ended && job.pass->leave();
            };
            finished.settled.answer = job.leased.parcel.send(may_leave);
            if (ended)
                finished.settled.answer = {.end = Answer::End::retry, .reason = "lease_ended", .http_status = {}, .response = {}};
        } catch (const std::exception& fault) {
            finished.settled.answer = {.end = Answer::End::retry, .reason = "fault", .http_status = {}, .response = {}};
            log::warning("deliveries.fault", {{"sender", job.leased.delivery.sender}, {"cause", fault.what()}});
        }
        finished.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
        {
            const std::lock_guard hold(mutex_);
            finished_.push_back(std::move(finished));
        }
        wake_dispatcher_.notify_one();
    }
}

}  // namespace entente::deliveries
