#include "core/sending/sender_choice.hpp"

#include <algorithm>
#include <limits>

namespace smscrm {
namespace {

using Pause = Timestamp::duration;

constexpr Pause shortest_pause = std::chrono::seconds{1};
constexpr Pause longest_pause = std::chrono::minutes{1};
constexpr Pause capped_pause = std::chrono::minutes{5};  // a share may be given back, or the cap raised
constexpr Pause last_look = std::chrono::seconds{2};     // before a campaign expires

}  // namespace

std::optional<SenderId> SenderChoice::find_own(const Work& work, std::optional<SenderId> given) const {
  const auto own = work.campaign ? std::nullopt : given;
  const bool known = std::any_of(plan_.senders.begin(), plan_.senders.end(),
                                 [&](const Sender& sender) { return own == sender.id; });
  return known ? own : std::nullopt;
}

// Pools are read in this transaction: what the plan knows of them may be a second old.
bool SenderChoice::is_opted_out(const SenderWish& wish, const std::string& address) {
  if (wish.opted_out_of.empty()) return false;
  if (!scopes_) scopes_ = read_opt_out_scopes(tx_, plan_.tenant.id);
  const auto covering = scopes_->covering(address, "");
  return std::any_of(covering.begin(), covering.end(), [&](const std::string& scope) {
    return std::find(wish.opted_out_of.begin(), wish.opted_out_of.end(), scope) != wish.opted_out_of.end();
  });
}

bool SenderChoice::is_opted_out(const SenderWish& wish) {
  if (plan_.senders.empty()) return is_opted_out(wish, plan_.messaging_service);
  bool any = false;
  for (const auto& sender : plan_.senders) {
    if (!may_use({wish.work, wish.own}, sender)) continue;
    if (!is_opted_out(wish, sender.address)) return false;
    any = true;
  }
  return any;
}

bool SenderChoice::may_use(const SenderWish& wish, const Sender& sender) {
  const auto& chosen = wish.work.senders;
  const bool ours =
      wish.own ? *wish.own == sender.id
               : chosen.empty() || std::find(chosen.begin(), chosen.end(), sender.id) != chosen.end();
  return ours && !is_opted_out(wish, sender.address);
}

std::int64_t SenderChoice::cap_room(const SenderWish& wish) {
  std::optional<std::int64_t> most;
  for (const auto& sender : plan_.senders)
    if (may_use(wish, sender)) most = std::max(most.value_or(0), caps_.of(sender.id));
  return std::min(caps_.tenant, most.value_or(CapRoom::any));
}

std::chrono::seconds SenderChoice::backlog(const SenderWish& wish, const Backlogs& backlogs) {
  std::vector<SenderId> usable;
  for (const auto& sender : plan_.senders)
    if (may_use(wish, sender)) usable.push_back(sender.id);
  return usable.empty() ? std::chrono::seconds{0} : shortest_backlog(backlogs, plan_.senders, usable);
}

const Sender* SenderChoice::choose(const SenderWish& wish, int parts) {
  const Sender* best = nullptr;
  double best_room = -std::numeric_limits<double>::infinity();
  for (const auto& sender : plan_.senders) {
    if (!may_use(wish, sender) || caps_.of(sender.id) < parts) continue;
    const auto room = room_.senders.find(sender.id);
    if (!wish.own && (room == room_.senders.end() || room->second <= best_room)) continue;
    best = &sender;
    if (room != room_.senders.end()) best_room = room->second;
  }
  return best;
}

bool SenderChoice::is_full(const Work& work) {
  if (caps_.tenant < 1) return true;
  bool any = false;
  for (const auto& sender : plan_.senders) {
    if (!work.campaign || !may_use({.work = work}, sender)) continue;
    if (caps_.of(sender.id) >= 1) return false;
    any = true;
  }
  return any;
}

bool SenderChoice::never_fits(const SenderWish& wish, int parts) {
  if (plan_.tenant.daily_cap.value_or(CapRoom::any) < parts) return true;
  bool any = false;
  for (const auto& sender : plan_.senders) {
    if (!may_use(wish, sender)) continue;
    if (sender.daily_cap.value_or(CapRoom::any) >= parts) return false;
    any = true;
  }
  return any;
}

Timestamp SenderChoice::put_aside(const SenderWish& wish, int parts, const Sender* sender, Timestamp at) {
  Timestamp until = std::min(at + capped_pause, caps_.day_end.value_or(Timestamp::max()));
  if (sender) {
    auto& before = aside_[sender->id];
    const std::chrono::duration<double> turn{std::min(before / sender->rate, 3600.0)};
    until = at + std::clamp(std::chrono::floor<Pause>(turn), shortest_pause, longest_pause);
    before += parts;
  }
  if (const auto& end = wish.work.expires_at)
    until = std::min(until, std::max(at + shortest_pause, *end - last_look));
  return until;
}

void SenderChoice::note_full(const SenderWish& wish, int parts) {
  if (caps_.tenant < parts) full_.insert(SenderId{0});
  for (const auto& sender : plan_.senders)
    if (may_use(wish, sender) && caps_.of(sender.id) < parts) full_.insert(sender.id);
}

}  // namespace smscrm
