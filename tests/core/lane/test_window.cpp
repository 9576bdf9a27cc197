// The law of the window against a simulated provider: no clock but the simulation's, and chance from a seed.
#include <cmath>
#include <optional>
#include <queue>
#include <random>

#include <doctest/doctest.h>

#include "core/lane/window.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

using Clock = SendWindow::Clock;
using Seconds = std::chrono::duration<double>;

struct Peer {
  int limit = 1'000'000;        // requests at once; more are refused at the door
  double latency = 0.1;         // seconds
  double tail = 0;              // an exponential part on top, its mean
  double refused = 0;           // share, whatever the load
  bool slow_to_refuse = false;  // a refusal takes as long as any other answer
  double late = 0;              // seconds that a place stays taken after the reply
  double hung = 0;              // share that gets no answer within 15 seconds
  double failed = 0;            // share
};

// A sender that always has something to send, and its peer.
class Simulation {
 public:
  explicit Simulation(int most, Peer of = {}) : peer{of}, window(most) {}

  // What happened meanwhile.
  struct Result {
    double rate = 0;     // answered, a second
    double refused = 0;  // share of all requests that came to an end
  };
  Result run(double seconds) {
    const auto begin = at_, end = at_ + std::chrono::duration_cast<Clock::duration>(Seconds{seconds});
    int answered = 0, refused = 0, all = 0;
    while (at_ < end) {
      while (window.free(at_, true) > 0) send();
      while (!events_.empty() && events_.top().at <= at_) {
        const auto event = events_.top();
        events_.pop();
        if (event.ends_place) --taken_;
        if (!event.ticket) continue;
        window.ended(*event.ticket, event.how, at_);
        ++all;
        answered += event.how == SendWindow::End::answered;
        refused += event.how == SendWindow::End::refused;
      }
      at_ += 200us;
    }
    return {answered / Seconds{end - begin}.count(), all > 0 ? double(refused) / all : 0};
  }

  Peer peer;
  SendWindow window;

 private:
  struct Event {
    Clock::time_point at;
    std::optional<SendWindow::Ticket> ticket;
    SendWindow::End how;
    bool ends_place;
    bool operator<(const Event& other) const { return at > other.at; }  // the earliest on top
  };

  double draw() { return std::uniform_real_distribution<double>{0, 1}(random_); }
  void add(double after, std::optional<SendWindow::Ticket> ticket, SendWindow::End how, bool ends_place) {
    events_.push(
        {at_ + std::chrono::duration_cast<Clock::duration>(Seconds{after}), ticket, how, ends_place});
  }

  void send() {
    using End = SendWindow::End;
    const auto ticket = window.take(at_);
    const double takes = peer.latency - peer.tail * std::log(1 - draw());
    if (taken_ >= peer.limit || draw() < peer.refused)
      return add(peer.slow_to_refuse ? takes : 0.001, ticket, End::refused, false);
    ++taken_;
    const double fate = draw();
    if (fate < peer.hung) {
      add(15, ticket, End::lost, true);
    } else if (const auto how = fate < peer.hung + peer.failed ? End::lost : End::answered; peer.late > 0) {
      add(takes, ticket, how, false);
      add(takes + peer.late, {}, how, true);
    } else {
      add(takes, ticket, how, true);
    }
  }

  Clock::time_point at_{1h};
  std::mt19937 random_{7};
  std::priority_queue<Event> events_;
  int taken_ = 0;  // places at the peer
};

}  // namespace

TEST_CASE("the window finds the provider's limit and stays just below it") {
  for (const bool slow : {false, true})
    for (const int limit : {1, 2, 5, 20, 100, 500})
      for (const double latency : {0.02, 0.1, 0.5}) {
        CAPTURE(slow);
        CAPTURE(limit);
        CAPTURE(latency);
        Simulation s{1000, {.limit = limit, .latency = latency, .slow_to_refuse = slow}};
        s.run(latency * 40);
        const auto result = s.run(latency * 200);
        CHECK(result.rate >= 0.95 * limit / latency);
        CHECK(result.refused < 0.02);
      }
}

