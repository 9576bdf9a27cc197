// How long what is given to the provider now waits in its queue before it is passed on. The provider takes
// more than a number's rate, for hours, and passes it on in the order received; our own pace does not see
// that where the number is slower than it was promised to be, or somebody else uses it, too. What left last
// tells. Rule: Twilio support 115002943027, "Understanding Twilio rate limits and message queues".
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/lane/sender.hpp"

namespace smscrm {

inline constexpr std::chrono::seconds longest_backlog = std::chrono::hours{1};  // longer ones count as that

// A message of one sender that the provider took.
struct QueueSample {
  Timestamp claimed_at;
  std::optional<Timestamp> left_at;  // it was passed on; nullopt: not yet, or its receipt is missing
};

// By when it was claimed, oldest first. 0 where nothing is known to have left, for then there may be no
// receipts.
std::chrono::seconds estimate_backlog(const std::vector<QueueSample>& samples, Timestamp at);

// By sender, those alone where it is worth a word; from some dozens of samples of the last hours, in one
// statement.
using Backlogs = std::map<SenderId, std::chrono::seconds>;
Backlogs read_backlogs(Tx& tx, TenantId tenant, Timestamp at);

// The shortest of the senders in `chosen`; of all when that is empty.
std::chrono::seconds shortest_backlog(const Backlogs& backlogs, const std::vector<Sender>& senders,
                                      const std::vector<SenderId>& chosen);

}  // namespace smscrm
