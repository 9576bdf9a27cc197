#include "core/report/breakdown.hpp"

#include <algorithm>

namespace smscrm {
namespace {

constexpr std::size_t most_steps = 10'000;

std::map<std::string, std::string> read_names(Tx& tx, TenantId tenant, FiguresBy by,
                                              const std::map<std::string, Figures>& groups) {
  std::map<std::string, std::string> names;
  std::vector<std::string> ids;
  for (const auto& [key, figures] : groups) ids.push_back(key);
  if (by == FiguresBy::country)
    for (const auto& id : ids) names[id] = id;
  if (by != FiguresBy::sender && by != FiguresBy::campaign) return names;
  for (const auto& row : exec(tx,
                              fmt::format("SELECT id::text, {} AS name FROM {} WHERE tenant_id = $1"
                                          " AND id = ANY($2::bigint[])",
                                          by == FiguresBy::sender ? "address" : "slug",
                                          by == FiguresBy::sender ? "sender" : "campaign"),
                              tenant, ids))
    names[row["id"].as<std::string>()] = row["name"].as<std::string>();
  return names;
}

// Costs where the provider named no price, for all groups at once.
void estimate_costs(Tx& tx, TenantId tenant, std::vector<FiguresOf>& groups) {
  std::vector<std::size_t> unpriced;
  std::vector<std::int64_t> parts;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto& [currency, amount] : groups[i].figures.cost)
      groups[i].cost.push_back({amount, currency, false});
    if (!groups[i].cost.empty() || groups[i].figures.parts == 0) continue;
    unpriced.push_back(i);
    parts.push_back(groups[i].figures.parts);
  }
  if (unpriced.empty()) return;
  for (const auto& row : exec(tx,
                              "SELECT u.n, a.currency, trim_scale(a.part_price * u.parts)::text AS cost"
                              "  FROM unnest($2::bigint[]) WITH ORDINALITY AS u(parts, n), account a"
                              " WHERE a.tenant_id = $1",
                              tenant, parts))
    groups[unpriced[row["n"].as<std::size_t>() - 1]].cost.push_back(
        {row["cost"].as<std::string>(), row["currency"].as<std::string>(), true});
}

// Every step of the period.
std::vector<Timestamp> list_steps(Tx& tx, const Period& period, Step step) {
  std::vector<Timestamp> steps;
  const auto length = step == Step::quarter ? "15 min" : fmt::format("1 {}", to_string(step));
  // Quarters and hours pass on any clock; days and more are the zone's own.
  const auto series =
      step == Step::quarter || step == Step::hour
          ? fmt::format("SELECT generate_series({}, $2::timestamptz - interval '1 us', $3::interval) AS at",
                        step == Step::quarter
                            ? "rollup_bucket($1)"
                            : "rollup_bucket($1) - (date_part('minute', rollup_bucket($1) AT TIME ZONE $4)"
                              " * interval '1 min')")
          : fmt::format(
                "SELECT g AT TIME ZONE $4 AS at FROM generate_series("
                " date_trunc('{}', $1::timestamptz AT TIME ZONE $4),"
                " ($2::timestamptz - interval '1 us') AT TIME ZONE $4, $3::interval) g",
                to_string(step));
  for (const auto& row :
       exec(tx, fmt::format("SELECT at FROM ({}) s WHERE $4::text IS NOT NULL LIMIT $5", series), period.from,
            period.to, length, period.zone, most_steps + 1))
    steps.push_back(row["at"].as<Timestamp>());
  if (steps.size() > most_steps)
    throw Error(Errc::invalid, "that are more than {} steps of a {}; choose a longer step or a shorter time",
                most_steps, to_string(step));
  return steps;
}

std::vector<FiguresOf> list_by_time(Tx& tx, TenantId tenant, const Period& period,
                                    std::optional<CampaignId> campaign, Step step, Topic topic) {
  const auto steps = list_steps(tx, period, step);
  auto groups = read_figures(tx, tenant, period, campaign, FiguresBy::time, step, topic);
  std::vector<FiguresOf> list;
  for (const auto at : steps) list.push_back({{}, at, std::move(groups[format_rfc3339(at)]), {}});
  estimate_costs(tx, tenant, list);
  return list;
}

std::int64_t sum_of(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [key, count] : counts) sum += count;
  return sum;
}

