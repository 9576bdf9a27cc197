#include "daemon/sending/campaign_log.hpp"

#include "core/base/log.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

constexpr auto overlap = std::chrono::minutes{1};  // clocks differ, and transactions end late

// "waiting 1200, delivered 5": by status, most of the way first.
std::string describe_counts(Tx& tx, TenantId tenant, CampaignId campaign) {
  const auto counters = read_counters(tx, tenant, campaign);
  std::string text;
  for (const auto status : message_statuses) {
    const auto found = counters.find(status_counter(status));
    if (found == counters.end() || found->second == "0") continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second, to_string(status));
  }
  std::int64_t skipped = 0;
  for (const auto& [counter, value] : counters)
    if (counter.starts_with("skipped:")) skipped += std::stoll(value);
  if (skipped > 0) text += fmt::format("{}{} skipped", text.empty() ? "" : ", ", skipped);
  return text;
}

bool is_over(CampaignStatus status) {
  return status == CampaignStatus::finished || status == CampaignStatus::canceled;
}

}  // namespace

std::map<CampaignLog::Key, CampaignLog::Seen> CampaignLog::read(Tx& tx, Timestamp since) {
  std::map<Key, Seen> campaigns;
  for (const auto& row :
       exec(tx,
            "SELECT c.tenant_id, c.id, t.slug AS tenant, c.slug, c.status, c.started_at IS NOT NULL AS begun"
            "  FROM campaign c JOIN tenant t ON t.id = c.tenant_id"
            " WHERE c.status IN ('running', 'paused')"
            "    OR (c.status IN ('finished', 'canceled') AND c.finished_at > $1)",
            since))
    campaigns[{row["tenant_id"].as<TenantId>(), row["id"].as<CampaignId>()}] = {
        row["tenant"].as<std::string>(), row["slug"].as<std::string>(),
        parse_campaign_status(row["status"].as<std::string>()), row["begun"].as<bool>()};
  return campaigns;
}

void CampaignLog::look(Tx& tx, Timestamp at) {
  const bool is_first = !looked_at_;
  auto found = read(tx, looked_at_.value_or(at) - overlap);
  for (const auto& [key, campaign] : found) {
    const auto before = seen_.find(key);
    const bool is_known = before != seen_.end();
    std::string_view news;
    if (is_known && before->second.status == campaign.status) {
      if (campaign.has_begun && !before->second.has_begun) news = "campaign started";
    } else if (is_over(campaign.status)) {
      if (!is_first)
        news = campaign.status == CampaignStatus::finished ? "campaign finished" : "campaign canceled";
    } else if (campaign.status == CampaignStatus::paused) {
      news = is_first ? "campaign is paused" : "campaign paused";
    } else {
      news = is_first ? "campaign is running" : is_known ? "campaign goes on" : "campaign launched";
    }
    if (!news.empty())
      log_info(news, {{"tenant", campaign.tenant},
                      {"campaign", campaign.slug},
                      {"messages", describe_counts(tx, key.first, key.second)}});
  }
  seen_ = std::move(found);
  looked_at_ = at;
}

}  // namespace smscrm
