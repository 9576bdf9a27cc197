#include "core/import/merge.hpp"

#include <unordered_set>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

void fill_stage(Tx& tx, const ImportChunk& chunk) {
  exec(tx, "TRUNCATE import_stage, import_known");
  copy_in(tx, "import_stage", stage_columns, chunk.staged);
  exec(tx, "SET LOCAL work_mem = '32MB'");
  // There are no statistics of the stage, and contacts may be many millions: a plan that reads them all for
  // each chunk must not be thought of.
  set_joins(tx, Joins::by_lookup);
}

// Fields of the contact as they will be, `s` being the row and `c` the contact.
std::string merged_fields(OnConflict mode) {
  std::string fields;
  for (const char* field : {"first_name", "last_name", "email", "timezone", "country", "external_id"})
    fields += mode == OnConflict::fill ? fmt::format("coalesce(nullif(c.{0}, ''), s.{0}, '') AS {0}, ", field)
                                       : fmt::format("coalesce(s.{0}, c.{0}) AS {0}, ", field);
  fields += mode == OnConflict::fill ? "coalesce(s.attributes || c.attributes, c.attributes) AS attributes, "
                                     : "coalesce(c.attributes || s.attributes, c.attributes) AS attributes, ";
  return fields +
         "CASE WHEN s.tags IS NULL OR c.tags @> s.tags THEN c.tags"
         " ELSE ARRAY(SELECT DISTINCT t FROM unnest(c.tags || s.tags) t ORDER BY t) END AS tags";
}

// Notes which contacts are there already; rows that find them identical go no further, for a conflicting or
// empty update would lock and write each of them.
std::int64_t update_known(Tx& tx, const MergeTarget& target) {
  if (target.on_conflict == OnConflict::skip) {
    exec(tx,
         "INSERT INTO import_known (msisdn, contact_id)"
         " SELECT c.msisdn, c.id FROM (SELECT $1::bigint AS tenant_id, msisdn FROM import_stage OFFSET 0) s"
         "   JOIN contact c ON c.tenant_id = s.tenant_id AND c.msisdn = s.msisdn",
         target.tenant);
    return 0;
  }
  return exec(tx,
              "WITH known AS MATERIALIZED ("
              "  SELECT c.tenant_id, c.id, c.msisdn, m.*,"
              "         (m.first_name, m.last_name, m.email, m.timezone, m.country, m.external_id,"
              "          m.attributes, m.tags)"
              "           IS DISTINCT FROM (c.first_name, c.last_name, c.email, c.timezone, c.country,"
              "          c.external_id, c.attributes, c.tags) AS changes"
              "    FROM (SELECT $1::bigint AS tenant_id, * FROM import_stage OFFSET 0) s"
              "    JOIN contact c ON c.tenant_id = s.tenant_id AND c.msisdn = s.msisdn"
              "   CROSS JOIN LATERAL (SELECT " +
                  merged_fields(target.on_conflict) +
                  ") m"
                  "), noted AS ("
                  "  INSERT INTO import_known (msisdn, contact_id) SELECT msisdn, id FROM known"
                  "), kept AS ("
                  "  INSERT INTO import_change (tenant_id, import_id, contact_id, before)"
                  "  SELECT $1, $2, c.id, jsonb_build_object('first_name', c.first_name, 'last_name', "
                  "c.last_name,"
                  "           'email', c.email, 'timezone', c.timezone, 'country', c.country,"
                  "           'external_id', c.external_id, 'attributes', c.attributes, 'tags', c.tags,"
                  "           'updated_at', c.updated_at)"
                  "    FROM known k JOIN contact c ON c.tenant_id = k.tenant_id AND c.id = k.id"
                  "   WHERE k.changes"
                  ")"
                  "UPDATE contact c"
                  "   SET first_name = k.first_name, last_name = k.last_name, email = k.email,"
                  "       timezone = k.timezone, country = k.country, external_id = k.external_id,"
                  "       attributes = k.attributes, tags = k.tags, updated_at = $3"
                  "  FROM known k"
                  " WHERE k.changes AND c.tenant_id = k.tenant_id AND c.id = k.id",
              target.tenant, target.import, target.at)
      .affected_rows();
}

