#include "server/store/sqlcipher.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "protocol/result.hpp"
#include "server/store/bounded_queue.hpp"
#include "server/store/critical_rows.hpp"
#include "server/store/data_folder.hpp"
#include "server/store/sqlcipher_connection.hpp"
#include "server/store/sqlcipher_upkeep.hpp"

namespace entente::store {

using protocol::Fault;
using Clock = std::chrono::steady_clock;

namespace {

// A checkpoint is worth its sync from here on; beyond the second mark the writer helps, so that the log file starts over.
constexpr int checkpoint_pages = 1'000;
constexpr int log_pages_max = 16'000;
constexpr std::chrono::milliseconds idle_after{1'000};

std::int64_t micros(Clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

// What went wrong, never empty: an empty text means success to who is told.
std::string text_of(const std::exception& fault) {
    const std::string text = fault.what();
    return text.empty() ? "a fault without a text" : text;
}

struct Job {
    Work work;
    Done done;
    Commit commit{};
    std::size_t first_record = 0;
    std::size_t record_count = 0;
};

struct ReadJob {
    ReadWork work;
    ReadDone done;
};

class Engine final : public SqlcipherStore {
  public:
    Engine(SqlcipherOptions options, Recorder recorder);
    ~Engine() override { drain(); }

    bool submit(Work work, Done done) override { return works_.push(Job{.work = std::move(work), .done = std::move(done)}); }
    bool read(ReadWork work, ReadDone done) override { return reads_.push(ReadJob{std::move(work), std::move(done)}); }
    void drain() override;
    bool healthy() const override { return healthy_.load(); }
    std::size_t queued() const override { return works_.size() + taken_.load(); }
    Stats stats() const override { return counters_.copy(); }

  private:
    void write_loop();
    void write_until_drained() noexcept;
    std::size_t run_batch(std::span<Job> jobs);
    std::size_t attempt(std::span<Job> jobs, std::string& fault);
    void run_work(Job& job, std::vector<audit::Record>& records);
    void count(std::span<const Job> jobs, std::size_t records, Clock::duration commit, Clock::duration batch);
    void between_batches();
    void idle();
    void read_loop(Connection& connection);
    void moment(Moment at) const {
        if (probe_) probe_(at);
    }

    DataFolder folder_;
    Recorder recorder_;
    std::function<void(Moment)> probe_;
    std::function<void()> committed_;
    std::chrono::milliseconds batch_budget_;
    Counters counters_;
    BoundedQueue<Job> works_;
    BoundedQueue<ReadJob> reads_;
    std::atomic<bool> healthy_{true};
    std::atomic<std::size_t> taken_{0};
    std::uint64_t slow_ = 0;    // of the running batch
    std::uint64_t failed_ = 0;  // of the running batch
    int checkpointed_at_ = 0;   // log pages when the checkpointer was last woken
    bool log_in_file_ = false;  // the log holds pages that an idle moment may write back
    std::unique_ptr<Connection> writer_;
    std::unique_ptr<Checkpointer> checkpointer_;
    std::vector<std::unique_ptr<Connection>> readers_;
    std::mutex draining_;
    std::thread write_thread_;
    std::vector<std::thread> read_threads_;
};

Engine::Engine(SqlcipherOptions options, Recorder recorder)
    : folder_(std::filesystem::absolute(options.file).parent_path()),
      recorder_(std::move(recorder)),
      probe_(std::move(options.probe)),
      committed_(std::move(options.committed)),
      batch_budget_(options.batch_budget),
      works_(options.queue_max),
      reads_(options.queue_max) {
    check_engine();
    const auto key = options.key.bytes();
    if (key.size() != 32) throw Fault("the database key must have 32 bytes");
    DataFolder::prepare_file(options.file);
    writer_ = std::make_unique<Connection>(options.file, key, Access::writer);
    migrate(*writer_, options);
    if (writer_->file_header(16).starts_with("SQLite format 3"))
        throw Fault("the data file " + options.file.string() + " is written in clear");
    prove_encrypted(options.file, key);
    checkpointer_ = std::make_unique<Checkpointer>(options.file, key, counters_);
    for (int i = 0; i < std::max(1, options.readers); ++i)
        readers_.push_back(std::make_unique<Connection>(options.file, key, Access::reader));
    write_thread_ = std::thread([this] { write_until_drained(); });
    for (auto& reader : readers_) read_threads_.emplace_back([this, &reader] { read_loop(*reader); });
}

void Engine::drain() {
    const std::lock_guard guard(draining_);
    works_.close();
    reads_.close();
    if (write_thread_.joinable()) write_thread_.join();
    for (auto& thread : read_threads_) {
        if (thread.joinable()) thread.join();
    }
    healthy_ = false;
    readers_.clear();
    checkpointer_.reset();
    writer_.reset();  // the last connection writes the log back and removes it
}

// Whoever waits for an answer would wait for ever if the thread ended here: the process stops instead, and recovers from disk.
void Engine::write_until_drained() noexcept {
    try {
        write_loop();
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "the store's writer cannot go on: %s; stopping\n", fault.what());
        std::abort();
    }
}

void Engine::write_loop() {
    while (true) {
        std::vector<Job> jobs = works_.take(batch_max, idle_after);
        if (jobs.empty()) {
            if (works_.finished()) return;
            idle();
            continue;
        }
        taken_ = jobs.size();
        for (std::span<Job> rest(jobs); !rest.empty();) {
            const std::size_t ran = run_batch(rest);
            taken_ -= ran;
            rest = rest.subspan(ran);
            between_batches();
        }
    }
}

// Runs and commits the first jobs and tells their owners; answers how many they were.
std::size_t Engine::run_batch(std::span<Job> jobs) {
    std::string fault;
    std::size_t ran = attempt(jobs, fault);
    if (!fault.empty() && ran > 1) {
        // One of them spoils the batch: alone, each answers for itself.
        for (std::size_t i = 0; i < ran; ++i) attempt(jobs.subspan(i, 1), fault);
    }
    if (committed_) committed_();
    for (Job& job : jobs.first(ran)) job.done(std::move(job.commit));
    return ran;
}

// One transaction over the first jobs, as many as the time budget allows. `fault` is empty when it was committed.
std::size_t Engine::attempt(std::span<Job> jobs, std::string& fault) {
    const auto begun = Clock::now();
    std::vector<audit::Record> records;
    std::size_t ran = 0;
    slow_ = failed_ = 0;
    fault.clear();
    try {
        writer_->begin_write();
        require_none_touched(*writer_);
        while (ran < jobs.size() && (ran == 0 || Clock::now() - begun < batch_budget_)) run_work(jobs[ran++], records);
        std::vector<audit::Receipt> receipts;
        moment(Moment::before_recording);
        if (!records.empty()) receipts = recorder_(*writer_, records);
        if (receipts.size() != records.size()) throw Fault("the recorder did not answer one receipt per record");
        moment(Moment::before_commit);
        const auto committing = Clock::now();
        writer_->commit();
        const auto ended = Clock::now();
        for (Job& job : jobs.first(ran)) {
            if (!job.commit.fault.empty()) continue;
            const auto own = std::span(receipts).subspan(job.first_record, job.record_count);
            job.commit = Commit{.durable = true, .receipts = {own.begin(), own.end()}, .fault = {}};
        }
        healthy_ = true;
        count(jobs.first(ran), records.size(), ended - committing, ended - begun);
    } catch (const std::exception& problem) {
        writer_->rollback();
        fault = text_of(problem);
        healthy_ = false;
        ran = std::max<std::size_t>(ran, 1);
        for (Job& job : jobs.first(ran)) job.commit = Commit{.durable = false, .receipts = {}, .fault = fault};
        counters_.update([](Stats& stats) { ++stats.batches_failed; });
    }
    return ran;
}

// One work in its savepoint. It fails alone, unless the engine had to end the whole transaction.
void Engine::run_work(Job& job, std::vector<audit::Record>& records) {
    const auto begun = Clock::now();
    job.commit = {};
    job.first_record = records.size();
    job.record_count = 0;
    writer_->savepoint();
    const auto undo = [&](std::string fault) {
        if (!writer_->in_transaction()) throw Fault(fault);
        writer_->rollback_to_savepoint();
        writer_->release_savepoint();
        job.commit.fault = std::move(fault);
        ++failed_;
    };
    try {
        const auto rows_before = writer_->rows_changed();
        Written written = job.work(*writer_);
        if (!written.keep) {
            writer_->rollback_to_savepoint();
            // What did not happen is announced to nobody.
            for (audit::Record& record : written.records) record.events.clear();
        } else if (written.records.empty() && !written.derived && writer_->rows_changed() != rows_before) {
            throw Fault("a work changed rows and left no record of it");
        }
        writer_->release_savepoint();
        job.record_count = written.records.size();
        std::move(written.records.begin(), written.records.end(), std::back_inserter(records));
    } catch (const std::exception& fault) {
        undo(text_of(fault));
    } catch (...) {
        undo("a work threw something that is no exception of ours");
    }
    if (Clock::now() - begun > slow_work) ++slow_;
}

void Engine::count(std::span<const Job> jobs, std::size_t records, Clock::duration commit, Clock::duration batch) {
    counters_.update([&](Stats& stats) {
        ++stats.batches;
        stats.works += jobs.size();
        stats.works_failed += failed_;
        stats.works_slow += slow_;
        stats.records += records;
        stats.batch_size_max = std::max<std::uint64_t>(stats.batch_size_max, jobs.size());
        stats.commit_us += static_cast<std::uint64_t>(micros(commit));
        stats.batch_us += static_cast<std::uint64_t>(micros(batch));
        const auto bucket = std::ranges::lower_bound(commit_bounds_us, micros(commit)) - commit_bounds_us.begin();
        ++stats.commit_times[static_cast<std::size_t>(bucket)];
        stats.wal_pages = static_cast<std::uint64_t>(writer_->wal_pages());
    });
}

void Engine::between_batches() {
    const int pages = writer_->wal_pages();
    log_in_file_ = log_in_file_ || pages > 0;
    if (pages < checkpointed_at_) checkpointed_at_ = 0;  // the log started over
    if (pages - checkpointed_at_ < checkpoint_pages) return;
    checkpointed_at_ = pages;
    checkpointer_->wake();
    if (pages < log_pages_max) return;
    // Under steady load the checkpointer is always a little behind, and the log starts over only when nothing is left to write
    // back. What is left is little: do it here, where nobody writes meanwhile.
    try {
        writer_->write_back();
    } catch (const Fault&) {
        counters_.update([](Stats& stats) { ++stats.upkeep_failed; });
    }
}

// Nothing has come for a second: empty the log file, and after trouble find out whether it is over.
void Engine::idle() {
    try {
        if (!healthy_) {
            writer_->execute("PRAGMA user_version=1");  // a real page through a real commit
            healthy_ = true;
        }
        if (log_in_file_ && writer_->checkpoint_truncate()) {
            log_in_file_ = false;
            checkpointed_at_ = 0;
            counters_.update([](Stats& stats) {
                ++stats.checkpoints;
                stats.wal_pages = 0;
            });
        }
    } catch (const Fault&) {
        // Still in trouble: the next second or the next batch tries again.
        counters_.update([](Stats& stats) { ++stats.upkeep_failed; });
    }
}

void Engine::read_loop(Connection& connection) {
    while (true) {
        std::vector<ReadJob> jobs = reads_.take(1, idle_after);
        if (jobs.empty()) {
            if (reads_.finished()) return;
            continue;
        }
        std::string fault;
        try {
            connection.begin_read();
            jobs.front().work(connection);
        } catch (const std::exception& problem) {
            fault = text_of(problem);
        } catch (...) {
            fault = "a read threw something that is no exception of ours";
        }
        connection.rollback();
        counters_.update([&](Stats& stats) {
            ++stats.reads;
            if (!fault.empty()) ++stats.reads_failed;
        });
        jobs.front().done(std::move(fault));
    }
}

}  // namespace

std::unique_ptr<SqlcipherStore> open_sqlcipher(SqlcipherOptions options, Recorder recorder) {
    return std::make_unique<Engine>(std::move(options), std::move(recorder));
}

}  // namespace entente::store
