#include "core/report/figures.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

constexpr std::pair<Step, std::string_view> step_words[] = {{Step::quarter, "quarter"},
                                                            {Step::hour, "hour"},
                                                            {Step::day, "day"},
                                                            {Step::week, "week"},
                                                            {Step::month, "month"}};

// What follows the prefix of a counter; nullopt: it is another counter.
std::optional<std::string> after(const std::string& counter, std::string_view prefix) {
  if (!counter.starts_with(prefix)) return std::nullopt;
  return counter.substr(prefix.size());
}

void add_error(Figures& figures, const std::string& cause, std::int64_t messages) {
  const auto colon = cause.find(':');
  const auto code = colon == std::string::npos ? std::nullopt : parse_integer(cause.substr(colon + 1));
  figures.errors[{parse_message_status(cause.substr(0, colon)), static_cast<int>(code.value_or(0))}] +=
      messages;
}

void add_counter(Figures& figures, const std::string& counter, const std::string& value) {
  if (const auto currency = after(counter, "cost:")) {
    if (value != "0") figures.cost[*currency] = value;
    return;
  }
  const auto number = parse_integer(value).value_or(0);
  if (number == 0) return;
  if (counter == made_counter) figures.made = number;
  if (counter == parts_counter) figures.parts = number;
  if (counter == clicks_counter) figures.clicks = number;
  if (counter == unique_clicks_counter) figures.unique_clicks = number;
  if (counter == replies_counter) figures.replies = number;
  if (counter == opt_outs_counter) figures.opt_outs = number;
  if (const auto status = after(counter, "status:")) figures.statuses[parse_message_status(*status)] = number;
  if (const auto reason = after(counter, "skipped:")) figures.skipped[*reason] = number;
  if (const auto kind = after(counter, "received:")) figures.received[*kind] = number;
  if (const auto method = after(counter, "opt_out:")) figures.opt_out_ways[*method] = number;
  if (const auto cause = after(counter, "error:")) add_error(figures, *cause, number);
  if (const auto latency = after(counter, "latency:"))
    figures.latencies[static_cast<int>(parse_integer(*latency).value_or(0))] = number;
}

// Days of the zone that lie in the period whole, and where they begin and end: NULL dates where there are
// none.
struct Days {
  std::string first, end;  // dates; `end` is the first that is not in it. Equal: none
  Timestamp begins, ends;
};

Days find_days(Tx& tx, const Period& period) {
  const auto row = exec(tx,
                        "WITH d AS (SELECT ($1::timestamptz AT TIME ZONE $3)::date"
                        "                  + (($1::timestamptz AT TIME ZONE $3)::date::timestamp AT TIME "
                        "ZONE $3 < $1)::int AS first,"
                        "                  ($2::timestamptz AT TIME ZONE $3)::date AS last)"
                        " SELECT first, greatest(first, last) AS last,"
                        "        least(first::timestamp AT TIME ZONE $3, $2) AS begins,"
                        "        CASE WHEN last > first THEN last::timestamp AT TIME ZONE $3"
                        "             ELSE least(first::timestamp AT TIME ZONE $3, $2) END AS ends FROM d",
                        period.from, period.to, period.zone)
                       .front();
  return {row["first"].as<std::string>(), row["last"].as<std::string>(), row["begins"].as<Timestamp>(),
          row["ends"].as<Timestamp>()};
}

// The rows of the period: $1 tenant, $2 from, $3 to, $4 zone, $5 and $6 days, $7 and $8 where they begin and
// end, $9 campaign.
std::string source_of(bool in_quarters, bool of_campaign) {
  if (of_campaign)
    return "SELECT campaign_id, bucket AS at, counter, subject_id, country, value FROM rollup"
           " WHERE tenant_id = $1 AND campaign_id = $9 AND bucket >= rollup_bucket($2) AND bucket < $3";
  if (in_quarters)
    return "SELECT campaign_id, bucket AS at, counter, subject_id, country, value FROM rollup"
           " WHERE tenant_id = $1 AND bucket >= rollup_bucket($2) AND bucket < $3";
  return "SELECT 0 AS campaign_id, day::timestamp AT TIME ZONE $4 AS at, counter, subject_id, country, value"
         "  FROM rollup_day WHERE tenant_id = $1 AND day >= $5::date AND day < $6::date"
         " UNION ALL SELECT 0, bucket, counter, subject_id, country, value FROM rollup"
         "  WHERE tenant_id = $1 AND bucket >= rollup_bucket($2) AND bucket < $7"
         " UNION ALL SELECT 0, bucket, counter, subject_id, country, value FROM rollup"
         "  WHERE tenant_id = $1 AND bucket >= $8 AND bucket < $3";
}

std::string group_of(FiguresBy by, Step step) {
  switch (by) {
    case FiguresBy::nothing:
      return "''";
    case FiguresBy::sender:
      return "subject_id::text";
    case FiguresBy::country:
      return "country";
    case FiguresBy::campaign:
      return "campaign_id::text";
    case FiguresBy::time:
      break;
  }
  // In UTC, as programs read it.
  constexpr auto as_text = "to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
  if (step == Step::quarter) return fmt::format(as_text, "at");
  // An hour that the clock strikes twice is two.
  if (step == Step::hour)
    return fmt::format(as_text, "at - (date_part('minute', at AT TIME ZONE $4) * interval '1 min')");
  return fmt::format(as_text,
                     fmt::format("date_trunc('{}', at AT TIME ZONE $4) AT TIME ZONE $4", to_string(step)));
}

// By sender and country only what has one.
constexpr std::string_view by_sender_or_country =
    " AND counter NOT IN ('clicks', 'unique_clicks', 'replies', 'opt_outs', 'made')"
    " AND counter NOT LIKE 'received:%' AND counter NOT LIKE 'opt_out:%'";

