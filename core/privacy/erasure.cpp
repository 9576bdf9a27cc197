#include "core/privacy/erasure.hpp"

#include "core/base/bounds.hpp"
#include "core/consent/erased.hpp"
#include "core/import/record.hpp"
#include "core/privacy/retention.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

constexpr std::size_t token_bytes = 16;
constexpr auto look_again = std::chrono::minutes{15};
constexpr const char* under_way_key = "under_way";

// An erasure e; $1 is the tenant.
constexpr const char* columns =
    "e.id, e.asked_at, e.done_at, e.reason, e.rows,"
    " (SELECT count(*) FROM erasure_copy c WHERE c.tenant_id = e.tenant_id AND c.erasure_id = e.id) AS "
    "copies,"
    " (SELECT count(*) FROM erasure_copy c WHERE c.tenant_id = e.tenant_id AND c.erasure_id = e.id"
    "     AND c.state = 'waiting') AS copies_waiting,"
    " (SELECT count(*) FROM erasure_copy c WHERE c.tenant_id = e.tenant_id AND c.erasure_id = e.id"
    "     AND c.state = 'failed') AS copies_failed";

Erasure read_erasure(const Row& row) {
  Erasure erasure;
  erasure.id = row["id"].as<ErasureId>();
  erasure.asked_at = row["asked_at"].as<Timestamp>();
  erasure.done_at = as_optional<Timestamp>(row["done_at"]);
  erasure.reason = row["reason"].as<std::string>();
  erasure.rows = Json::parse(row["rows"].c_str()).get<std::map<std::string, std::int64_t>>();
  erasure.copies = row["copies"].as<std::int64_t>();
  erasure.copies_waiting = row["copies_waiting"].as<std::int64_t>();
  erasure.copies_failed = row["copies_failed"].as<std::int64_t>();
  return erasure;
}

bool is_held(Tx& tx, TenantId tenant, const std::string& msisdn) {
  return !exec(tx,
               "SELECT FROM contact WHERE tenant_id = $1 AND msisdn = $2"
               " UNION ALL SELECT FROM consent WHERE tenant_id = $1 AND msisdn = $2"
               " UNION ALL SELECT FROM consent_event WHERE tenant_id = $1 AND msisdn = $2"
               " UNION ALL SELECT FROM dnc WHERE tenant_id = $1 AND msisdn = $2"
               " UNION ALL SELECT FROM inbound WHERE tenant_id = $1 AND msisdn = $2"
               " UNION ALL SELECT FROM message WHERE tenant_id = $1 AND msisdn = $2 LIMIT 1",
               tenant, msisdn)
              .empty();
}

using Counts = std::map<std::string, std::int64_t>;

// What a step told, added to what those before did.
void add_counts(Tx& tx, TenantId tenant, ErasureId id, const Counts& told) {
  auto counts = get_erasure(tx, tenant, id).rows;
  for (const auto& [table, rows] : told)
    if (table != under_way_key) counts[table] += rows;
  exec(tx, "UPDATE erasure SET rows = $3 WHERE tenant_id = $1 AND id = $2", tenant, id, dump(Json(counts)));
}

Counts call(Tx& tx, const char* function, TenantId tenant, ErasureId id, Timestamp at) {
  return Json::parse(exec(tx,
                          fmt::format("SELECT {}(tenant_id, msisdn, contact_id, token, $3) FROM erasure"
                                      " WHERE tenant_id = $1 AND id = $2",
                                      function),
                          tenant, id, at)
                         .front()[0]
                         .c_str())
      .get<Counts>();
}

// What the provider has of the person: asked for an hour later, for before a message has ended there it
// keeps it (error 20009, twilio.com/docs/api/errors/20009). Texts have their ids also without their number.
void note_copies(Tx& tx, TenantId tenant, ErasureId id, Timestamp at) {
  exec(tx,
       "INSERT INTO erasure_copy (tenant_id, provider_sid, erasure_id, due_at)"
       " SELECT $1, s.sid, $2, $3::timestamptz + interval '1 h' FROM erasure e CROSS JOIN LATERAL ("
       "    SELECT provider_sid AS sid FROM message"
       "     WHERE tenant_id = $1 AND (msisdn IN (e.msisdn, e.token) OR contact_id = e.contact_id)"
       "    UNION SELECT a.provider_sid FROM message m JOIN message_attempt a"
       "       ON a.tenant_id = $1 AND a.message_id = m.id"
       "     WHERE m.tenant_id = $1 AND (m.msisdn IN (e.msisdn, e.token) OR m.contact_id = e.contact_id)"
       "    UNION SELECT provider_sid FROM inbound WHERE tenant_id = $1 AND msisdn = e.token) s"
       "  WHERE e.tenant_id = $1 AND e.id = $2 AND s.sid <> '' ON CONFLICT DO NOTHING",
       tenant, id, at);
}

// Through whole tables; the next time when receipts may have come.
void erase_traces(Tx& tx, TenantId tenant, ErasureId id, Timestamp at) {
  note_copies(tx, tenant, id, at);
  const auto told = call(tx, "erase_traces", tenant, id, at);
  add_counts(tx, tenant, id, told);
  exec(tx, "UPDATE erasure SET under_way = $3, due_at = $4 WHERE tenant_id = $1 AND id = $2", tenant, id,
       told.at(under_way_key), at + look_again);
}

