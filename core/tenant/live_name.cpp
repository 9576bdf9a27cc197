#include "core/tenant/live_name.hpp"

#include <algorithm>
#include <iterator>

#include "core/tenant/tenant.hpp"

namespace smscrm {
namespace {

struct Kind {
  std::string_view name;
  const char* sql;  // $1 prefix; $2 tenant_id, unless it is of all tenants
  bool of_all = false;
};

constexpr Kind kinds[] = {
    {"TENANT",
     "SELECT slug, name FROM tenant WHERE deleted_at IS NULL AND starts_with(slug, $1) ORDER BY slug LIMIT "
     "200",
     true},
    {"ALIAS",
     "SELECT a.slug, t.slug FROM tenant_alias a JOIN tenant t ON t.id = a.tenant_id"
     " WHERE starts_with(a.slug, $1) ORDER BY a.slug LIMIT 200",
     true},
    {"CAMPAIGN",
     "SELECT slug, status FROM campaign WHERE tenant_id = $2 AND starts_with(slug, $1) ORDER BY id DESC "
     "LIMIT 200"},
    {"LIST",
     "SELECT slug, name FROM list WHERE tenant_id = $2 AND starts_with(slug, $1) ORDER BY slug LIMIT 200"},
    {"TEMPLATE",
     "SELECT slug, left(body, 40) FROM template WHERE tenant_id = $2 AND starts_with(slug, $1)"
     " ORDER BY slug LIMIT 200"},
    {"SENDER",
     "SELECT address, kind FROM sender WHERE tenant_id = $2 AND removed_at IS NULL AND starts_with(address, "
     "$1)"
     " ORDER BY id LIMIT 200"},
    {"WEBHOOK",
     "SELECT slug, url FROM webhook WHERE tenant_id = $2 AND removed_at IS NULL AND starts_with(slug, $1)"
     " ORDER BY slug LIMIT 200"},
    {"USER", "SELECT email, name FROM app_user WHERE starts_with(email, $1) ORDER BY email LIMIT 200", true},
    {"KEY",
     "SELECT name, array_to_string(scopes, ' ') FROM api_key WHERE tenant_id = $2 AND starts_with(name, $1)"
     " AND (revoked_at IS NULL OR revoked_at > now()) ORDER BY name LIMIT 200"},
    {"IMPORT",
     "SELECT id::text, source FROM import WHERE tenant_id = $2 AND starts_with(id::text, $1)"
     " ORDER BY id DESC LIMIT 200"},
    {"TAG",
     "SELECT DISTINCT tag, '' FROM contact, unnest(tags) tag WHERE tenant_id = $2 AND starts_with(tag, $1)"
     " ORDER BY tag LIMIT 200"},
    {"INBOUND",
     "SELECT id::text, msisdn || ' ' || left(body, 40) FROM inbound WHERE tenant_id = $2"
     " AND starts_with(id::text, $1) ORDER BY id DESC LIMIT 200"},
    // Those that can be launched, paused and resumed, and those that launch by themselves.
    {"DRAFT_CAMPAIGN",
     "SELECT slug, status FROM campaign WHERE tenant_id = $2 AND status = 'draft' AND starts_with(slug, $1)"
     " ORDER BY id DESC LIMIT 200"},
    {"RUNNING_CAMPAIGN",
     "SELECT slug, status FROM campaign WHERE tenant_id = $2 AND status = 'running' AND starts_with(slug, $1)"
     " ORDER BY id DESC LIMIT 200"},
    {"PAUSED_CAMPAIGN",
     "SELECT slug, status FROM campaign WHERE tenant_id = $2 AND status = 'paused' AND starts_with(slug, $1)"
     " ORDER BY id DESC LIMIT 200"},
    {"SCHEDULED_CAMPAIGN",
     "SELECT slug, coalesce(r.cron || ' ' || r.zone, 'once') FROM campaign c"
     " JOIN schedule s ON s.tenant_id = $2 AND s.campaign_id = c.id AND s.status = 'planned'"
     " LEFT JOIN schedule_repeat r ON r.tenant_id = $2 AND r.id = s.repeat_id"
     " WHERE c.tenant_id = $2 AND starts_with(slug, $1) ORDER BY s.due_at, c.id LIMIT 200"},
    {"LINK",
     "SELECT id::text, name || ' ' || left(target_url, 40) FROM link WHERE tenant_id = $2"
     " AND starts_with(id::text, $1) ORDER BY id DESC LIMIT 200"},
    {"SEGMENT",
     "SELECT slug, description FROM segment WHERE tenant_id = $2 AND starts_with(slug, $1) ORDER BY slug "
     "LIMIT 200"},
    {"AUDIENCE",
     "SELECT audience, what FROM (SELECT 'all' AS audience, 'every contact' AS what"
     "  UNION ALL SELECT 'list:' || slug, name FROM list WHERE tenant_id = $2"
     "  UNION ALL SELECT 'segment:' || slug, description FROM segment WHERE tenant_id = $2) known"
     " WHERE starts_with(audience, $1) ORDER BY audience LIMIT 200"},
};

}  // namespace

bool is_live_name_kind(std::string_view kind) {
  return std::ranges::find(kinds, kind, &Kind::name) != std::end(kinds);
}

std::vector<LiveName> list_live_names(Tx& tx, std::string_view kind, std::string_view tenant,
                                      std::string_view prefix) {
  const auto* known = std::ranges::find(kinds, kind, &Kind::name);
  if (known == std::end(kinds)) return {};
  Result rows;
  if (known->of_all) {
    rows = exec(tx, known->sql, prefix);
  } else {
    const auto owner = find_tenant(tx, tenant);
    if (!owner) return {};
    rows = exec(tx, known->sql, prefix, owner->id);
  }
  std::vector<LiveName> names;
  for (const auto& row : rows) names.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
  return names;
}

}  // namespace smscrm
