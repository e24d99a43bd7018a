#include "server/deliveries/siem.hpp"

#include <algorithm>
#include <charconv>

#include "certs/files.hpp"
#include "protocol/encoding.hpp"
#include "server/log.hpp"

namespace entente::deliveries {

using protocol::Fault;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t page_entries = 256;
constexpr std::int64_t unconfirmed_max = 20'000;
constexpr milliseconds look_again{400};
constexpr milliseconds first_pause{200};
constexpr milliseconds longest_retry_pause{30'000};
constexpr std::chrono::seconds drain_patience{2};
constexpr std::size_t position_bytes_max = 1'024;

}  // namespace

std::string position_text(const StreamPosition& position) {
    return position.origin + "\n" + std::to_string(position.next) + "\n" + protocol::hex(position.leaf) + "\n";
}

std::optional<StreamPosition> parse_position(std::string_view text) {
    std::vector<std::string_view> lines;
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    if (lines.size() != 3 || !text.empty() || lines[0].empty()) return std::nullopt;
    StreamPosition position{.origin = std::string(lines[0])};
    const auto [end, problem] = std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), position.next);
    if (problem != std::errc{} || end != lines[1].data() + lines[1].size() || position.next < 0) return std::nullopt;
    const auto leaf = protocol::from_hex(lines[2]);
    if (!leaf || leaf->size() != position.leaf.size()) return std::nullopt;
    std::ranges::copy(*leaf, position.leaf.begin());
    return position;
}

struct SiemStreams::Stream {
    std::unique_ptr<SiemSink> sink;
    std::filesystem::path file;
    StreamPosition confirmed;
    bool opened = false;
    std::int64_t sent = 0;  // first index that was not sent yet
    audit::Hash sent_leaf{};
    SteadyClock::time_point unconfirmed_since{};
    protocol::Instant oldest{};  // of what is not confirmed
    std::thread thread;
};

SiemStreams::SiemStreams(store::Store& store, const operations::Tools& tools, const Clock& clock, Metrics& metrics,
                         SiemOptions options)
    : store_(store),
      tools_(tools),
      clock_(clock),
      options_(std::move(options)),
      events_(metrics.counters("entente_siem_events_total", "Events that a collector of security events confirmed.", {"sink"})),
      failures_(
          metrics.counters("entente_siem_failures_total", "Failed attempts to reach a collector of security events.", {"sink"})),
      lag_records_(
          metrics.gauges("entente_siem_lag_records", "Records of the audit log that a collector has not confirmed.", {"sink"})),
      lag_seconds_(
          metrics.gauges("entente_siem_lag_seconds", "Age of the oldest record that a collector has not confirmed.", {"sink"})) {
    for (auto& sink : siem_sinks(options_, [this] { return stopping_ && SteadyClock::now() > stop_by_.load(); })) {
        auto stream = std::make_unique<Stream>();
        stream->file = options_.positions / ("siem-" + std::string(sink->name()) + ".position");
        stream->sink = std::move(sink);
        streams_.push_back(std::move(stream));
    }
}

SiemStreams::~SiemStreams() {
    stop();
}

void SiemStreams::start() {
    for (auto& stream : streams_) stream->thread = std::thread([this, &one = *stream] { run(one); });
}

void SiemStreams::stop() {
    {
        const std::lock_guard hold(mutex_);
        if (!stopping_) stop_by_ = SteadyClock::now() + drain_patience;
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& stream : streams_)
        if (stream->thread.joinable()) stream->thread.join();
}

void SiemStreams::rest(milliseconds time) {
    std::unique_lock hold(mutex_);
    wake_.wait_for(hold, time, [this] { return stopping_.load(); });
}

