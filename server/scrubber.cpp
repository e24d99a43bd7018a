#include "server/scrubber.hpp"

#include <algorithm>
#include <chrono>

#include "protocol/canonical.hpp"
#include "server/log.hpp"

namespace entente {

namespace {

constexpr auto look_again = std::chrono::minutes(1);
constexpr auto pages_again = std::chrono::seconds(1);
constexpr int looks_at_pages = 5;
constexpr int waits_for_readers = 3'600;
constexpr std::int64_t retry_seconds = 60;
constexpr std::size_t findings_told = 20;

std::string whole(const audit::VerifyReport& report) {
    return std::to_string(report.entries) + " entries, " + std::to_string(report.opened) + " sections and " +
           std::to_string(report.rows) + " rows are as the log says";
}

}  // namespace

Scrubber::Scrubber(store::Store& store, store::Vault& vault, const Clock& clock, Metrics& metrics, ScrubOptions options)
    : store_(store),
      vault_(vault),
      clock_(clock),
      options_(std::move(options)),
      runs_(metrics.counter("entente_audit_scrub_runs_total", "Finished background checks of the audit log and the data file.")),
      failures_(metrics.counter("entente_audit_scrub_failures_total", "Background checks that found something or could not run.")),
      checked_(
          metrics.gauge("entente_audit_scrub_checked_entries", "Entries that the running or last background check looked at.")),
      finished_(metrics.gauge("entente_audit_scrub_finished_timestamp_seconds", "When the last background check ended.")) {}

Scrubber::~Scrubber() {
    stop();
}

void Scrubber::start() {
    thread_ = std::thread([this] { loop(); });
}

void Scrubber::stop() {
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Scrubber::begin() {
    {
        const std::lock_guard hold(mutex_);
        asked_ = true;
    }
    wake_.notify_all();
}

api::ScrubState Scrubber::state() const {
    const std::lock_guard hold(mutex_);
    return state_;
}

protocol::Instant Scrubber::last_run() {
    protocol::Instant last{};
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        last.us =
            txn.first("SELECT at FROM upkeep_times WHERE name = 'scrub'", {}, [](const store::Row& row) { return row.number(0); })
                .value_or(0);
    });
    return last;
}