std::optional<double> share(std::int64_t part, std::int64_t all, double of) {
  if (all <= 0) return std::nullopt;
  return of * static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

std::vector<FiguresOf> list_figures(Tx& tx, TenantId tenant, const Period& period,
                                    std::optional<CampaignId> campaign, FiguresBy by, Step step,
                                    Topic topic) {
  if (by == FiguresBy::time) return list_by_time(tx, tenant, period, campaign, step, topic);
  auto groups = read_figures(tx, tenant, period, campaign, by, step, topic);
  auto names = read_names(tx, tenant, by, groups);
  std::vector<FiguresOf> list;
  for (auto& [key, figures] : groups) list.push_back({names[key], {}, std::move(figures), {}});
  estimate_costs(tx, tenant, list);
  const auto weight = [](const FiguresOf& of) {
    const auto& f = of.figures;
    return std::tuple{-f.left(), -f.parts, -sum_of(f.received), -f.opt_outs, -f.clicks, of.name};
  };
  std::ranges::sort(list, {}, weight);
  return list;
}

bool says(const Figures& figures, Topic topic) {
  switch (topic) {
    case Topic::all:
    case Topic::sending:
      return figures.left() != 0 || figures.parts != 0;
    case Topic::cost:
      return figures.parts != 0 || !figures.cost.empty();
    case Topic::latency:
      return !figures.latencies.empty();
    case Topic::answers:
      return figures.replies != 0 || figures.opt_outs != 0;
  }
  return true;
}

Grouping parse_grouping(std::string_view word) {
  static constexpr Grouping groupings[] = {{"sender", FiguresBy::sender},
                                           {"country", FiguresBy::country},
                                           {"campaign", FiguresBy::campaign},
                                           {"day", FiguresBy::time, Step::day},
                                           {"month", FiguresBy::time, Step::month}};
  for (const auto& each : groupings)
    if (each.word == word) return each;
  throw Error(Errc::invalid, "\"{}\" tells nothing apart; write sender, country, campaign, day or month",
              word);
}

std::vector<FiguresOf> list_figures(Tx& tx, TenantId tenant, const Period& period,
                                    std::optional<CampaignId> campaign, const Grouping& grouping,
                                    Topic topic) {
  auto groups = list_figures(tx, tenant, period, campaign, grouping.by, grouping.step, topic);
  if (grouping.by != FiguresBy::time)
    std::erase_if(groups, [&](const FiguresOf& of) { return !says(of.figures, topic); });
  return groups;
}

std::vector<LinkFigures> list_link_figures(Tx& tx, TenantId tenant, const Period& period,
                                           std::optional<CampaignId> campaign) {
  std::vector<LinkFigures> links;
  for (const auto& row :
       exec(tx,
            fmt::format(
                "SELECT l.id, coalesce(c.slug, '') AS campaign, l.name, l.target_url, r.clicks, r.people"
                "  FROM (SELECT subject_id, coalesce(sum(value) FILTER (WHERE counter = 'clicks'), 0)::bigint"
                "                 AS clicks,"
                "               coalesce(sum(value) FILTER (WHERE counter = 'unique_clicks'), 0)::bigint"
                "                 AS people"
                "          FROM rollup WHERE tenant_id = $1 AND counter IN ('clicks', 'unique_clicks')"
                "           AND bucket >= rollup_bucket($2) AND bucket < $3 {} GROUP BY subject_id) r"
                "  JOIN link l ON l.tenant_id = $1 AND l.id = r.subject_id"
                "  LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = l.campaign_id"
                " WHERE $4::bigint IS NOT NULL AND (r.clicks <> 0 OR r.people <> 0)"
                " ORDER BY r.clicks DESC, l.id",
                campaign ? "AND campaign_id = $4" : ""),
            tenant, period.from, period.to, campaign.value_or(CampaignId{})))
    links.push_back({row["id"].as<LinkId>(), row["campaign"].as<std::string>(), row["name"].as<std::string>(),
                     row["target_url"].as<std::string>(), row["clicks"].as<std::int64_t>(),
                     row["people"].as<std::int64_t>()});
  return links;
}

std::vector<Comparison> compare_figures(const FiguresOf& first, const FiguresOf& second) {
  using Read = std::optional<double> (*)(const FiguresOf&);
  const auto count = [](std::int64_t n) { return std::optional<double>{static_cast<double>(n)}; };
  static const auto delivered = [](const FiguresOf& of) {
    return of.figures.count(MessageStatus::delivered);
  };
  static const auto latency = [](const FiguresOf& of, bool median) -> std::optional<double> {
    const auto measured = measure_latency(of.figures.latencies);
    if (!measured) return std::nullopt;
    return static_cast<double>((median ? measured->p50 : measured->p95).count());
  };
  static const auto number = count;
  const std::pair<const char*, Read> all[] = {
      {"made", [](const FiguresOf& of) { return number(of.figures.made); }},
      {"skipped", [](const FiguresOf& of) { return number(of.figures.count_skipped()); }},
      {"sent", [](const FiguresOf& of) { return number(of.figures.left()); }},
      {"delivered", [](const FiguresOf& of) { return number(delivered(of)); }},
      {"delivered_percent", [](const FiguresOf& of) { return share(delivered(of), of.figures.left(), 100); }},
      {"failed", [](const FiguresOf& of) { return number(of.figures.failed()); }},
      {"failed_percent",
       [](const FiguresOf& of) { return share(of.figures.failed(), of.figures.left(), 100); }},
      {"unknown", [](const FiguresOf& of) { return number(of.figures.count(MessageStatus::unknown)); }},
      {"parts", [](const FiguresOf& of) { return number(of.figures.parts); }},
      {"cost",
       [](const FiguresOf& of) -> std::optional<double> {
         if (of.cost.empty()) return std::nullopt;
         return std::stod(of.cost.front().amount);
       }},
      {"clicks", [](const FiguresOf& of) { return number(of.figures.clicks); }},
      {"unique_clicks", [](const FiguresOf& of) { return number(of.figures.unique_clicks); }},
      {"unique_clicks_percent",
       [](const FiguresOf& of) { return share(of.figures.unique_clicks, delivered(of), 100); }},
      {"replies", [](const FiguresOf& of) { return number(of.figures.replies); }},
      {"replies_per_1000",
       [](const FiguresOf& of) { return share(of.figures.replies, delivered(of), 1000); }},
      {"opt_outs", [](const FiguresOf& of) { return number(of.figures.opt_outs); }},
      {"opt_outs_per_1000",
       [](const FiguresOf& of) { return share(of.figures.opt_outs, delivered(of), 1000); }},
      {"p50_ms", [](const FiguresOf& of) { return latency(of, true); }},
      {"p95_ms", [](const FiguresOf& of) { return latency(of, false); }},
  };
  std::vector<Comparison> compared;
  for (const auto& [figure, read] : all) compared.push_back({figure, read(first), read(second)});
  return compared;
}

}  // namespace smscrm
