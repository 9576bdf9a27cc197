#include "core/db/roles.hpp"

namespace smscrm {
namespace {

struct RoleNames {
  std::string app, worker, backup;
};

// Of this database: roles belong to the whole server, and so does what one of another database would see. One
// that was restored under another name keeps those that its policies name.
RoleNames role_names(Tx& tx) {
  auto name = exec(tx, "SELECT left(current_database(), 55)").front()[0].as<std::string>();
  for (const auto& row : exec(tx,
                              "SELECT r.rolname FROM pg_policy p JOIN pg_roles r ON r.oid = ANY(p.polroles)"
                              " WHERE p.polrelid = to_regclass('tenant') AND p.polname = 'app'"))
    if (const auto app = row[0].as<std::string>(); app.ends_with("_app"))
      name = app.substr(0, app.size() - 4);
  return {name + "_app", name + "_worker", name + "_backup"};
}

// Since PostgreSQL 16 a member may be one that cannot take the role on, as who made it is at first.
const char* membership(Tx& tx) { return tx.conn().server_version() >= 160000 ? "SET" : "MEMBER"; }

bool has_role(Tx& tx, const std::string& name) {
  return !exec(tx, "SELECT FROM pg_roles WHERE rolname = $1", name).empty();
}

// Names and texts as SQL; SET takes no parameters.
std::string acting_sql(Tx& tx, const DatabaseRoles& roles, const Acting& acting, const char* set) {
  std::string sql;
  const auto& role = acting.tenant ? roles.app : roles.worker;
  if (role.empty() && roles.guarded)
    throw Error(Errc::usage, "this user of the database may not act for {}",
                acting.tenant ? "a tenant" : "the whole installation")
        .with_hint("have an administrator run: " + roles_remedy(tx));
  if (!role.empty()) sql += fmt::format("{} ROLE {};", set, tx.quote_name(role));
  const auto give = [&](const char* name, const std::string& value) {
    sql += fmt::format("{} smscrm.{} = {};", set, name, tx.quote(value));
  };
  give("tenant", acting.tenant ? fmt::format("{}", acting.tenant->value) : "");
  if (!acting.doer.empty()) give("doer", acting.doer);
  if (!acting.via.empty()) give("via", acting.via);
  if (!acting.request.empty()) give("request", acting.request);
  return sql;
}

}  // namespace

DatabaseRoles find_roles(Tx& tx) {
  DatabaseRoles roles;
  bool sees = false;
  for (const auto& row : exec(tx,
                              "SELECT p.polname, r.rolname, pg_has_role(session_user, r.oid, $1) AS may"
                              "  FROM pg_policy p JOIN pg_roles r ON r.oid = ANY(p.polroles)"
                              " WHERE p.polrelid = to_regclass('tenant')",
                              membership(tx))) {
    const auto policy = row["polname"].as<std::string>();
    roles.guarded = true;
    if (!row["may"].as<bool>()) continue;
    if (policy == "app") roles.app = row["rolname"].as<std::string>();
    if (policy == "worker") roles.worker = row["rolname"].as<std::string>();
    sees = sees || policy != "app";
  }
  roles.sees_all = sees || !roles.guarded;
  return roles;
}

bool set_up_roles(Tx& tx) {
  const auto names = role_names(tx);
  const auto can =
      exec(tx,
           "SELECT rolsuper OR rolcreaterole AS makes, rolsuper OR (rolbypassrls AND $1) AS bypasses"
           "  FROM pg_roles WHERE rolname = current_user",
           tx.conn().server_version() >= 160000)
          .front();
  for (const auto& name : {names.app, names.worker, names.backup}) {
    const bool is_backup = name == names.backup;
    if (!has_role(tx, name)) {
      if (!can["makes"].as<bool>()) return false;
      tx.exec(fmt::format("CREATE ROLE {} NOLOGIN{}", tx.quote_name(name),
                          is_backup && can["bypasses"].as<bool>() ? " BYPASSRLS" : ""));
    }
    if (!exec(tx, "SELECT FROM pg_roles WHERE rolname = $1 AND (rolcanlogin OR rolsuper)", name).empty())
      throw Error(Errc::usage, "the role {} is somebody's who logs in: it keeps no tenants apart", name)
          .with_hint("give the database's user another name, or the database");
    const bool has = exec(tx, "SELECT pg_has_role(session_user, $1::name, $2)", name, membership(tx))
                         .front()[0]
                         .as<bool>();
    if (!has && can["makes"].as<bool>())
      tx.exec(fmt::format("GRANT {} TO SESSION_USER", tx.quote_name(name)));
  }
  exec(tx, "SELECT guard_tenants($1, $2, $3)", names.app, names.worker, names.backup);
  return true;
}

std::string roles_remedy(Tx& tx) {
  const auto names = role_names(tx);
  const auto user = exec(tx, "SELECT session_user::text").front()[0].as<std::string>();
  std::string sql;
  for (const auto& name : {names.app, names.worker})
    if (!has_role(tx, name)) sql += fmt::format("CREATE ROLE {} NOLOGIN; ", tx.quote_name(name));
  if (!has_role(tx, names.backup))
    sql += fmt::format("CREATE ROLE {} NOLOGIN BYPASSRLS; ", tx.quote_name(names.backup));
  return sql + fmt::format("GRANT {}, {}, {} TO {};", tx.quote_name(names.app), tx.quote_name(names.worker),
                           tx.quote_name(names.backup), tx.quote_name(user));
}

std::string find_backup_role(Tx& tx) {
  const auto name = role_names(tx).backup;
  return exec(tx, "SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(session_user, oid, $2)", name,
              membership(tx))
                 .empty()
             ? ""
             : name;
}

void act_for(Tx& tx, const DatabaseRoles& roles, const Acting& acting) {
  tx.exec(acting_sql(tx, roles, acting, "SET LOCAL"));
}

void act_for(Connection& connection, const DatabaseRoles& roles, const Acting& acting) {
  in_transaction(connection, [&](Tx& tx) { tx.exec(acting_sql(tx, roles, acting, "SET")); });
}

Connection connect_as_worker(const std::string& url, const std::string& application) {
  Connection connection{url, application};
  in_transaction(connection, [](Tx& tx) {
    const auto roles = find_roles(tx);
    if (!roles.sees_all)
      throw Error(Errc::usage, "the database shows this user no tenant: it may act for one alone")
          .with_hint("have an administrator run: " + roles_remedy(tx));
    tx.exec(acting_sql(tx, roles, {.doer = "smscrmd", .via = "daemon"}, "SET"));
  });
  return connection;
}

}  // namespace smscrm
