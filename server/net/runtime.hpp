#pragma once
// The one header that includes Asio, for the sources of this folder alone: concrete executor types (the type-erased default costs a
// quarter more time per request), waits whose errors are values, and the helper that starts a coroutine and reports its faults.

#include <utility>  // before Asio, which forgets it

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <string_view>

#include "server/log.hpp"

namespace entente::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

using SteadyClock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using Guard = asio::executor_work_guard<Executor>;

inline constexpr auto as_value = asio::as_tuple(asio::use_awaitable_t<Executor>{});

// Runs a coroutine on its own; `detached` would hide its faults. `name` is a constant.
inline void spawn(const Executor& executor, std::string_view name, Task<> body) {
    asio::co_spawn(executor, std::move(body), [name](std::exception_ptr fault) {
        if (!fault) return;
        try {
            std::rethrow_exception(fault);
        } catch (const std::exception& known) {
            log::error("coroutine.fault", {{"coroutine", name}, {"cause", known.what()}});
        }
    });
}

}  // namespace entente::net
