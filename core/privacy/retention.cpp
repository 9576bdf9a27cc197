#include "core/privacy/retention.hpp"

#include <algorithm>
#include <array>

#include "core/base/bounds.hpp"
#include "core/db/joins.hpp"
#include "core/fence/fence.hpp"

namespace smscrm {
namespace {

constexpr std::array<RetentionKind, 4> kinds{
    {{"texts", 90, "bodies of messages, and what people wrote"},
     {"agents", 30, "names of the programs that opened short links"},
     {"rejects", 30, "rows of imports that were refused"},
     {"changes", 90, "what imports changed; older ones cannot be undone"}}};
constexpr int most_days = 36'500;

// A table whose rows come with ascending ids, gone through in their order.
struct Tidied {
  std::string_view kind, name;
  std::string_view table, id, time;  // of the row x; `time` may be asked of another table
  std::string_view set;              // what it loses; empty: it goes
  std::string_view still;            // whether it has something to lose, and may
  std::string_view number;           // whose it is; empty: nobody's in particular
};

constexpr std::array<Tidied, 5> tidied{{
    // What waits gets its text when it leaves; what is under way is compared by it.
    {"texts", "message", "message", "id", "x.created_at", "body = ''",
     "x.body <> '' AND x.status NOT IN ('waiting', 'in_flight', 'unknown')", "x.msisdn"},
    {"texts", "inbound", "inbound", "id", "x.received_at", "body = '', reply = '', media = '[]'",
     "(x.body <> '' OR x.reply <> '' OR x.media <> '[]') AND NOT EXISTS (SELECT FROM opt_out_review r"
     " WHERE r.tenant_id = x.tenant_id AND r.inbound_id = x.id AND r.decision = '')",
     "x.msisdn"},
    {"agents", "click", "click", "id", "x.clicked_at", "user_agent = ''", "x.user_agent <> ''", ""},
    {"rejects", "import_reject", "import_reject", "import_id",
     "(SELECT started_at FROM import i WHERE i.tenant_id = x.tenant_id AND i.id = x.import_id)", "", "true",
     ""},
    {"changes", "import_change", "import_change", "import_id",
     "(SELECT started_at FROM import i WHERE i.tenant_id = x.tenant_id AND i.id = x.import_id)", "", "true",
     ""},
}};

const RetentionKind& get_kind(std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &RetentionKind::name);
  if (found != kinds.end()) return *found;
  std::vector<std::string_view> names;
  for (const auto& kind : kinds) names.push_back(kind.name);
  throw Error(Errc::invalid, "\"{}\" is nothing that is kept for some time; there are {}", name,
              fmt::join(names, ", "));
}

// The next row of a part, by its index, and when it came.
std::optional<Timestamp> oldest_left(Tx& tx, TenantId tenant, const Tidied& part) {
  const auto rows = exec(
      tx,
      fmt::format("SELECT {} AS at FROM (SELECT * FROM {} WHERE tenant_id = $1 AND {} > coalesce("
                  "   (SELECT done_id FROM retention_progress WHERE tenant_id = $1 AND part = $2), 0) {}) x",
                  part.time, part.table, part.id, in_index_order(part.id, "LIMIT 1")),
      tenant, part.name);
  return rows.empty() ? std::nullopt : as_optional<Timestamp>(rows.front()["at"]);
}

LegalHold read_hold(const Row& row) {
  return {row["id"].as<LegalHoldId>(), as_optional<std::string>(row["msisdn"]),
          row["reason"].as<std::string>(), row["began_at"].as<Timestamp>(),
          as_optional<Timestamp>(row["released_at"])};
}

constexpr const char* hold_columns = "id, msisdn, reason, began_at, released_at";

// Rows from the last one that is done on, up to the first that is not too old. What goes is looked for from
// the first on: others may have its id.
std::string step_sql(const Tidied& part) {
  const auto rows = fmt::format(
      "WITH next AS MATERIALIZED (SELECT x.ctid AS place, x.{0} AS id, {1} < $4 AS is_old FROM"
      "        (SELECT ctid, * FROM {2} WHERE tenant_id = $1 AND {0} > $2 {3}) x),"
      " bound AS (SELECT coalesce((SELECT min(id) - 1 FROM next WHERE NOT is_old),"
      "                           (SELECT max(id) FROM next)) AS id),"
      " old AS (SELECT place FROM next, bound WHERE next.id <= bound.id),",
      part.id, part.time, part.table, in_index_order(part.id, "LIMIT $3"));
  const auto held = part.number.empty()
                        ? std::string{}
                        : fmt::format(
                              " AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.tenant_id = $1"
                              " AND h.released_at IS NULL AND h.msisdn = {})",
                              part.number);
  const auto change = part.set.empty()
                          ? fmt::format("DELETE FROM {} x USING old WHERE x.ctid = old.place AND {}{}",
                                        part.table, part.still, held)
                          : fmt::format("UPDATE {} x SET {} FROM old WHERE x.ctid = old.place AND {}{}",
                                        part.table, part.set, part.still, held);
  return fmt::format(
      "{} gone AS ({} RETURNING 1)"
      " SELECT (SELECT id FROM bound) AS done, (SELECT count(*) FROM gone) AS rows",
      rows, change);
}

}  // namespace

