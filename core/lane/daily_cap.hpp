// Daily caps: at most so many parts leave in a day of the tenant's time zone, from one sender and in all. A
// zone that this machine does not know counts as UTC here.
// Parts, as rates: it is what carriers count and what is billed. Replies and tests count and are held as
// well.
//
// A claim takes its parts in the transaction that commits the intent, so a cap is exact whatever dies. What
// was refused, given back or proven never to have arrived gives its share back to the day that it took it
// from; an unknown outcome keeps it until then.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/lane/sender.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// Reads "2000"; "off" is nullopt. Throws Error{invalid} unless it is a whole number above 0.
std::optional<std::int64_t> parse_daily_cap(std::string_view text);

// Parts that were taken from days or are given back, collected over a batch.
class UsageChanges {
 public:
  // Negative: given back. The day is that of the claim.
  void add(std::optional<SenderId> sender, Timestamp claimed_at, std::int64_t parts);

 private:
  friend void apply_usage(Tx&, TenantId, const UsageChanges&);
  std::map<std::pair<SenderId, Timestamp>, std::int64_t> changes_;  // sender 0: the tenant
};

// One statement, rows in one order; the last locks that a transaction of the send path takes. Counts go by
// the time zone that the tenant has now, and never below 0 where it was changed meanwhile.
void apply_usage(Tx& tx, TenantId tenant, const UsageChanges& changes);

// What the caps still have room for in the day that a moment lies in.
struct CapRoom {
  static constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();
  std::int64_t tenant = any;
  std::map<SenderId, std::int64_t> senders;  // of those with a cap
  std::set<SenderId> full;                   // marked so already; 0 is the tenant
  std::optional<Timestamp> day_end;          // the next local midnight; nullopt: there is no cap

  std::int64_t of(SenderId sender) const {
    const auto found = senders.find(sender);
    return found == senders.end() ? any : found->second;
  }
};

// No statement when there is no cap.
CapRoom read_cap_room(Tx& tx, const Tenant& tenant, const std::vector<Sender>& senders, Timestamp at);

// The most parts for which the tenant and one of the senders have room: of `chosen`, of all when that is
// empty, but those that `opted_out_of` covers (core/consent/opt_out_scope.hpp).
std::int64_t cap_room_of(const CapRoom& room, const std::vector<Sender>& senders,
                         const std::vector<SenderId>& chosen, const std::vector<std::string>& opted_out_of);

// Something waits for room in these; 0 is the tenant. What is claimed or given back later takes the mark
// away.
void mark_full(Tx& tx, const Tenant& tenant, const std::set<SenderId>& full, Timestamp at);

struct FullCap {
  std::optional<SenderId> sender;  // nullopt: the tenant's own cap
  std::string address;             // of the sender
  std::int64_t cap = 0, used = 0;  // parts
  Timestamp until;                 // the next local midnight
};

// The caps for whose room something waits now: the tenant's first, then senders' by address.
std::vector<FullCap> list_full_caps(Tx& tx, TenantId tenant, Timestamp at);

// "the daily cap of sender +15005550006 is reached: 1000 of 1000 parts".
std::string describe(const FullCap& cap);

}  // namespace smscrm
