// Messages, what holds them up and what becomes of them, as JSON.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/sending/campaign_sample.hpp"
#include "core/sending/explain.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/load.hpp"
#include "core/sending/message.hpp"
#include "core/sending/transactional.hpp"
#include "core/text/encoding.hpp"

namespace smscrm {

Json to_json(const Message& message);
Json to_json(const MessageEvent& event);
Json to_json(const MessageAttempt& attempt);
// The message's keys, and what happened to it.
Json to_json(const Message& message, const std::vector<MessageEvent>& events,
             const std::vector<MessageAttempt>& attempts);

Json to_json(const Hold& hold);
Json to_json(const Sample& sample, const TextSize& size);
// `campaign` as it was asked about.
Json to_json(const Explanation& explanation, const std::string& campaign, const std::string& msisdn);

// A message that waits to leave by itself: a test, or an answer.
Json queued_to_json(MessageId message, const std::string& msisdn);
Json to_json(const QueuedMessage& queued, const std::string& msisdn);

// Unknown messages that somebody decided, `verdict` as it was given; the provider is still asked about
// `asked`.
Json resolved_to_json(std::int64_t resolved, const std::string& verdict, std::int64_t asked);

// What became of asking the provider.
struct Reconciled {
  std::int64_t overdue = 0, unknown = 0, raised = 0, unchanged = 0, priced = 0, unanswered = 0;
  std::uint64_t requests = 0, missing = 0;
  std::string failure;  // why it was given up; empty: it was not
};
Json to_json(const Reconciled& totals, bool dry_run);

Json to_json(const DaemonLoad& daemon);
Json to_json(const LaneLoad& lane);
Json to_json(const CampaignLoad& campaign);

}  // namespace smscrm
