// The parts of Asio that the server uses, with one executor type: the erased default costs a call each time.
#pragma once

#include <chrono>
#include <utility>  // Asio 1.74 leaves it out, and its coroutines need std::exchange

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace smscrm {

namespace net = boost::asio;
using NetError = boost::system::error_code;
using Executor = net::io_context::executor_type;
// Of any family: TCP, Unix, or passed by systemd.
using StreamSocket = net::basic_stream_socket<net::generic::stream_protocol, Executor>;
using Acceptor = net::basic_socket_acceptor<net::generic::stream_protocol, Executor>;
using Timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                        net::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T = void>
using Task = net::awaitable<T, Executor>;
using Resume = net::use_awaitable_t<Executor>;
constexpr Resume resume;

using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace smscrm
