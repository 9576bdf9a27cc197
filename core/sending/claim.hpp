// Claiming: which messages leave now, with which words, from which sender. The intent is committed before a
// request leaves; consent, quiet hours, expiry, daily caps and rates are looked at in the same transaction.
// Nothing leaves from a sender that an opt-out covers (core/consent/opt_out_scope.hpp): another of the
// campaign's is taken, and without one the message is skipped.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/hours/book.hpp"
#include "core/lane/lane.hpp"
#include "core/lane/sender.hpp"
#include "core/link/code.hpp"
#include "core/provider/provider.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// What a claim needs to know of its tenant; read anew every second or so, and when a claim finds it outdated.
struct ClaimPlan {
  Tenant tenant;
  std::vector<Sender> senders;
  std::string messaging_service;  // used when the tenant has no senders; empty: none
  std::string public_url;         // of callbacks, and of short links unless the tenant has its own
  LinkKey link_key;
  std::shared_ptr<const HoursBook> hours = built_in_hours_book();  // those in force
  std::string version = {};  // core/tenant/plan_version.hpp; empty: not checked
};

// How much may leave soon. A claim takes out what it claims.
struct ClaimRoom {
  int messages = 0;  // at most as many
  double parts = 0;  // of the account
  double rate =
      std::numeric_limits<double>::infinity();  // of the account; a message of more parts goes alone
  std::map<SenderId, double> senders;
  std::map<CampaignId, double> campaigns;  // only of those whose rate was seen before
  std::optional<CampaignId> after;         // campaigns take turns: the next one by id is the first
};

struct ClaimedMessage {
  MessageId id;
  std::optional<CampaignId> campaign;
  std::optional<double> campaign_rate;  // parts per second
  std::optional<SenderId> sender;
  int parts = 1;
  SendRequest request;
  Timestamp claimed_at;
  std::optional<Timestamp> leave_before;  // it must not leave later: its expiry, or the end of a capped day
};

struct Claim {
  std::int64_t id = 0;  // of its work_claim row; 0: nothing was claimed
  std::vector<ClaimedMessage> messages;
  bool lane_lost = false;  // the lease is another's
  bool lane_paused = false;
  bool plan_outdated = false;  // tenant, account or senders are no longer as the plan has them
  bool no_sender = false;      // something waits that nobody can send
  bool more = false;           // some messages had their turn: there may be more to claim at once
};

// Single messages first, then running campaigns in equal shares, of each what is due before its chunks.
// Messages that may not leave are skipped or expired, those in quiet hours put off until these end; what a
// daily cap has no room for stays where it is. Nothing is claimed by an outdated plan, so that whoever
// changed quiet hours, a cap, the account or a sender need not wait for the change to be heard of. A fixed
// number of statements, and one to read with for each campaign.
Claim claim_messages(Tx& tx, const Lane& lane, const ClaimPlan& plan, ClaimRoom& room, Timestamp at);

}  // namespace smscrm
