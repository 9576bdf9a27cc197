#include "core/ledger/campaign_counter.hpp"

#include <cmath>

namespace smscrm {

std::string status_counter(MessageStatus status) { return fmt::format("status:{}", to_string(status)); }
std::string skipped_counter(std::string_view reason) { return fmt::format("skipped:{}", reason); }
std::string cost_counter(std::string_view currency) { return fmt::format("cost:{}", currency); }

void CounterChanges::add(CampaignId campaign, const std::string& counter, std::int64_t amount) {
  changes_[{campaign, counter}] += amount * 1'000'000;
}

void CounterChanges::add_money(CampaignId campaign, std::string_view currency, double amount) {
  changes_[{campaign, cost_counter(currency)}] += std::llround(amount * 1e6);
}

void CounterChanges::move(CampaignId campaign, MessageStatus from, MessageStatus to, std::int64_t messages) {
  if (from == to) return;
  add(campaign, status_counter(from), -messages);
  add(campaign, status_counter(to), messages);
}

void apply_counters(Tx& tx, TenantId tenant, CounterSlot slot, const CounterChanges& changes) {
  std::vector<CampaignId> campaigns;
  std::vector<std::string> counters;
  std::vector<std::int64_t> millionths;
  for (const auto& [key, amount] : changes.changes_) {
    if (amount == 0) continue;
    campaigns.push_back(key.first);
    counters.push_back(key.second);
    millionths.push_back(amount);
  }
  if (campaigns.empty()) return;
  exec(tx,
       "INSERT INTO campaign_counter AS c (tenant_id, campaign_id, slot, counter, value)"
       " SELECT $1::bigint, u.campaign_id, $2::smallint, u.counter, u.millionths / 1000000.0"
       "   FROM unnest($3::bigint[], $4::text[], $5::bigint[]) AS u(campaign_id, counter, millionths)"
       "  ORDER BY u.campaign_id, u.counter"
       " ON CONFLICT (tenant_id, campaign_id, slot, counter) DO UPDATE SET value = c.value + EXCLUDED.value",
       tenant, slot, campaigns, counters, millionths);
}

std::map<std::string, std::string> read_counters(Tx& tx, TenantId tenant, CampaignId campaign) {
  std::map<std::string, std::string> counters;
  for (const auto& row : exec(tx,
                              "SELECT counter, trim_scale(sum(value))::text AS value FROM campaign_counter"
                              " WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY counter",
                              tenant, campaign))
    counters[row["counter"].as<std::string>()] = row["value"].as<std::string>();
  return counters;
}

}  // namespace smscrm
