#include "core/sending/hold.hpp"

#include <algorithm>

#include "core/lane/daily_cap.hpp"
#include "core/lane/lane.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/sending/message_resolve.hpp"

namespace smscrm {
namespace {

std::optional<Hold> find_pause(Tx& tx, TenantId tenant) {
  const auto pause = find_lane_pause(tx, tenant);
  if (!pause) return std::nullopt;
  const auto code = pause->code ? fmt::format(" (error {})", *pause->code) : "";
  auto reason = pause->reason;  // the provider's words, often whole sentences
  if (reason.ends_with('.')) reason.pop_back();
  return Hold{"lane_paused",
              fmt::format("sending is paused since {}: {}{}", format_rfc3339(pause->since), reason, code),
              "mend it, then run \"smscrm account resume\", or set the account again", std::nullopt};
}

// A living daemon keeps its lanes leased and takes a new one within a second or so. It is seen at every third
// of its lease.
std::optional<Hold> find_lack_of_daemon(Tx& tx, TenantId tenant) {
  const auto lanes = exec(tx,
                          "SELECT FROM lane WHERE tenant_id = $1 AND expires_at < now()"
                          "    AND NOT EXISTS (SELECT FROM daemon WHERE seen_at > now() - interval '1 min')",
                          tenant);
  if (lanes.empty()) return std::nullopt;
  return Hold{"no_daemon", "no daemon sends for this account", "start smscrmd", std::nullopt};
}

Hold hold_of(const FullCap& cap) {
  return {"daily_cap", describe(cap),
          cap.sender ? fmt::format("raise it with \"smscrm sender update {} --daily-cap N\"", cap.address)
                     : "raise it with \"smscrm tenant update --daily-cap N\"",
          cap.until};
}

std::optional<Hold> hold_of_unknown(std::int64_t messages, const std::string& campaign) {
  if (messages == 0) return std::nullopt;
  return Hold{"unknown",
              fmt::format("{} unknown message{} for somebody to say whether {} arrived", messages,
                          messages == 1 ? " waits" : "s wait", messages == 1 ? "it" : "they"),
              fmt::format("see \"smscrm message list --campaign {0} --status unknown\", then run"
                          " \"smscrm message resolve --campaign {0} --as sent|resend|failed\"",
                          campaign),
              std::nullopt};
}

// Undelivered messages that wait for their next attempt.
std::optional<Hold> find_retries(Tx& tx, TenantId tenant, CampaignId campaign, Timestamp at) {
  constexpr int most = 10'000;  // is enough to know
  const auto row =
      exec(tx,
           "SELECT count(*) AS messages, min(due_at) AS next FROM"
           " (SELECT d.due_at FROM work_due d JOIN message m ON m.tenant_id = $1"
           "      AND m.id = d.message_id AND m.retries > 0"
           "   WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.task = 'send' AND d.due_at > $3"
           "   ORDER BY d.due_at LIMIT $4) w",
           tenant, campaign, at, most)
          .front();
  const auto messages = row["messages"].as<int>();
  if (messages == 0) return std::nullopt;
  return Hold{"retry",
              fmt::format("{}{} undelivered message{} to be tried again", messages == most ? "at least " : "",
                          messages, messages == 1 ? " is" : "s are"),
              "", as_optional<Timestamp>(row["next"])};
}

// Those that their turn found in quiet hours; others of the campaign may leave meanwhile.
std::optional<Hold> find_quiet(Tx& tx, TenantId tenant, const Campaign& campaign, Timestamp at) {
  if (campaign.kind != CampaignKind::marketing) return std::nullopt;
  constexpr int most = 10'000;  // is enough to know
  const auto row = exec(tx,
                        "SELECT count(*) AS messages, min(due_at) AS next FROM"
                        " (SELECT d.due_at FROM work_due d JOIN message m ON m.tenant_id = $1"
                        "      AND m.id = d.message_id AND m.retries = 0"
                        "   WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.task = 'send'"
                        // Not those that wait for the provider, for half a minute at most.
                        "     AND d.due_at > $3::timestamptz + interval '1 min'"
                        "     AND EXISTS (SELECT FROM tenant WHERE id = $1 AND quiet_from IS NOT NULL)"
                        "   ORDER BY d.due_at LIMIT $4) w",
                        tenant, campaign.id, at, most)
                       .front();
  const auto messages = row["messages"].as<int>();
  if (messages == 0) return std::nullopt;
  return Hold{"quiet_hours",
              fmt::format("{}{} message{} for the end of quiet hours", messages == most ? "at least " : "",
                          messages, messages == 1 ? " waits" : "s wait"),
              "", as_optional<Timestamp>(row["next"])};
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
  if (auto lack = find_lack_of_daemon(tx, tenant)) holds.push_back(*std::move(lack));
  for (const auto& cap : list_full_caps(tx, tenant, at)) holds.push_back(hold_of(cap));
  if (auto unknown = hold_of_unknown(count_held(tx, tenant), "NAME")) holds.push_back(*std::move(unknown));
  return holds;
}

std::vector<Hold> list_holds(Tx& tx, TenantId tenant, const Campaign& campaign, Timestamp at) {
  std::vector<Hold> holds;
  if (auto unknown = hold_of_unknown(count_held(tx, tenant, campaign.id), campaign.slug))
    holds.push_back(*std::move(unknown));
  if (campaign.status != CampaignStatus::running || !waits(tx, tenant, campaign.id)) return holds;
  if (auto lack = find_lack_of_daemon(tx, tenant)) holds.push_back(*std::move(lack));
  if (auto pause = find_pause(tx, tenant)) holds.push_back(*std::move(pause));
  for (const auto& cap : list_full_caps(tx, tenant, at)) {
    const bool concerns = !cap.sender || campaign.senders.empty() ||
                          std::count(campaign.senders.begin(), campaign.senders.end(), *cap.sender) > 0;
    if (concerns) holds.push_back(hold_of(cap));
  }
  if (auto quiet = find_quiet(tx, tenant, campaign, at)) holds.push_back(*std::move(quiet));
  if (auto retries = find_retries(tx, tenant, campaign.id, at)) holds.push_back(*std::move(retries));
  return holds;
}

}  // namespace smscrm
