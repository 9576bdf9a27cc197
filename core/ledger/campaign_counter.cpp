#include "core/ledger/campaign_counter.hpp"

#include <array>
#include <cmath>

#include "core/ledger/latency.hpp"

namespace smscrm {
namespace {

std::int64_t key_of(std::optional<CampaignId> campaign) { return campaign ? campaign->value : 0; }
std::int64_t key_of(std::optional<SenderId> sender) { return sender ? sender->value : 0; }

// Counted by sender. What waits has none yet, and what never left none any more.
bool has_left(MessageStatus status) {
  switch (status) {
    case MessageStatus::skipped:
    case MessageStatus::waiting:
    case MessageStatus::canceled:
    case MessageStatus::expired:
      return false;
    default:
      return true;
  }
}

constexpr std::int64_t one = 1'000'000;

}  // namespace

const std::string& status_counter(MessageStatus status) {
  static const auto names = [] {
    std::array<std::string, message_statuses.size()> all;
    for (const auto each : message_statuses)
      all[static_cast<std::size_t>(each)] = fmt::format("status:{}", to_string(each));
    return all;
  }();
  return names[static_cast<std::size_t>(status)];
}

std::string skipped_counter(std::string_view reason) { return fmt::format("skipped:{}", reason); }
std::string cost_counter(std::string_view currency) { return fmt::format("cost:{}", currency); }
std::string error_counter(MessageStatus status, std::optional<int> code) {
  return fmt::format("error:{}:{}", to_string(status), code.value_or(0));
}
std::string latency_counter(int latency_class) { return fmt::format("latency:{}", latency_class); }
std::string received_counter(std::string_view kind) { return fmt::format("received:{}", kind); }
std::string opt_out_counter(std::string_view method) { return fmt::format("opt_out:{}", method); }

void CounterChanges::add(std::optional<CampaignId> campaign, const std::string& counter,
                         std::int64_t amount) {
  changes_[{key_of(campaign), counter}] += amount * one;
}

void CounterChanges::add_parts(std::optional<CampaignId> campaign, std::int64_t parts, const Payer& payer) {
  if (parts != 0)
    changes_[{key_of(campaign), parts_counter, key_of(payer.sender), payer.country}] += parts * one;
}

void CounterChanges::add_money(std::optional<CampaignId> campaign, std::string_view currency, double amount,
                               const Payer& payer) {
  changes_[{key_of(campaign), cost_counter(currency), key_of(payer.sender), payer.country}] +=
      std::llround(amount * one);
}

void CounterChanges::add_clicks(std::optional<CampaignId> campaign, LinkId link, std::int64_t clicks) {
  changes_[{key_of(campaign), clicks_counter, link.value}] += clicks * one;
}

void CounterChanges::add_unique_clicks(std::optional<CampaignId> campaign, LinkId link, std::int64_t people) {
  changes_[{key_of(campaign), unique_clicks_counter, link.value}] += people * one;
}

void CounterChanges::move(std::optional<CampaignId> campaign, MessageStatus from, MessageStatus to,
                          std::optional<SenderId> sender, std::int64_t messages) {
  if (from == to) return;
  add_status(campaign, from, -messages, sender);
  add_status(campaign, to, messages, sender);
}

void CounterChanges::add_made(std::optional<CampaignId> campaign, std::int64_t messages) {
  changes_[{key_of(campaign), made_counter, 0, {}, true}] += messages * one;
}

void CounterChanges::add_status(std::optional<CampaignId> campaign, MessageStatus status,
                                std::int64_t messages, std::optional<SenderId> sender) {
  changes_[{key_of(campaign), status_counter(status), has_left(status) ? key_of(sender) : 0}] +=
      messages * one;
}

void CounterChanges::add_error(std::optional<CampaignId> campaign, MessageStatus status,
                               std::optional<int> code, std::optional<SenderId> sender,
                               std::int64_t messages) {
  if (status != MessageStatus::undelivered && status != MessageStatus::failed) return;
  changes_[{key_of(campaign), error_counter(status, code), key_of(sender), {}, true}] += messages * one;
}

void CounterChanges::add_latency(std::optional<CampaignId> campaign, std::optional<SenderId> sender,
                                 Timestamp claimed_at, Timestamp delivered_at) {
  const auto counter = latency_counter(latency_class(delivered_at - claimed_at));
  changes_[{key_of(campaign), counter, key_of(sender), {}, true}] += one;
}

void apply_counters(Tx& tx, TenantId tenant, CounterSlot slot, const CounterChanges& changes, Timestamp at) {
  std::vector<std::int64_t> campaigns, subjects, millionths;
  std::vector<std::string> counters, countries;
  std::vector<bool> of_campaign;
  for (const auto& [key, amount] : changes.changes_) {
    if (amount == 0) continue;
    campaigns.push_back(key.campaign);
    counters.push_back(key.counter);
    subjects.push_back(key.subject);
    countries.push_back(key.country);
    of_campaign.push_back(key.campaign != 0 && !key.rollup_only && !key.counter.starts_with("received:") &&
                          !key.counter.starts_with("opt_out:"));
    millionths.push_back(amount);
  }
  if (campaigns.empty()) return;
  exec(tx,
       "WITH u AS MATERIALIZED ("
       "  SELECT u.* FROM pg_advisory_xact_lock_shared(rollup_lock($1)),"
       "    unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::boolean[], $8::bigint[])"
       "      AS u(campaign_id, counter, subject_id, country, of_campaign, millionths)),"
       " of_campaigns AS ("
       "  INSERT INTO campaign_counter AS c (tenant_id, campaign_id, slot, counter, value)"
       "  SELECT $1::bigint, campaign_id, $2::smallint, counter, sum(millionths) / 1000000.0"
       "    FROM u WHERE of_campaign GROUP BY campaign_id, counter ORDER BY campaign_id, counter"
       "  ON CONFLICT (tenant_id, campaign_id, slot, counter) DO UPDATE SET value = c.value + EXCLUDED.value)"
       " INSERT INTO rollup AS r (tenant_id, campaign_id, bucket, counter, subject_id, country, slot, value)"
       " SELECT $1::bigint, campaign_id, rollup_bucket($9), counter, subject_id, country, $2::smallint,"
       "        sum(millionths) / 1000000.0"
       "   FROM u GROUP BY campaign_id, counter, subject_id, country"
       "  ORDER BY campaign_id, counter, subject_id, country"
       " ON CONFLICT (tenant_id, campaign_id, bucket, counter, subject_id, country, slot)"
       "   DO UPDATE SET value = r.value + EXCLUDED.value",
       tenant, slot, campaigns, counters, subjects, countries, of_campaign, millionths, at);
  // Commands are many, and one that launches lasts: each keeps to a slot that hardly another has, for all
  // campaigns meet here.
  exec(tx,
       "INSERT INTO rollup_day AS r (tenant_id, day, counter, subject_id, country, slot, value)"
       " SELECT $1::bigint, (SELECT local_day($8, timezone) FROM tenant WHERE id = $1), u.counter,"
       "        CASE WHEN u.counter IN ('clicks', 'unique_clicks') THEN 0 ELSE u.subject_id END, u.country,"
       "        CASE WHEN $2::smallint = $3 THEN 10 + pg_backend_pid() % 16 ELSE $2::smallint END,"
       "        sum(u.millionths) / 1000000.0"
       "   FROM unnest($4::text[], $5::bigint[], $6::text[], $7::bigint[])"
       "     AS u(counter, subject_id, country, millionths) GROUP BY 3, 4, 5 ORDER BY 3, 4, 5"
       " ON CONFLICT (tenant_id, day, counter, subject_id, country, slot)"
       "   DO UPDATE SET value = r.value + EXCLUDED.value",
       tenant, slot, launch_slot, counters, subjects, countries, millionths, at);
}

std::int64_t fold_rollup(Tx& tx, int most, Timestamp at) {
  const auto fold = [&](const std::string& table, const std::string& time, const std::string& keys) {
    return exec(tx,
                fmt::format(
                    "WITH old AS (DELETE FROM {0} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {0} WHERE slot <> 0"
                    "    AND {1} < {2} ORDER BY {1} LIMIT $2)) AND slot <> 0 RETURNING *),"
                    " folded AS (INSERT INTO {0} AS r (tenant_id, {3}, slot, value)"
                    "   SELECT tenant_id, {3}, 0, sum(value) FROM old GROUP BY tenant_id, {3}"
                    "   HAVING sum(value) <> 0 ORDER BY tenant_id, {3}"
                    "   ON CONFLICT (tenant_id, {3}, slot) DO UPDATE SET value = r.value + EXCLUDED.value)"
                    " SELECT count(*) FROM old",
                    table, time,
                    time == "day" ? "($1::timestamptz AT TIME ZONE 'UTC')::date - 2"
                                  : "$1::timestamptz - interval '2 days'",
                    keys),
                at, most)
        .front()[0]
        .as<std::int64_t>();
  };
  return fold("rollup", "bucket", "campaign_id, bucket, counter, subject_id, country") +
         fold("rollup_day", "day", "day, counter, subject_id, country");
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