// In the order of the index, which so is filled leaf by leaf. A contact that somebody else added meanwhile
// cannot be seen at this isolation and is met by the index alone: no silent loss but another attempt. (ON
// CONFLICT says the same, at the price of a second look into the index for each row.)
std::int64_t add_unknown(Tx& tx, const MergeTarget& target) {
  const std::string insert =
      "INSERT INTO contact (tenant_id, msisdn, first_name, last_name, email, timezone, country,"
      "                     external_id, attributes, tags, import_id, created_at, updated_at)"
      " SELECT $1, s.msisdn, coalesce(s.first_name, ''), coalesce(s.last_name, ''),"
      "        coalesce(s.email, ''), coalesce(s.timezone, ''), coalesce(s.country, ''),"
      "        coalesce(s.external_id, ''), coalesce(s.attributes, '{}'), coalesce(s.tags, '{}'),"
      "        $2, $3, $3"
      "   FROM import_stage s"
      "  WHERE NOT EXISTS (SELECT FROM import_known k WHERE k.msisdn = s.msisdn)"
      "  ORDER BY s.msisdn";
  set_joins(tx, Joins::by_hash);  // of the stage and what is known: two small tables
  std::int64_t added = 0;
  try {
    added = target.list ? exec(tx,
                               "WITH added AS (" + insert +
                                   " RETURNING id)"
                                   " INSERT INTO list_member (tenant_id, list_id, contact_id, import_id, "
                                   "added_at) SELECT $1, $4, id, $2, $3 FROM added",
                               target.tenant, target.import, target.at, *target.list)
                              .affected_rows()
                        : exec(tx, insert, target.tenant, target.import, target.at).affected_rows();
  } catch (const pqxx::unique_violation& met) {
    throw pqxx::serialization_failure(met.what());
  }
  set_joins(tx, Joins::by_lookup);
  return added;
}

void add_known_members(Tx& tx, const MergeTarget& target) {
  exec(tx,
       "INSERT INTO list_member (tenant_id, list_id, contact_id, import_id, added_at)"
       " SELECT k.tenant_id, k.list_id, k.contact_id, $3, $4"
       "   FROM (SELECT $1::bigint AS tenant_id, $2::bigint AS list_id, contact_id FROM import_known OFFSET "
       "0) k"
       "  WHERE NOT EXISTS (SELECT FROM list_member m"
       "                     WHERE m.tenant_id = k.tenant_id AND m.list_id = k.list_id"
       "                       AND m.contact_id = k.contact_id)"
       "  ORDER BY k.contact_id ON CONFLICT DO NOTHING",
       target.tenant, *target.list, target.import, target.at);
}

// `decided`: the numbers that are opted out now; `withdrawn`: number, proof and time of each withdrawal.
// JSON, or NULL when there is none.
void record_withdrawals(Tx& tx, const MergeTarget& target, const Field& decided, const Field& withdrawn) {
  if (decided.is_null() || withdrawn.is_null()) return;
  std::unordered_set<std::string> numbers;
  for (const auto& number : nlohmann::json::parse(decided.c_str())) numbers.insert(number.get<std::string>());
  OptOutEvents events;
  for (const auto& one : nlohmann::json::parse(withdrawn.c_str())) {
    if (numbers.count(one[0].get<std::string>()) == 0) continue;
    events.msisdns.push_back(one[0].get<std::string>());
    events.methods.emplace_back("import");
    events.sources.push_back(one[1].get<std::string>());
    events.scopes.emplace_back();
    events.times.push_back(parse_rfc3339(one[2].get<std::string>()));
  }
  record_opt_out_events(tx, target.tenant, events);
}

