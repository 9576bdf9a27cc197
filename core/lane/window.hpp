// How many requests may be under way at once on a lane: learned from the provider's refusals (HTTP 429),
// which were never processed and so cost little. The account's own setting is the most.
//
// The law. A refusal alone does not say whether there were too many requests at once or whether it would have
// come anyhow, so the window asks by experiment:
//  - While nothing is refused it doubles with each round (a round: as many requests as the window holds).
//  - When a larger share is refused than is known as background, it is lowered by just that share: of a
//  window
//    that is too large by a tenth, a tenth is refused. Then it looks whether the refusals have gone. If so,
//    load was the cause, and the new window is the limit for now. If they go on as before, they have nothing
//    to do with us: the window is given back, and the share is noted as background.
//  - At the limit it tries a little more now and then, seldom enough that these trials are refused in less
//    than one request of a hundred, ever more seldom in vain, and by larger and larger steps where they
//    succeed.
//  - What counts as background is doubted again from time to time, in the same way.
// A refused request keeps its place for as long as an accepted one would have, so that refusals, which are
// quick, do not crowd out the rest of a round.
//
// A request that hangs does not hold up the others: once a younger one was answered and several times the
// usual time has passed, its place is free. Where nothing is answered, places stay taken.
//
// The ideas are those of congestion control: AIMD (Chiu and Jain 1989), TCP's slow start (RFC 5681), and
// comparing what a change of the window brings, as TCP Vegas and BBR do. The clock is the caller's, and there
// is no chance in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace smscrm {

class SendWindow {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::uint64_t;  // of one request; later ones are greater
  static constexpr int hung_for_each = 10;  // requests that hang and take no place, for each place

  explicit SendWindow(int most) { set_most(most); }
  void set_most(int most);  // at least 1

  // Requests that may leave now. `wanted`: that somebody waits for a place, without which nothing is learned
  // of whether the window is too small.
  int free(Clock::time_point at, bool wanted = false);
  // When a place may be free again without a reply; nullopt when one is free, or only a reply can tell.
  std::optional<Clock::time_point> free_at() const;
  Ticket take(Clock::time_point at);

  // How a request ended; once for each ticket.
  enum class End {
    answered,  // the provider took it up, whatever it said of it
    refused,   // too many at once
    lost,      // says nothing: a failure, or no answer
  };
  void ended(Ticket ticket, End how, Clock::time_point at);

  int size() const;                               // requests at once
  double background() const { return known_; }    // share of refusals that comes anyhow
  int busy() const;                               // places that are taken, as of the last free()
  int hung() const;                               // requests under way that take none
  std::chrono::duration<double> latency() const;  // of what is answered, smoothed
  int refused_in_a_row() const { return refused_in_a_row_; }

 private:
  enum class Phase {
    grow,   // no limit is known
    hold,   // at the limit
    probe,  // a little above it
    test,   // lowered, to see whether the refusals go
  };
  // The requests by which the window at hand is judged: the first `wanted` that leave since it has its size.
  struct Round {
    Ticket first = 1;
    std::size_t wanted = 0;
    std::vector<std::optional<End>> ends;  // of all that left, by their order
    std::size_t done = 0, refused = 0;     // of the first `wanted`
    bool full = false;                     // somebody had to wait for a place
  };

  void begin(Phase phase, double size, double wanted = 0);
  void note(Ticket ticket, End how);
  void count(End how);
  void extend(std::size_t wanted);
  void judge();
  void judge_probe(double share);
  void judge_test(double share);
  void lower(double share, double known);
  void stay();
  double least_step() const;
  void free_hung(Clock::time_point at);

  int most_ = 1;
  double size_ = 8;
  double limit_ = 0;  // 0: none is known
  double known_ = 0;  // background
  Phase phase_ = Phase::grow;
  Round round_;
  double size_before_ = 0, share_before_ = 0, reference_ = 0;  // of a test: what it compares
  double step_ = 0;                                            // of the probe
  double gap_ = 0;                   // requests before the next probe, for each that it may have refused
  double calm_ = 0, unchecked_ = 0;  // requests since the last probe, and since the background was doubted

  Ticket last_ = 0, youngest_answered_ = 0;
  std::map<Ticket, Clock::time_point> under_way_;  // when they left
  std::set<Ticket> hung_;                          // under way, and their places free
  std::multiset<Clock::time_point> resting_;       // places of refused ones, until then
  double latency_ = 0;                             // seconds; 0: not known
  int refused_in_a_row_ = 0;
};

}  // namespace smscrm
