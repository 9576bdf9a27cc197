// Hits on short links that are counted and not kept one by one: more of one link, recipient and class in a
// minute than anybody looks at.
#pragma once

#include <map>
#include <vector>

#include "core/link/link.hpp"

namespace smscrm {

struct MoreClicks {
  TenantId tenant;
  LinkId link;
  MessageId message;  // 0: a link made by hand
  std::optional<CampaignId> campaign;
  ClickClass click_class = ClickClass::person;
  Timestamp minute;  // in which they came
  std::int64_t hits = 0;
};

// Adds them to the link's and the campaign's counts, as record_clicks does; all of one tenant. Endpoints hear
// nothing of them.
void record_more_clicks(Tx& tx, TenantId tenant, CounterSlot slot, const std::vector<MoreClicks>& clicks);

}  // namespace smscrm
