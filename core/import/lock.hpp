// Locks of imports, held by the session and so beyond a transaction: PostgreSQL's advisory ones, by name.
#pragma once

#include "core/db/db.hpp"

namespace smscrm {

class ImportLock {
 public:
  static constexpr struct Taken {
  } taken{};

  // Takes the lock in a transaction that has begun; a lock taken so must be handed to the last constructor.
  static void take(Tx& tx, const std::string& name) {
    exec(tx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name);
  }

  // Waits for it. Between transactions.
  ImportLock(Connection& connection, std::string name) : connection_(connection), name_(std::move(name)) {
    in_transaction(connection_, [&](Tx& tx) { take(tx, name_); });
  }
  ImportLock(Connection& connection, std::string name, Taken)
      : connection_(connection), name_(std::move(name)) {}
  ImportLock(const ImportLock&) = delete;

  ~ImportLock() {
    try {
      in_transaction(connection_,
                     [&](Tx& tx) { exec(tx, "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name_); });
    } catch (const Error&) {
      // The session is lost, and its locks with it.
    }
  }

 private:
  Connection& connection_;
  std::string name_;
};

// The names: of an import while it runs, and of the turn to merge into a tenant.
inline std::string running_lock(TenantId tenant, ImportId id) {
  return fmt::format("import {} {}", tenant.value, id.value);
}
// In SQL: whether the import of this row of the table import runs. Only one whose status is running may.
inline constexpr std::string_view running_lock_is_held =
    "EXISTS (SELECT FROM pg_locks"
    "         WHERE locktype = 'advisory' AND objsubid = 1"
    "           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    "           AND classid::bigint << 32 | objid::bigint"
    "               = hashtextextended(format('import %s %s', tenant_id, id), 0))";
inline std::string turn_lock(TenantId tenant) { return fmt::format("imports of {}", tenant.value); }

}  // namespace smscrm
