#include "daemon/http/loop.hpp"

#include <algorithm>
#include <ctime>
#include <limits>

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/chrono.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base/log.hpp"
#include "daemon/http/connection.hpp"

namespace smscrm {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds accept_pause{50};  // when full or out of descriptors
constexpr milliseconds drain_sweep{5};
// How long a connection that says nothing is kept while draining: its request may be on the way.
constexpr milliseconds drain_grace{100};

milliseconds sweep_period(const HttpOptions& options) {
  const auto shortest = std::min({options.idle_timeout, options.request_timeout, options.answer_timeout,
                                  options.write_timeout, options.linger_timeout});
  return std::clamp(shortest / 8, milliseconds{5}, milliseconds{1000});
}

std::string peer_name(const net::generic::stream_protocol::endpoint& peer) {
  char host[INET6_ADDRSTRLEN] = "";
  if (peer.data()->sa_family == AF_INET)
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(peer.data())->sin_addr, host, sizeof host);
  else if (peer.data()->sa_family == AF_INET6)
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(peer.data())->sin6_addr, host, sizeof host);
  else
    return "unix";
  return host;
}

}  // namespace

HttpLoop::HttpLoop(const HttpOptions& options, const HttpRoutes& routes, HttpCounters& counters,
                   const std::vector<Listener>& listeners)
    : options_(options),
      routes_(routes),
      counters_(counters),
      proxies_(options.trusted_proxies),
      max_connections_(std::max<std::size_t>(
          1, options.max_connections / static_cast<std::size_t>(std::max(1, options.threads)))),
      max_bodies_bytes_(options.max_bodies_bytes / static_cast<std::size_t>(std::max(1, options.threads))),
      sweep_period_(sweep_period(options)),
      scratch_(64 * 1024),
      mailbox_(std::make_shared<HttpMailbox>([this] { net::post(context_, [this] { deliver(); }); })),
      work_(context_.get_executor()),
      sweep_timer_(context_.get_executor()) {
  for (const auto& listener : listeners) {
    doors_.push_back(
        std::make_unique<Door>(Door{Acceptor{context_.get_executor()}, Timer{context_.get_executor()}}));
    auto& acceptor = doors_.back()->acceptor;
    acceptor.assign(net::generic::stream_protocol{listener.family(), 0}, listener.duplicate());
    acceptor.non_blocking(true);
    net::co_spawn(context_, accept_from(*doors_.back()), net::detached);
  }
}

HttpLoop::~HttpLoop() { mailbox_->close(); }

void HttpLoop::run() {
  arm_sweep();
  context_.run();
  mailbox_->close();
}

Task<> HttpLoop::accept_from(Door& door) {
  constexpr int burst = 16;  // what waits longer goes to another thread, or to the next round
  while (!draining_) {
    NetError ec;
    co_await door.acceptor.async_wait(Acceptor::wait_read, net::redirect_error(resume, ec));
    if (draining_) co_return;
    // Only now, for whoever comes: at the limit with nobody waiting, nobody has to go.
    const bool full = !ec && connections_.size() >= max_connections_;
    if (!full && !ec && accept_ready(door, burst)) continue;
    // Those that are closed are gone with the next turn of the loop.
    const auto most = std::clamp<std::size_t>(max_connections_ / 64, 1, burst);
    const bool room_soon = full && close_idle(most) > 0;
    door.pause.expires_after(room_soon ? milliseconds{0} : accept_pause);
    co_await door.pause.async_wait(net::redirect_error(resume, ec));
  }
}

bool HttpLoop::accept_ready(Door& door, int most) {
  for (int i = 0; i < most && connections_.size() < max_connections_; ++i) {
    NetError ec;
    StreamSocket socket{context_.get_executor()};
    net::generic::stream_protocol::endpoint peer;
    door.acceptor.accept(socket, peer, ec);
    if (ec == net::error::would_block) return true;
    if (ec == net::error::no_descriptors || ec == boost::system::errc::too_many_files_open_in_system ||
        ec == net::error::no_buffer_space || ec == net::error::no_memory) {
      log_warn("cannot accept HTTP connections", {{"error", ec.message()}});
      return false;
    }
    if (ec) continue;  // the client has gone already
    socket.non_blocking(true, ec);
    if (peer.data()->sa_family != AF_UNIX) socket.set_option(net::ip::tcp::no_delay(true), ec);
    ++counters_.connections;
    auto name = peer_name(peer);
    if (!has_room(name)) continue;  // closed without a word
    auto connection = std::make_unique<HttpConnection>(*this, std::move(socket), std::move(name));
    net::co_spawn(context_, HttpConnection::serve(std::move(connection)), net::detached);
  }
  return true;
}

const std::string& HttpLoop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_of_) {
    date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    date_of_ = now;
  }
  return date_;
}

HttpReply HttpLoop::await_answer(HttpConnection& connection, std::uint64_t& ticket) {
  ticket = ++last_ticket_;
  waiting_.emplace(ticket, &connection);
  return {mailbox_, ticket};
}