// The rules of record_consent, over the whole chunk; and a proof that the ledger has already is not added
// again, so that repeating a file leaves ledger and states as they are; save a no that has no time of its
// own, of a number that has opted in since: it may be a new one. Returns how many rows offered consent for a
// number that stays opted out or on the do-not-contact list.
std::int64_t record_offers(Tx& tx, const MergeTarget& target) {
  const bool told = wants_events(tx, target.tenant, "opt_out");
  const auto row =
      exec(tx,
           "WITH offer AS MATERIALIZED ("
           "  SELECT s.tenant_id, s.msisdn, s.opt_in, s.consent_source AS source, s.consent_at,"
           "         c.state IS NOT NULL AS known, coalesce(c.state = 'opted_out', false) AS opted_out,"
           "         d.msisdn IS NOT NULL AS dnc"
           "    FROM (SELECT $1::bigint AS tenant_id, * FROM import_stage WHERE opt_in IS NOT NULL OFFSET "
           "0) s"
           "    LEFT JOIN consent c ON c.tenant_id = s.tenant_id AND c.msisdn = s.msisdn"
           "    LEFT JOIN dnc d ON d.tenant_id = s.tenant_id AND d.msisdn = s.msisdn"
           "), news AS MATERIALIZED ("
           // A no is never older than the yes that this very import offered for everybody.
           "  SELECT o.msisdn, o.opt_in, o.source,"
           "         CASE WHEN NOT o.opt_in AND o.consent_at < $6 AND EXISTS ("
           "                SELECT FROM consent_event e"
           "                 WHERE e.tenant_id = o.tenant_id AND e.msisdn = o.msisdn AND e.import_id = $2"
           "                   AND e.action = 'opt_in' AND e.occurred_at = $6)"
           "              THEN $6 ELSE coalesce(o.consent_at, $3) END AS at"
           "    FROM offer o"
           "   WHERE $4 AND NOT (o.opt_in AND o.opted_out)"
           "     AND NOT (o.known AND (o.opt_in OR o.opted_out OR o.consent_at IS NOT NULL) AND EXISTS ("
           "           SELECT FROM consent_event e"
           "            WHERE e.tenant_id = o.tenant_id AND e.msisdn = o.msisdn"
           "              AND (e.action = 'opt_in') = o.opt_in AND e.source = o.source AND e.scope = ''"
           "              AND NOT (o.opt_in AND EXISTS ("
           "                    SELECT FROM import i WHERE i.tenant_id = e.tenant_id AND i.id = e.import_id"
           "                                           AND i.status = 'undone'))"
           "              AND (e.occurred_at = coalesce(o.consent_at, e.occurred_at)"
           "                   OR (NOT o.opt_in AND e.occurred_at >= o.consent_at))))"
           "   ORDER BY o.msisdn"
           "), ledger AS ("
           "  INSERT INTO consent_event (tenant_id, msisdn, action, method, source, import_id, occurred_at)"
           "  SELECT $1, msisdn, CASE WHEN opt_in THEN 'opt_in' ELSE 'opt_out' END, 'import', source, $2, "
           "at"
           "    FROM news"
           "), states AS ("
           "  INSERT INTO consent AS c (tenant_id, msisdn, state, changed_at)"
           "  SELECT $1, msisdn, CASE WHEN opt_in THEN 'opted_in' ELSE 'opted_out' END, least(at, now())"
           "    FROM news"
           "  ON CONFLICT (tenant_id, msisdn) DO UPDATE"
           "    SET state = excluded.state, changed_at = excluded.changed_at"
           // A STOP may have come since the offers were read.
           "  WHERE NOT (excluded.state = 'opted_in' AND c.state = 'opted_out')"
           "    AND (excluded.changed_at > c.changed_at"
           "         OR (excluded.changed_at = c.changed_at AND excluded.state = 'opted_out'))"
           "  RETURNING msisdn, state"
           ") SELECT (SELECT count(*) FROM offer WHERE opt_in AND (opted_out OR dnc)) AS kept,"
           "         (SELECT count(*) FROM news WHERE NOT opt_in) AS opt_outs,"
           "         CASE WHEN $5 THEN (SELECT json_agg(msisdn) FROM states WHERE state = 'opted_out') END"
           "           AS decided,"
           "         CASE WHEN $5 THEN (SELECT json_agg(json_build_array(msisdn, source, at)) FROM news"
           "                             WHERE NOT opt_in) END AS withdrawn",
           target.tenant, target.import, target.at, target.writes_consent, told,
           target.blanket_at.value_or(target.at))
          .front();
  if (told) record_withdrawals(tx, target, row["decided"], row["withdrawn"]);
  CounterChanges counters;
  counters.add(std::nullopt, opt_out_counter(to_string(ConsentMethod::import)),
               row["opt_outs"].as<std::int64_t>());
  apply_counters(tx, target.tenant, launch_slot, counters, now());
  return row["kept"].as<std::int64_t>();
}

