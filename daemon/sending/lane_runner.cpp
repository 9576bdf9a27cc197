#include "daemon/sending/lane_runner.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto ahead = 500ms;           // how far a claim looks ahead of what may leave at this moment
constexpr auto patience = 800ms;        // of a claimed message: a pause acts within a second
constexpr auto least_patience = 300ms;  // where the database took long to claim it
constexpr auto soon_is = 700ms;         // so much is claimed as will leave within it
constexpr auto longest_rest =
    std::chrono::milliseconds{5min};  // whatever the provider asks for: then it is tried
constexpr int breaker = 10;           // failures in a row after which only probes leave
constexpr int probes_each = 50;       // so often within the time that it lasts
constexpr std::chrono::milliseconds shortest_probe = 250ms, longest_probe = 10s;
constexpr auto told_after = 1s;       // trouble
constexpr auto told_for = 1min;       // without another sign of it
constexpr auto worth_another = 50ms;  // of a claimed message's time

// nullptr: it has no rate of its own.
template <class Key>
Pace* find_pace(std::map<Key, Pace>& paces, const std::optional<Key>& key) {
  if (!key) return nullptr;
  const auto pace = paces.find(*key);
  return pace == paces.end() ? nullptr : &pace->second;
}

std::string code_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::out_of_reach:
      return "provider_unreachable";
    case Trouble::not_the_vendor:
      return "not_the_provider";
    case Trouble::busy:
      return "provider_busy";
    case Trouble::none:
    case Trouble::failing:
      break;
  }
  return "provider_failing";
}

}  // namespace

LaneRunner::LaneRunner(Lane held, const Account& account)
    : lane(std::move(held)),
      provider(&get_provider(account.provider)),
      max_in_flight(account.max_in_flight),
      window(account.max_in_flight),
      account_pace(account.rate) {}

bool LaneRunner::is_open() const { return failures >= breaker; }

bool LaneRunner::probes() const {
  return is_open() || window.refused_in_a_row() > 2 * window.size() + breaker;
}

void LaneRunner::set_plan(ClaimPlan next, const Account& account) {
  plan = std::move(next);
  outdated = false;
  max_in_flight = account.max_in_flight;
  window.set_most(max_in_flight);
  account_pace.set_rate(account.rate);
  for (const auto& sender : plan->senders)
    sender_paces.try_emplace(sender.id, sender.rate).first->second.set_rate(sender.rate);
}

ClaimRoom LaneRunner::room(Clock::time_point at, int batch, int slots) {
  ClaimRoom room;
  if (!plan || outdated || idle || at < resume_at || at < idle_until || at > lease_until) return room;
  room.parts = account_pace.room(at, ahead);
  room.rate = account_pace.rate();
  room.after = last_campaign;
  for (const auto& sender : plan->senders)
    room.senders[sender.id] = sender_paces.at(sender.id).room(at, ahead);
  for (auto& [campaign, pace] : campaign_paces) room.campaigns[campaign] = pace.room(at, ahead);
  for (const auto& pending : queue) {
    room.parts -= pending.message.parts;
    if (pending.message.sender) room.senders[*pending.message.sender] -= pending.message.parts;
    if (pending.message.campaign && room.campaigns.count(*pending.message.campaign))
      room.campaigns[*pending.message.campaign] -= pending.message.parts;
  }
  const int waiting = static_cast<int>(queue.size());
  if (probes()) {
    room.messages = waiting == 0 ? 1 : 0;
    return room;
  }
  const int limit = std::max(1, std::min(window.size(), slots));
  const bool stalled = in_flight > 0 && at - replied_at > 1s;
  int free = window.free(at);
  free = std::min(free, std::max(0, limit - window.busy()));
  const double soon = free + (stalled ? 0 : limit * (soon_is / window.latency()));
  // Claims cost the same whatever they bring: half a window at a time at least, once there is a queue. A
  // window holds two of them, so that one is on its way while the other leaves.
  const int most = static_cast<int>(std::lround(std::min<double>(2 * batch, soon)));
  room.messages = waiting > most / 2 ? 0 : std::min(batch, most - waiting);
  return room;
}

void LaneRunner::accept(Claim claim, Clock::time_point at) {
  if (claim.id == 0) return;
  outstanding[claim.id] = static_cast<int>(claim.messages.size());
  if (claim.messages.empty()) finished.push_back(claim.id);
  for (auto& message : claim.messages) {
    if (message.campaign_rate)
      campaign_paces.try_emplace(*message.campaign, *message.campaign_rate)
          .first->second.set_rate(*message.campaign_rate);
    if (message.campaign) last_campaign = message.campaign;
    // A pause waits for claims to commit: what leaves soon after a claim began leaves soon after it.
    const auto age = std::chrono::duration_cast<Clock::duration>(now() - message.claimed_at);
    auto keep_until = at + std::clamp<Clock::duration>(patience - age, least_patience, patience);
    if (message.leave_before)
      keep_until =
          std::min(keep_until, at + std::chrono::floor<Clock::duration>(*message.leave_before - now()));
    queue.push_back({claim.id, std::move(message), at, keep_until});
  }
}

std::optional<LaneRunner::Clock::time_point> LaneRunner::next_at(Clock::time_point at) {
  if (queue.empty()) return std::nullopt;
  const auto& message = queue.front().message;
  auto ready = std::max({at, resume_at, window.free_at().value_or(at)});
  ready = std::max(ready, account_pace.ready_at(message.parts, at));
  if (auto* pace = find_pace(sender_paces, message.sender))
    ready = std::max(ready, pace->ready_at(message.parts, at));
  if (auto* pace = find_pace(campaign_paces, message.campaign))
    ready = std::max(ready, pace->ready_at(message.parts, at));
  return ready;
}

