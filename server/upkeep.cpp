#include "server/upkeep.hpp"

#include <chrono>

#include "server/audit/format/leaf.hpp"
#include "server/audit/log/log_rows.hpp"
#include "server/audit/log/reader.hpp"
#include "server/log.hpp"
#include "server/operations/keys.hpp"
#include "server/operations/log_keys.hpp"

namespace entente {

namespace {

constexpr std::int64_t entries_at_once = 4'096;
constexpr int orders_at_once = 16;
constexpr int cases_at_once = 100;
constexpr int rounds_between_keys = 10;
constexpr int rounds_between_expiries = 600;

}  // namespace

Upkeep::Upkeep(store::Store& store, const operations::Tools& tools, const Clock& clock, UpkeepOptions options)
    : store_(store), tools_(tools), clock_(clock), options_(options) {}

Upkeep::~Upkeep() {
    stop();
}

void Upkeep::start() {
    thread_ = std::thread([this] { run(); });
}

void Upkeep::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Upkeep::run() {
    std::unique_lock hold(mutex_);
    while (!wake_.wait_for(hold, std::chrono::seconds(1), [this] { return stopping_.load(); })) {
        hold.unlock();
        round();
        beat();
        hold.lock();
    }
}

void Upkeep::round() {
    try {
        erase();
        if (rounds_ % rounds_between_keys == 0) {
            tend_keys();
            tend_log_keys();
        }
        if (rounds_ % rounds_between_expiries == 0) expire();
        ++rounds_;
    } catch (const std::exception& fault) {
        // Nothing of it happened; the next round begins anew.
        log::error("upkeep.failed", {{"cause", fault.what()}});
    }
}

bool Upkeep::step(const std::function<std::vector<audit::Record>(store::Txn&, const operations::Context&)>& work) {
    bool any = false;
    const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        auto records = work(txn, {tools_, clock_.now()});
        any = !records.empty();
        return {std::move(records), true};
    });
    return commit.durable && any;
}

void Upkeep::tend_keys() {
    step([this](store::Txn& txn, const operations::Context& context) {
        return operations::tend_generations(txn, context, options_.generation_days);
    });
    while (!stopping_ && step(operations::rewrap_owner_keys)) {
    }
    while (!stopping_ && step(operations::renew_owner_keys)) {
    }
    step([this](store::Txn& txn, const operations::Context& context) {
        return operations::end_old_generations(txn, context, options_.generation_days);
    });
    // The key itself goes after its end is durable; a crash in between is made good here.
    std::vector<std::uint32_t> ended;
    store::read_and_wait(store_,
                         [&](store::ReadTxn& txn) { ended = operations::generations_to_destroy(txn, {tools_, clock_.now()}); });
    for (const std::uint32_t generation : ended) {
        tools_.vault.provider().destroy_generation(generation);
        log::info("keys.generation_destroyed", {{"generation", static_cast<std::int64_t>(generation)}});
    }
}

void Upkeep::tend_log_keys() {
    step([](store::Txn& txn, const operations::Context& context) { return operations::tend_service_root(txn, context); });
    step([](store::Txn& txn, const operations::Context& context) { return operations::tend_log_keys(txn, context); });
    if (tools_.log_keys == nullptr || !tools_.log_keys->can_change()) return;
    std::vector<std::uint32_t> ended;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) { ended = operations::log_keys_to_destroy(txn, *tools_.log_keys); });
    for (const std::uint32_t number : ended) {
        tools_.log_keys->destroy(number);
        log::info("keys.log_key_destroyed", {{"number", static_cast<std::int64_t>(number)}});
    }
}

// That nothing happened is in the log too: without another entry in the meantime it gets a heartbeat (kind 5), so that a longer
// silence means that the gateway did not run, or that something was cut out.
void Upkeep::beat() {
    try {
        std::int64_t newest = 0;
        store::read_and_wait(store_, [&](store::ReadTxn& txn) {
            const auto head = audit::read_head(txn);
            newest = head ? head->last_time : 0;
        });
        if (clock_.now().us - newest < options_.heartbeat_seconds * 1'000'000) return;
        step([](store::Txn&, const operations::Context&) -> std::vector<audit::Record> {
            audit::Record record;
            record.operation = "audit.heartbeat";
            record.class_uid = audit::Class::lifecycle;
            record.activity = audit::activity_other;
            record.authentication = "none";
            record.role = "gateway";
            record.kind = static_cast<std::uint8_t>(audit::Kind::heartbeat);
            record.extension = audit::encode_extension(audit::Heartbeat{});  // the appender names the one before it
            return {std::move(record)};
        });
    } catch (const std::exception& fault) {
        log::error("upkeep.failed", {{"cause", fault.what()}});
    }
}

