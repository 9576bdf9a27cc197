// Why a number was or was not texted by a campaign, or would be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/consent/consent.hpp"
#include "core/gate/verdict.hpp"
#include "core/hours/answer.hpp"
#include "core/sending/message.hpp"
#include "core/sending/waiting.hpp"

namespace smscrm {

struct Explanation {
  std::string verdict;                      // one sentence
  std::optional<std::string> audience_now;  // the skip reason it would have now, empty for none; nullopt:
                                            // it is not in the audience now
  bool audience_gone = false;               // the list of a launched campaign was deleted
  std::optional<Verdict> gate;       // what the gate says now; nullopt: there is nothing to let through,
                                     // as it has left, is over or is not in the audience
  std::vector<Hold> waits;           // what has to end before it leaves; empty: its turn, or it is over
  Clocks clocks;                     // of the person
  std::optional<HoursAnswer> hours;  // whether marketing may reach them now; nullopt: it keeps none
  std::string was_held_by;           // what held the message for its hours, as JSON; empty: nothing did
  std::string left_local;            // when it left by these; empty: it did not, or the message is gone
  std::optional<Message> message;    // of the launch
  std::vector<MessageEvent> events;  // of that message
  ConsentStatus consent;             // now
};

// Short links count as in plan_campaign.
Explanation explain_number(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn,
                           const std::string& public_url, Timestamp at);

}  // namespace smscrm
