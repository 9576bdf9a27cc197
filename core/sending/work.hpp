// What waits to be claimed: due messages and chunks of running campaigns, and what a claim must know of each
// campaign. Part of core/sending/claim.hpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/sending/claim.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {

struct Chunk {
  std::int64_t id;
  std::int64_t next, hi;
  std::int64_t taken;  // exclusive end of what this claim looks at; lowered when room runs out
};

struct Work {
  std::optional<CampaignId> campaign;  // nullopt: replies and tests
  bool marketing = false;
  bool fresh = false;  // never claimed before
  std::optional<double> rate;
  std::optional<Timestamp> expires_at;
  Template body;
  std::vector<LinkId> links;
  std::vector<SenderId> senders;  // empty: all
  std::vector<Chunk> chunks;
  std::vector<MessageId> due;
  std::map<MessageId, std::string> held_by;  // of these, what held them until now for their hours
};

using WorkByCampaign = std::map<std::optional<CampaignId>, Work>;

struct WorkFound {
  std::set<TenantId> to_send;     // something of a running campaign or a single one may be due
  std::set<TenantId> to_resolve;  // the provider is to be asked about something
};

// Of many tenants at once, several times a second. Reads only: idle lanes cost no write, and no transaction
// each.
WorkFound find_work(Tx& tx, const std::vector<TenantId>& tenants, Timestamp at);

// Running campaigns, locked against a change of their status until the transaction ends; one whose status is
// just being changed is left out, as is one whose text cannot be read: the others need not wait for it.
// Replies and tests come first: their campaign is none.
WorkByCampaign read_work(Tx& tx, TenantId tenant, const ClaimRoom& room, Timestamp at);

// Marks up to `count` messages of its chunks to be looked at.
void take_chunks(Work& work, std::int64_t count);

struct Held {
  std::optional<CampaignId> campaign;
  Timestamp until;
  std::string_view reason;  // of the gate; "sender": the only one that it may leave from has no room;
                            // "unreadable": its row makes no sense to us
  std::string held_by;      // of hours: Moment::Hours::held_by; empty: of anything else
};
using HeldMessages = std::map<MessageId, Held>;

// Messages that are to leave once more, from `at` on: whatever else was planned for them is over. By upsert,
// for a write by place that races another could leave one out, and that message would be lost.
void send_again(Tx& tx, TenantId tenant, const std::vector<MessageId>& ids,
                const std::vector<std::optional<CampaignId>>& campaigns, Timestamp at);

// What was looked at, up to `taken`, leaves its chunks; of the due messages `done` have had their turn, and
// `held` are due again later.
void write_work(Tx& tx, TenantId tenant, const WorkByCampaign& works, const std::vector<MessageId>& done,
                const HeldMessages& held);

}  // namespace smscrm