// Orders are carried out like any other, from the next round on.
void Upkeep::expire() {
    std::optional<store::ErasureOrder> order;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        order = operations::expired_sections(txn, {tools_, clock_.now()}, options_.retention);
    });
    if (order)
        step(
            [&](store::Txn& txn, const operations::Context& context) { return operations::order_retention(txn, context, *order); });
}

void Upkeep::erase() {
    std::vector<std::int64_t> orders{0};
    do {
        const std::int64_t after = orders.back();
        store::read_and_wait(store_, [&](store::ReadTxn& txn) { orders = store::erasures_to_do(txn, after, orders_at_once); });
        for (const std::int64_t order : orders) {
            if (stopping_) return;
            erase_one(order);
        }
    } while (std::ssize(orders) == orders_at_once);
}

// People's names leave the cases one by one before their own keys go. False: something failed, it is time to stop, or a name stands
// in a case under a legal hold, whose end is waited for.
bool Upkeep::unname(const store::ErasureOrder& order) {
    std::vector<operations::NamedPerson> people;
    store::read_and_wait(store_,
                         [&](store::ReadTxn& txn) { people = operations::people_to_unname(txn, {tools_, clock_.now()}, order); });
    if (people.empty()) return true;
    // What an earlier look noted is looked at anew.
    const auto begun = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        store::forget_held_names(txn, order.id);
        return {.records = {}, .keep = true, .derived = true};
    });
    if (!begun.durable) return false;
    bool held = false;
    operations::Naming naming{.cases = {}, .looked_until = {}, .more = true};
    while (naming.more) {
        if (stopping_) return false;
        beat();
        store::read_and_wait(store_, [&](store::ReadTxn& txn) {
            naming = operations::cases_naming(txn, {tools_, clock_.now()}, order, people, naming.looked_until, cases_at_once);
        });
        for (const protocol::CaseId id : naming.cases) {
            const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
                auto one = operations::unname_people(txn, {tools_, clock_.now()}, order, people, id);
                held = held || one.held;
                return {.records = std::move(one.records), .keep = true, .derived = one.held};
            });
            if (!commit.durable) return false;
        }
    }
    return !held;
}

void Upkeep::erase_one(std::int64_t order) {
    std::optional<operations::ErasurePlan> plan;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        plan = operations::plan_erasure(txn, {tools_, clock_.now()}, order);
        const std::int64_t size = audit::head(txn).size;
        if (!plan || plan->scan_everything) return;
        for (const protocol::CaseId id : plan->cases) audit::find_sections(txn, id, size, plan->keys);
        plan->scanned = size;
    });
    if (plan) {
        if (!plan->waits_for.empty()) return;
        if (!unname(plan->order)) return;
        plan->scanned = audit::find_sections_to_end([this](const store::ReadWork& work) { store::read_and_wait(store_, work); },
                                                    plan->scanned, plan->keys, entries_at_once,
                                                    [this] {
                                                        beat();  // a scan leaves no entry, and takes minutes in a large log
                                                        return stopping_.load();
                                                    });
        if (stopping_) return;
        bool done = false;
        const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            auto records = operations::carry_out(txn, {tools_, clock_.now()}, *plan);
            done = records.has_value();
            if (!done) return {};
            return {std::move(*records), true};
        });
        if (!commit.durable || !done) {
            log::warning("upkeep.erasure_again", {{"erasure", order}});
            return;
        }
    }
    take_envelopes(order);
}

// List by list, in small works. What was interrupted goes on where it was.
void Upkeep::take_envelopes(std::int64_t order) {
    for (;;) {
        std::optional<audit::ListToTake> list;
        store::read_and_wait(store_, [&](store::ReadTxn& txn) { list = audit::list_to_take(txn, order); });
        if (!list) break;
        bool any = false;
        while (step([&](store::Txn& txn, const operations::Context& context) {
            return operations::mark_erased(txn, context, order, *list);
        })) {
            if (stopping_) return;
            any = true;
        }
        if (!any) return;  // it failed: the next round goes on
    }
    step([&](store::Txn& txn, const operations::Context& context) { return operations::end_erasure(txn, context, order); });
}

}  // namespace entente
