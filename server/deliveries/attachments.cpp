#include "server/deliveries/attachments.hpp"

#include "certs/tls.hpp"
#include "protocol/encoding.hpp"
#include "server/log.hpp"

namespace entente::deliveries {

using operations::ArrivedFile;
using operations::Departure;
using operations::FileTerms;
using operations::FileVerdict;
using operations::SendPlan;
using operations::UploadOpened;
using protocol::Error;
using protocol::ErrorKind;
using protocol::FileResult;
using protocol::ForwardStatus;
using protocol::SideResult;
using store::SpoolFile;
using store::StoredAttachment;

namespace {

constexpr int judgements_max = 8;                // while the terms move under the verdict
constexpr std::chrono::seconds upkeep_pause{1};  // between two looks at the clock
constexpr std::int64_t upkeep_seconds = 60;      // of the clock, between two looks at the files
constexpr std::int64_t kept_days = 30;           // the history
constexpr std::size_t answer_bytes_max = 256 * 1024;

FileResult both(const std::string& name, SideResult side) {
    return {name, side, side};
}

SideResult failed(std::string message) {
    return {ForwardStatus::forward_failed, std::move(message)};
}

std::string review_hint(const StoredAttachment& row, const std::string& token) {
    return "; a colleague lets it pass with POST /api/v1/cases/" + token + "/reviews and the digest " + row.words.digest +
           ", then send it again";
}

}  // namespace

// Uploads under way; outlives the places that it gave away.
struct AttachmentDesk::Counts {
    struct Announced {
        int times = 0;
        std::vector<std::function<void()>> waiting;
    };
    std::mutex mutex;
    int all = 0;
    std::map<std::int64_t, int> by_company;
    std::map<std::int64_t, Announced> by_upload;
};

AttachmentDesk::AttachmentDesk(AttachmentOptions options, store::Store& store, const operations::Tools& tools, const Clock& clock,
                               Metrics& metrics, Departures& departures)
    : options_(std::move(options)),
      store_(store),
      tools_(tools),
      clock_(clock),
      departures_(departures),
      spool_(options_.spool_folder, options_.spool),
      guard_(options_.allowed_networks),
      files_(metrics.counters("entente_files_total", "Files by side and what became of them there.", {"side", "status"})),
      under_way_(metrics.gauge("entente_uploads_under_way", "Uploads of files that arrive, are judged or are sent right now.")),
      counts_(std::make_shared<Counts>()) {
    client_options_.context = certs::client_context(options_.ca_file);
    client_options_.timeout = options_.timeout;
    client_options_.body_bytes_max = answer_bytes_max;
    client_options_.may_connect = [this](const net::IpAddress& address) { return guard_.allows(address); };
    client_options_.give_up = [this] { return hurry_.load(); };
    if (!options_.clamd.empty()) clamd_.emplace(options_.clamd, options_.timeout);
    options_.judge.whole = options_.whole;
    metrics.gauge_from("entente_spool_bytes", "Bytes of files that wait in the spool.",
                       [this] { return static_cast<double>(spool_.used()); });
}

AttachmentDesk::~AttachmentDesk() {
    stop();
}

void AttachmentDesk::start() {
    operations::Recovered recovered;
    const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        recovered = operations::recover_attachments(txn, {tools_, clock_.now()});
        return {recovered.records, true};
    });
    if (!commit.durable) throw protocol::Fault("the spool could not be opened: " + commit.fault);
    const std::size_t removed = spool_.clean(recovered.keep);
    if (removed > 0) log::info("spool.cleaned", {{"files", removed}});
    if (std::error_code unknown; !std::filesystem::exists(options_.judge.archive_program, unknown))
        log::warning("files.no_archive_worker", {{"program", options_.judge.archive_program.string()}});
    for (int i = 0; i < options_.uploads; ++i) workers_.emplace_back([this] { work_loop(); });
    upkeep_ = std::thread([this] { upkeep_loop(); });
}

void AttachmentDesk::stop() {
    hurry_ = true;
    std::deque<Job> left;
    {
        const std::lock_guard hold(mutex_);
        stopping_ = true;
        left.swap(jobs_);
    }
    wake_.notify_all();
    wake_upkeep_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    if (upkeep_.joinable()) upkeep_.join();
    for (Job& job : left) {
        std::vector<FileResult> results;
        results.reserve(job.files.size());
        for (const ArrivedFile& file : job.files) results.push_back(both(file.name, failed("the gateway is being stopped")));
        job.done(std::move(results));
    }
}