// When no message is under way to the number and nothing is waited for of the provider.
bool finish(Tx& tx, TenantId tenant, ErasureId id, Timestamp at) {
  return exec(tx,
              "UPDATE erasure e SET done_at = $3, msisdn = NULL, contact_id = NULL"
              " WHERE e.tenant_id = $1 AND e.id = $2 AND e.done_at IS NULL AND e.under_way = 0"
              "   AND NOT EXISTS (SELECT FROM erasure_copy c WHERE c.tenant_id = $1 AND c.erasure_id = e.id"
              "                      AND c.state = 'waiting')",
              tenant, id, at)
             .affected_rows() > 0;
}

}  // namespace

Erasure erase_person(Tx& tx, const Tenant& tenant, const SecretKey& key, const std::string& msisdn,
                     const std::string& reason, Timestamp at) {
  check_length(reason, longest_reason, "the reason");
  if (!is_held(tx, tenant.id, msisdn))
    throw Error(Errc::not_found, "nothing is held about {}", msisdn)
        .with_hint("\"smscrm contact list --search\" finds by a part of name or number");
  // Nobody begins an import meanwhile: it refers to the tenant. From here on others wait.
  exec(tx, "SELECT FROM tenant WHERE id = $1 FOR UPDATE", tenant.id);
  if (const auto running = find_running_import(tx, tenant.id))
    throw Error(Errc::conflict, "import {} is running, and could bring the person back", running->value)
        .with_hint("wait for its end: smscrm import list");
  if (const auto hold = find_hold(tx, tenant.id, msisdn))
    throw Error(Errc::refused, "legal hold {} keeps everything: {}", hold->id.value, hold->reason)
        .with_hint(fmt::format("where it has ended: smscrm retention release {}", hold->id.value));
  lock_claims_exclusive(tx, tenant.id);
  const auto found =
      exec(tx, "SELECT id FROM contact WHERE tenant_id = $1 AND msisdn = $2", tenant.id, msisdn);
  const auto contact = found.empty() ? std::nullopt : std::optional{found.front()[0].as<ContactId>()};
  const auto digest = erased_digest(key, tenant.id, msisdn);
  const auto id =
      exec(tx,
           "INSERT INTO erasure (tenant_id, token, msisdn, contact_id, reason, asked_at, due_at, under_way)"
           " VALUES ($1, $2, $3, $4, $5, $6, $6, 1) RETURNING id",
           tenant.id, "erased:" + hex_encode(digest.substr(0, token_bytes)), msisdn, contact, reason, at)
          .front()[0]
          .as<ErasureId>();
  exec(tx,
       "INSERT INTO erased_number (tenant_id, digest, erased_at) VALUES ($1, decode($2, 'hex'), $3)"
       " ON CONFLICT (tenant_id, digest) DO UPDATE SET erased_at = excluded.erased_at",
       tenant.id, hex_encode(digest), at);
  add_counts(tx, tenant.id, id, call(tx, "erase_person", tenant.id, id, at));
  return get_erasure(tx, tenant.id, id);
}

Erasure continue_erasure(Tx& tx, TenantId tenant, ErasureId id, Timestamp at) {
  const bool is_free = !exec(tx,
                             "SELECT FROM erasure WHERE tenant_id = $1 AND id = $2 AND done_at IS NULL"
                             "   FOR UPDATE SKIP LOCKED",
                             tenant, id)
                            .empty();
  if (is_free) {
    erase_traces(tx, tenant, id, at);
    finish(tx, tenant, id, at);
  }
  return get_erasure(tx, tenant, id);
}

int continue_erasures(Tx& tx, int most, Timestamp at) {
  int done = 0;
  for (const auto& row :
       exec(tx,
            "SELECT tenant_id, id, due_at <= $2 AS is_due FROM erasure e WHERE done_at IS NULL AND (due_at "
            "<= $2"
            "    OR (under_way = 0 AND NOT EXISTS (SELECT FROM erasure_copy c WHERE c.tenant_id = e.tenant_id"
            "           AND c.erasure_id = e.id AND c.state = 'waiting')))"
            " ORDER BY asked_at LIMIT $1 FOR UPDATE SKIP LOCKED",
            most, at)) {
    const auto tenant = row["tenant_id"].as<TenantId>();
    const auto id = row["id"].as<ErasureId>();
    if (row["is_due"].as<bool>()) erase_traces(tx, tenant, id, at);
    done += finish(tx, tenant, id, at) ? 1 : 0;
  }
  return done;
}

Listing<Erasure> list_erasures(TenantId tenant, std::optional<ErasureId> before) {
  return {fmt::format("SELECT {} FROM erasure e WHERE e.tenant_id = $1"
                      "   AND ($2::bigint IS NULL OR e.id < $2::bigint)",
                      columns),
          "e.id DESC",
          {to_param(tenant), to_param(before)},
          read_erasure};
}

Erasure get_erasure(Tx& tx, TenantId tenant, ErasureId id) {
  const auto rows = exec(
      tx, fmt::format("SELECT {} FROM erasure e WHERE e.tenant_id = $1 AND e.id = $2", columns), tenant, id);
  if (rows.empty()) throw Error(Errc::not_found, "there is no erasure {}", id.value);
  return read_erasure(rows.front());
}

Json to_json(const Erasure& erasure) {
  Json rows = Json::object();
  for (const auto& [table, count] : erasure.rows) rows[table] = count;
  return {{"id", erasure.id.value},
          {"asked_at", format_rfc3339(erasure.asked_at)},
          {"done_at", or_null(erasure.done_at)},
          {"reason", erasure.reason},
          {"rows", rows},
          {"copies", erasure.copies},
          {"copies_waiting", erasure.copies_waiting},
          {"copies_failed", erasure.copies_failed}};
}

}  // namespace smscrm