std::optional<LaneRunner::Pending> LaneRunner::next(Clock::time_point at) {
  if (at > lease_until) return std::nullopt;
  if (window.free(at, !queue.empty()) == 0 && !probes()) return std::nullopt;
  const auto ready = next_at(at);
  if (!ready || *ready > at || at > queue.front().keep_until) return std::nullopt;
  auto pending = std::move(queue.front());
  queue.pop_front();
  auto& message = pending.message;
  if (auto& validity = message.request.validity) {  // as of the claim, or when it left before
    validity = std::max(1s, *validity - std::chrono::ceil<std::chrono::seconds>(at - pending.claimed_at));
    pending.claimed_at = at;
  }
  pending.ticket = window.take(at);
  pending.of_account = account_pace.take(message.parts, at);
  if (auto* pace = find_pace(sender_paces, message.sender)) pending.of_sender = pace->take(message.parts, at);
  if (auto* pace = find_pace(campaign_paces, message.campaign))
    pending.of_campaign = pace->take(message.parts, at);
  if (in_flight++ == 0) replied_at = at;
  if (probes()) resume_at = std::max(resume_at, at + shortest_probe);
  return pending;
}

HttpCall LaneRunner::call_of(const Pending& pending) const {
  auto call = provider->send_call(access, pending.message.request);
  call.send_before = lease_until;
  return call;
}

std::vector<LaneRunner::Pending> LaneRunner::take_stale(Clock::time_point at) {
  if (resume_at > at + 1s) return take_all();
  const auto kept = std::stable_partition(queue.begin(), queue.end(),
                                          [&](const Pending& pending) { return at > pending.keep_until; });
  std::vector<Pending> stale{std::make_move_iterator(queue.begin()), std::make_move_iterator(kept)};
  queue.erase(queue.begin(), kept);
  return stale;
}

std::vector<LaneRunner::Pending> LaneRunner::take_all() {
  std::vector<Pending> all{std::make_move_iterator(queue.begin()), std::make_move_iterator(queue.end())};
  queue.clear();
  return all;
}

void LaneRunner::replied(const Pending& sent, const SendOutcome& result, Clock::time_point at) {
  account_pace.arrived(sent.of_account, at);
  if (auto* pace = find_pace(sender_paces, sent.message.sender)) pace->arrived(sent.of_sender, at);
  if (auto* pace = find_pace(campaign_paces, sent.message.campaign)) pace->arrived(sent.of_campaign, at);
  --in_flight;
  replied_at = at;
  using Kind = SendOutcome::Kind;
  const bool taken_up = result.kind == Kind::accepted || result.kind == Kind::rejected;
  window.ended(sent.ticket,
               result.trouble == Trouble::busy ? SendWindow::End::refused
               : taken_up                      ? SendWindow::End::answered
                                               : SendWindow::End::lost,
               at);
}

std::chrono::milliseconds LaneRunner::learn(const SendOutcome& result, std::chrono::microseconds took,
                                            Clock::time_point at, std::mt19937& random) {
  using Kind = SendOutcome::Kind;
  const auto left_at = at - took;
  if (result.kind == Kind::accepted || result.kind == Kind::rejected || result.trouble == Trouble::none) {
    answered_at = std::max(answered_at, left_at);
    failures = 0;
    trouble.reset();
    if (result.kind == Kind::accepted) return 0s;
    return std::min(result.retry_after.value_or(1s), longest_rest);
  }
  const bool busy = result.trouble == Trouble::busy;
  // A 429 is an answer: it says nothing against the provider's health. Nor does a request that timed out when
  // a younger one was answered long ago: timeouts come together.
  if (busy || left_at >= answered_at) {
    if (!trouble) troubled_at = at;
    const auto since = trouble ? trouble->since : now();
    trouble = LaneTrouble{code_of(result.trouble), result.reason, since};
    troubled_last = at;
    if (!busy) failures = std::min(failures + 1, 1000);
  }
  const auto draw = [&](std::chrono::milliseconds from, std::chrono::milliseconds to) {
    return std::chrono::milliseconds{
        std::uniform_int_distribution<std::int64_t>{from.count(), to.count()}(random)};
  };
  if (probes()) {
    const auto lasts = std::chrono::duration_cast<std::chrono::milliseconds>(at - troubled_at);
    const auto between = std::clamp(lasts / probes_each, shortest_probe, longest_probe);
    resume_at = std::max(resume_at, at + draw(between * 3 / 4, between * 5 / 4));
  }
  if (busy && result.retry_after) {
    const auto asked = std::min(*result.retry_after, longest_rest);
    if (at + asked > resume_at) {
      resume_at = rest_until = at + asked;
      rest = LaneTrouble{code_of(Trouble::busy), result.reason, now(), now() + asked};
    }
  }
  // Nobody else is in its way: what leaves here is paced by resume_at.
  return result.retry_after ? std::min(*result.retry_after, longest_rest) : draw(100ms, 1000ms);
}

bool LaneRunner::again(Pending& refused, Clock::time_point at) {
  const auto last = refused.keep_until - worth_another;
  if (paused || at > last || resume_at > last || at > lease_until) return false;
  queue.push_front(std::move(refused));
  return true;
}

std::optional<LaneTrouble> LaneRunner::trouble_at(Clock::time_point at) const {
  if (broken) return broken;
  if (rest && rest_until > at + told_after) return rest;
  if (trouble && at - troubled_at >= told_after && at - troubled_last < told_for) return trouble;
  return std::nullopt;
}

}  // namespace smscrm
