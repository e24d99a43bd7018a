// The two sinks: syslog over TLS, and a file of JSON lines.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "certs/tls.hpp"
#include "server/deliveries/siem.hpp"

namespace entente::deliveries {

using protocol::Fault;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds patience{20};
constexpr int facility_audit = 13;

std::string header_word(std::string_view text, std::size_t max) {
    std::string word;
    for (const char c : text.substr(0, max)) word += c > ' ' && c < '\x7f' ? c : '?';
    return word.empty() ? "-" : word;
}

std::string timestamp(protocol::Instant time) {
    std::string text = protocol::to_rfc3339(time);
    const std::string micro = std::to_string(1'000'000 + time.us % 1'000'000);
    text.insert(text.size() - 1, "." + micro.substr(1));
    return text;
}

class SyslogSink final : public SiemSink {
  public:
    SyslogSink(const SiemOptions& options, std::function<bool()> give_up) : options_(options), give_up_(std::move(give_up)) {}

    std::string_view name() const override { return "syslog"; }
    std::size_t bytes_max() const override { return options_.message_bytes; }
    std::chrono::milliseconds confirm_after() const override { return std::chrono::seconds(5); }

    void write(const std::vector<operations::StreamedEntry>& entries) override {
        std::string bytes;
        for (const operations::StreamedEntry& entry : entries) bytes += syslog_frame(entry, options_.host);
        const auto deadline = SteadyClock::now() + patience;
        if (!link_) connect(deadline);
        // A receiver says nothing of its own: what comes is its end.
        if (link_->has_news() || !link_->send(bytes, deadline)) throw Fault("the receiver ended the connection");
    }
    void confirm() override {
        if (!link_) throw Fault("there is no connection to confirm");
        const bool in_order = !link_->has_news() && link_->finish(SteadyClock::now() + patience);
        link_.reset();
        if (!in_order) throw Fault("the receiver broke the connection off");
    }
    void abandon() override { link_.reset(); }

  private:
    void connect(SteadyClock::time_point deadline) {
        std::optional<certs::ClientIdentity> identity;
        if (!options_.certificate.empty()) identity = certs::ClientIdentity{options_.certificate, options_.key};
        const std::string port = std::to_string(options_.port);
        const net::Peer peer{.host = options_.server, .port = port, .authority = options_.server + ":" + port};
        // Made anew for each connection, so that renewed certificates count from then on.
        link_ = std::make_unique<net::ClientLink>(peer, net::LinkOptions{.give_up = give_up_},
                                                  certs::client_context(options_.authority, identity), deadline);
    }

    SiemOptions options_;
    std::function<bool()> give_up_;
    std::unique_ptr<net::ClientLink> link_;
};

// Follows rotation: before each write it looks whether the name still means the file that is open.
class FileSink final : public SiemSink {
  public:
    explicit FileSink(std::filesystem::path file) : file_(std::move(file)) {}
    ~FileSink() override { abandon(); }

    std::string_view name() const override { return "file"; }
    std::size_t bytes_max() const override { return 0; }
    std::chrono::milliseconds confirm_after() const override { return std::chrono::milliseconds(0); }

    void write(const std::vector<operations::StreamedEntry>& entries) override {
        reopen_if_rotated();
        std::string bytes;
        for (const operations::StreamedEntry& entry : entries) bytes += entry.event + '\n';
        std::string_view left = bytes;
        while (!left.empty()) {
            const ssize_t took = ::write(number_, left.data(), left.size());
            if (took < 0 && errno == EINTR) continue;
            if (took <= 0) throw Fault("the file cannot be written to");
            left.remove_prefix(static_cast<std::size_t>(took));
        }
    }
    void confirm() override {
        if (number_ >= 0 && ::fdatasync(number_) != 0) throw Fault("the file could not be synced");
    }
    void abandon() override {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    void reopen_if_rotated() {
        struct stat open{};
        struct stat named{};
        if (number_ >= 0 && ::fstat(number_, &open) == 0 && ::stat(file_.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
            open.st_dev == named.st_dev)
            return;
        if (number_ >= 0) confirm();  // what is in the old file stays there
        abandon();
        number_ = ::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (number_ < 0) throw Fault("the file cannot be opened");
        end_torn_line();
    }
    // What a crash or a full disk left of a line gets an end, so that the next one is whole; its event comes again.
    void end_torn_line() {
        struct stat now{};
        if (::fstat(number_, &now) != 0 || !S_ISREG(now.st_mode)) {
            abandon();
            throw Fault("it is no regular file");
        }
        char last = '\n';
        if (now.st_size > 0 && ::pread(number_, &last, 1, now.st_size - 1) != 1) throw Fault("the file cannot be read");
        if (last != '\n' && ::write(number_, "\n", 1) != 1) throw Fault("the file cannot be written to");
    }

    std::filesystem::path file_;
    int number_ = -1;
};

}  // namespace

std::string syslog_frame(const operations::StreamedEntry& entry, std::string_view host) {
    constexpr int alert = 1;
    constexpr int notice = 5;
    constexpr int informational = 6;
    const int severity = entry.alarm ? alert : entry.failed ? notice : informational;
    std::string message = "<" + std::to_string(facility_audit * 8 + severity) + ">1 " + timestamp(entry.time) + " ";
    message += header_word(host, 255) + " entente - " + header_word(entry.operation, 32);
    message += " [origin software=\"Entente\" swVersion=\"" ENTENTE_VERSION "\"] " + entry.event;
    return std::to_string(message.size()) + " " + message;
}

std::vector<std::unique_ptr<SiemSink>> siem_sinks(const SiemOptions& options, const std::function<bool()>& give_up) {
    std::vector<std::unique_ptr<SiemSink>> sinks;
    if (!options.server.empty()) sinks.push_back(std::make_unique<SyslogSink>(options, give_up));
    if (!options.file.empty()) sinks.push_back(std::make_unique<FileSink>(options.file));
    return sinks;
}

}  // namespace entente::deliveries
