#pragma once
// Files to both sides of a case: verdict, record, forwarding, outcome (contract section 14, semantics 5).
//
// A thread carries the files of one upload one after the other; both sides of a file are sent to at the same time, each over a
// connection of its own, in bounded memory. One attempt a side, as the contract says; why this is no sender of the dispatcher: the
// caller waits for the answer, nothing is tried again by itself, and a target that fails must not be left alone for a while.
//
// Nothing leaves before the record of its disclosure is durable, and nothing after a withdrawal is acknowledged: Departures shuts
// the gates of the files under way, which resets their connections. What a process left in the spool is unlinked at the next start.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/clock.hpp"
#include "server/deliveries/clamd.hpp"
#include "server/deliveries/departures.hpp"
#include "server/deliveries/file_judge.hpp"
#include "server/metrics.hpp"
#include "server/net/http_client.hpp"
#include "server/operations/attachments.hpp"

namespace entente::deliveries {

struct AttachmentOptions {
    std::filesystem::path spool_folder;
    store::SpoolLimits spool;
    std::uint64_t file_bytes = std::uint64_t{2} << 30;
    int uploads = 16;  // under way at the same time, each with a thread
    int uploads_of_company = 12;
    std::chrono::milliseconds timeout{30'000};   // to connect, without progress, and for the answer
    std::chrono::milliseconds whole{3'600'000};  // for all of one file
    std::filesystem::path ca_file;               // empty: the system's authorities
    std::string allowed_networks;                // beside the public internet
    std::string clamd;                           // empty: no virus scanner
    JudgeOptions judge;
};

class AttachmentDesk final : public operations::FileDesk {
  public:
    AttachmentDesk(AttachmentOptions options, store::Store& store, const operations::Tools& tools, const Clock& clock,
                   Metrics& metrics, Departures& departures);
    ~AttachmentDesk() override;

    void start();
    void stop();

    std::shared_ptr<void> place(protocol::CompanyId company) override;
    std::shared_ptr<void> announce(std::int64_t upload) override;
    bool when_through(std::int64_t upload, std::function<void()> then) override;
    store::Spool& spool() override { return spool_; }
    std::uint64_t file_bytes_max() const override { return options_.file_bytes; }
    bool forward(operations::UploadOpened upload, std::vector<operations::ArrivedFile> files,
                 std::vector<store::StoredAttachment> rows, std::string description, Done done) override;
    bool resume(operations::Resumed resumed, Done done) override;

  private:
    struct Job {
        operations::UploadOpened upload;
        std::vector<operations::ArrivedFile> files;
        std::vector<store::StoredAttachment> rows;
        std::string description;
        Done done;
        bool again = false;
    };
    struct Counts;

    bool post(Job job);
    void work_loop();
    void upkeep_loop();
    void carry(Job& job);
    protocol::FileResult carry_file(Job& job, std::size_t index);
    operations::FileVerdict judge(const operations::FileTerms& terms, const operations::ArrivedFile& file,
                                  const store::StoredAttachment& row, const std::string& token);
    std::optional<protocol::Error> ask_scanner(const store::SpoolFile& file) const;
    std::optional<protocol::FileResult> send(const operations::UploadOpened& upload, store::StoredAttachment& row,
                                             const operations::ArrivedFile& file, const operations::FileVerdict& verdict,
                                             const std::string& fingerprint, bool& stale);
    protocol::SideResult send_side(const operations::SendPlan& plan, const store::SpoolFile& file, const std::string& type,
                                   net::StreamGate& gate) const;
    void settle(const operations::UploadOpened& upload, store::StoredAttachment& row, const operations::ArrivedFile& file,
                const protocol::FileResult& result);
    void expire();

    AttachmentOptions options_;
    store::Store& store_;
    const operations::Tools& tools_;
    const Clock& clock_;
    Departures& departures_;
    store::Spool spool_;
    net::AddressGuard guard_;
    net::ClientOptions client_options_;
    std::optional<Clamd> clamd_;
    Metrics::Family<Counter> files_;  // side, status
    Gauge& under_way_;
    std::shared_ptr<Counts> counts_;

    std::atomic<bool> hurry_{false};
    std::mutex mutex_;
    std::condition_variable wake_;         // of the workers
    std::condition_variable wake_upkeep_;  // of the upkeep
    bool stopping_ = false;
    std::deque<Job> jobs_;
    std::vector<std::thread> workers_;
    std::thread upkeep_;
};

}  // namespace entente::deliveries