std::shared_ptr<void> AttachmentDesk::place(protocol::CompanyId company) {
    {
        const std::lock_guard hold(counts_->mutex);
        int& own = counts_->by_company[company.value];
        if (counts_->all >= options_.uploads || own >= options_.uploads_of_company) return nullptr;
        ++own;
        ++counts_->all;
        under_way_.add(1);
    }
    return {static_cast<void*>(this), [counts = counts_, company, &gauge = under_way_](void*) {
                gauge.add(-1);
                const std::lock_guard hold(counts->mutex);
                --counts->all;
                if (--counts->by_company[company.value] == 0) counts->by_company.erase(company.value);
            }};
}

std::shared_ptr<void> AttachmentDesk::announce(std::int64_t upload) {
    {
        const std::lock_guard hold(counts_->mutex);
        ++counts_->by_upload[upload].times;
    }
    return {static_cast<void*>(this), [counts = counts_, upload](void*) {
                std::vector<std::function<void()>> waiting;
                {
                    const std::lock_guard hold(counts->mutex);
                    const auto found = counts->by_upload.find(upload);
                    if (--found->second.times > 0) return;
                    waiting = std::move(found->second.waiting);
                    counts->by_upload.erase(found);
                }
                for (const auto& then : waiting) then();
            }};
}

bool AttachmentDesk::when_through(std::int64_t upload, std::function<void()> then) {
    const std::lock_guard hold(counts_->mutex);
    const auto found = counts_->by_upload.find(upload);
    if (found == counts_->by_upload.end()) return false;
    found->second.waiting.push_back(std::move(then));
    return true;
}

bool AttachmentDesk::forward(UploadOpened upload, std::vector<ArrivedFile> files, std::vector<StoredAttachment> rows,
                             std::string description, Done done) {
    return post({std::move(upload), std::move(files), std::move(rows), std::move(description), std::move(done), false});
}

bool AttachmentDesk::resume(operations::Resumed resumed, Done done) {
    StoredAttachment& row = resumed.file;
    ArrivedFile file{.name = row.words.name,
                     .content_type = row.words.content_type,
                     .file = spool_.reopen(row.spool, row.company.value, row.spool_key, static_cast<std::uint64_t>(row.bytes)),
                     .bytes = row.bytes,
                     .digest = row.words.digest,
                     .refused = std::nullopt};
    certs::wipe(row.spool_key);
    row.spool_key.clear();
    if (!file.file)
        file.refused = Error{.kind = ErrorKind::wrong_state, .code = "not_kept", .message = "the file is not kept any more"};
    Job job{std::move(resumed.upload), {}, {}, {}, std::move(done), true};
    job.files.push_back(std::move(file));
    job.rows.push_back(std::move(row));
    return post(std::move(job));
}

