#include "tests/support/test_db.hpp"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>

#include <unistd.h>

#include "core/base/wait.hpp"
#include "core/db/migrate.hpp"

namespace smscrm {
namespace {

std::string server_dir() {
  const char* dir = std::getenv("SMSCRM_TEST_DIR");
  if (dir == nullptr) throw Error(Errc::usage, "SMSCRM_TEST_DIR is not set; run this test through ctest");
  return dir;
}

std::string url_of(const std::string& database) {
  return fmt::format("host={} user=smscrm dbname={}", server_dir(), database);
}

void admin(const std::string& statement) {
  pqxx::connection connection{url_of("postgres")};
  pqxx::nontransaction tx{connection};
  tx.exec(statement);
}

// The template is migrated once per server and set of migrations, whoever comes first.
const std::string& template_name() {
  static std::map<std::string, std::string> names;  // by server
  static std::mutex guards_names;
  const std::lock_guard lock{guards_names};
  auto& name = names[server_dir()];
  if (name.empty()) {
    std::string all;
    for (const auto& migration : known_migrations()) all += migration.sql;
    const std::string database = fmt::format("template_{:016x}", std::hash<std::string>{}(all));
    pqxx::connection connection{url_of("postgres")};
    pqxx::nontransaction tx{connection};
    tx.exec("SELECT pg_advisory_lock(1)");
    if (tx.exec("SELECT 1 FROM pg_database WHERE datname = " + tx.quote(database)).empty()) {
      tx.exec("CREATE DATABASE " + database + "_new");
      {
        Connection fresh{url_of(database + "_new")};
        migrate(fresh);
      }
      tx.exec("ALTER DATABASE " + database + "_new RENAME TO " + database);
    }
    name = database;
  }
  return name;
}

}  // namespace

TestDb::TestDb() {
  static std::atomic<int> counter{0};
  name_ = fmt::format("test_{}_{}", ::getpid(), ++counter);
  url_ = url_of(name_);
  admin("CREATE DATABASE " + name_ + " TEMPLATE " + template_name());
}

TestDb::~TestDb() {
  connection_.reset();
  try {
    admin("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The server goes with the test run; a database left behind goes with it.
  }
}

bool TestDb::await_lock(const std::string& connection) {
  const auto waits = [&] {
    return run([&](Tx& tx) {
      return !exec(tx,
                   "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                   "   AND application_name = $1 AND wait_event_type = 'Lock'",
                   connection)
                  .empty();
    });
  };
  for (int i = 0; i < 2000; ++i, wait_unless_stopped({}, std::chrono::milliseconds{10}))
    if (waits()) return true;
  return false;
}

std::string test_redis_url() { return "unix:" + server_dir() + "/redis.sock"; }

Tenant add_test_tenant(TestDb& db, const std::string& slug) {
  return db.run([&](Tx& tx) {
    NewTenant tenant;
    tenant.slug = slug;
    tenant.name = "Acme Coffee";
    tenant.timezone = "America/New_York";
    tenant.country = "US";
    return add_tenant(tx, tenant);
  });
}

}  // namespace smscrm
