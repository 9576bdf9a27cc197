#include "core/link/reclassify.hpp"

#include "core/db/joins.hpp"
#include "core/link/link.hpp"

namespace smscrm {
namespace {

struct Change {
  std::vector<std::string> methods, agents, purposes, from, classes, reasons;
};

// Clicks alike in all that their class depends on have one row here.
Change find_changes(Tx& tx, TenantId tenant) {
  Change change;
  for (const auto& row : exec(tx,
                              "SELECT DISTINCT method, user_agent, purpose, class, reason FROM click"
                              " WHERE tenant_id = $1",
                              tenant)) {
    const auto method = row["method"].as<std::string>(), agent = row["user_agent"].as<std::string>(),
               purpose = row["purpose"].as<std::string>(), from = row["class"].as<std::string>();
    const auto reading = classify_click(method, agent, purpose);
    if (to_string(reading.click_class) == from && reading.reason == row["reason"].as<std::string>()) continue;
    change.methods.push_back(method);
    change.agents.push_back(agent);
    change.purposes.push_back(purpose);
    change.from.push_back(from);
    change.classes.emplace_back(to_string(reading.click_class));
    change.reasons.emplace_back(reading.reason);
  }
  return change;
}

}  // namespace

Reclassified reclassify_clicks(Tx& tx, TenantId tenant) {
  Reclassified result;
  set_joins(tx, Joins::by_hash);
  const auto change = find_changes(tx, tenant);
  if (change.methods.empty()) return result;
  exec(tx,
       "CREATE TEMP TABLE reclassified (link_id bigint, message_id bigint, clicked_at timestamptz,"
       " moved boolean, was_person boolean, is_person boolean) ON COMMIT DROP");
  exec(tx,
       "WITH changed AS (UPDATE click c SET class = u.class, reason = u.reason"
       "   FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])"
       "     AS u(method, agent, purpose, old_class, class, reason)"
       "  WHERE c.tenant_id = $1 AND c.method = u.method AND c.user_agent = u.agent"
       "    AND c.purpose = u.purpose AND c.class = u.old_class"
       " RETURNING c.link_id, c.message_id, c.clicked_at, u.old_class, u.class)"
       " INSERT INTO reclassified SELECT link_id, message_id, clicked_at, old_class <> class,"
       "   old_class = 'person', class = 'person' FROM changed",
       tenant, change.methods, change.agents, change.purposes, change.from, change.classes, change.reasons);
  CounterChanges counters;
  for (const auto& row : exec(tx,
                              "SELECT l.id, l.campaign_id, count(*) FILTER (WHERE r.moved) AS moved,"
                              "       coalesce(sum(r.is_person::int - r.was_person::int), 0) AS persons"
                              "  FROM reclassified r JOIN link l ON l.tenant_id = $1 AND l.id = r.link_id "
                              "GROUP BY l.id, l.campaign_id",
                              tenant)) {
    const auto persons = row["persons"].as<std::int64_t>();
    result.clicks += row["moved"].as<std::int64_t>();
    result.persons += persons;
    counters.add_clicks(as_optional<CampaignId>(row["campaign_id"]), row["id"].as<LinkId>(), persons);
  }
  const auto count_unique = [&](const Result& rows, std::int64_t sign) {
    for (const auto& row : rows) {
      const auto unique = sign * row["n"].as<std::int64_t>();
      result.unique_clicks += unique;
      counters.add_unique_clicks(as_optional<CampaignId>(row["campaign_id"]), row["id"].as<LinkId>(), unique);
    }
  };
  count_unique(
      exec(
          tx,
          "WITH gone AS (DELETE FROM click_first f USING (SELECT DISTINCT link_id, message_id FROM "
          "reclassified"
          "    WHERE was_person AND NOT is_person) r WHERE f.tenant_id = $1 AND f.link_id = r.link_id"
          "     AND f.message_id = r.message_id AND NOT EXISTS (SELECT FROM click c WHERE c.tenant_id = $1"
          "         AND c.link_id = r.link_id AND c.message_id = r.message_id AND c.class = 'person')"
          "     AND NOT EXISTS (SELECT FROM click_more c WHERE c.tenant_id = $1 AND c.link_id = r.link_id"
          "         AND c.message_id = r.message_id AND c.class = 'person')"
          "  RETURNING f.link_id)"
          " SELECT l.id, l.campaign_id, count(*) AS n FROM gone g JOIN link l ON l.tenant_id = $1 AND l.id = "
          "g.link_id"
          "  GROUP BY l.id, l.campaign_id",
          tenant),
      -1);
  count_unique(
      exec(tx,
           "WITH fresh AS (INSERT INTO click_first (tenant_id, link_id, message_id, clicked_at)"
           "    SELECT $1::bigint, link_id, message_id, min(clicked_at) FROM reclassified"
           "     WHERE is_person AND NOT was_person GROUP BY link_id, message_id ORDER BY link_id, message_id"
           "  ON CONFLICT DO NOTHING RETURNING link_id)"
           " SELECT l.id, l.campaign_id, count(*) AS n FROM fresh f JOIN link l ON l.tenant_id = $1"
           "    AND l.id = f.link_id GROUP BY l.id, l.campaign_id",
           tenant),
      1);
  apply_counters(tx, tenant, launch_slot, counters, now());
  return result;
}

}  // namespace smscrm