bool AttachmentDesk::post(Job job) {
    {
        const std::lock_guard hold(mutex_);
        if (stopping_) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void AttachmentDesk::work_loop() {
    for (;;) {
        Job job;
        {
            std::unique_lock hold(mutex_);
            wake_.wait(hold, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        carry(job);
    }
}

void AttachmentDesk::carry(Job& job) {
    std::vector<FileResult> results;
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < job.files.size(); ++i) {
        FileResult result = both(job.files[i].name, failed("the gateway could not forward it"));
        try {
            result = carry_file(job, i);
        } catch (const std::exception& fault) {
            log::warning("files.fault", {{"request_id", job.upload.caller.request_id}, {"cause", fault.what()}});
            settle(job.upload, job.rows[i], job.files[i], result);
        }
        job.files[i].file.reset();
        files_.with({"submitter", name(result.submitter.status)}).add();
        files_.with({"receiver", name(result.receiver.status)}).add();
        const SideResult& there = job.upload.side == protocol::Side::submitter ? result.receiver : result.submitter;
        if (there.status == ForwardStatus::success) sent.push_back(result.name);
        results.push_back(std::move(result));
    }
    if (job.upload.own.note && !sent.empty())
        store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
            auto records = operations::note_files(txn, {tools_, clock_.now()}, job.upload, sent, job.description);
            const bool keep = records.front().outcome == audit::Outcome::success;
            return {std::move(records), keep};
        });
    job.done(std::move(results));
}

FileResult AttachmentDesk::carry_file(Job& job, std::size_t index) {
    const ArrivedFile& file = job.files[index];
    StoredAttachment& row = job.rows[index];
    for (int judgement = 0; judgement < judgements_max; ++judgement) {
        FileTerms terms;
        store::read_and_wait(store_, [&](store::ReadTxn& txn) {
            terms = operations::file_terms(txn, {tools_, clock_.now()}, row, job.upload.side);
        });
        const FileVerdict verdict = judge(terms, file, row, job.upload.token);
        bool stale = false;
        const auto result = send(job.upload, row, file, verdict, terms.fingerprint, stale);
        if (stale) continue;
        if (result) settle(job.upload, row, file, *result);
        return result.value_or(both(file.name, failed("the gateway could not record it; nothing was sent")));
    }
    const FileResult result = both(file.name, failed("the case changes faster than its files can be judged"));
    settle(job.upload, row, file, result);
    return result;
}

FileVerdict AttachmentDesk::judge(const FileTerms& terms, const ArrivedFile& file, const StoredAttachment& row,
                                  const std::string& token) {
    FileVerdict verdict;
    verdict.kind = "uninspected";
    verdict.refused = terms.closed ? terms.closed : file.refused;
    if (verdict.refused || !terms.sharer) return verdict;
    operations::Sharer& sharer = *terms.sharer;
    verdict.detectors = sharer.detectors();
    verdict.rules_id = sharer.terms().rules_id;
    verdict.shared_name = sharer.text(file.name);

    if (clamd_) {
        if (auto infected = ask_scanner(*file.file)) {
            verdict.refused = std::move(infected);
            return verdict;
        }
        verdict.malware_checked = true;
    }
    FileJudge judge(options_.judge, spool_, row.company.value, sharer, terms.uninspected_allowed || terms.released,
                    [this] { return hurry_.load(); });
    FileJudge::Outcome outcome;
    try {
        outcome = judge.judge(*file.file);
    } catch (const protocol::Fault& fault) {
        log::warning("files.judge_failed", {{"cause", fault.what()}});
        outcome.refused = Error{.kind = ErrorKind::unavailable,
                                .code = "file_not_judged",
                                .message = "the gateway could not look into it, so nothing was sent"};
    }
    verdict.kind = outcome.kind;
    verdict.members = judge.members();
    verdict.left_out = judge.left_out();
    verdict.refused = std::move(outcome.refused);
    if (outcome.nobody_can_look)
        verdict.refused->message += (outcome.first.empty() ? std::string() : " (" + outcome.first + ")") + review_hint(row, token);
    if (!verdict.refused) verdict.shared = outcome.as_it_is ? file.file : outcome.shared;
    if (auto objection = sharer.objection(); objection && !verdict.refused) {
        if (objection->code == "content_needs_review")
            objection->message =
                "a second person of your company must look at it first, because it holds: " + sharer.strictest_kinds() +
                review_hint(row, token);
        if (objection->code != "content_needs_review" || !terms.released) verdict.refused = std::move(objection);
    }
    verdict.masked = sharer.counts();
    verdict.pseudonyms = sharer.pseudonyms();
    return verdict;
}

// What stands against the file; nothing when the scanner found it clean. Not having been asked stands against it.
std::optional<Error> AttachmentDesk::ask_scanner(const SpoolFile& file) const {
    try {
        SpoolFile::Reader reader(file);
        const auto found = clamd_->find([&] { return reader.next(); });
        if (!found) return std::nullopt;
        const std::string name = protocol::valid_utf8(*found) ? *found : "something";
        return Error{.kind = ErrorKind::forbidden, .code = "malware_found", .message = "the virus scanner found " + name};
    } catch (const protocol::Fault& fault) {
        log::warning("files.scanner_failed", {{"cause", fault.what()}});
        return Error{.kind = ErrorKind::unavailable,
                     .code = "malware_check_failed",
                     .message = "the virus scanner could not look at it, so nothing was sent"};
    }
}

// Nothing when the departure could not be recorded: then nothing left.
std::optional<FileResult> AttachmentDesk::send(const UploadOpened& upload, StoredAttachment& row, const ArrivedFile& file,
                                               const FileVerdict& verdict, const std::string& fingerprint, bool& stale) {
    // Entered before the gate is asked: a withdrawal that commits after the departure finds them.
    const auto to_submitter = departures_.enter_stream(upload.case_id);
    const auto to_receiver = departures_.enter_stream(upload.case_id);
    Departure departure;
    StoredAttachment after;
    const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        after = row;
        departure = operations::depart(txn, {tools_, clock_.now()}, upload, after, verdict, fingerprint);
        return {departure.records, !departure.stale};
    });
    if (!commit.durable) {
        log::warning("files.departure_failed", {{"request_id", upload.caller.request_id}, {"cause", commit.fault}});
        return std::nullopt;
    }
    stale = departure.stale;
    if (stale) return std::nullopt;
    const bool submitter_has = row.submitter_status == ForwardStatus::success;
    const bool receiver_has = row.receiver_status == ForwardStatus::success;
    row = std::move(after);
    FileResult result{file.name, departure.submitter.known, departure.receiver.known};
    const auto one_side = [&](const SendPlan& plan, bool has_it, net::StreamGate& gate, SideResult& side) {
        if (has_it) {
            side = {ForwardStatus::success, "delivered before"};
        } else if (plan.target) {
            side = send_side(plan, plan.original ? *file.file : *verdict.shared, file.content_type, gate);
        }
    };
    std::thread beside([&] { one_side(departure.submitter, submitter_has, *to_submitter, result.submitter); });
    one_side(departure.receiver, receiver_has, *to_receiver, result.receiver);
    beside.join();
    return result;
}

