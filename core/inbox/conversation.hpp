// What was written to a number, and what came back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/db/db.hpp"

namespace smscrm {

struct Exchange {
  Timestamp at;  // when it came in, or left; of what has not left yet, when it was written
  bool inbound = false;
  std::string body;    // of a campaign's message, empty until it leaves
  std::string status;  // received, answered (at once, in the webhook's response), or as message_status has it
  std::string address;                     // the sender of ours; empty until one is chosen
  std::string campaign;                    // slug; empty: of none
  std::optional<MessageId> message = {};   // nullopt: an inbound text, or an answer at once
  std::optional<InboundId> received = {};  // of an answer at once: what it answers
};

// The last at most `limit`, oldest first; what was skipped is not in it. `msisdn`: a key
// (core/phone/address.hpp). The number need not be a contact's.
std::vector<Exchange> list_conversation(Tx& tx, TenantId tenant, const std::string& msisdn, int limit);

Json to_json(const Exchange& exchange);

}  // namespace smscrm