std::span<const RetentionKind> retention_kinds() { return kinds; }

std::vector<Retention> list_retention(Tx& tx, TenantId tenant, Timestamp at) {
  std::vector<Retention> all;
  for (const auto& kind : kinds) {
    auto& retention = all.emplace_back();
    retention.kind = kind.name;
    const auto set =
        exec(tx, "SELECT days FROM retention WHERE tenant_id = $1 AND kind = $2", tenant, kind.name);
    if (!set.empty()) retention.days = set.front()[0].as<int>();
    for (const auto& part : tidied) {
      if (part.kind != kind.name) continue;
      const auto done = exec(tx, "SELECT rows FROM retention_progress WHERE tenant_id = $1 AND part = $2",
                             tenant, part.name);
      if (!done.empty()) retention.rows += done.front()[0].as<std::int64_t>();
      if (!retention.days) continue;
      if (const auto oldest = oldest_left(tx, tenant, part)) {
        const auto lag = std::chrono::duration_cast<std::chrono::seconds>(
            at - std::chrono::days{*retention.days} - *oldest);
        retention.lag = std::max(retention.lag, lag);
      }
    }
  }
  return all;
}

void set_retention(Tx& tx, TenantId tenant, std::string_view kind, std::optional<int> days) {
  const auto name = get_kind(kind).name;
  if (days && (*days < 1 || *days > most_days))
    throw Error(Errc::invalid, "{} days is no time to keep something; give 1 to {}", *days, most_days);
  if (days)
    exec(tx,
         "INSERT INTO retention (tenant_id, kind, days) VALUES ($1, $2, $3)"
         " ON CONFLICT (tenant_id, kind) DO UPDATE SET days = excluded.days",
         tenant, name, *days);
  else
    exec(tx, "DELETE FROM retention WHERE tenant_id = $1 AND kind = $2", tenant, name);
}

LegalHold add_hold(Tx& tx, TenantId tenant, const std::optional<std::string>& msisdn,
                   const std::string& reason, Timestamp at) {
  if (reason.empty()) throw Error(Errc::invalid, "a legal hold needs a reason");
  check_length(reason, longest_reason, "the reason");
  return read_hold(exec(tx,
                        fmt::format("INSERT INTO legal_hold (tenant_id, msisdn, reason, began_at)"
                                    " VALUES ($1, $2, $3, $4) RETURNING {}",
                                    hold_columns),
                        tenant, msisdn, reason, at)
                       .front());
}

LegalHold release_hold(Tx& tx, TenantId tenant, LegalHoldId id, Timestamp at) {
  const auto rows = exec(tx,
                         fmt::format("UPDATE legal_hold SET released_at = $3 WHERE tenant_id = $1 AND id = $2"
                                     "   AND released_at IS NULL RETURNING {}",
                                     hold_columns),
                         tenant, id, at);
  if (!rows.empty()) {
    // What was passed over for it is looked at again.
    exec(tx, "UPDATE retention_progress SET done_id = 0 WHERE tenant_id = $1", tenant);
    return read_hold(rows.front());
  }
  if (exec(tx, "SELECT FROM legal_hold WHERE tenant_id = $1 AND id = $2", tenant, id).empty())
    throw Error(Errc::not_found, "there is no legal hold {}", id.value);
  throw Error(Errc::conflict, "legal hold {} was released before", id.value);
}