std::string_view counters_of(Topic topic) {
  switch (topic) {
    case Topic::all:
      return "";
    case Topic::sending:
      return " AND counter NOT LIKE 'latency:%' AND counter NOT LIKE 'error:%'"
             " AND counter NOT LIKE 'received:%' AND counter NOT LIKE 'opt_out:%'";
    case Topic::cost:
      return " AND (counter = 'parts' OR counter LIKE 'cost:%')";
    case Topic::latency:
      return " AND (counter LIKE 'latency:%' OR counter = 'status:delivered')";
    case Topic::answers:
      return " AND counter IN ('replies', 'opt_outs', 'status:delivered')";
  }
  return "";
}

}  // namespace

std::string_view to_string(Step step) {
  for (const auto& [each, word] : step_words)
    if (each == step) return word;
  return "";
}

Step parse_step(std::string_view word) {
  for (const auto& [each, known] : step_words)
    if (known == word) return each;
  throw Error(Errc::invalid, "\"{}\" is no step; write quarter, hour, day, week or month", word);
}

Step choose_step(const Period& period) {
  const auto length = period.to - period.from;
  if (length <= std::chrono::hours{12}) return Step::quarter;
  if (length <= std::chrono::hours{24 * 4}) return Step::hour;
  if (length <= std::chrono::hours{24 * 100}) return Step::day;
  return length <= std::chrono::hours{24 * 500} ? Step::week : Step::month;
}

Period period_before(const Period& period) {
  return {period.from - (period.to - period.from), period.from, period.zone};
}

std::int64_t Figures::count(MessageStatus status) const {
  const auto found = statuses.find(status);
  return found == statuses.end() ? 0 : found->second;
}

std::int64_t Figures::count_skipped() const {
  std::int64_t sum = 0;
  for (const auto& [reason, messages] : skipped) sum += messages;
  return sum;
}

std::int64_t Figures::left() const {
  std::int64_t sum = 0;
  for (const auto& [status, messages] : statuses)
    if (status != MessageStatus::waiting && status != MessageStatus::canceled &&
        status != MessageStatus::expired)
      sum += messages;
  return sum;
}

std::int64_t Figures::failed() const {
  return count(MessageStatus::undelivered) + count(MessageStatus::failed);
}

bool Figures::is_conserved() const {
  auto sum = count_skipped();
  for (const auto& [status, messages] : statuses) sum += messages;
  return sum == made;
}

std::map<std::string, Figures> read_figures(Tx& tx, TenantId tenant, const Period& period,
                                            std::optional<CampaignId> campaign, FiguresBy by, Step step,
                                            Topic topic) {
  const bool in_quarters =
      by == FiguresBy::campaign || (by == FiguresBy::time && (step == Step::quarter || step == Step::hour));
  const auto days = find_days(tx, period);
  const bool by_subject = by == FiguresBy::sender || by == FiguresBy::country;
  std::map<std::string, Figures> groups;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT {} AS of_group, counter, trim_scale(sum(value))::text AS value FROM ({}) r"
                        " WHERE ($4::text, $5::text, $6::text, $7::timestamptz, $8::timestamptz, $9::bigint) "
                        "IS NOT NULL"
                        "   {}{} GROUP BY 1, 2",
                        group_of(by, step), source_of(in_quarters, campaign.has_value()),
                        by_subject ? by_sender_or_country : "", counters_of(topic)),
            tenant, period.from, period.to, period.zone, days.first, days.end, days.begins, days.ends,
            campaign.value_or(CampaignId{})))
    add_counter(groups[row["of_group"].as<std::string>()], row["counter"].as<std::string>(),
                row["value"].as<std::string>());
  return groups;
}

Figures read_figures(Tx& tx, TenantId tenant, const Period& period, std::optional<CampaignId> campaign) {
  const auto groups = read_figures(tx, tenant, period, campaign, FiguresBy::nothing);
  return groups.empty() ? Figures{} : groups.begin()->second;
}

std::vector<Money> read_cost(Tx& tx, TenantId tenant, const Figures& figures) {
  std::vector<Money> cost;
  for (const auto& [currency, amount] : figures.cost) cost.push_back({amount, currency, false});
  std::sort(cost.begin(), cost.end(),
            [](const Money& a, const Money& b) { return std::stod(a.amount) > std::stod(b.amount); });
  if (!cost.empty() || figures.parts == 0) return cost;
  for (const auto& row :
       exec(tx,
            "SELECT currency, trim_scale(part_price * $2::bigint)::text AS cost FROM account"
            " WHERE tenant_id = $1",
            tenant, figures.parts))
    cost.push_back({row["cost"].as<std::string>(), row["currency"].as<std::string>(), true});
  return cost;
}

Period usual_period(Tx& tx, TenantId tenant, std::optional<CampaignId> campaign, Timestamp at,
                    const std::string& wanted_zone) {
  const std::string zone = is_timezone(wanted_zone) ? wanted_zone : "UTC";
  constexpr int days = 30;
  const auto row =
      exec(tx,
           "SELECT min(bucket) AS first, max(bucket) + interval '15 min' AS last,"
           "       (($3::timestamptz AT TIME ZONE $4)::date - $5::int)::timestamp AT TIME ZONE $4"
           "         AS usual"
           "  FROM rollup WHERE tenant_id = $1 AND campaign_id = $2",
           tenant, campaign.value_or(CampaignId{-1}), at, zone, days - 1)
          .front();
  if (row["first"].is_null()) return {row["usual"].as<Timestamp>(), at, zone};
  return {row["first"].as<Timestamp>(), row["last"].as<Timestamp>(), zone};
}

}  // namespace smscrm