std::shared_ptr<HttpMailbox> HttpLoop::await_more(HttpConnection& connection, std::uint64_t& ticket) {
  ticket = ++last_ticket_;
  waiting_.emplace(ticket, &connection);
  return mailbox_;
}

void HttpLoop::deliver() {
  for (auto& answer : mailbox_->take()) {
    const auto waiting = waiting_.find(answer.ticket);
    if (waiting != waiting_.end()) waiting->second->answer(std::move(answer));
  }
}

void HttpLoop::add(HttpConnection& connection) {
  connections_.insert(&connection);
  ++peers_[connection.peer()];
  ++counters_.open_connections;
}

void HttpLoop::remove(HttpConnection& connection) {
  connections_.erase(&connection);
  if (const auto peer = peers_.find(connection.peer()); --peer->second == 0) peers_.erase(peer);
  --counters_.open_connections;
  end_if_drained();
}

bool HttpLoop::has_room(const std::string& peer) {
  if (options_.max_connections_of_peer == 0 || peer == "unix" || proxies_.trusts(peer)) return true;
  const auto known = peers_.find(peer);
  return known == peers_.end() || known->second < options_.max_connections_of_peer ||
         close_idle(1, &peer) > 0;
}

std::size_t HttpLoop::close_idle(std::size_t most, const std::string* peer) {
  std::vector<HttpConnection*> idle;
  for (auto* connection : connections_)
    if (connection->is_idle() && !connection->is_aborted() && (!peer || connection->peer() == *peer) &&
        !connection->has_input())
      idle.push_back(connection);
  const auto end = idle.begin() + static_cast<std::ptrdiff_t>(std::min(most, idle.size()));
  std::partial_sort(idle.begin(), end, idle.end(),
                    [](const auto* a, const auto* b) { return a->idle_since() < b->idle_since(); });
  std::for_each(idle.begin(), end, [](auto* connection) { connection->abort(); });
  return static_cast<std::size_t>(end - idle.begin());
}

void HttpLoop::count_body(std::size_t before, std::size_t after) {
  body_bytes_ += after - before;
  while (after > before && body_bytes_ > max_bodies_bytes_) {
    HttpConnection* slowest = nullptr;
    for (auto* connection : connections_)
      if (connection->held_bytes() > 0 &&
          (slowest == nullptr || connection->phase_began() < slowest->phase_began()))
        slowest = connection;
    if (slowest == nullptr) return;
    slowest->abort();  // and what it holds is counted off
  }
}

void HttpLoop::arm_sweep() {
  sweep_timer_.expires_after(draining_ ? std::min(drain_sweep, sweep_period_) : sweep_period_);
  sweep_timer_.async_wait([this](const NetError& ec) {
    if (ec) return;
    sweep();
    arm_sweep();
    end_if_drained();
  });
}

void HttpLoop::sweep() {
  const auto now = steady_clock::now();
  turned_at_ = now.time_since_epoch().count();
  std::vector<HttpConnection*> late;  // an answer may end a connection, and so change the set
  for (auto* connection : connections_)
    if (connection->deadline() <= now) late.push_back(connection);
  for (auto* connection : late) connection->expire();
  if (draining_) sweep_draining(now);
}

void HttpLoop::sweep_draining(SteadyTime now) {
  const bool over = now >= drain_deadline_;
  const bool quiet = now >= drain_began_ + drain_grace;
  std::vector<HttpConnection*> ended;
  for (auto* connection : connections_) {
    const bool idle = connection->is_idle() && !connection->has_input();
    if (over || (idle && quiet && waiting_.empty() && now >= connection->idle_since() + drain_grace))
      ended.push_back(connection);
  }
  for (auto* connection : ended) connection->abort();
}

void HttpLoop::begin_drain(SteadyTime deadline) {
  net::post(context_, [this, deadline] { drain(deadline); });
}

void HttpLoop::drain(SteadyTime deadline) {
  drain_began_ = steady_clock::now();
  drain_deadline_ = deadline;
  // Clients in the backlog are connected already, and closing the socket would reset them.
  for (auto& door : doors_) {
    const std::size_t limit = std::exchange(max_connections_, std::numeric_limits<std::size_t>::max());
    accept_ready(*door, SOMAXCONN);
    max_connections_ = limit;
  }
  draining_ = true;
  for (auto& door : doors_) {
    NetError ignored;
    door->acceptor.close(ignored);
    door->pause.cancel();
  }
  const std::vector<HttpConnection*> all(connections_.begin(), connections_.end());  // some may end
  for (auto* connection : all) connection->begin_drain();
  sweep();
  arm_sweep();
  end_if_drained();
}

void HttpLoop::end_if_drained() {
  if (!draining_ || !connections_.empty()) return;
  work_.reset();
  sweep_timer_.cancel();
}

}  // namespace smscrm
