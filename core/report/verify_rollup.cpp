#include "core/report/verify_rollup.hpp"

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

struct Kind {
  const char* name;
  const char* counters;  // a condition on `counter`
};

constexpr Kind kinds[] = {
    {"messages made", "counter = 'made'"},
    {"messages by status and sender", "counter LIKE 'status:%'"},
    {"messages skipped, by reason", "counter LIKE 'skipped:%'"},
    {"failures by error and sender", "counter LIKE 'error:%'"},
    {"deliveries by latency and sender", "counter LIKE 'latency:%'"},
    {"parts by sender", "counter = 'parts'"},
    {"cost by currency and sender", "counter LIKE 'cost:%'"},
    {"texts received, by keyword", "counter LIKE 'received:%'"},
    {"clicks by link", "counter IN ('clicks', 'unique_clicks')"},
    {"opt-outs by way", "counter LIKE 'opt_out:%'"},
};

// Cells of one source beside those of another, both in temporary tables (name, counter, value): how many
// there are, what they sum up to, and those that differ.
std::vector<VerifyCheck> compare(Tx& tx, TenantId tenant, const std::string& name,
                                 const std::string& expected, const std::string& found) {
  std::vector<VerifyCheck> checks;
  const auto sums =
      exec(tx,
           fmt::format("SELECT (SELECT coalesce(trim_scale(sum(value)), 0)::text FROM ({}) e) AS expected,"
                       "       (SELECT coalesce(trim_scale(sum(value)), 0)::text FROM ({}) f) AS found",
                       expected, found) +
               " WHERE $1::bigint IS NOT NULL",
           tenant)
          .front();
  checks.push_back({name, sums["expected"].as<std::string>(), sums["found"].as<std::string>()});
  for (const auto& row :
       exec(tx,
            fmt::format(
                "SELECT coalesce(e.cell, f.cell) AS cell, trim_scale(coalesce(e.value, 0))::text AS expected,"
                "       trim_scale(coalesce(f.value, 0))::text AS found"
                "  FROM ({}) e FULL JOIN ({}) f ON f.cell = e.cell"
                " WHERE coalesce(e.value, 0) <> coalesce(f.value, 0) AND $1::bigint IS NOT NULL"
                " ORDER BY 1 LIMIT 100",
                expected, found),
            tenant))
    checks.push_back({fmt::format("{}: {}", name, row["cell"].as<std::string>()),
                      row["expected"].as<std::string>(), row["found"].as<std::string>()});
  return checks;
}

void append(std::vector<VerifyCheck>& checks, std::vector<VerifyCheck> more) {
  for (auto& check : more) checks.push_back(std::move(check));
}

}  // namespace

std::vector<VerifyCheck> verify_rollup(Tx& tx, TenantId tenant) {
  set_joins(tx, Joins::by_hash);
  exec(tx,
       "SELECT set_config('work_mem', '64MB', true)"
       " WHERE pg_size_bytes(current_setting('work_mem')) < 64 * 1024 * 1024");
  exec(tx,
       "CREATE TEMP TABLE recounted ON COMMIT DROP AS"
       " SELECT campaign_id, counter, subject_id, sum(value) AS value FROM count_rollup($1) GROUP BY 1, 2, 3",
       tenant);
  exec(tx,
       "CREATE TEMP TABLE counted ON COMMIT DROP AS"
       " SELECT campaign_id, bucket, counter, subject_id, country, sum(value) AS value FROM rollup"
       "  WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4, 5",
       tenant);
  std::vector<VerifyCheck> checks;
  const std::string cell =
      "format('%s, campaign %s, sender or link %s', counter, campaign_id, subject_id) AS cell";
  for (const auto& [name, counters] : kinds)
    append(checks,
           compare(tx, tenant, name, fmt::format("SELECT {}, value FROM recounted WHERE {}", cell, counters),
                   fmt::format("SELECT {}, sum(value) AS value FROM counted WHERE {} GROUP BY 1", cell,
                               counters)));
  const std::string of_campaign = "format('%s, campaign %s', counter, campaign_id) AS cell";
  append(checks,
         compare(tx, tenant, "counters of campaigns",
                 fmt::format(
                     "SELECT {}, sum(value) AS value FROM campaign_counter WHERE tenant_id = $1 GROUP BY 1",
                     of_campaign),
                 fmt::format(
                     "SELECT {}, sum(value) AS value FROM counted WHERE campaign_id <> 0"
                     " AND counter IN (SELECT counter FROM campaign_counter WHERE tenant_id = $1) GROUP BY 1",
                     of_campaign)));
  const std::string of_day =
      "format('%s, day %s, sender %s, country %s', counter, day, subject_id, country) AS cell";
  append(checks,
         compare(
             tx, tenant, "days",
             fmt::format(
                 "SELECT {}, sum(value) AS value FROM (SELECT c.counter, (c.bucket AT TIME ZONE "
                 "t.timezone)::date"
                 " AS day, CASE WHEN c.counter IN ('clicks', 'unique_clicks') THEN 0 ELSE c.subject_id END AS"
                 " subject_id, c.country, c.value FROM counted c, tenant t WHERE t.id = $1) d GROUP BY 1",
                 of_day),
             fmt::format("SELECT {}, sum(value) AS value FROM rollup_day WHERE tenant_id = $1 GROUP BY 1",
                         of_day)));
  exec(tx, "DROP TABLE recounted, counted");
  return checks;
}

}  // namespace smscrm