Listing<LegalHold> list_legal_holds(TenantId tenant, std::optional<LegalHoldId> before) {
  return {fmt::format(
              "SELECT {} FROM legal_hold WHERE tenant_id = $1 AND ($2::bigint IS NULL OR id < $2::bigint)",
              hold_columns),
          "id DESC",
          {to_param(tenant), to_param(before)},
          read_hold};
}

std::optional<LegalHold> find_hold(Tx& tx, TenantId tenant, const std::string& msisdn) {
  const auto rows = exec(tx,
                         fmt::format("SELECT {} FROM legal_hold WHERE tenant_id = $1 AND released_at IS NULL"
                                     "   AND (msisdn IS NULL OR msisdn = $2) ORDER BY id LIMIT 1",
                                     hold_columns),
                         tenant, msisdn);
  return rows.empty() ? std::nullopt : std::optional{read_hold(rows.front())};
}

std::chrono::seconds retention_lag(Tx& tx, Timestamp at) {
  std::chrono::seconds lag{0};
  for (const auto& row :
       exec(tx,
            "SELECT DISTINCT tenant_id FROM retention WHERE NOT EXISTS (SELECT FROM legal_hold h"
            "    WHERE h.tenant_id = retention.tenant_id AND h.released_at IS NULL AND h.msisdn IS NULL)"))
    for (const auto& one : list_retention(tx, row[0].as<TenantId>(), at)) lag = std::max(lag, one.lag);
  return lag;
}

std::uint64_t count_tidy_turns(Tx& tx) {
  if (is_fenced(tx)) return 0;
  return exec(tx, "SELECT count(*) FROM retention").front()[0].as<std::uint64_t>() * tidied.size();
}

bool tidy(Tx& tx, std::uint64_t turn, int most, Timestamp at) {
  const auto& part = tidied.at(turn % tidied.size());
  const auto rows = exec(tx,
                         "SELECT tenant_id, days FROM retention WHERE kind = $1"
                         "   AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.tenant_id = retention.tenant_id"
                         "                      AND h.released_at IS NULL AND h.msisdn IS NULL)"
                         " ORDER BY tenant_id OFFSET $2 LIMIT 1",
                         part.kind, turn / tidied.size());
  if (rows.empty()) return false;
  const auto tenant = rows.front()["tenant_id"].as<TenantId>();
  const auto before = at - std::chrono::days{rows.front()["days"].as<int>()};
  if (!exec(tx, "SELECT pg_try_advisory_xact_lock(hashtextextended('retention ' || $1 || $2, 0))",
            fmt::format("{} ", tenant.value), part.name)
           .front()[0]
           .as<bool>())
    return false;
  exec(tx, "INSERT INTO retention_progress (tenant_id, part) VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant,
       part.name);
  const auto done =
      exec(tx, "SELECT done_id FROM retention_progress WHERE tenant_id = $1 AND part = $2", tenant, part.name)
          .front()[0]
          .as<std::int64_t>();
  const auto step = exec(tx, step_sql(part), tenant, done, most, before).front();
  const auto gone = step["rows"].as<std::int64_t>();
  const bool goes = part.set.empty();
  const auto until = goes ? 0 : as_optional<std::int64_t>(step["done"]).value_or(done);
  if (goes ? gone == 0 : until <= done) return false;
  exec(tx, "UPDATE retention_progress SET done_id = $3, rows = rows + $4 WHERE tenant_id = $1 AND part = $2",
       tenant, part.name, until, gone);
  return true;
}

Json to_json(const Retention& retention) {
  return {{"kind", retention.kind},
          {"days", or_null(retention.days)},
          {"rows", retention.rows},
          {"lag_seconds", retention.lag.count()}};
}

Json to_json(const LegalHold& hold) {
  return {{"id", hold.id.value},
          {"phone", or_null(hold.msisdn)},
          {"reason", hold.reason},
          {"began_at", format_rfc3339(hold.began_at)},
          {"released_at", or_null(hold.released_at)}};
}

}  // namespace smscrm
