// Accepting connections: ceilings in total and per address, back-off when the system has no descriptors left, and the sweeper that
// ends waits whose deadline has passed. One sweep a tenth of a second over a thread's connections costs less than arming a timer
// for each wait, and deadlines here are seconds.

#include <fcntl.h>

#include <algorithm>

#include "server/net/connection.hpp"

namespace entente::net {
namespace {

constexpr std::chrono::milliseconds sweep_every{100};
constexpr std::chrono::milliseconds backoff_first{50};
constexpr std::chrono::milliseconds backoff_max{1000};

AddressKey key_of(const asio::ip::address& address) {
    AddressKey key{};
    if (address.is_v4()) {
        std::ranges::copy(address.to_v4().to_bytes(), key.begin());
        return key;
    }
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped()) {
        std::ranges::copy(asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_bytes(), key.begin());
        return key;
    }
    std::ranges::copy_n(v6.to_bytes().begin(), static_cast<std::ptrdiff_t>(key.size()), key.begin());
    return key;
}

std::string text_of(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

bool out_of_resources(const error_code& ec) {
    return ec == boost::system::errc::too_many_files_open || ec == boost::system::errc::too_many_files_open_in_system ||
           ec == boost::system::errc::no_buffer_space || ec == boost::system::errc::not_enough_memory;
}

Task<> sweep(std::shared_ptr<Loop> loop) {
    while (!loop->connections.empty()) {
        loop->sweeper.expires_after(sweep_every);
        co_await loop->sweeper.async_wait(as_value);
        const auto now = SteadyClock::now();
        for (Connection* connection : loop->connections) {
            if (connection->deadline <= now) connection->expire();
        }
    }
    loop->sweeping = false;
}

void admit(Loop& loop, Socket socket, const asio::ip::address& address) {
    if (loop.draining) return;  // accepted in the moment before the listener closed
    const auto settings = loop.rim.settings();
    const AddressKey key = key_of(address);
    RimMetrics& metrics = loop.rim.metrics;
    const auto answer = loop.rim.admission.enter(key, settings->limits.connections, settings->limits.connections_per_address);
    if (answer != Admission::Answer::welcome) {
        metrics.refused_connections.with({metrics.listener, answer == Admission::Answer::full ? "full" : "address_full"}).add();
        return;  // the socket closes itself
    }
    error_code ec;
    socket.native_non_blocking(true, ec);
    if (!ec) socket.set_option(tcp::no_delay(true), ec);
    std::unique_ptr<Connection> connection;
    try {
        ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        if (!ec) connection = std::make_unique<Connection>(loop, std::move(socket), settings, key, text_of(address));
    } catch (const protocol::Fault& fault) {
        log::error("connection.fault", {{"cause", fault.what()}});
    }
    if (!connection) return loop.rim.admission.leave(key);
    metrics.accepted.add();
    spawn(loop.context.get_executor(), "session", serve(std::move(connection)));
    if (loop.sweeping) return;
    loop.sweeping = true;
    spawn(loop.context.get_executor(), "sweeper", sweep(loop.shared_from_this()));
}

}  // namespace

Task<> accept_connections(std::shared_ptr<Loop> loop) {
    auto pause = backoff_first;
    while (loop->acceptor.is_open()) {
        tcp::endpoint peer;
        auto [ec, socket] = co_await loop->acceptor.async_accept(peer, as_value);
        if (!ec) {
            pause = backoff_first;
            admit(*loop, std::move(socket), peer.address());
            continue;
        }
        if (!loop->acceptor.is_open() || !out_of_resources(ec)) continue;  // a client that left while it waited is no trouble
        loop->rim.metrics.refused_connections.with({loop->rim.metrics.listener, "descriptors"}).add();
        log::warning("accept.backoff",
                     {{"listener", loop->rim.metrics.listener}, {"errno", ec.value()}, {"pause_ms", pause.count()}});
        loop->backoff.expires_after(pause);
        co_await loop->backoff.async_wait(as_value);
        pause = std::min(pause * 2, backoff_max);
    }
}

}  // namespace entente::net
