#include "core/consent/withdrawal.hpp"

#include <algorithm>

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

constexpr int page_size = 5'000;

// The numbers, for as long as the transaction.
void collect_numbers(Tx& tx, TenantId tenant, ImportId import) {
  exec(tx, "CREATE TEMPORARY TABLE consent_undone (msisdn text PRIMARY KEY) ON COMMIT DROP");
  exec(tx,
       "INSERT INTO consent_undone SELECT DISTINCT msisdn FROM consent_event"
       " WHERE tenant_id = $1 AND import_id = $2 AND action = 'opt_in'",
       tenant, import);
  exec(tx, "ANALYZE consent_undone");
}

// In the order of all that lock several; what is committed meanwhile is seen by the statements that follow.
void lock_states(Tx& tx, TenantId tenant) {
  exec(tx,
       "SELECT count(*) FROM ("
       "  SELECT FROM (SELECT $1::bigint AS tenant_id, msisdn FROM consent_undone OFFSET 0) u"
       "    JOIN consent c ON c.tenant_id = u.tenant_id AND c.msisdn = u.msisdn"
       "   ORDER BY c.msisdn FOR UPDATE OF c) locked",
       tenant);
}

// Of whom nobody but the import has said anything. Returns how many.
std::int64_t forget_the_unknown(Tx& tx, TenantId tenant, ImportId import) {
  return exec(tx,
              "WITH unknown AS ("
              "  DELETE FROM consent_undone u USING (SELECT $1::bigint AS tenant_id, msisdn"
              "                                        FROM consent_undone OFFSET 0) n"
              "   WHERE u.msisdn = n.msisdn AND NOT EXISTS ("
              "           SELECT FROM consent_event e"
              "            WHERE e.tenant_id = n.tenant_id AND e.msisdn = n.msisdn AND e.scope = ''"
              "              AND (e.import_id IS DISTINCT FROM $2 OR e.action = 'opt_out'))"
              "  RETURNING u.msisdn)"
              " DELETE FROM consent c USING (SELECT $1::bigint AS tenant_id, msisdn FROM unknown OFFSET 0) u"
              "  WHERE c.tenant_id = u.tenant_id AND c.msisdn = u.msisdn",
              tenant, import)
      .affected_rows();
}

// Those of whom the ledger says something else too: as if the import had said nothing.
void fold_states(Tx& tx, TenantId tenant, const std::vector<std::string>& numbers, ConsentWithdrawal& done) {
  std::vector<std::string> unknown, known, states;
  std::vector<Timestamp> times;
  const auto events = list_consent_events(tx, tenant, numbers);
  for (auto begin = events.begin(); begin != events.end();) {
    const auto end = std::find_if(begin, events.end(),
                                  [&](const ConsentEvent& event) { return event.msisdn != begin->msisdn; });
    const auto folded = fold_ledger({begin, end});
    if (folded.state == ConsentState::none) {
      unknown.push_back(begin->msisdn);
    } else {
      known.push_back(begin->msisdn);
      states.emplace_back(to_string(folded.state));
      times.push_back(folded.changed_at);
    }
    ++(folded.state == ConsentState::opted_in ? done.kept : done.withdrawn);
    begin = end;
  }
  exec(tx,
       "DELETE FROM consent c USING (SELECT $1::bigint AS tenant_id, unnest($2::text[]) AS msisdn OFFSET 0) u"
       " WHERE c.tenant_id = u.tenant_id AND c.msisdn = u.msisdn",
       tenant, unknown);
  exec(tx,
       "UPDATE consent c SET state = u.state, changed_at = u.at"
       "  FROM (SELECT $1::bigint AS tenant_id, * FROM unnest($2::text[], $3::text[], $4::timestamptz[])"
       "          AS n(msisdn, state, at) OFFSET 0) u"
       " WHERE c.tenant_id = u.tenant_id AND c.msisdn = u.msisdn"
       "   AND (c.state, c.changed_at) IS DISTINCT FROM (u.state, u.at)",
       tenant, known, states, times);
}

}  // namespace

ConsentWithdrawal withdraw_import_consent(Tx& tx, TenantId tenant, ImportId import,
                                          const std::string& source) {
  set_joins(tx, Joins::by_lookup);
  collect_numbers(tx, tenant, import);
  lock_states(tx, tenant);
  exec(tx,
       "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, import_id, occurred_at)"
       " SELECT $1, msisdn, 'withdrawal', 'import', $3, $2, now() FROM consent_undone ORDER BY msisdn",
       tenant, import, source);
  ConsentWithdrawal done;
  done.opt_outs = exec(tx,
                       "SELECT count(DISTINCT msisdn) FROM consent_event"
                       " WHERE tenant_id = $1 AND import_id = $2 AND action = 'opt_out'",
                       tenant, import)
                      .front()[0]
                      .as<std::int64_t>();
  done.withdrawn = forget_the_unknown(tx, tenant, import);
  for (std::string after;;) {
    std::vector<std::string> numbers;
    for (const auto& row :
         exec(tx, "SELECT msisdn FROM consent_undone WHERE msisdn > $1 ORDER BY msisdn LIMIT $2", after,
              page_size))
      numbers.push_back(row[0].as<std::string>());
    if (numbers.empty()) return done;
    fold_states(tx, tenant, numbers, done);
    after = numbers.back();
  }
}

}  // namespace smscrm
