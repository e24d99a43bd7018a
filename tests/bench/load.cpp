// Load over TLS keep-alive: one thread, one epoll, many connections. Prints one line of JSON with rate and latencies.
//
//   bench_load --port N --ca FILE --requests FILE --connections N --seconds S [--rate R] [--once] [--expect STATUS]
//
// The requests file holds whole HTTP/1.1 requests, each behind a line with its length in decimal; they are sent in turn by whatever
// connection is free. Without a rate each connection sends its next request when the answer is there (closed loop). With a rate,
// requests have a time table, and latency counts from the scheduled moment, so that a stall is not hidden by waiting politely.
// --once sends each request of the file exactly one time. TLS 1.3 only, so that both sides of a comparison use the same version.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

struct Options {
    int port = 0;
    std::string ca;
    std::string requests;
    int connections = 16;
    double seconds = 5;
    double rate = 0;
    bool once = false;
    int expect = 200;
};

[[noreturn]] void stop(std::string_view why) {
    std::fprintf(stderr, "bench_load: %.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(2);
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--once") {
            options.once = true;
            continue;
        }
        if (i + 1 >= argc) stop("a value is missing");
        const char* value = argv[++i];
        if (word == "--port")
            options.port = std::stoi(value);
        else if (word == "--ca")
            options.ca = value;
        else if (word == "--requests")
            options.requests = value;
        else if (word == "--connections")
            options.connections = std::stoi(value);
        else if (word == "--seconds")
            options.seconds = std::stod(value);
        else if (word == "--rate")
            options.rate = std::stod(value);
        else if (word == "--expect")
            options.expect = std::stoi(value);
        else
            stop("unknown option");
    }
    return options;
}

std::vector<std::string> read_requests(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::vector<std::string> requests;
    std::string line;
    while (std::getline(in, line)) {
        std::string request(std::stoul(line), '\0');
        in.read(request.data(), static_cast<std::streamsize>(request.size()));
        requests.push_back(std::move(request));
    }
    if (requests.empty()) stop("no requests");
    return requests;
}

// What has been measured so far.
struct Tally {
    std::vector<std::uint32_t> microseconds;
    std::uint64_t wrong = 0;
    std::uint64_t bytes = 0;
    std::string first_wrong;
};

// One connection: blocking connect and handshake at the start, then driven by readiness.
class Connection {
  public:
    Connection(SSL_CTX* context, int port) {
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): that is what the socket interface takes
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) stop("cannot connect");
        const int one = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        ssl_.reset(SSL_new(context));
        SSL_set_fd(ssl_.get(), socket_);
        if (SSL_connect(ssl_.get()) != 1) stop("the handshake failed");
        SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
        // From here on reads must not wait.
        if (::fcntl(socket_, F_SETFL, O_NONBLOCK) != 0) stop("cannot make the socket non-blocking");
    }
    ~Connection() {
        ssl_.reset();
        ::close(socket_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int socket() const { return socket_; }
    bool busy() const { return busy_; }

    void send(const std::string& request, Moment due) {
        busy_ = true;
        due_ = due;
        answer_.clear();
        // Requests are far below a socket's buffer, and the connection is idle: one write takes them whole.
        if (SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) != static_cast<int>(request.size()))
            stop("a request was not taken whole");
    }

    // True when a whole answer has arrived.
    bool receive(Tally& tally, int expect) {
        char buffer[16384];
        for (;;) {
            const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (got <= 0) {
                if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ) return false;
                stop("the server closed a connection");
            }
            answer_.append(buffer, static_cast<std::size_t>(got));
            if (whole()) break;
        }
        busy_ = false;
        tally.bytes += answer_.size();
        const int status = answer_.size() > 12 ? std::atoi(answer_.c_str() + 9) : 0;
        if (status != expect) {
            if (tally.wrong++ == 0) tally.first_wrong = answer_.substr(0, 600);
        }
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - due_).count();
        tally.microseconds.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(took, 0, UINT32_MAX)));
        return true;
    }

  private:
    bool whole() const {
        const auto end = answer_.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        const std::string_view head(answer_.data(), end);
        std::size_t length = 0;
        for (std::size_t at = 0; at < head.size();) {
            const auto line_end = std::min(head.find("\r\n", at), head.size());
            const auto line = head.substr(at, line_end - at);
            constexpr std::string_view name = "content-length:";
            if (line.size() > name.size() && std::ranges::equal(line.substr(0, name.size()), name, {}, [](char c) {
                    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                })) {
                auto digits = line.substr(name.size());
                while (digits.starts_with(' ')) digits.remove_prefix(1);
                std::from_chars(digits.data(), digits.data() + digits.size(), length);
            }
            at = line_end + 2;
        }
        return answer_.size() >= end + 4 + length;
    }

    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    int socket_ = -1;
    std::unique_ptr<SSL, Free> ssl_;
    bool busy_ = false;
    Moment due_{};
    std::string answer_;
};