TEST_CASE("it is soon there, and little is refused on the way") {
  for (const int limit : {5, 20, 100, 500}) {
    CAPTURE(limit);
    Simulation s{1000, {.limit = limit}};
    const auto result = s.run(6);
    CHECK(result.rate >= 0.85 * limit / 0.1);
    CHECK(result.refused < 0.05);
  }
}

TEST_CASE("answers that come at different times, and places that are free a little late, hurt little") {
  Simulation uneven{1000, {.limit = 100, .latency = 0.05, .tail = 0.05}};
  uneven.run(5);
  CHECK(uneven.run(10).rate >= 0.9 * 100 / 0.1);
  Simulation late{1000, {.limit = 100, .late = 0.0005}};
  late.run(5);
  const auto result = late.run(10);
  CHECK(result.rate >= 0.9 * 100 / 0.1);
  CHECK(result.refused < 0.02);
}

TEST_CASE("refusals that come whatever the load are learned, and cost no more than themselves") {
  for (const double share : {0.01, 0.03, 0.1, 0.2})
    for (const bool slow : {false, true}) {
      CAPTURE(share);
      CAPTURE(slow);
      Simulation s{100, {.refused = share, .slow_to_refuse = slow}};
      CHECK(s.run(10).rate >= 0.55 * 100 / 0.1);
      CHECK(s.run(20).rate >= 0.7 * (1 - share) * 100 / 0.1);
      CHECK(s.window.background() > share / 4);
      CHECK(s.window.background() < share * 2);
    }
}

TEST_CASE("beside such refusals a limit is found all the same") {
  Simulation s{200, {.limit = 50, .refused = 0.1}};
  s.run(10);
  const auto result = s.run(20);
  CHECK(result.rate >= 0.7 * 50 / 0.1);
  CHECK(result.refused < 0.2);
}

TEST_CASE("a limit that changes is followed both ways") {
  Simulation s{1000, {.limit = 100}};
  s.run(5);
  s.peer.limit = 40;
  const auto less = s.run(5);
  CHECK(less.rate >= 0.9 * 40 / 0.1);
  CHECK(less.refused < 0.1);
  s.peer.limit = 300;
  s.run(10);
  const auto more = s.run(5);
  CHECK(more.rate >= 0.9 * 300 / 0.1);
  CHECK(more.refused < 0.05);
}

TEST_CASE("requests that hang and those that fail do not hold up the others") {
  for (const double latency : {0.02, 0.05, 0.1}) {
    CAPTURE(latency);
    Simulation s{100, {.latency = latency, .hung = 0.01, .failed = 0.07}};
    s.run(5);
    CHECK(s.run(40).rate >= 0.8 * 100 / latency);
  }
}

TEST_CASE("where nothing is answered every place stays taken") {
  SendWindow window{20};
  auto at = Clock::time_point{1h};
  for (; window.free(at, true) > 0;) window.take(at);
  CHECK(window.busy() == window.size());
  CHECK(window.free(at + 1min, true) == 0);
}

TEST_CASE("a provider that refuses everything is asked by few, and what is refused is told") {
  Simulation s{100, {.limit = 0}};
  s.run(10);
  CHECK(s.window.size() == 1);
  CHECK(s.window.refused_in_a_row() > 10);
  CHECK(s.run(10).refused == 1);
  s.peer.limit = 1'000;
  s.run(20);
  CHECK(s.run(5).rate >= 0.9 * 100 / 0.1);
}

TEST_CASE("the window does not grow by what nobody waits for") {
  SendWindow window{1000};
  auto at = Clock::time_point{1h};
  for (int i = 0; i < 1000; ++i) {
    const auto ticket = window.take(at);
    window.ended(ticket, SendWindow::End::answered, at += 10ms);
    CHECK(window.free(at) == 8);
  }
}

TEST_CASE("the most that is allowed is never exceeded, however it changes") {
  Simulation s{3};
  s.run(2);
  CHECK(s.window.size() == 3);
  CHECK(s.run(2).rate <= 3 / 0.1 + 1);
  s.window.set_most(50);
  s.run(3);
  CHECK(s.window.size() == 50);
  s.window.set_most(10);
  CHECK(s.window.size() == 10);
}
