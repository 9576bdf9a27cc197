// Who a transaction is for, kept by PostgreSQL too: row-level security lets one that acts for a tenant see
// and change that tenant's rows alone (migrations/0054_roles.sql). It is a lock against our own mistakes;
// statements name their tenant all the same, for the planner and for readers.
#pragma once

#include <optional>
#include <string>

#include "core/db/db.hpp"

namespace smscrm {

// Roles that a session may take on; empty: it may not, or there is none.
struct DatabaseRoles {
  std::string app;       // for one tenant
  std::string worker;    // for the whole installation
  bool guarded = false;  // the tables have policies
  bool sees_all = true;  // this session does, as it is or as the worker

  bool complete() const { return !app.empty() && !worker.empty(); }
};

DatabaseRoles find_roles(Tx& tx);

// Makes the roles where there are none and this user may, and gives them their rights and policies on every
// table. False where there are none and it may not: then one role does everything, and nothing is kept apart.
bool set_up_roles(Tx& tx);

// SQL that an administrator runs so that this session can have its roles.
std::string roles_remedy(Tx& tx);

// The role that reads all rows for a dump (pg_dump --role); empty: there is none, or this session may not be it.
std::string find_backup_role(Tx& tx);

// For whom, and who does it.
struct Acting {
  std::optional<TenantId> tenant = {};  // nullopt: the whole installation
  std::string doer = {};                // "shell anna", "user 12", "API key 3"
  std::string via = {};                 // "cli", "api", "console", "daemon"
  std::string request = {};             // its id, where there is one
};

// Until the end of the transaction. No query before it where the transaction wants one snapshot.
void act_for(Tx& tx, const DatabaseRoles& roles, const Acting& acting);
// Until the end of the session, for work that has transactions of its own.
void act_for(Connection& connection, const DatabaseRoles& roles, const Acting& acting);

// Of the daemon's own loops: it acts for the whole installation. Throws as Connection, and Error{usage} when
// it would see nothing.
Connection connect_as_worker(const std::string& url, const std::string& application);

}  // namespace smscrm
