// Longer than most, for each statement here relies on the locks and the order of the others.
#include "core/webhook/queue.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/db/each_row.hpp"
#include "core/db/joins.hpp"
#include "core/webhook/turn.hpp"

namespace smscrm {
namespace {

// To be joined with rows v that name deliveries by tenant_id and id: where each is, for "d.ctid = l.place"
// (core/db/joins.hpp). One that is replayed in the same moment stays as that leaves it, due now.
const std::string places =
    " CROSS JOIN LATERAL (SELECT ctid AS place FROM webhook_delivery WHERE tenant_id = v.tenant_id AND " +
    one_with("id", "v.id") + ") l";

// Endpoints as parallel arrays.
struct Endpoints {
  std::vector<TenantId> tenants;
  std::vector<WebhookId> ids;
  std::vector<std::int64_t> epochs;

  void add(TenantId tenant, WebhookId id, std::int64_t epoch) {
    tenants.push_back(tenant);
    ids.push_back(id);
    epochs.push_back(epoch);
  }
};

using Key = std::tuple<TenantId, WebhookId>;
using Lease = std::tuple<TenantId, WebhookId, std::int64_t>;

Lease lease_of(const WebhookDelivery& delivery) {
  return {delivery.tenant, delivery.webhook, delivery.epoch};
}

// Those leases that are the owner's still: until the transaction ends nobody takes them over.
std::set<Lease> hold(Tx& tx, const std::string& owner, const Endpoints& wanted) {
  std::set<Lease> held;
  for (const auto& row :
       exec(tx,
            "SELECT w.tenant_id, w.id, w.epoch FROM webhook w"
            "  JOIN unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u(tenant_id, id, epoch)"
            "    ON w.tenant_id = u.tenant_id AND w.id = u.id AND w.epoch = u.epoch"
            " WHERE w.owner = $1 AND w.id = ANY($3::bigint[])"
            " ORDER BY w.tenant_id, w.id FOR NO KEY UPDATE OF w",
            owner, wanted.tenants, wanted.ids, wanted.epochs))
    held.emplace(row["tenant_id"].as<TenantId>(), row["id"].as<WebhookId>(), row["epoch"].as<std::int64_t>());
  return held;
}

// Whether an older one of the key of row d waits that is due some time. CASE: by the index of the key, not by
// that of what is due.
const std::string is_behind = fmt::format(
    "EXISTS (SELECT FROM webhook_delivery o WHERE {} = {} AND o.id + 0 < d.id AND {}"
    "   AND CASE WHEN o.due_at < 'infinity' THEN true ELSE false END)",
    order_sql("o"), order_sql("d"), waits_sql("o"));

// A row that is looked at, and whether an older one of its key waits that is due some time.
struct Candidate {
  WebhookDelivery delivery;
  bool behind = false;
};

std::vector<Candidate> look(Tx& tx, const std::string& owner, const std::vector<WebhookRoom>& rooms,
                            Timestamp at) {
  Endpoints endpoints;
  std::vector<int> looks;
  for (const auto& room : rooms) {
    endpoints.add(room.tenant, room.webhook, room.epoch);
    // What is under way is due, too, and comes first, and so may one that waits before it; some of the rest
    // may stand behind others.
    looks.push_back(2 * static_cast<int>(room.under_way.size()) + 2 * room.room + 50);
  }
  std::vector<Candidate> candidates;
  const auto rows =
      exec(tx,
           "SELECT d.*, u.epoch, " + is_behind +
               " AS behind"
               "  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[])"
               "    AS u(tenant_id, webhook_id, epoch, look)"
               "  JOIN webhook w ON w.tenant_id = u.tenant_id AND w.id = u.webhook_id AND w.epoch = u.epoch"
               "       AND w.owner = $1 AND w.leased_until > now() AND w.removed_at IS NULL"
               "       AND w.disabled_at IS NULL"
               " CROSS JOIN LATERAL (SELECT n.tenant_id, n.webhook_id, n.id, n.event_id, n.type, n.order_key,"
               "                            n.data, n.created_at, n.attempts"
               "     FROM webhook_delivery n WHERE " +
               endpoint_sql("n") + " = " + endpoint_sql("u") +
               "      AND n.state = 'waiting' AND n.due_at <= $6 AND n.due_at < 'infinity'"
               // By the endpoint, too: under row-level security the index's order is not known without.
               "    ORDER BY " +
               endpoint_sql("n") + ", n.due_at, n.id LIMIT u.look) d",
           owner, endpoints.tenants, endpoints.ids, endpoints.epochs, looks, at);
  read_each_row(rows, "event for a webhook", [&](const Row& row) {
    candidates.push_back(
        {{row["tenant_id"].as<TenantId>(), row["webhook_id"].as<WebhookId>(), row["epoch"].as<std::int64_t>(),
          row["id"].as<WebhookDeliveryId>(), "evt_" + row["event_id"].as<std::string>(),
          row["type"].as<std::string>(), row["order_key"].as<std::string>(), row["data"].as<std::string>(),
          row["created_at"].as<Timestamp>(), row["attempts"].as<int>()},
         row["behind"].as<bool>()});
  });
  return candidates;
}

// Put off until the one before has ended. An owner that lost its lease since it looked must not: the next one
// may have ended it already, or whoever prunes. So of each key that waits one is due some time, whatever
// dies.
void put_off(Tx& tx, const std::string& owner, const std::vector<WebhookDelivery>& behind, Timestamp at) {
  if (behind.empty()) return;
  Endpoints endpoints;
  std::set<Lease> seen;
  for (const auto& delivery : behind)
    if (seen.insert(lease_of(delivery)).second)
      endpoints.add(delivery.tenant, delivery.webhook, delivery.epoch);
  const auto held = hold(tx, owner, endpoints);
  std::vector<TenantId> tenants;
  std::vector<WebhookDeliveryId> ids;
  for (const auto& delivery : behind) {
    if (held.count(lease_of(delivery)) == 0) continue;
    tenants.push_back(delivery.tenant);
    ids.push_back(delivery.id);
  }
  if (ids.empty()) return;
  exec(tx,
       "UPDATE webhook_delivery d SET due_at = 'infinity'"
       "  FROM (SELECT l.place FROM unnest($1::bigint[], $2::bigint[]) AS v(tenant_id, id)" +
           places +
           // CASE: an index of what waits is for others.
           ") u WHERE d.ctid = u.place AND CASE WHEN d.state = 'waiting' AND d.due_at <= $3 THEN " +
           is_behind + " ELSE false END",
       tenants, ids, at);
}

using OrderKey = std::tuple<TenantId, WebhookId, std::string>;

// The oldest that waits of each key, if it was put off.
void wake_next(Tx& tx, const std::set<OrderKey>& ended, Timestamp at) {
  std::vector<TenantId> tenants;
  std::vector<WebhookId> webhooks;
  std::vector<std::string> order_keys;
  for (const auto& [tenant, webhook, key] : ended) {
    tenants.push_back(tenant);
    webhooks.push_back(webhook);
    order_keys.push_back(key);
  }
  // Found first and then written by their ids: in one statement the planner may begin with all of the
  // tenant's.
  std::vector<WebhookDeliveryId> next;
  std::vector<TenantId> tenants_of_next;
  for (const auto& row :
       exec(tx,
            fmt::format(
                "SELECT u.tenant_id, n.id"
                "  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u(tenant_id, webhook_id, order_key)"
                " CROSS JOIN LATERAL (SELECT w.id, w.due_at FROM webhook_delivery w"
                "     WHERE {0} = {1} AND {2} ORDER BY {0}, w.id + 0 LIMIT 1) n"
                " WHERE n.due_at = 'infinity'",
                order_sql("w"), order_sql("u"), waits_sql("w")),
            tenants, webhooks, order_keys)) {
    tenants_of_next.push_back(row["tenant_id"].as<TenantId>());
    next.push_back(row["id"].as<WebhookDeliveryId>());
  }
  if (next.empty()) return;
  exec(tx,
       "UPDATE webhook_delivery d SET due_at = $3"
       "  FROM (SELECT l.place FROM unnest($1::bigint[], $2::bigint[]) AS v(tenant_id, id)" +
           places + ") u WHERE d.ctid = u.place AND " + as_filter("d.due_at = 'infinity'"),
       tenants_of_next, next, at);
}

void write_results(Tx& tx, const std::vector<const WebhookResult*>& results, Timestamp at) {
  std::vector<TenantId> tenants, failed_tenants;
  std::vector<WebhookDeliveryId> ids, failed_ids;
  std::vector<std::string> states, errors, failed_errors, replies;
  std::vector<std::optional<int>> http, failed_http;
  std::vector<std::int64_t> took, failed_took;
  std::vector<std::optional<Timestamp>> due;
  for (const auto* result : results) {
    tenants.push_back(result->delivery.tenant);
    ids.push_back(result->delivery.id);
    states.emplace_back(result->delivered ? "delivered" : result->retry_in ? "waiting" : "failed");
    errors.push_back(result->error);
    http.push_back(result->http_status);
    took.push_back(result->took.count());
    due.push_back(result->retry_in ? std::optional{at + *result->retry_in} : std::nullopt);
    if (result->delivered) continue;
    failed_tenants.push_back(tenants.back());
    failed_ids.push_back(ids.back());
    failed_errors.push_back(result->error);
    replies.push_back(result->reply);
    failed_http.push_back(result->http_status);
    failed_took.push_back(result->took.count());
  }
  exec(
      tx,
      "UPDATE webhook_delivery d SET state = u.state, attempts = least(d.attempts + 1, 32767), attempted_at "
      "= $8,"
      "       http_status = u.http, took_ms = u.took, error = u.error, due_at = coalesce(u.due, d.due_at)"
      "  FROM (SELECT l.place, v.* FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::int[],"
      "              $6::int[], $7::timestamptz[]) AS v(tenant_id, id, state, error, http, took, due)" +
          places + ") u WHERE d.ctid = u.place AND " + as_filter("d.state = 'waiting'"),
      tenants, ids, states, errors, http, took, due, at);
  if (!failed_ids.empty())
    exec(tx,
         "INSERT INTO webhook_attempt (tenant_id, delivery_id, attempted_at, http_status, took_ms, error, "
         "reply)"
         " SELECT u.tenant_id, u.id, $7::timestamptz, u.http, u.took, u.error, u.reply"
         "   FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::int[])"
         "     AS u(tenant_id, id, error, reply, http, took) ON CONFLICT DO NOTHING",
         failed_tenants, failed_ids, failed_errors, replies, failed_http, failed_took, at);
}

// What one batch says of an endpoint.
struct Verdict {
  bool any_success = false, gone = false;
  const WebhookResult* last = nullptr;
};

void judge_endpoints(Tx& tx, const std::map<Key, Verdict>& verdicts, Timestamp at, WebhookSummary& summary) {
  std::vector<TenantId> tenants;
  std::vector<WebhookId> ids;
  std::vector<bool> successes, gone;
  std::vector<std::optional<int>> http;
  std::vector<std::string> errors;
  for (const auto& [key, verdict] : verdicts) {
    tenants.push_back(std::get<TenantId>(key));
    ids.push_back(std::get<WebhookId>(key));
    successes.push_back(verdict.any_success);
    gone.push_back(verdict.gone);
    http.push_back(verdict.last->http_status);
    errors.push_back(verdict.last->error);
  }
  exec(tx,
       "UPDATE webhook w SET last_attempt_at = $7, last_status = u.http, last_error = u.error,"
       "       last_success_at = CASE WHEN u.success THEN $7 ELSE w.last_success_at END,"
       "       failing_since = CASE WHEN u.success THEN NULL"
       "            WHEN w.failing_since IS NULL OR w.last_attempt_at < $7 - $8::bigint * interval '1 s' "
       "THEN $7"
       "            ELSE w.failing_since END"
       "  FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::boolean[], $5::int[], $6::text[])"
       "    AS u(tenant_id, id, success, gone, http, error)"
       " WHERE w.tenant_id = u.tenant_id AND w.id = u.id",
       tenants, ids, successes, gone, http, errors, at,
       std::chrono::duration_cast<std::chrono::seconds>(webhook_gap).count());
  for (const auto& row :
       exec(tx,
            "UPDATE webhook w SET disabled_at = $4, owner = '', leased_until = '-infinity',"
            "       disabled_reason = CASE WHEN u.gone THEN 'it answered 410 Gone'"
            "         ELSE 'nothing but failures since '"
            "              || to_char(w.failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
            "END"
            "  FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS u(tenant_id, id, gone)"
            " WHERE w.tenant_id = u.tenant_id AND w.id = u.id AND w.disabled_at IS NULL"
            "   AND (u.gone OR w.failing_since <= $4::timestamptz - $5::bigint * interval '1 s')"
            " RETURNING w.tenant_id, w.id, w.slug, w.disabled_reason,"
            "   (SELECT slug FROM tenant WHERE id = w.tenant_id) AS tenant_slug",
            tenants, ids, gone, at,
            std::chrono::duration_cast<std::chrono::seconds>(webhook_patience).count()))
    summary.disabled.push_back({row["tenant_id"].as<TenantId>(), row["id"].as<WebhookId>(),
                                row["slug"].as<std::string>(), row["disabled_reason"].as<std::string>(),
                                row["tenant_slug"].as<std::string>()});
}

// What waits since before then has failed, and the next of its key is due. Its endpoints are held meanwhile,
// so that their owner puts nothing off behind it.
std::int64_t give_up_old(Tx& tx, Timestamp before, int limit, Timestamp at) {
  std::vector<TenantId> tenants;
  std::vector<WebhookId> webhooks;
  for (const auto& row : exec(tx,
                              "SELECT w.tenant_id, w.id FROM webhook w CROSS JOIN LATERAL ("
                              "   SELECT FROM webhook_delivery d WHERE d.tenant_id = w.tenant_id"
                              "      AND d.webhook_id = w.id AND d.created_at < $1"
                              "      AND CASE WHEN d.state = 'waiting' THEN true ELSE false END"
                              "    " +
                                  in_index_order("d.created_at", "LIMIT 1") +
                                  ") d"
                                  " WHERE w.removed_at IS NULL ORDER BY w.tenant_id, w.id"
                                  "   FOR NO KEY UPDATE OF w",
                              before)) {
    tenants.push_back(row["tenant_id"].as<TenantId>());
    webhooks.push_back(row["id"].as<WebhookId>());
  }
  if (webhooks.empty()) return 0;
  const auto given_up =
      exec(tx,
           "WITH old AS (SELECT d.tenant_id, d.id FROM unnest($1::bigint[], $2::bigint[])"
           "     AS u(tenant_id, webhook_id) CROSS JOIN LATERAL (SELECT tenant_id, id FROM webhook_delivery"
           "      WHERE tenant_id = u.tenant_id AND webhook_id = u.webhook_id AND created_at < $3"
           "        AND CASE WHEN state = 'waiting' THEN true ELSE false END"
           "      " +
               in_index_order("created_at", "LIMIT $4") +
               ") d LIMIT $4)"
               " UPDATE webhook_delivery d SET state = 'failed', error = 'it waited for too long' FROM old"
               "  WHERE d.tenant_id = old.tenant_id AND d.id = old.id"
               "    AND CASE WHEN d.state = 'waiting' THEN true ELSE false END"
               " RETURNING d.tenant_id, d.webhook_id, d.order_key",
           tenants, webhooks, before, limit);
  std::set<OrderKey> ended;
  for (const auto& row : given_up)
    ended.emplace(row["tenant_id"].as<TenantId>(), row["webhook_id"].as<WebhookId>(),
                  row["order_key"].as<std::string>());
  wake_next(tx, ended, at);
  return static_cast<std::int64_t>(given_up.size());
}

}  // namespace

WebhookClaim claim_deliveries(Tx& tx, const std::string& owner, const std::vector<WebhookRoom>& rooms,
                              Timestamp at) {
  WebhookClaim claim;
  if (rooms.empty()) return claim;
  struct Left {
    int room;
    std::map<std::string, WebhookDeliveryId> keys;
  };
  std::map<Key, Left> left;
  for (const auto& room : rooms) left[{room.tenant, room.webhook}] = {room.room, room.under_way};
  std::vector<WebhookDelivery> behind;
  for (auto& candidate : look(tx, owner, rooms, at)) {
    auto& delivery = candidate.delivery;
    auto& [room, keys] = left.at({delivery.tenant, delivery.webhook});
    const auto under_way = keys.find(delivery.order_key);
    if (under_way != keys.end() && under_way->second == delivery.id) continue;
    if (candidate.behind) {
      behind.push_back(std::move(delivery));
    } else if (under_way != keys.end()) {
      // Replayed, or committed late, while a younger one is under way. Not put off for what memory alone
      // knows: it is the next, also after a crash.
    } else if (room > 0) {
      --room;
      keys.emplace(delivery.order_key, delivery.id);
      claim.deliveries.push_back(std::move(delivery));
    }
  }
  put_off(tx, owner, behind, at);
  claim.more = !behind.empty();
  return claim;
}

WebhookSummary record_deliveries(Tx& tx, const std::string& owner, const std::vector<WebhookResult>& results,
                                 Timestamp at) {
  WebhookSummary summary;
  if (results.empty()) return summary;
  Endpoints endpoints;
  std::set<Lease> seen;
  for (const auto& result : results)
    if (const auto& delivery = result.delivery; seen.insert(lease_of(delivery)).second)
      endpoints.add(delivery.tenant, delivery.webhook, delivery.epoch);
  const auto held = hold(tx, owner, endpoints);
  std::vector<const WebhookResult*> ours;
  std::map<Key, Verdict> verdicts;
  std::set<OrderKey> ended;
  for (const auto& result : results) {
    if (held.count(lease_of(result.delivery)) == 0) continue;
    ours.push_back(&result);
    ended.emplace(result.delivery.tenant, result.delivery.webhook, result.delivery.order_key);
    auto& verdict = verdicts[{result.delivery.tenant, result.delivery.webhook}];
    verdict.any_success |= result.delivered;
    verdict.gone |= result.gone;
    verdict.last = &result;
    ++(result.delivered ? summary.delivered : result.retry_in ? summary.retried : summary.failed);
  }
  if (ours.empty()) return summary;
  write_results(tx, ours, at);
  wake_next(tx, ended, at);
  judge_endpoints(tx, verdicts, at, summary);
  return summary;
}

std::int64_t prune_deliveries(Tx& tx, Timestamp::duration keep, int limit, Timestamp at) {
  const auto before = at - keep;
  constexpr std::int64_t lock = 7881135332;
  if (!exec(tx, "SELECT pg_try_advisory_xact_lock($1)", lock).front()[0].as<bool>()) return 0;
  auto pruned =
      exec(
          tx,
          "WITH old AS (SELECT d.tenant_id, d.id, w.removed_at IS NOT NULL OR w.disabled_at < $1 AS any_state"
          "    FROM webhook w CROSS JOIN LATERAL ("
          "     SELECT tenant_id, id FROM webhook_delivery"
          "      WHERE tenant_id = w.tenant_id AND webhook_id = w.id"
          "        AND created_at < CASE WHEN w.removed_at IS NULL THEN $1::timestamptz ELSE 'infinity' END"
          "        AND (state <> 'waiting' OR w.removed_at IS NOT NULL)"
          "      " +
              in_index_order("created_at", "LIMIT $2") +
              ") d LIMIT $2),"
              " gone AS (DELETE FROM webhook_delivery d USING old"
              "           WHERE d.tenant_id = old.tenant_id AND d.id = old.id"
              // Asked again: it may have been replayed meanwhile, and others stand behind it then.
              "             AND (old.any_state OR d.state <> 'waiting') RETURNING d.tenant_id, d.id),"
              " log AS (DELETE FROM webhook_attempt a USING gone"
              "          WHERE a.tenant_id = gone.tenant_id AND a.delivery_id = gone.id)"
              " SELECT count(*) FROM gone",
          before, limit)
          .front()[0]
          .as<std::int64_t>();
  if (pruned < limit) pruned += give_up_old(tx, before, static_cast<int>(limit - pruned), at);
  // An event that was being written when it was removed is committed by then.
  exec(tx,
       "DELETE FROM webhook w WHERE removed_at < now() - interval '1 hour' AND NOT EXISTS"
       " (SELECT FROM webhook_delivery d WHERE d.tenant_id = w.tenant_id AND d.webhook_id = w.id)");
  return pruned;
}

}  // namespace smscrm
