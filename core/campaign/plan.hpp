// What preflight, tests and launch must reckon alike.
#pragma once

#include <map>
#include <string>

#include "core/campaign/campaign.hpp"

namespace smscrm {

// What a campaign could be sent with now.
struct SendingCapacity {
  bool has_account = false;
  bool has_sender = false;  // one that is not removed, or the account's messaging service
  double rate = 0;          // parts per second, of the account
  int max_in_flight = 0;
  std::string part_price, currency;
};
SendingCapacity read_capacity(Tx& tx, TenantId tenant, CampaignId campaign);

// Throws Error{refused} without an account or a sender.
void check_can_send(Tx& tx, TenantId tenant, const Campaign& campaign);

// Of short links where no address is known that they could begin with. Throws Error{refused}.
[[noreturn]] void refuse_links(const Campaign& campaign);

// `digests` are those of the audience by skip reason (core/gate/recipients.hpp).
std::string hash_plan(const std::string& body, CampaignKind kind, std::int64_t audience,
                      std::int64_t recipients, const std::map<std::string, std::int64_t>& digests);

}  // namespace smscrm
