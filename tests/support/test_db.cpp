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

// What a database is like beyond its rows: hash of the versions of all that describes it.
constexpr const char* shape = R"(
  SELECT md5(concat(
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_class
      WHERE oid >= 16384 AND relpersistence <> 't'),
    (SELECT string_agg(concat(attrelid, ':', attnum, ':', a.xmin), ',' ORDER BY attrelid, attnum)
       FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
      WHERE attrelid >= 16384 AND relpersistence <> 't'),
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_constraint WHERE oid >= 16384),
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_trigger WHERE oid >= 16384),
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_namespace
      WHERE oid >= 16384 AND nspname !~ '^pg_(toast_)?temp_'),
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_extension),
    (SELECT string_agg(concat(oid, ':', xmin), ',' ORDER BY oid) FROM pg_policy),
    (SELECT string_agg(concat(setrole, setconfig), ',') FROM pg_db_role_setting
      WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())),
    (SELECT string_agg(xmin::text, ',' ORDER BY name) FROM schema_migration))))";

// As the migrations left it, by its rows and sequences.
constexpr const char* empty = R"(
  DO $$ DECLARE name text; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE c.oid >= 16384 AND relkind = 'r' AND relpersistence <> 't' AND pg_relation_size(c.oid) > 0
                   AND nspname NOT LIKE 'pg\_%' AND relname <> 'schema_migration' LOOP
      EXECUTE 'DELETE FROM ' || name;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
       FROM pg_sequences WHERE last_value IS NOT NULL;
  END $$)";

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
      {
        pqxx::connection fresh{url_of(database + "_new")};
        pqxx::nontransaction look{fresh};
        look.exec("DELETE FROM installation");  // each copy is one of its own
        const auto found = look.exec(shape)[0][0].as<std::string>();
        look.exec("COMMENT ON DATABASE " + database + "_new IS '" + found + "'");
      }
      tx.exec("ALTER DATABASE " + database + "_new RENAME TO " + database);
    }
    name = database;
  }
  return name;
}

// A database costs several times what most cases do, so that one whose case is over waits for the next one.
std::string spare_prefix() { return "spare_" + template_name().substr(9); }

bool take_spare(const std::string& name) {
  pqxx::connection connection{url_of("postgres")};
  pqxx::nontransaction tx{connection};
  tx.exec("SELECT pg_advisory_lock(2)");
  const auto spare =
      tx.exec("SELECT datname FROM pg_database WHERE datname LIKE '" + spare_prefix() + "%' LIMIT 1");
  if (spare.empty()) return false;
  tx.exec("ALTER DATABASE " + spare[0][0].as<std::string>() + " RENAME TO " + name);
  return true;
}

// False when more of it was changed than its rows, or it grew: then it is not used again.
bool is_as_new(const std::string& name) {
  {
    pqxx::connection connection{url_of(name)};
    pqxx::nontransaction tx{connection};
    tx.exec(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    const auto same =
        tx.exec(fmt::format("SELECT ({}) = shobj_description(oid, 'pg_database')"
                            "   AND pg_database_size(current_database()) < 1.1 * pg_database_size(oid)"
                            "  FROM pg_database WHERE datname = '{}'",
                            shape, template_name()));
    if (!same[0][0].as<bool>()) return false;
    tx.exec(empty);
  }
  return true;
}

}  // namespace

TestDb::TestDb() {
  static std::atomic<int> counter{0};
  name_ = fmt::format("test_{}_{}", ::getpid(), ++counter);
  url_ = url_of(name_);
  if (!take_spare(name_)) admin("CREATE DATABASE " + name_ + " TEMPLATE " + template_name());
}

TestDb::~TestDb() {
  connection_.reset();
  try {
    if (is_as_new(name_))
      admin("ALTER DATABASE " + name_ + " RENAME TO " + spare_prefix() + name_.substr(4));
    else
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

void TestDb::settle() {
  const auto begun = run([](Tx& tx) {
    return exec(tx, "SELECT pg_current_xact_id()::text::bigint").front()[0].as<std::int64_t>();
  });
  const auto ended = [&] {
    return run([&](Tx& tx) {
      return exec(tx, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > $1", begun)
          .front()[0]
          .as<bool>();
    });
  };
  for (int i = 0; i < 2400; ++i, wait_unless_stopped({}, std::chrono::milliseconds{50}))
    if (ended()) return;
  throw std::runtime_error("transactions of others on the server do not end");
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
