// What becomes of campaigns, for the log: launched, started, paused, ended, with how many messages. It is
// seen by looking, so that whoever changes a campaign, from wherever, is heard of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/campaign/campaign.hpp"

namespace smscrm {

class CampaignLog {
 public:
  // Tells what changed since the last look; the first look tells what is under way.
  void look(Tx& tx, Timestamp at);

 private:
  using Key = std::pair<TenantId, CampaignId>;
  struct Seen {
    std::string tenant, slug;
    CampaignStatus status = CampaignStatus::draft;
    bool has_begun = false;
  };
  // Those that run or are paused, and those that ended after `since`.
  static std::map<Key, Seen> read(Tx& tx, Timestamp since);

  std::map<Key, Seen> seen_;
  std::optional<Timestamp> looked_at_;
};

}  // namespace smscrm
