// Which sender a message leaves from: one of its campaign's, or a reply's own, that no opt-out covers and
// whose daily cap has room. Part of core/sending/claim.hpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/consent/opt_out_scope.hpp"
#include "core/lane/backlog.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/sending/work.hpp"

namespace smscrm {

// What a message, or any message of a campaign, asks of its sender.
struct SenderWish {
  const Work& work;
  std::optional<SenderId> own = {};            // of a reply
  std::vector<std::string> opted_out_of = {};  // scopes narrower than the tenant
};

class SenderChoice {
 public:
  // Goes by what `room` and `caps` have left at each call; all of them outlive it.
  SenderChoice(Tx& tx, const ClaimPlan& plan, const ClaimRoom& room, const CapRoom& caps)
      : tx_(tx), plan_(plan), room_(room), caps_(caps) {}

  // The sender that a single message was given, if it was not removed since.
  std::optional<SenderId> find_own(const Work& work, std::optional<SenderId> given) const;
  // Senders there are for it, but opt-outs cover them all.
  bool is_opted_out(const SenderWish& wish);
  // The most parts for which one of its senders, and the tenant, have room in their daily caps.
  std::int64_t cap_room(const SenderWish& wish);
  // The shortest of its senders' queues at the provider.
  std::chrono::seconds backlog(const SenderWish& wish, const Backlogs& backlogs);
  // The one with the most room in its rate, of those with room in their daily caps for so many parts.
  const Sender* choose(const SenderWish& wish, int parts);
  // Whether no daily cap has room for even one part of this work.
  bool is_full(const Work& work);
  // It has more parts than its caps are, on a day on which nothing has left.
  bool never_fits(const SenderWish& wish, int parts);
  // Caps that keep it waiting are full.
  void note_full(const SenderWish& wish, int parts);
  // Until when a message waits that only some senders may send. For the rate of `sender`: until its turn
  // comes among those that this claim put aside for it before, a minute at most, so that many who wait for a
  // slow sender are not all looked at each second. nullptr, for a daily cap: five minutes, or the end of the
  // day. A campaign's are looked at again just before it expires.
  Timestamp put_aside(const SenderWish& wish, int parts, const Sender* sender, Timestamp at);
  const std::set<SenderId>& full() const { return full_; }  // that something waits for; 0 is the tenant

 private:
  bool is_opted_out(const SenderWish& wish, const std::string& address);
  bool may_use(const SenderWish& wish, const Sender& sender);

  Tx& tx_;
  const ClaimPlan& plan_;
  const ClaimRoom& room_;
  const CapRoom& caps_;
  std::set<SenderId> full_;
  std::map<SenderId, double> aside_;    // parts that were put aside for its rate
  std::optional<OptOutScopes> scopes_;  // read when the first message needs them
};

}  // namespace smscrm
