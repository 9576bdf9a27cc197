// One thread's share of the server: its sockets, their deadlines, and the way in for answers.
#pragma once

#include <atomic>
#include <ctime>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/http/asio.hpp"
#include "daemon/http/counters.hpp"
#include "daemon/http/proxy.hpp"
#include "daemon/http/reply.hpp"
#include "daemon/http/server.hpp"

namespace smscrm {

class HttpConnection;

// All but the constructor, begin_drain, turned_at and the destructor belongs to the thread that is in run().
class HttpLoop {
 public:
  // Accepts from duplicates of `listeners`. The references must outlive the loop.
  HttpLoop(const HttpOptions& options, const HttpRoutes& routes, HttpCounters& counters,
           const std::vector<Listener>& listeners);
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;
  ~HttpLoop();

  void run();                             // until drained
  void begin_drain(SteadyTime deadline);  // from any thread, once
  SteadyTime turned_at() const {          // when it last looked at its deadlines; from any thread
    return SteadyTime{SteadyTime::duration{turned_at_.load()}};
  }

  // For the connections of this loop.
  const HttpOptions& options() const { return options_; }
  const HttpRoutes& routes() const { return routes_; }
  HttpCounters& counters() { return counters_; }
  const TrustedProxies& proxies() const { return proxies_; }
  bool draining() const { return draining_; }
  const std::string& date();                         // as in RFC 9110 5.6.7, of this second
  std::vector<char>& scratch() { return scratch_; }  // for one read at a time
  HttpReply await_answer(HttpConnection& connection, std::uint64_t& ticket);  // a reply that leads back to it
  // The same for what follows in a stream.
  std::shared_ptr<HttpMailbox> await_more(HttpConnection& connection, std::uint64_t& ticket);
  void forget_answer(std::uint64_t ticket) { waiting_.erase(ticket); }
  void add(HttpConnection& connection);
  void remove(HttpConnection& connection);
  void count_body(std::size_t before, std::size_t after);  // of a connection; may abort others, or that one

 private:
  struct Door {
    Acceptor acceptor;
    Timer pause;
  };

  Task<> accept_from(Door& door);
  bool accept_ready(Door& door, int most);  // false when there are no descriptors left
  // Aborts up to `most` of those that have been idle the longest, of `peer` if given; how many.
  std::size_t close_idle(std::size_t most, const std::string* peer = nullptr);
  bool has_room(const std::string& peer);  // for another connection of it
  void arm_sweep();
  void sweep();
  void sweep_draining(SteadyTime now);
  void deliver();
  void drain(SteadyTime deadline);
  void end_if_drained();

  const HttpOptions& options_;
  const HttpRoutes& routes_;
  HttpCounters& counters_;
  TrustedProxies proxies_;
  std::size_t max_connections_, max_bodies_bytes_;
  std::chrono::milliseconds sweep_period_;
  std::vector<char> scratch_;
  std::string date_;
  std::time_t date_of_ = 0;
  bool draining_ = false;
  SteadyTime drain_began_;
  SteadyTime drain_deadline_;
  std::atomic<SteadyTime::rep> turned_at_{std::chrono::steady_clock::now().time_since_epoch().count()};
  std::uint64_t last_ticket_ = 0;
  std::shared_ptr<HttpMailbox> mailbox_;
  // The context goes last of what it may still refer to: its destructor ends what is suspended in it.
  std::unordered_map<std::uint64_t, HttpConnection*> waiting_;  // for an answer, by ticket
  std::unordered_set<HttpConnection*> connections_;
  std::unordered_map<std::string, std::size_t> peers_;  // how many connections each has
  std::size_t body_bytes_ = 0;                          // of all bodies that are being read
  net::io_context context_{1};
  net::executor_work_guard<Executor> work_;
  Timer sweep_timer_;
  std::vector<std::unique_ptr<Door>> doors_;
};

}  // namespace smscrm