void SiemStreams::run(Stream& stream) {
    milliseconds pause = first_pause;
    const std::string name(stream.sink->name());
    for (;;) {
        const bool last = stopping_;
        if (last && SteadyClock::now() > stop_by_.load()) return stream.sink->abandon();
        milliseconds wait = look_again;
        try {
            if (!stream.opened) open(stream);
            const bool more = step(stream);
            pause = first_pause;
            if (more) continue;
            if (last) return;
        } catch (const std::exception& fault) {
            stream.sink->abandon();
            stream.sent = stream.confirmed.next;
            stream.sent_leaf = stream.confirmed.leaf;
            failures_.with({name}).add();
            log::warning("siem.failed", {{"sink", name}, {"cause", fault.what()}, {"again_ms", pause.count()}});
            wait = pause;
            pause = std::min(pause * 2, longest_retry_pause);
            if (last) return;
        }
        rest(wait);
    }
}

// Finds the position, and whether it is one of this log.
void SiemStreams::open(Stream& stream) {
    std::optional<StreamPosition> found;
    bool lost = false;
    if (std::filesystem::exists(stream.file)) {
        const certs::Secret whole = certs::read_private_file(stream.file, position_bytes_max);
        found = parse_position(protocol::as_text(whole.bytes()));
        lost = !found;
    }
    // Another origin is another log: begun on purpose, and streamed from its beginning.
    if (found && found->origin != options_.origin) found.reset();
    if (found) {
        store::read_and_wait(store_, [&](store::ReadTxn& txn) {
            lost = !operations::position_fits(txn, {tools_, clock_.now()}, found->next, found->leaf);
        });
    }
    stream.confirmed = found && !lost ? *found : StreamPosition{.origin = options_.origin};
    if (lost) log::error("siem.position_lost", {{"sink", stream.sink->name()}});
    const auto commit = store::submit_and_wait(store_, [&](store::Txn&) -> store::Written {
        return {{operations::stream_record(stream.sink->name(), stream.confirmed.next, lost)}, true};
    });
    if (!commit.durable) throw Fault("the start of the stream could not be recorded: " + commit.fault);
    stream.sent = stream.confirmed.next;
    stream.sent_leaf = stream.confirmed.leaf;
    stream.opened = true;
}

// Sends one page and confirms when it is time. True when there is more to do at once.
bool SiemStreams::step(Stream& stream) {
    operations::StreamPage page;
    store::read_and_wait(store_, [&](store::ReadTxn& txn) {
        page = operations::stream_page(txn, {tools_, clock_.now()}, tools_.log_origin, stream.sent, page_entries,
                                       stream.sink->bytes_max());
    });
    if (!page.entries.empty()) {
        if (stream.sent == stream.confirmed.next) {
            stream.unconfirmed_since = SteadyClock::now();
            stream.oldest = page.entries.front().time;
        }
        measure(stream, page.size);
        stream.sink->write(page.entries);
        stream.sent = page.entries.back().index + 1;
        stream.sent_leaf = page.last_leaf;
    }
    const bool more = stream.sent < page.size;
    const bool due = stopping_ || stream.sent - stream.confirmed.next >= unconfirmed_max ||
                     SteadyClock::now() - stream.unconfirmed_since >= stream.sink->confirm_after();
    if (stream.sent > stream.confirmed.next && due && (!more || stream.sent - stream.confirmed.next >= page_entries))
        confirm(stream);
    measure(stream, page.size);
    return more;
}

void SiemStreams::confirm(Stream& stream) {
    stream.sink->confirm();
    const std::int64_t events = stream.sent - stream.confirmed.next;
    stream.confirmed.next = stream.sent;
    stream.confirmed.leaf = stream.sent_leaf;
    const std::string text = position_text(stream.confirmed);
    certs::replace_private_file(stream.file, protocol::as_bytes(text));
    events_.with({stream.sink->name()}).add(static_cast<std::uint64_t>(events));
}

void SiemStreams::measure(Stream& stream, std::int64_t size) {
    const std::int64_t behind = std::max<std::int64_t>(0, size - stream.confirmed.next);
    const std::int64_t age = behind == 0 ? 0 : std::max<std::int64_t>(0, (clock_.now().us - stream.oldest.us) / 1'000'000);
    lag_records_.with({stream.sink->name()}).set(behind);
    lag_seconds_.with({stream.sink->name()}).set(age);
}

}  // namespace entente::deliveries
