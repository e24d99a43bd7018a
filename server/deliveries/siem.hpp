#pragma once
// Streams the audit log to collectors of security events (SIEM): as OCSF events by syslog over TLS (RFC 5425 with the header of
// RFC 5424), or as JSON lines into a file. Core sections only: ids, codes, counts.
//
// At least once and in order: each sink has its position on disk, moved forward only after the sink has confirmed. The file
// confirms by a sync. Syslog knows no acknowledgement, so a connection confirms by its end: after at most `confirm_after` we close
// it in order, and only when the receiver closes in order too, which it can after having read everything, the position moves.
// Whatever ends otherwise is sent again; receivers recognise repeats by metadata.uid or unmapped.log_index. What a receiver had
// read and not stored when it died is beyond this protocol.
//
// A position that does not fit the log (an older copy of the database was put back) is recorded as a finding; then everything is
// sent anew. Failures back off to half a minute. Each sink has its own thread and delays nobody else.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/clock.hpp"
#include "server/metrics.hpp"
#include "server/net/client_link.hpp"
#include "server/operations/log_stream.hpp"
#include "server/store/store.hpp"

namespace entente::deliveries {

struct SiemOptions {
    std::string server;  // syslog receiver: host name or address; empty: none
    std::int64_t port = 6514;
    std::filesystem::path authority;    // that vouches for its certificate, PEM; empty: the system's
    std::filesystem::path certificate;  // of this client with `key`; empty: none
    std::filesystem::path key;
    std::size_t message_bytes = 8'192;  // of the JSON in a syslog message
    std::filesystem::path file;         // JSON lines; empty: none
    std::filesystem::path positions;    // folder for the positions
    std::string origin;                 // of the log
    std::string host;                   // this gateway in the header of a message
};

// One syslog message with its length before it: "LENGTH <PRI>1 TIME HOST entente - OPERATION [origin ...] JSON". Facility 13 (log
// audit); severity 6 for success, 5 for a failure, 1 for an alarm. Characters that a header may not have become "?".
std::string syslog_frame(const operations::StreamedEntry& entry, std::string_view host);

// Where a stream stands. A file that cannot be read as one is a Fault.
struct StreamPosition {
    std::string origin;
    std::int64_t next = 0;  // first index that is not confirmed
    audit::Hash leaf{};     // of the entry before it
};
std::string position_text(const StreamPosition& position);
std::optional<StreamPosition> parse_position(std::string_view text);

class SiemSink {
  public:
    virtual ~SiemSink() = default;
    virtual std::string_view name() const = 0;
    virtual std::size_t bytes_max() const = 0;  // of one event; 0: no limit
    virtual std::chrono::milliseconds confirm_after() const = 0;
    // Both throw Fault when it is not certain; then abandon() and begin anew at the last confirmed position.
    virtual void write(const std::vector<operations::StreamedEntry>& entries) = 0;
    virtual void confirm() = 0;
    virtual void abandon() = 0;
};
// The sinks that the options name. `give_up` ends waiting for a receiver.
std::vector<std::unique_ptr<SiemSink>> siem_sinks(const SiemOptions& options, const std::function<bool()>& give_up);

class SiemStreams {
  public:
    SiemStreams(store::Store& store, const operations::Tools& tools, const Clock& clock, Metrics& metrics, SiemOptions options);
    ~SiemStreams();
    SiemStreams(const SiemStreams&) = delete;
    SiemStreams& operator=(const SiemStreams&) = delete;

    void start();
    void stop();  // sends what is there for a moment; the rest waits for the next start

  private:
    struct Stream;
    void run(Stream& stream);
    void open(Stream& stream);
    bool step(Stream& stream);
    void confirm(Stream& stream);
    void measure(Stream& stream, std::int64_t size);
    void rest(std::chrono::milliseconds time);

    store::Store& store_;
    const operations::Tools& tools_;
    const Clock& clock_;
    SiemOptions options_;
    Metrics::Family<Counter> events_;
    Metrics::Family<Counter> failures_;
    Metrics::Family<Gauge> lag_records_;
    Metrics::Family<Gauge> lag_seconds_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::chrono::steady_clock::time_point> stop_by_{};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace entente::deliveries