// Contacts that offer no consent, and of whom nothing is known.
std::int64_t count_without_consent(Tx& tx, const MergeTarget& target) {
  return exec(tx,
              "SELECT count(*) FROM (SELECT $1::bigint AS tenant_id, msisdn FROM import_stage"
              "                       WHERE opt_in IS NULL OFFSET 0) s"
              " WHERE NOT EXISTS (SELECT FROM consent c"
              "                    WHERE c.tenant_id = s.tenant_id AND c.msisdn = s.msisdn)",
              target.tenant)
      .front()[0]
      .as<std::int64_t>();
}

// COPY goes into no table that has policies of row-level security.
void add_rejects(Tx& tx, const ImportChunk& chunk) {
  const auto columns = join(reject_row_columns, ", ");
  exec(tx, "TRUNCATE reject_stage");
  copy_in(tx, "reject_stage", reject_row_columns, chunk.rejects);
  exec(tx, fmt::format("INSERT INTO import_reject ({0}) SELECT {0} FROM reject_stage", columns));
}

}  // namespace

void prepare_merge(Tx& tx) {
  // Whoever kills an import need not wait for the end of its statement to go on with it.
  exec(tx, "SET client_connection_check_interval = '500ms'");
  if (exec(tx, "SELECT to_regclass('pg_temp.import_stage') IS NOT NULL").front()[0].as<bool>()) return;
  exec(tx, "SET temp_buffers = '64MB'");  // a chunk and its known contacts, well clear of the disk
  exec(tx,
       "CREATE TEMPORARY TABLE import_stage ("
       "  msisdn text NOT NULL, first_name text, last_name text, email text, timezone text, country text,"
       "  external_id text, attributes jsonb, tags text[], opt_in boolean, consent_source text,"
       "  consent_at timestamptz)");
  exec(tx, "CREATE TEMPORARY TABLE reject_stage (LIKE import_reject)");
  exec(tx, "CREATE TEMPORARY TABLE import_known (msisdn text NOT NULL, contact_id bigint NOT NULL)");
}

void begin_merge(Tx& tx) {
  exec(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  exec(tx, "SET CONSTRAINTS list_member_tenant_id_contact_id_fkey DEFERRED");
}

ImportCounts merge_chunk(Tx& tx, const MergeTarget& target, const ImportChunk& chunk) {
  ImportCounts counts = chunk.counts;
  if (chunk.accepted > 0) {
    fill_stage(tx, chunk);
    counts.updated = update_known(tx, target);
    counts.created = add_unknown(tx, target);
    counts.unchanged = chunk.accepted - counts.created - counts.updated;
    if (target.list) add_known_members(tx, target);
    if (chunk.offers > 0) counts.opted_out_kept = record_offers(tx, target);
    if (target.asks_for_consent && chunk.offers < chunk.accepted)
      counts.no_consent = count_without_consent(tx, target);
  }
  if (!chunk.withdrawals.empty()) {
    exec(tx, "TRUNCATE import_stage");
    copy_in(tx, "import_stage", stage_columns, chunk.withdrawals);
    record_offers(tx, target);
  }
  if (!chunk.rejects.empty()) add_rejects(tx, chunk);
  return counts;
}

void add_counts(ImportCounts& sum, const ImportCounts& counts) {
  sum.rows += counts.rows;
  sum.created += counts.created;
  sum.updated += counts.updated;
  sum.unchanged += counts.unchanged;
  sum.duplicate += counts.duplicate;
  sum.rejected += counts.rejected;
  sum.opt_outs += counts.opt_outs;
  sum.opted_out_kept += counts.opted_out_kept;
  sum.no_consent += counts.no_consent;
  for (const auto& [reason, rows] : counts.reasons) sum.reasons[reason] += rows;
  for (const auto& [warning, rows] : counts.warnings) sum.warnings[warning] += rows;
}

}  // namespace smscrm