SideResult AttachmentDesk::send_side(const SendPlan& plan, const SpoolFile& file, const std::string& type,
                                     net::StreamGate& gate) const {
    const protocol::HttpsTarget& to = *plan.target;
    try {
        net::HttpClient client("https://" + to.domain + ":" + std::to_string(to.port), client_options_);
        std::string path = to.path;
        while (path.ends_with('/')) path.pop_back();
        path += "/" + protocol::url_segment(plan.file_name);
        const std::vector<api::Header> headers{
            {"User-Agent", "Entente"},
            {"Accept", "*/*"},
            {"Content-Type", type.empty() ? "application/octet-stream" : type},
            {"Authorization", "Basic " + protocol::base64(protocol::as_bytes(plan.user + ":" + to.password))}};
        SpoolFile::Reader reader(file);
        const auto response = client.stream(api::Method::put, path, headers,
                                            {.size = file.size(),
                                             .next = [&] { return reader.next(); },
                                             .gate = &gate,
                                             .stall = options_.timeout,
                                             .whole = options_.whole});
        if (response.status / 100 == 2) return {ForwardStatus::success, "delivered"};
        return failed("the server answered with status " + std::to_string(response.status));
    } catch (const net::NotSent&) {
        return {ForwardStatus::content_error, "a permission that this case rests on ended while the file was under way"};
    } catch (const net::AddressRefused&) {
        return {ForwardStatus::config_invalid, "the place for files is in a network that must not be called"};
    } catch (const net::AnswerMissing&) {
        return {ForwardStatus::unknown, "the server took the whole file and did not answer"};
    } catch (const net::TimedOut&) {
        return failed(hurry_ ? "the gateway is being stopped" : "the server did not take the file in time");
    } catch (const protocol::Fault& fault) {
        return failed(fault.what());
    }
}

void AttachmentDesk::settle(const UploadOpened& upload, StoredAttachment& row, const ArrivedFile& file, const FileResult& result) {
    const auto may_be_better = [](const SideResult& side) {
        return side.status != ForwardStatus::success && side.status != ForwardStatus::content_error;
    };
    const bool again = upload.own.history && file.file && (may_be_better(result.submitter) || may_be_better(result.receiver)) &&
                       row.created_at.plus_seconds(operations::spool_seconds) > clock_.now() && file.file->keep();
    const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        StoredAttachment after = row;
        return {operations::settle_file(txn, {tools_, clock_.now()}, upload, after, result, again), true};
    });
    if (!commit.durable) log::warning("files.settle_failed", {{"request_id", upload.caller.request_id}, {"cause", commit.fault}});
    if (file.file && !(commit.durable && again)) file.file->keep_no_longer();
}

// The 24 hours of a file that could be sent again; the history after a month.
void AttachmentDesk::expire() {
    const protocol::Instant now = clock_.now();
    std::vector<store::KeptFile> keep;
    const auto commit = store::submit_and_wait(store_, [&](store::Txn& txn) -> store::Written {
        const std::int64_t expired = store::expire_attachments(txn, now.plus_seconds(-operations::spool_seconds), now);
        const std::int64_t forgotten = store::forget_attachments(txn, now.plus_seconds(-kept_days * 86'400));
        keep = store::spooled_files(txn);
        if (expired + forgotten == 0) return {{}, true};
        audit::Record record;
        record.operation = "attachments.expire";
        record.class_uid = audit::Class::entity_management;
        record.activity = audit::activity_delete;
        record.authentication = "none";
        record.role = "gateway";
        record.decision = "{\"expired\":" + std::to_string(expired) + ",\"forgotten\":" + std::to_string(forgotten) + "}";
        return {{std::move(record)}, true};
    });
    if (commit.durable) spool_.clean(keep);
}

void AttachmentDesk::upkeep_loop() {
    std::unique_lock hold(mutex_);
    protocol::Instant last{};  // at the start, for what came to its end while nothing ran
    // By the time of day, which may jump: a machine that slept for a night owes the end of what was to end meanwhile.
    while (!wake_upkeep_.wait_for(hold, upkeep_pause, [this] { return stopping_; })) {
        const protocol::Instant now = clock_.now();
        if (now >= last && now < last.plus_seconds(upkeep_seconds)) continue;
        last = now;
        hold.unlock();
        try {
            expire();
        } catch (const std::exception& fault) {
            log::warning("files.upkeep_failed", {{"cause", fault.what()}});
        }
        hold.lock();
    }
}

}  // namespace entente::deliveries
