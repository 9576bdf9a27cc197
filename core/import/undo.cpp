#include "core/import/undo.hpp"

#include "core/consent/withdrawal.hpp"
#include "core/db/joins.hpp"
#include "core/import/lock.hpp"
#include "core/import/record.hpp"

namespace smscrm {
namespace {

void check_undoable(const Import& import) {
  if (import.status == "running")
    throw Error(Errc::conflict, "import {} is running", import.id->value)
        .with_hint("if its process has just been killed, the database notices in some seconds");
  if (import.status == "undone") throw Error(Errc::conflict, "import {} is undone already", import.id->value);
}

// The import wrote its start to every contact as updated_at: another value there is another hand.
ImportUndo undo(Tx& tx, TenantId tenant, const Import& import) {
  const auto id = *import.id;
  ImportUndo undone{.import = id};
  set_joins(tx, Joins::by_lookup);
  undone.removed =
      exec(tx, "DELETE FROM list_member WHERE tenant_id = $1 AND import_id = $2", tenant, id).affected_rows();
  undone.deleted = exec(tx,
                        "DELETE FROM contact c"
                        " USING (SELECT tenant_id, id, msisdn FROM contact"
                        "         WHERE tenant_id = $1 AND import_id = $2 AND updated_at = $3 OFFSET 0) mine"
                        " WHERE c.tenant_id = mine.tenant_id AND c.id = mine.id"
                        "   AND NOT EXISTS (SELECT FROM message m"
                        "                    WHERE m.tenant_id = mine.tenant_id AND m.contact_id = mine.id)"
                        "   AND NOT EXISTS (SELECT FROM inbound i"
                        "                    WHERE i.tenant_id = mine.tenant_id AND i.msisdn = mine.msisdn)"
                        "   AND NOT EXISTS (SELECT FROM list_member l"
                        "                    WHERE l.tenant_id = mine.tenant_id AND l.contact_id = mine.id)",
                        tenant, id, import.started_at)
                       .affected_rows();
  undone.restored = exec(tx,
                         "UPDATE contact c"
                         "   SET first_name = before ->> 'first_name', last_name = before ->> 'last_name',"
                         "       email = before ->> 'email', timezone = before ->> 'timezone',"
                         "       country = before ->> 'country', external_id = before ->> 'external_id',"
                         "       attributes = before -> 'attributes',"
                         "       tags = ARRAY(SELECT jsonb_array_elements_text(before -> 'tags')),"
                         "       updated_at = (before ->> 'updated_at')::timestamptz"
                         "  FROM (SELECT tenant_id, contact_id, before FROM import_change"
                         "         WHERE tenant_id = $1 AND import_id = $2 OFFSET 0) h"
                         " WHERE c.tenant_id = h.tenant_id AND c.id = h.contact_id AND c.updated_at = $3",
                         tenant, id, import.started_at)
                        .affected_rows();
  const auto left =
      exec(tx,
           "SELECT (SELECT count(*) FROM contact WHERE tenant_id = $1 AND import_id = $2) AS created,"
           "       (SELECT count(*) FROM import_change WHERE tenant_id = $1 AND import_id = $2) AS changed",
           tenant, id)
          .front();
  undone.kept_created = left["created"].as<std::int64_t>();
  undone.kept_changed = left["changed"].as<std::int64_t>() - undone.restored;
  const auto consent = withdraw_import_consent(tx, tenant, id, fmt::format("import {} undone", id.value));
  undone.withdrawn = consent.withdrawn;
  undone.kept_consents = consent.kept;
  undone.kept_opt_outs = consent.opt_outs;
  exec(tx, "UPDATE import SET status = 'undone' WHERE tenant_id = $1 AND id = $2", tenant, id);
  return undone;
}

}  // namespace

ImportUndo undo_import(Connection& connection, TenantId tenant, ImportId id) {
  const ImportLock turn{connection, turn_lock(tenant)};
  return in_transaction(connection, [&](Tx& tx) {
    mark_interrupted_imports(tx, tenant);
    const auto import = get_import(tx, tenant, id);
    check_undoable(import);
    return undo(tx, tenant, import);
  });
}

}  // namespace smscrm
