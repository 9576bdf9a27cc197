#include "core/hold.hpp"

#include <algorithm>

#include "core/campaign_counter.hpp"
#include "core/daily_cap.hpp"
#include "core/lane.hpp"

namespace smscrm {
namespace {

std::optional<Hold> find_pause(Tx& tx, TenantId tenant) {
  const auto pause = find_lane_pause(tx, tenant);
  if (!pause) return std::nullopt;
  const auto code = pause->code ? fmt::format(" (error {})", *pause->code) : "";
  return Hold{
      "lane_paused",
      fmt::format("sending is paused since {}: {}{}", format_rfc3339(pause->since), pause->reason, code),
      "mend it, then run \"smscrm account resume\", or set the account again", std::nullopt};
}

Hold hold_of(const FullCap& cap) {
  return {"daily_cap", describe(cap),
          cap.sender ? fmt::format("raise it with \"smscrm sender update {} --daily-cap N\"", cap.address)
                     : "raise it with \"smscrm tenant update --daily-cap N\"",
          cap.until};
}

bool waits(Tx& tx, TenantId tenant, CampaignId campaign) {
  const auto counters = read_counters(tx, tenant, campaign);
  const auto waiting = counters.find(status_counter(MessageStatus::waiting));
  return waiting != counters.end() && waiting->second != "0";
}

}  // namespace

std::vector<Hold> list_holds(Tx& tx, TenantId tenant, Timestamp at) {
  std::vector<Hold> holds;
  if (auto pause = find_pause(tx, tenant)) holds.push_back(*std::move(pause));
  for (const auto& cap : list_full_caps(tx, tenant, at)) holds.push_back(hold_of(cap));
  return holds;
}

std::vector<Hold> list_holds(Tx& tx, TenantId tenant, const Campaign& campaign, Timestamp at) {
  std::vector<Hold> holds;
  if (campaign.status != CampaignStatus::running || !waits(tx, tenant, campaign.id)) return holds;
  if (auto pause = find_pause(tx, tenant)) holds.push_back(*std::move(pause));
  for (const auto& cap : list_full_caps(tx, tenant, at)) {
    const bool concerns = !cap.sender || campaign.senders.empty() ||
                          std::count(campaign.senders.begin(), campaign.senders.end(), *cap.sender) > 0;
    if (concerns) holds.push_back(hold_of(cap));
  }
  return holds;
}

}  // namespace smscrm