// Hands out requests in turn, by the time table where there is one.
class Source {
  public:
    Source(const std::vector<std::string>& requests, const Options& options)
        : requests_(requests), once_(options.once), rate_(options.rate), begin_(Clock::now()) {
        end_ = begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
    }
    // The moment at which the next request is due, or nothing when there is no more.
    bool more(Moment now) const { return once_ ? next_ < requests_.size() : now < end_; }
    Moment due() const {
        if (rate_ <= 0) return Clock::now();
        return begin_ +
               std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(static_cast<double>(next_) / rate_));
    }
    const std::string& take() { return requests_[next_++ % requests_.size()]; }
    Moment begin() const { return begin_; }

  private:
    const std::vector<std::string>& requests_;
    bool once_;
    double rate_;
    Moment begin_;
    Moment end_;
    std::size_t next_ = 0;
};

void drive(std::vector<std::unique_ptr<Connection>>& connections, Source& source, Tally& tally, int expect) {
    const int poll = ::epoll_create1(0);
    for (std::size_t i = 0; i < connections.size(); ++i) {
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, connections[i]->socket(), &event);
    }
    std::vector<Connection*> idle;
    for (auto& connection : connections) idle.push_back(connection.get());
    std::vector<epoll_event> events(connections.size());
    for (;;) {
        int wait_ms = 1000;
        while (!idle.empty() && source.more(Clock::now())) {
            const Moment due = source.due();
            const auto early = std::chrono::duration_cast<std::chrono::microseconds>(due - Clock::now()).count();
            if (early > 0) {
                wait_ms = static_cast<int>(early / 1000);  // below a millisecond: look again at once
                break;
            }
            idle.back()->send(source.take(), due);
            idle.pop_back();
        }
        if (idle.size() == connections.size() && !source.more(Clock::now())) break;
        const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), wait_ms);
        for (int i = 0; i < ready; ++i) {
            Connection& connection = *connections[events[static_cast<std::size_t>(i)].data.u64];
            if (connection.busy() && connection.receive(tally, expect)) idle.push_back(&connection);
        }
        if (ready == 0 && wait_ms == 1000 && idle.size() < connections.size() && tally.microseconds.empty())
            stop("no answer within a second");
    }
    ::close(poll);
}

void report(Tally& tally, double seconds) {
    std::ranges::sort(tally.microseconds);
    const auto at = [&](double share) {
        if (tally.microseconds.empty()) return std::uint32_t{0};
        return tally.microseconds[std::min(tally.microseconds.size() - 1,
                                           static_cast<std::size_t>(share * static_cast<double>(tally.microseconds.size())))];
    };
    std::printf(
        "{\"requests\": %zu, \"wrong\": %llu, \"seconds\": %.3f, \"rate\": %.1f, \"bytes\": %llu, \"p50_us\": %u, \"p99_us\": %u, "
        "\"max_us\": %u}\n",
        tally.microseconds.size(), static_cast<unsigned long long>(tally.wrong), seconds,
        static_cast<double>(tally.microseconds.size()) / seconds, static_cast<unsigned long long>(tally.bytes), at(0.5), at(0.99),
        at(1.0));
    if (tally.wrong > 0) std::fprintf(stderr, "an unexpected answer:\n%s\n", tally.first_wrong.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const auto requests = read_requests(options.requests);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context.get(), options.ca.c_str(), nullptr) != 1) stop("cannot read the authority");
    std::vector<std::unique_ptr<Connection>> connections;
    for (int i = 0; i < options.connections; ++i) connections.push_back(std::make_unique<Connection>(context.get(), options.port));
    Tally tally;
    Source source(requests, options);
    drive(connections, source, tally, options.expect);
    report(tally, std::chrono::duration<double>(Clock::now() - source.begin()).count());
    return tally.wrong == 0 ? 0 : 1;
}