void Scrubber::loop() {
    protocol::Instant last{};
    try {
        last = last_run();
    } catch (const std::exception& fault) {
        log::warning("scrub.unknown_last", {{"cause", fault.what()}});
    }
    // New data have had no time to decay: the first run is due a cycle after the first start.
    if (last.us == 0) last = clock_.now();
    std::unique_lock hold(mutex_);
    while (!stopping_) {
        const bool by_itself = options_.hours > 0;
        const protocol::Instant due = last.plus_seconds(able_ ? options_.hours * 3'600 : retry_seconds);
        if (by_itself) state_.next = due;
        if (!asked_ && !(by_itself && clock_.now() >= due)) {
            wake_.wait_for(hold, look_again);
            continue;
        }
        asked_ = false;
        state_.running = true;
        hold.unlock();
        able_ = run();
        hold.lock();
        state_.running = false;
        last = clock_.now();
    }
}

// No faster than the rate, and no further once the gateway stops.
void Scrubber::pace(std::int64_t checked, std::int64_t size, std::chrono::steady_clock::time_point begun) {
    checked_.set(checked);
    std::unique_lock hold(mutex_);
    state_.checked = checked;
    state_.size = size;
    const auto earliest = begun + std::chrono::microseconds(checked * 1'000'000 / options_.entries_per_second);
    wake_.wait_until(hold, earliest, [this] { return stopping_; });
    if (stopping_) throw Stopped{};
}

void Scrubber::wait(std::chrono::seconds time) {
    std::unique_lock hold(mutex_);
    if (wake_.wait_for(hold, time, [this] { return stopping_; })) throw Stopped{};
}

// Waits until everything that is in the log file now is in the data file, however long somebody reads what was before. False: that
// somebody does not come to an end.
bool Scrubber::written_back(store::DatabaseFile& file) {
    std::optional<int> end;
    for (int wait_number = 0; wait_number < waits_for_readers; ++wait_number) {
        const auto place = file.write_back();
        // A log that is shorter than it was began anew, which it does once all of it is written back.
        if (place && end && (place->written >= *end || place->in_log < *end)) return true;
        if (place && !end) end = place->in_log;
        wait(pages_again);
    }
    return false;
}

// A page that is being written back while it is read looks damaged, and so does one of a file that grew whose turn to be written
// back has not come, because somebody still reads what was before (a copy of a large database takes minutes): it lies in the log
// file whole. What is damaged stays so when that log is written back.
std::vector<std::int64_t> Scrubber::damaged_pages(store::DatabaseFile& file) {
    std::vector<std::int64_t> pages = file.damaged_pages();
    for (int look = 1; look < looks_at_pages && !pages.empty(); ++look) {
        if (!written_back(file)) {
            log::warning("scrub.pages_not_judged", {{"pages", static_cast<std::int64_t>(pages.size())}});
            return {};
        }
        const std::vector<std::int64_t> again = file.damaged_pages();
        std::erase_if(pages, [&](std::int64_t page) { return std::ranges::find(again, page) == again.end(); });
    }
    return pages;
}

audit::VerifyReport Scrubber::verify() {
    const auto begun = std::chrono::steady_clock::now();
    const auto file = store::open_database_file(options_.file, options_.key);
    audit::VerifyOptions options;
    options.vault = &vault_;
    options.findings_max = findings_told;
    options.progress = [this, begun](std::int64_t checked, std::int64_t size) { pace(checked, size, begun); };
    audit::VerifyReport report;
    bool stopped = false;
    file->read([&](store::ReadTxn& txn) {
        try {
            report = audit::verify(txn, options);
        } catch (const Stopped&) {
            stopped = true;
        }
    });
    if (stopped) throw Stopped{};
    for (const std::int64_t page : damaged_pages(*file)) {
        if (report.findings.size() >= findings_told) break;
        report.findings.push_back(
            {audit::Check::page, std::nullopt, "page " + std::to_string(page) + " of the data file is damaged"});
    }
    return report;
}

bool Scrubber::run() {
    try {
        check();
        return true;
    } catch (const Stopped&) {
        log::info("scrub.put_off", {});  // the next start goes on with it
        return true;
    } catch (const std::exception& fault) {
        could_not(fault.what());
        return false;
    }
}

// The file does not open, or the disk does not read: nobody knows how it is with the log.
void Scrubber::could_not(const std::string& cause) {
    log::error("scrub.failed", {{"cause", cause}});
    failures_.add();
    audit::VerifyReport report;
    report.findings.push_back(
        {audit::Check::page, std::nullopt, "the check could not run: the data file cannot be opened or read"});
    {
        const std::lock_guard hold(mutex_);
        state_.last = clock_.now();
        state_.good = false;
        state_.first_bad.reset();
        state_.sentence = report.findings.front().sentence;
    }
    if (!able_) return;
    audit::Record record = record_of(report, 0);
    record.reason = "not_checked";
    const auto commit = store::submit_and_wait(
        store_, [&](store::Txn&) -> store::Written { return {.records = {std::move(record)}, .keep = true}; });
    if (!commit.durable) log::error("scrub.not_recorded", {{"cause", commit.fault}});
}

void Scrubber::check() {
    const auto begun = std::chrono::steady_clock::now();
    const audit::VerifyReport report = verify();
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
    runs_.add();
    if (!report.good()) failures_.add();
    record(report, took);
    const protocol::Instant now = clock_.now();
    finished_.set(now.seconds());
    {
        const std::lock_guard hold(mutex_);
        state_.last = now;
        state_.good = report.good();
        state_.first_bad = report.first_bad();
        state_.sentence = report.good() ? whole(report) : report.findings.front().sentence;
        state_.checked = report.entries;
        state_.size = report.size;
    }
    if (report.good()) {
        log::info("scrub.done", {{"entries", report.entries}, {"seconds", took}});
    } else {
        log::error("scrub.found",
                   {{"check", audit::check_name(report.findings.front().check)}, {"index", report.first_bad().value_or(-1)}});
    }
}

audit::Record Scrubber::record_of(const audit::VerifyReport& report, std::int64_t seconds) {
    audit::Record record;
    record.operation = "audit.scrub";
    record.authentication = "none";
    record.role = "gateway";
    protocol::CanonicalObject decision;
    if (report.good()) {
        record.class_uid = audit::Class::datastore_activity;
        record.activity = audit::datastore_read;
    } else {
        record.class_uid = audit::Class::detection_finding;
        record.activity = audit::activity_create;
        record.outcome = audit::Outcome::failure;
        record.reason = "tampered";
        decision.set("check", audit::check_name(report.findings.front().check));
    }
    decision.set("entries", report.entries).set("erased", report.erased);
    if (!report.good()) {
        decision.set("findings", static_cast<std::int64_t>(report.findings.size()));
        if (const auto index = report.first_bad()) decision.set("first_bad", *index);
    }
    record.decision = decision.set("rows", report.rows).set("seconds", seconds).set("sections", report.opened).text();
    return record;
}

void Scrubber::record(const audit::VerifyReport& report, std::int64_t seconds) {
    const audit::Record record = record_of(report, seconds);
    const std::int64_t now = clock_.now().us;
    const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        txn.change("INSERT INTO upkeep_times (name, at) VALUES ('scrub', $1) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                   {now});
        return {{record}, true};
    });
    if (!commit.durable) log::error("scrub.not_recorded", {{"cause", commit.fault}});
}

}  // namespace entente
