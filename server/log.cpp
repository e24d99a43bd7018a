#include "server/log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

namespace entente::log {
namespace {

constexpr std::size_t queue_lines = 8192;
constexpr std::size_t gather_bytes = 32 * 1024;
constexpr std::size_t text_max = 1024;  // a longer text is a mistake of ours; the line stays readable

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            break;
    }
    return spdlog::level::err;
}

std::string_view level_name(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            break;
    }
    return "error";
}

// Gathers lines and writes them when nothing more is waiting or enough came together: one system call for many lines under
// load, at once when it is quiet. Runs on the writer thread alone.
class GatheringSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit GatheringSink(std::weak_ptr<spdlog::details::thread_pool> pool) : pool_(std::move(pool)) {}
    ~GatheringSink() override { write_out(); }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        formatter_->format(message, lines_);
        const auto pool = pool_.lock();
        if (lines_.size() >= gather_bytes || !pool || pool->queue_size() == 0) write_out();
    }
    void flush_() override { write_out(); }

  private:
    void write_out() {
        std::string_view rest(lines_.data(), lines_.size());
        while (!rest.empty()) {
            const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) break;  // nobody to tell
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        lines_.clear();
    }

    std::weak_ptr<spdlog::details::thread_pool> pool_;
    spdlog::memory_buf_t lines_;
};

class CallbackSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit CallbackSink(std::function<void(std::string_view)> callback) : callback_(std::move(callback)) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        callback_(std::string_view(line.data(), line.size()));
    }
    void flush_() override {}

  private:
    std::function<void(std::string_view)> callback_;
};

// Prints the line under way and nothing after it: one pool of one thread, one logger, both replaced by start.
struct Writer {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
    Format format = Format::json;
};

std::atomic<int> level_now{static_cast<int>(Level::warning)};
std::atomic<std::uint64_t> dropped_before{0};
std::mutex writer_mutex;  // start, stop and taking a copy of the pointer
std::shared_ptr<Writer> writer;

std::shared_ptr<Writer> current_writer() {
    const std::lock_guard lock(writer_mutex);
    return writer;
}

void append_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char digits[32];
    const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, problem == std::errc{} ? end : digits);
}

// JSON string escapes. Bytes that are not ASCII pass unchanged only as far as they are needed for nothing: a log of ids and codes
// has none, so they become '?', and a broken sequence can never break the line.
void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    out += '"';
    for (const char c : text.substr(0, text_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += hex_digits[byte >> 4];
            out += hex_digits[byte & 15];
        } else {
            out += byte < 0x80 ? c : '?';
        }
    }
    out += '"';
}

void append_value(std::string& out, const Field& field) {
    switch (field.kind()) {
        case Field::Kind::text:
            append_quoted(out, field.text());
            break;
        case Field::Kind::whole:
            out += std::to_string(field.whole());
            break;
        case Field::Kind::real:
            append_number(out, field.real());
            break;
        case Field::Kind::truth:
            out += field.whole() != 0 ? "true" : "false";
            break;
    }
}

std::string compose(Format format, std::string_view event, Fields fields) {
    std::string line;
    line.reserve(256);
    if (format == Format::json) {
        line += "\"event\":";
        append_quoted(line, event);
        for (const Field& field : fields) {
            line += ',';
            append_quoted(line, field.key());
            line += ':';
            append_value(line, field);
        }
        return line;
    }
    line += event;
    for (const Field& field : fields) {
        line += ' ';
        line += field.key();
        line += '=';
        append_value(line, field);
    }
    return line;
}

void write_directly(Level level, std::string_view line) {
    std::string text(level_name(level));
    text += ' ';
    text += line;
    text += '\n';
    std::fputs(text.c_str(), stderr);
}

void write(Level level, std::string_view event, Fields fields) {
    if (!enabled(level)) return;
    const auto to = current_writer();
    if (!to) {
        write_directly(level, compose(Format::human, event, fields));
        return;
    }
    to->logger->log(spdlog_level(level), compose(to->format, event, fields));
}

std::shared_ptr<spdlog::sinks::sink> make_sink(Options& options, const std::shared_ptr<spdlog::details::thread_pool>& pool) {
    if (options.sink) return std::make_shared<CallbackSink>(std::move(options.sink));
    return std::make_shared<GatheringSink>(pool);
}

}  // namespace

bool enabled(Level level) {
    return static_cast<int>(level) >= level_now.load(std::memory_order_relaxed);
}

void debug(std::string_view event, Fields fields) {
    write(Level::debug, event, fields);
}
void info(std::string_view event, Fields fields) {
    write(Level::info, event, fields);
}
void warning(std::string_view event, Fields fields) {
    write(Level::warning, event, fields);
}
void error(std::string_view event, Fields fields) {
    write(Level::error, event, fields);
}

void start(Options options) {
    auto next = std::make_shared<Writer>();
    next->format = options.format;
    next->pool = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
    const char* const line_end = options.sink ? "" : "\n";
    const char* const pattern =
        options.format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%d %H:%M:%S.%e %-7l %v";
    auto sink = make_sink(options, next->pool);
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, line_end));
    next->logger = std::make_shared<spdlog::async_logger>("entente", std::move(sink), next->pool,
                                                          spdlog::async_overflow_policy::overrun_oldest);
    next->logger->set_level(spdlog::level::debug);  // `enabled` has already judged
    stop();
    const std::lock_guard lock(writer_mutex);
    writer = std::move(next);
    level_now.store(static_cast<int>(options.level), std::memory_order_relaxed);
}

void stop() {
    std::shared_ptr<Writer> last;
    {
        const std::lock_guard lock(writer_mutex);
        last = std::exchange(writer, nullptr);
        level_now.store(static_cast<int>(Level::warning), std::memory_order_relaxed);
    }
    if (!last) return;
    last->logger->flush();
    dropped_before.fetch_add(last->pool->overrun_counter());
    // The pool's destructor lets its thread finish the queue; a line that another thread is about to hand over keeps it alive.
}

std::uint64_t dropped() {
    const auto now = current_writer();
    return dropped_before.load() + (now ? now->pool->overrun_counter() : 0);
}

}  // namespace entente::log
