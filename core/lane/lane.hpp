// A lane is one account's way out. The daemon that holds its lease is alone in sending for it, so every rate
// limit can be kept in memory and is exact. The epoch grows with each change of owner; claims and write-backs
// carry it, so that a daemon that lost its lease claims nothing and ends nobody else's work.
// Leases are judged by the database's clock: those of the daemons' hosts need not agree.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

struct Lane {
  TenantId tenant;
  AccountId account;
  std::string owner;  // a daemon's id
  std::int64_t epoch = 0;
  bool operator==(const Lane&) const = default;
};

// Says that this daemon is alive; others count it when they share the lanes. One that was silent for a lease
// is not counted, and forgotten after a day.
void beat(Tx& tx, const std::string& daemon, const std::string& host, Timestamp started_at);
void remove_daemon(Tx& tx, const std::string& daemon);

// Keeps the lanes of `owner` for another `lease` and takes free ones (released, expired or new) up to its
// fair share of the living daemons; owners of more than their share give lanes back (count_surplus).
// Returns the lanes that it holds now, paused ones too. A lane that is new to it has a new epoch: take_over
// (core/sending/recover.hpp) comes next.
std::vector<Lane> lease_lanes(Tx& tx, const std::string& owner, std::chrono::seconds lease);

// The second half of it alone: returns the lanes just taken.
std::vector<Lane> take_lanes(Tx& tx, const std::string& owner, std::chrono::seconds lease);

// How many lanes `owner` should give up, so that daemons without lanes get some.
int count_surplus(Tx& tx, const std::string& owner, std::chrono::seconds lease);

// Gives lanes back at once, for others to take.
void release_lanes(Tx& tx, const std::vector<Lane>& lanes);

// Locks the lane's row until the transaction ends; false when the lease is another's by now.
bool hold_lane(Tx& tx, const Lane& lane);

// Stops sending on the tenant's lane because nothing would succeed: `code` is the provider's, if any. Setting
// the account again ends the pause (core/tenant/account.hpp), as does resume_lane; what was claimed before
// says nothing of how things are since then. Returns whether the lane is paused.
bool pause_lane(Tx& tx, TenantId tenant, std::optional<int> code, const std::string& reason,
                Timestamp claimed_at, Timestamp at);
void resume_lane(Tx& tx, TenantId tenant);

// For who may pause it: before other locks (core/sending/lock.hpp).
void lock_lane_of(Tx& tx, TenantId tenant);

// Throws Error{not_found} when the tenant has no account, and so nothing that could be paused.
void check_has_lane(Tx& tx, TenantId tenant);

struct LanePause {
  Timestamp since;
  std::optional<int> code;
  std::string reason;
};
std::optional<LanePause> find_lane_pause(Tx& tx, TenantId tenant);

}  // namespace smscrm
