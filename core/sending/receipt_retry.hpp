// Another attempt for messages that ended undelivered for a reason that may pass. Part of
// core/sending/receipt.hpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/sending/receipt.hpp"

namespace smscrm {

// What was looked at, and locked, before the messages are.
struct RetryRoom {
  int times = 0;                                                  // of the tenant; 0: none
  std::set<MessageId> candidates;                                 // and no test among them
  std::map<CampaignId, std::optional<Timestamp>> campaigns = {};  // that may go on, with their expiry
};

// Locks the campaigns of those that may be tried again; finished ones run again. Nothing is read unless a
// receipt asks for it.
RetryRoom lock_for_retries(Tx& tx, TenantId tenant, const std::vector<Receipt>& receipts, Timestamp at);

// Of a message that this receipt would end, after so many retries.
bool may_retry(const RetryRoom& room, const Receipt& receipt, std::optional<CampaignId> campaign, int retries,
               Timestamp at);

struct Retry {
  const Receipt& ended;
  std::optional<CampaignId> campaign;
};

// Moves the attempts to message_attempt and their messages to waiting. The counters are the caller's.
void record_retries(Tx& tx, TenantId tenant, const std::vector<Retry>& retries, Timestamp at);

}  // namespace smscrm
