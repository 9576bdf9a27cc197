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
#include "core/lane/trouble.hpp"
#include "core/lane/window.hpp"
#include "core/sending/claim.hpp"
#include "core/sending/record.hpp"
#include "core/sending/unknown_pages.hpp"
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
    // Since it left: its place among the requests at once, and what it holds of each rate.
    SendWindow::Ticket ticket = 0;
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
  void replied(const Pending& sent, const SendOutcome& result, Clock::time_point at);
  // Learns from it: a rest that the provider asks for, and whether it fails. Returns when the message should
  // be tried again.
  std::chrono::milliseconds learn(const SendOutcome& result, std::chrono::microseconds took,
                                  Clock::time_point at, std::mt19937& random);
  // A message that was refused for there being too many at once waits here for another place, if it may
  // leave before its time is over. False when it may not: then it is to be given back.
  bool again(Pending& refused, Clock::time_point at);

  // The circuit breaker: too many failures in a row, so that now and then one request tries. The longer it
  // lasts, the longer the time between two: a fiftieth of it, so that the end of an outage is noticed within
  // a fiftieth of its length, and a quarter of a second to ten seconds.
  bool is_open() const;
  // The same, or that the provider refuses everything.
  bool probes() const;
  // What is to be told of it: once nothing was answered for a second, or while a longer rest lasts.
  std::optional<LaneTrouble> trouble_at(Clock::time_point at) const;

  Lane lane;
  std::optional<ClaimPlan> plan;
  ProviderAccess access;
  const Provider* provider;
  int max_in_flight;
  int in_flight = 0;
  SendWindow window;
  Clock::time_point replied_at{};  // last; or when the first of those in flight left
  Pace account_pace;
  std::map<SenderId, Pace> sender_paces;
  std::map<CampaignId, Pace> campaign_paces;
  std::deque<Pending> queue;                // claimed, not sent
  std::optional<CampaignId> last_campaign;  // that was claimed from
  std::map<std::int64_t, int> outstanding;  // claims: messages without an outcome
  std::vector<Outcome> outcomes;            // not written back
  std::vector<std::int64_t> finished;
  Clock::time_point outcomes_since;    // of the oldest one
  Clock::time_point resume_at{};       // nothing leaves before
  Clock::time_point idle_until{};      // nothing is claimed before
  Clock::time_point lease_until{};     // by our own clock, with a margin
  Clock::time_point answered_at{};     // when the youngest request left that was answered
  int failures = 0;                    // of requests that left since then: 5xx, timeouts and the like
  std::optional<LaneTrouble> trouble;  // since the last answer
  Clock::time_point troubled_at{}, troubled_last{};  // the first and the last sign of it
  std::optional<LaneTrouble> rest;                   // that the provider asked for
  Clock::time_point rest_until{};
  std::optional<LaneTrouble> broken;                 // the database refuses what is asked for the lane
  std::optional<LaneTrouble> noted;                  // in the database
  Clock::time_point note_at{};                       // not before
  std::optional<int> paused;                         // by an error of this code; 0: one without a code
  bool outdated = false;                             // the plan: nothing is claimed until it was read anew
  bool no_sender_reported = false;
  bool idle = false;        // nothing could be claimed; until work is found, or woken
  bool unresolved = false;  // the provider is to be asked about something
  bool in_doubt = false;    // the connection was lost: claims may have been committed unheard
  int jobs = 0;             // on the database thread, among them at most one of each of these
  bool claiming = false, writing = false;
  // Unknown messages: they are read, or the pages of all that was sent are, or each has a question.
  bool asking = false, paging = false;
  Clock::time_point paged_at{}, page_again_at{};  // since when, and not before
  std::deque<Unresolved> questions;  // to be asked
  int questioned = 0;                // under way
  TakenMessages taken;               // what the provider's pages must have
};

}  // namespace smscrm
