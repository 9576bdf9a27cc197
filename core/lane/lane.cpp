#include "core/lane/lane.hpp"

#include "core/fence/fence.hpp"

namespace smscrm {
namespace {

constexpr const char* living = "seen_at > now() - make_interval(secs => $2::int)";

// The living daemons share the lanes; everyone rounds up, so that none is left over.
int fair_share(Tx& tx, const std::string& owner, std::chrono::seconds lease) {
  const auto row = exec(tx,
                        fmt::format("SELECT (SELECT count(*) FROM lane) AS lanes,"
                                    " (SELECT count(*) FROM daemon WHERE id = $1 OR {}) AS daemons",
                                    living),
                        owner, lease.count())
                       .front();
  const int lanes = row["lanes"].as<int>(), daemons = std::max(1, row["daemons"].as<int>());
  return (lanes + daemons - 1) / daemons;
}

std::vector<Lane> read_lanes(const std::string& owner, const Result& rows) {
  std::vector<Lane> lanes;
  for (const auto& row : rows)
    lanes.push_back({row["tenant_id"].as<TenantId>(), row["account_id"].as<AccountId>(), owner,
                     row["epoch"].as<std::int64_t>()});
  return lanes;
}

}  // namespace

void beat(Tx& tx, const std::string& daemon, const std::string& host, Timestamp started_at) {
  exec(tx,
       "INSERT INTO daemon (id, host, started_at, seen_at) VALUES ($1, $2, $3, now())"
       " ON CONFLICT (id) DO UPDATE SET seen_at = now()",
       daemon, host, started_at);
  exec(tx, "DELETE FROM daemon WHERE seen_at < now() - interval '1 day'");
}

void remove_daemon(Tx& tx, const std::string& daemon) {
  exec(tx, "DELETE FROM daemon WHERE id = $1", daemon);
}

std::vector<Lane> lease_lanes(Tx& tx, const std::string& owner, std::chrono::seconds lease) {
  if (is_fenced(tx)) return {};
  exec(tx,
       "UPDATE lane SET expires_at = now() + make_interval(secs => $2::int)"
       " WHERE owner = $1 AND expires_at > now()",
       owner, lease.count());
  take_lanes(tx, owner, lease);
  return read_lanes(owner, exec(tx,
                                "SELECT tenant_id, account_id, epoch FROM lane"
                                " WHERE owner = $1 AND expires_at > now() ORDER BY tenant_id, account_id",
                                owner));
}

std::vector<Lane> take_lanes(Tx& tx, const std::string& owner, std::chrono::seconds lease) {
  if (is_fenced(tx)) return {};
  const int share = fair_share(tx, owner, lease);
  return read_lanes(
      owner,
      exec(
          tx,
          "UPDATE lane SET owner = $1, epoch = epoch + 1, expires_at = now() + make_interval(secs => $2::int)"
          " WHERE (tenant_id, account_id) IN"
          "   (SELECT tenant_id, account_id FROM lane WHERE (owner = '' OR expires_at <= now())"
          // One that cannot be counted on must not keep the others from their owner.
          "       AND epoch < 9223372036854775807"
          "     ORDER BY tenant_id, account_id"
          "     LIMIT greatest(0, $3::int - (SELECT count(*) FROM lane WHERE owner = $1 AND expires_at > "
          "now()))"
          "     FOR UPDATE SKIP LOCKED) RETURNING tenant_id, account_id, epoch",
          owner, lease.count(), share));
}

int count_surplus(Tx& tx, const std::string& owner, std::chrono::seconds lease) {
  const int held = exec(tx, "SELECT count(*) FROM lane WHERE owner = $1 AND expires_at > now()", owner)
                       .front()[0]
                       .as<int>();
  return std::max(0, held - fair_share(tx, owner, lease));
}

void release_lanes(Tx& tx, const std::vector<Lane>& lanes) {
  std::vector<TenantId> tenants;
  std::vector<std::int64_t> epochs;
  for (const auto& lane : lanes) {
    tenants.push_back(lane.tenant);
    epochs.push_back(lane.epoch);
  }
  if (lanes.empty()) return;
  exec(tx,
       "UPDATE lane SET owner = '', expires_at = '-infinity'"
       "  FROM unnest($2::bigint[], $3::bigint[]) AS u(tenant_id, epoch)"
       " WHERE lane.tenant_id = u.tenant_id AND lane.epoch = u.epoch AND lane.owner = $1",
       lanes.front().owner, tenants, epochs);
}

bool hold_lane(Tx& tx, const Lane& lane) {
  return !exec(tx,
               "SELECT 1 FROM lane WHERE tenant_id = $1 AND account_id = $2 AND owner = $3 AND epoch = $4"
               "   AND NOT is_fenced() FOR UPDATE",
               lane.tenant, lane.account, lane.owner, lane.epoch)
              .empty();
}

bool pause_lane(Tx& tx, TenantId tenant, std::optional<int> code, const std::string& reason,
                Timestamp claimed_at, Timestamp at) {
  exec(tx,
       "UPDATE lane SET paused_at = $2, pause_code = $3, pause_reason = $4"
       " WHERE tenant_id = $1 AND paused_at IS NULL"
       // Not what is still to come: PostgreSQL's clock, which it is of, was wrong then.
       "   AND (resumed_at < $5 OR resumed_at > clock_timestamp())",
       tenant, at, code, reason, claimed_at);
  return find_lane_pause(tx, tenant).has_value();
}

void resume_lane(Tx& tx, TenantId tenant) {
  exec(tx,
       "UPDATE lane SET paused_at = NULL, pause_code = NULL, pause_reason = '', paused_by = '',"
       " resumed_at = clock_timestamp()"
       " WHERE tenant_id = $1 AND paused_at IS NOT NULL",
       tenant);
}

void lock_lane_of(Tx& tx, TenantId tenant) {
  exec(tx, "SELECT 1 FROM lane WHERE tenant_id = $1 FOR UPDATE", tenant);
}

void check_has_lane(Tx& tx, TenantId tenant) {
  if (exec(tx, "SELECT FROM lane WHERE tenant_id = $1", tenant).empty())
    throw Error(Errc::not_found, "this tenant has no account")
        .with_hint("set it with \"smscrm account set --sid AC… --token-file FILE\"");
}

std::optional<LanePause> find_lane_pause(Tx& tx, TenantId tenant) {
  const auto rows = exec(tx,
                         "SELECT paused_at, pause_code, pause_reason FROM lane"
                         " WHERE tenant_id = $1 AND paused_at IS NOT NULL",
                         tenant);
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  return LanePause{row["paused_at"].as<Timestamp>(), as_optional<int>(row["pause_code"]),
                   row["pause_reason"].as<std::string>()};
}

}  // namespace smscrm
