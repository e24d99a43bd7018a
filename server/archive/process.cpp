#include "server/archive/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace entente::archive {

using protocol::Fault;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr int poll_ms = 200;
constexpr std::size_t data_frame_max = 64 * 1024;

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Fault("no pipe to the archive worker");
        read_end = ends[0];
        write_end = ends[1];
    }
    ~Pipe() {
        if (read_end >= 0) ::close(read_end);
        if (write_end >= 0) ::close(write_end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    int read_end = -1;
    int write_end = -1;
};

void no_waiting(int descriptor) {
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

}  // namespace

Worker::Worker(const std::filesystem::path& program, std::string what, std::string shape, SteadyClock::time_point deadline,
               std::function<bool()> stop)
    : deadline_(deadline), stop_(std::move(stop)) {
    Pipe in;
    Pipe out;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    const std::unique_ptr<posix_spawn_file_actions_t, int (*)(posix_spawn_file_actions_t*)> actions_end(
        &actions, ::posix_spawn_file_actions_destroy);
    const std::unique_ptr<posix_spawnattr_t, int (*)(posix_spawnattr_t*)> attributes_end(&attributes, ::posix_spawnattr_destroy);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_adddup2(&actions, in.read_end, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
    std::string path = program.string();
    std::vector<char*> words{path.data(), what.data()};
    if (!shape.empty()) words.push_back(shape.data());
    words.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    if (::posix_spawn(&pid_, path.c_str(), &actions, &attributes, words.data(), environment.data()) != 0) {
        pid_ = -1;
        throw Fault("the archive worker " + path + " cannot be started");
    }
    input_ = std::exchange(in.write_end, -1);
    output_ = std::exchange(out.read_end, -1);
    no_waiting(input_);
    no_waiting(output_);
}

Worker::~Worker() {
    close_input();
    if (output_ >= 0) ::close(output_);
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

void Worker::close_input() {
    if (input_ >= 0) ::close(std::exchange(input_, -1));
}

void Worker::wait_for(short input, short output, short& input_ready, short& output_ready) const {
    for (;;) {
        std::array<pollfd, 2> both{
            {{.fd = input != 0 ? input_ : -1, .events = input, .revents = 0}, {.fd = output_, .events = output, .revents = 0}}};
        const int ready = ::poll(both.data(), both.size(), poll_ms);
        input_ready = both[0].revents;
        output_ready = both[1].revents;
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) throw Fault("waiting for the archive worker failed");
        if (SteadyClock::now() > deadline_) throw Fault("the archive took too long to read");
        if (stop_ && stop_()) throw Fault("the gateway is being stopped");
    }
}

bool Worker::write(std::string_view bytes, const std::function<void(std::string_view)>& incoming) {
    while (!bytes.empty()) {
        short can_write = 0;
        short can_read = 0;
        wait_for(POLLOUT, POLLIN, can_write, can_read);
        if (can_read != 0 && !read(incoming)) return false;
        if ((can_write & (POLLERR | POLLHUP)) != 0) return false;
        if (can_write == 0) continue;
        const ssize_t sent = ::write(input_, bytes.data(), bytes.size());
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EAGAIN && errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool Worker::read(const std::function<void(std::string_view)>& incoming) {
    std::array<char, 64 * 1024> piece{};
    for (;;) {
        const ssize_t got = ::read(output_, piece.data(), piece.size());
        if (got > 0) {
            incoming({piece.data(), static_cast<std::size_t>(got)});
            return true;
        }
        if (got == 0) return false;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return false;
        short unused = 0;
        short ready = 0;
        wait_for(0, POLLIN, unused, ready);
    }
}

bool Worker::finish() {
    close_input();
    if (output_ >= 0) ::close(std::exchange(output_, -1));
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0)
        if (errno != EINTR) return false;
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

namespace {

// The worker's frames as events, in an order that makes sense.
class Listener {
  public:
    explicit Listener(const Reader& events) : events_(events) {}

    void take(std::string_view bytes) {
        if (outcome_) return;
        pending_ += bytes;
        std::size_t used = 0;
        while (!outcome_) {
            bool broken = false;
            const auto taken = take_frame(std::string_view(pending_).substr(used), broken);
            if (broken) outcome_ = Reading::damaged;
            if (!taken) break;
            used += frame_head + taken->content.size();
            handle(*taken);
        }
        pending_.erase(0, used);
    }
    const std::optional<Reading>& outcome() const { return outcome_; }

  private:
    void handle(const Taken& taken) {
        bool good = true;
        switch (taken.kind) {
            case Frame::shape: {
                const auto shape = parse_shape(taken.content);
                if (!shape || shaped_) return wrong();
                shaped_ = true;
                good = events_.shape(*shape);
                break;
            }
            case Frame::member: {
                const auto member = parse_member(taken.content);
                if (!member || !shaped_ || inside_) return wrong();
                inside_ = true;
                good = events_.member(*member);
                break;
            }
            case Frame::data:
                if (!inside_) return wrong();
                good = events_.data(taken.content);
                break;
            case Frame::end:
                if (!inside_) return wrong();
                inside_ = false;
                good = events_.end();
                break;
            case Frame::whole:
                if (!shaped_ || inside_) return wrong();
                outcome_ = Reading::whole;
                break;
            case Frame::error:
                outcome_ = taken.content == "encrypted"     ? Reading::encrypted
                           : taken.content == "too_deep"    ? Reading::too_deep
                           : taken.content == "unsupported" ? Reading::unsupported
                                                            : Reading::damaged;
                break;
        }
        if (!good) outcome_ = Reading::stopped;
    }
    void wrong() { outcome_ = Reading::damaged; }

    const Reader& events_;
    std::string pending_;
    bool shaped_ = false;
    bool inside_ = false;
    std::optional<Reading> outcome_;
};

}  // namespace

Reading unpack(Worker& worker, const std::function<std::string_view()>& source, const Reader& events) {
    Listener listener(events);
    const auto incoming = [&](std::string_view bytes) { listener.take(bytes); };
    for (std::string_view piece = source(); !piece.empty() && !listener.outcome(); piece = source())
        if (!worker.write(piece, incoming)) break;
    worker.close_input();
    while (!listener.outcome() && worker.read(incoming)) {
    }
    return listener.outcome().value_or(Reading::damaged);
}

bool Packer::data(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, data_frame_max);
        if (!worker_.write(frame(Frame::data, part), sink_)) return false;
        bytes.remove_prefix(part.size());
    }
    return true;
}

bool Packer::finish() {
    if (!worker_.write(frame(Frame::whole, {}), sink_)) return false;
    worker_.close_input();
    while (worker_.read(sink_)) {
    }
    return worker_.finish();
}

}  // namespace entente::archive
