#include "tests/unit/net_support.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "certs/random.hpp"
#include "certs/tls.hpp"
#include "protocol/encoding.hpp"
#include "server/clock.hpp"

namespace entente::net::tests {

namespace {

constexpr int patience_ms = 20'000;

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

void write_pair(const std::filesystem::path& folder, const std::string& name, const protocol::Result<certs::Issued>& issued) {
    if (!issued) throw std::runtime_error(issued.error().message);
    write_file(folder / (name + ".pem"), issued->certificate_pem);
    write_file(folder / (name + ".key"), protocol::as_text(issued->private_key_pem.bytes()));
}

class NoTxn final : public store::Txn {
  public:
    void each(std::string_view, store::Args, const store::RowFn&) override {}
    bool checked_lately(std::string_view) override { return true; }
    bool writes() const override { return false; }
    void forget_checked(std::string_view) override {}
    std::int64_t change(std::string_view, store::Args) override { return 1; }
    void lock(std::string_view) override {}
};

}  // namespace

Papers::Papers() {
    folder_ = std::filesystem::path(testing::TempDir()) / ("entente-net-" + protocol::hex(certs::random_array<8>()));
    std::filesystem::create_directories(folder_);
    authority_ = std::make_unique<certs::Authority>(certs::Authority::create(folder_ / "ca", SystemClock{}.now()));
    write_file(folder_ / "ca.pem", authority_->ca_pem());
    renew_server();
    write_pair(folder_, "partner", authority_->issue_client(partner, 30, SystemClock{}.now()));
}

Papers::~Papers() {
    std::filesystem::remove_all(folder_);
}

void Papers::renew_server() {
    write_pair(folder_, "server", authority_->issue_server(certs::local_names(), 30, SystemClock{}.now()));
}

Caller::Caller(const Papers& papers, std::uint16_t port, bool with_certificate)
    : Caller(papers, with_certificate ? &papers : nullptr, port) {}

Caller::Caller(const Papers& trusted, const Papers& own, std::uint16_t port) : Caller(trusted, &own, port) {}

Caller::Caller(const Papers& trusted, const Papers* own, std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error("cannot connect");
    }
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    std::optional<certs::ClientIdentity> identity;
    if (own != nullptr) identity = certs::ClientIdentity{own->file("partner.pem"), own->file("partner.key")};
    const auto context = certs::client_context(trusted.file("ca.pem"), identity);
    tls_ = std::make_unique<TlsSession>(TlsSession::connecting(context, socket_, "127.0.0.1"));
}

Caller::~Caller() {
    ::close(socket_);
}

void Caller::wait(short events) const {
    pollfd one{.fd = socket_, .events = events, .revents = 0};
    if (::poll(&one, 1, patience_ms) != 1) throw std::runtime_error("the server is silent");
}

void Caller::wait(TlsSession::Status status) const {
    wait(status == TlsSession::Status::wants_write ? short{POLLOUT} : short{POLLIN});
}

bool Caller::shake_hands() {
    for (;;) {
        const auto status = tls_->handshake();
        if (status == TlsSession::Status::done) return true;
        if (status == TlsSession::Status::closed || status == TlsSession::Status::failed) return false;
        wait(status);
    }
}

void Caller::say(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto moved = tls_->write(bytes);
        if (moved.status == TlsSession::Status::closed || moved.status == TlsSession::Status::failed) return;
        if (moved.status == TlsSession::Status::done) {
            bytes.remove_prefix(moved.bytes);
        } else {
            wait(moved.status);
        }
    }
}

bool Caller::receive() {
    std::array<char, 16384> buffer;
    while (!over_) {
        const auto moved = tls_->read(buffer);
        if (moved.status == TlsSession::Status::done) {
            heard_.append(buffer.data(), moved.bytes);
            return true;
        }
        if (moved.status == TlsSession::Status::closed || moved.status == TlsSession::Status::failed) {
            over_ = true;
        } else {
            wait(moved.status);
        }
    }
    return false;
}

std::string Caller::hear_until(std::string_view end) {
    std::size_t found = heard_.find(end);
    while (found == std::string::npos && receive()) found = heard_.find(end);
    const std::size_t size = found == std::string::npos ? heard_.size() : found + end.size();
    std::string part = heard_.substr(0, size);
    heard_.erase(0, size);
    return part;
}

std::string Caller::hear(bool head) {
    std::string response = hear_until("\r\n\r\n");
    const auto length = response.find("Content-Length: ");
    if (head || length == std::string::npos) return response;
    const std::size_t size = std::stoul(response.substr(length + 16));
    while (heard_.size() < size && receive()) continue;
    response += heard_.substr(0, size);
    heard_.erase(0, size);
    return response;
}

bool Caller::ended() {
    if (!heard_.empty()) return false;
    receive();
    return over_ && heard_.empty();
}

bool Caller::ended_without_tls() {
    std::array<char, 1024> buffer;
    for (;;) {
        wait(POLLIN);
        const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return true;
    }
}

