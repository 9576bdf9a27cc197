// What a sender keeps in memory about one lane: what may leave and when, how many requests at once, and what
// was claimed and is not written back.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "core/lane/pace.hpp"
#include "core/sending/claim.hpp"
#include "core/sending/record.hpp"
#include "core/tenant/account.hpp"

namespace smscrm {

// One thread owns it.
struct LaneRunner {
  using Clock = Pace::Clock;

  struct Pending {
    std::int64_t claim;
    ClaimedMessage message;
    Clock::time_point claimed_at;
    Clock::time_point keep_until;  // then it is given back
    // Since it left: what it holds of each rate.
    Pace::Place of_account = {}, of_sender = {}, of_campaign = {};
  };

  LaneRunner(Lane held, const Account& account);

  void set_plan(ClaimPlan next, const Account& account);

  // What may be claimed now, so that its request begins well within a second: by the rates, and by how fast
  // replies make place for the next request; `slots` is how many requests at once the daemon has for this
  // lane. No messages when nothing may.
  ClaimRoom room(Clock::time_point at, int batch, int slots);
  void accept(Claim claim, Clock::time_point at);
  // The next message that may leave now; nullopt when none may, as when the lease is over. Its parts are
  // taken.
  std::optional<Pending> next(Clock::time_point at);
  // Its request, which does not leave after the lease however long this process sleeps first.
  HttpCall call_of(const Pending& pending) const;
  // What has waited for most of a second or must not leave any more, or everything when nothing may leave
  // within one second: to be given back. Consent, pauses and cancels are looked at by the claim, so what
  // waits here would not hear of them.
  std::vector<Pending> take_stale(Clock::time_point at);
  std::vector<Pending> take_all();
  // When the next one may leave; nullopt when nothing waits here.
  std::optional<Clock::time_point> next_at(Clock::time_point at);

  // The request of a message came to its end.
  void replied(const Pending& sent, std::chrono::microseconds took, Clock::time_point at);
  // Learns from a reply: fewer requests at once after a 429 and a pause after it or after failures in a row,
  // one more for each window of successes. Returns when the message should be tried again.
  std::chrono::milliseconds learn(const SendOutcome& result, std::chrono::microseconds took,
                                  Clock::time_point at, std::mt19937& random);

  // The circuit breaker: too many failures in a row, so that one request at a time probes.
  bool is_open() const;

  Lane lane;
  std::optional<ClaimPlan> plan;
  ProviderAccess access;
  const Provider* provider;
  int max_in_flight;
  int in_flight = 0;
  double concurrency;                        // additive increase, multiplicative decrease
  std::chrono::duration<double> latency{1};  // of a request, smoothed
  Clock::time_point replied_at{};            // last; or when the first of those in flight left
  Pace account_pace;
  std::map<SenderId, Pace> sender_paces;
  std::map<CampaignId, Pace> campaign_paces;
  std::deque<Pending> queue;                // claimed, not sent
  std::optional<CampaignId> last_campaign;  // that was claimed from
  std::map<std::int64_t, int> outstanding;  // claims: messages without an outcome
  std::vector<Outcome> outcomes;            // not written back
  std::vector<std::int64_t> finished;
  Clock::time_point outcomes_since;  // of the oldest one
  Clock::time_point resume_at{};     // nothing leaves before
  Clock::time_point reduced_at{};    // the concurrency, last
  Clock::time_point idle_until{};    // nothing is claimed before
  Clock::time_point lease_until{};   // by our own clock, with a margin
  Clock::time_point answered_at{};   // when the youngest request left that was answered
  int failures = 0;                  // of requests that left since then: 5xx, timeouts and the like
  int refusals = 0;                  // 429s, in a row
  std::optional<int> paused;         // by an error of this code; 0: one without a code
  bool outdated = false;             // the plan: nothing is claimed until it was read anew
  bool no_sender_reported = false;
  bool idle = false;        // nothing could be claimed; until work is found, or woken
  bool unresolved = false;  // the provider is to be asked about something
  bool in_doubt = false;    // the connection was lost: claims may have been committed unheard
  int jobs = 0;             // on the database thread, among them at most one of each of these
  bool claiming = false, writing = false;
  int asking = 0;  // for so many unknown messages
};

}  // namespace smscrm