std::string Caller::server_fingerprint() const {
    const auto peer = tls_->peer();
    return peer ? peer->fingerprint_sha256 : "";
}

FakeStore::FakeStore() : thread_(&FakeStore::run, this) {}

FakeStore::~FakeStore() {
    drain();
    thread_.join();
}

bool FakeStore::queue(std::function<void()> what) {
    const std::lock_guard lock(mutex_);
    if (refusing_ || stopping_) return false;
    queue_.push_back(std::move(what));
    moved_.notify_all();
    return true;
}

bool FakeStore::submit(store::Work work, store::Done done) {
    auto shared = std::make_shared<store::Done>(std::move(done));
    return queue([this, work = std::move(work), shared] {
        NoTxn txn;
        const store::Written written = work(txn);
        if (written.keep) ++changes_;
        (*shared)({.durable = true, .receipts = std::vector<audit::Receipt>(written.records.size()), .fault = {}});
    });
}

bool FakeStore::read(store::ReadWork work, store::ReadDone done) {
    auto shared = std::make_shared<store::ReadDone>(std::move(done));
    return queue([work = std::move(work), shared] {
        NoTxn txn;
        work(txn);
        (*shared)({});
    });
}

void FakeStore::drain() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    held_ = false;
    moved_.notify_all();
}

std::size_t FakeStore::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void FakeStore::hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
}

void FakeStore::release() {
    std::unique_lock lock(mutex_);
    held_ = false;
    moved_.notify_all();
    moved_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void FakeStore::refuse(bool yes) {
    const std::lock_guard lock(mutex_);
    refusing_ = yes;
}

void FakeStore::wait_for_queued(std::size_t count) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return queue_.size() >= count; });
}

void FakeStore::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        moved_.wait(lock, [this] { return !held_ && (stopping_ || !queue_.empty()); });
        if (queue_.empty()) return;
        auto what = std::move(queue_.front());
        queue_.pop_front();
        busy_ = true;
        lock.unlock();
        what();
        what = nullptr;
        lock.lock();
        busy_ = false;
        moved_.notify_all();
    }
}

namespace {

api::Response said(std::string body, std::string route, int status = 200) {
    api::Response response;
    response.status = status;
    response.headers = {{"Content-Type", "text/plain"}};
    response.body = std::move(body);
    response.route = std::move(route);
    return response;
}

std::unique_ptr<api::OnWriter> writer(std::atomic<int>& works, store::Written written) {
    return std::make_unique<api::OnWriter>(api::OnWriter{
        .run =
            [&works, written](store::Txn&) {
                ++works;
                return written;
            },
        .then = [](store::Commit commit) -> api::Plan { return said(commit.durable ? "durable" : "lost", "write"); }});
}

}  // namespace

api::Plan FakeApi::plan(std::shared_ptr<const api::Request> request) {
    ++plans;
    const std::string& target = request->target;
    if (target == "/hello") return said("hello", "hello");
    if (target == "/echo") return said(request->body, "echo");
    if (target == "/who")
        return said(
            request->certificate ? request->certificate->uri_san + ' ' + request->certificate->issuer_fingerprint : "nobody",
            "who");
    if (target == "/id") return said(request->request_id + ' ' + request->peer_address, "id");
    if (target == "/large") return said(std::string(3'000'000, 'x'), "large");
    if (target == "/bye") {
        api::Response response = said("bye", "bye");
        response.close = true;
        return response;
    }
    if (target == "/fault") throw protocol::Fault("the disk is gone");
    if (target == "/mistake") throw std::logic_error("we are wrong");
    if (target == "/write") return writer(works, {});
    if (target == "/read") {
        auto seen = std::make_shared<std::string>();
        return std::make_unique<api::OnReader>(
            api::OnReader{.run = [seen](store::ReadTxn&) { *seen = "seen"; },
                          .then = [seen](std::string) -> api::Plan { return said(*seen, "read"); }});
    }
    if (target == "/chain") {
        return std::make_unique<api::OnWorker>(api::OnWorker{[this]() -> api::Plan { return writer(works, {}); }});
    }
    if (target == "/worker-fault") {
        return std::make_unique<api::OnWorker>(api::OnWorker{[]() -> api::Plan { throw protocol::Fault("the worker is tired"); }});
    }
    if (target == "/gate") {
        return std::make_unique<api::OnWorker>(api::OnWorker{[this]() -> api::Plan {
            gate_reached.set_value();
            gate_opened.get_future().wait();
            return said("through", "gate");
        }});
    }
    return said("there is nothing here", "none", 404);
}

api::Response FakeApi::unavailable(const api::Request&) {
    return said("unavailable", "none", 503);
}

api::Response FakeApi::rejected(int status, std::string_view code, std::string_view, const api::Request* request) {
    return said(std::string(code) + ' ' + (request != nullptr ? request->target : "unknown"), "none", status);
}

}  // namespace entente::net::tests
