// What PostgreSQL itself keeps apart, whatever our statements say.
#include <doctest/doctest.h>

#include "core/contact/contact.hpp"
#include "core/db/migrate.hpp"
#include "core/db/roles.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

struct Tenants {
  TestDb db;
  Tenant mine = add_test_tenant(db, "mine"), other = add_test_tenant(db, "other");
  DatabaseRoles roles = db.run([](Tx& tx) { return find_roles(tx); });

  // As the tenant "mine", in a transaction that is thrown away.
  template <class Work>
  void as_mine(Work&& work) {
    struct ThrownAway {};
    try {
      db.run([&](Tx& tx) {
        act_for(tx, roles, {mine.id, "test", "test"});
        work(tx);
        throw ThrownAway{};
      });
    } catch (const ThrownAway&) {
    }
  }

  std::vector<std::string> tables_with_tenant() {
    std::vector<std::string> names;
    for (const auto& row : db.run([](Tx& tx) {
           return exec(
               tx,
               "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
               "  JOIN pg_attribute a ON a.attrelid = c.oid AND attname = 'tenant_id' AND NOT attisdropped"
               " WHERE nspname = 'public' AND relkind IN ('r', 'p') ORDER BY 1");
         }))
      names.push_back(row[0].as<std::string>());
    return names;
  }
};

}  // namespace

TEST_CASE("every table of tenants is guarded, by force") {
  Tenants t;
  REQUIRE(t.roles.guarded);
  REQUIRE(t.roles.complete());
  CHECK(t.tables_with_tenant().size() > 40);
  auto names = t.tables_with_tenant();
  names.emplace_back("tenant");
  for (const auto& name : names) {
    CAPTURE(name);
    const auto row = t.db.run([&](Tx& tx) {
                           return exec(tx,
                                       "SELECT relrowsecurity, relforcerowsecurity,"
                                       " (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies"
                                       "  FROM pg_class c WHERE oid = $1::regclass",
                                       name);
                         })
                         .front();
    CHECK(row["relrowsecurity"].as<bool>());
    CHECK(row["relforcerowsecurity"].as<bool>());
    CHECK(row["policies"].as<int>() == 3);
  }
}

TEST_CASE("a new table cannot be forgotten") {
  Tenants t;
  t.db.run([](Tx& tx) {
    tx.exec("CREATE TABLE brand_new (tenant_id bigint NOT NULL, word text)");
    tx.exec("INSERT INTO brand_new SELECT id, slug FROM tenant");
  });
  auto connection = t.db.connect();
  migrate(connection);
  t.as_mine([&](Tx& tx) {
    const auto rows = exec(tx, "SELECT word FROM brand_new");
    REQUIRE(rows.size() == 1);
    CHECK(rows.front()[0].as<std::string>() == "mine");
  });
}

TEST_CASE("who acts for a tenant sees and changes no row of another, in any table") {
  Tenants t;
  // A row of the other tenant in each table, whatever its columns: checks are off while it is made.
  const auto tables = t.tables_with_tenant();
  for (const auto& name : tables) {
    CAPTURE(name);
    t.db.run([&](Tx& tx) {
      tx.exec("SET LOCAL session_replication_role = replica");
      std::string columns, values;
      for (const auto& column :
           exec(tx,
                "SELECT attname, format_type(atttypid, atttypmod) AS type, t.typtype, t.oid AS type_id"
                "  FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid"
                " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT "
                "atthasdef"
                "   AND attidentity = '' AND attgenerated = ''",
                name)) {
        const auto column_name = column["attname"].as<std::string>();
        const auto type = column["type"].as<std::string>();
        columns += (columns.empty() ? "" : ", ") + tx.quote_name(column_name);
        std::string value = "'1'";
        if (column_name == "tenant_id")
          value = fmt::format("{}", t.other.id.value);
        else if (type == "timestamp with time zone")
          value = "now()";
        else if (type == "date")
          value = "current_date";
        else if (type == "interval")
          value = "'1 h'";
        else if (type == "bytea")
          value = "'\\x01'";
        else if (type == "boolean")
          value = "true";
        else if (type.ends_with("[]"))
          value = "'{}'";
        else if (type == "jsonb" || type == "json")
          value = "'{}'";
        else if (column["typtype"].as<std::string>() == "e")
          value = fmt::format("(SELECT enumlabel FROM pg_enum WHERE enumtypid = {} LIMIT 1)::{}",
                              column["type_id"].as<std::string>(), type);
        values += (values.empty() ? "" : ", ") + value;
      }
      // Checks of values are about something else.
      for (const auto& check : exec(
               tx, "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'", name))
        tx.exec(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", name,
                            tx.quote_name(check[0].as<std::string>())));
      exec(tx, fmt::format("DELETE FROM {}", name));
      tx.exec(fmt::format("INSERT INTO {} ({}) VALUES ({})", name, columns, values));
    });
    CHECK(t.db.run([&](Tx& tx) {
      return exec(tx, fmt::format("SELECT count(*) FROM {}", name)).front()[0].as<int>();
    }) == 1);

    t.as_mine([&](Tx& tx) {
      CHECK(exec(tx, fmt::format("SELECT count(*) FROM {}", name)).front()[0].as<int>() == 0);
    });
    const auto touched = [&](const std::string& sql) {
      int rows = 0;
      try {
        t.as_mine([&](Tx& tx) { rows = static_cast<int>(exec(tx, sql).affected_rows()); });
      } catch (const Error& error) {
        CHECK(error.code() == Errc::denied);
      }
      return rows;
    };
    CHECK(touched(fmt::format("UPDATE {} SET tenant_id = tenant_id", name)) == 0);
    CHECK(touched(fmt::format("DELETE FROM {}", name)) == 0);
    // Nor can a row of its own become another's.
    CHECK(touched(fmt::format("INSERT INTO {} (tenant_id) VALUES ({})", name, t.other.id.value)) == 0);
  }
}

TEST_CASE("unless a tenant is named nothing is seen, and the schema and the ledgers are out of reach") {
  Tenants t;
  t.db.run([&](Tx& tx) {
    NewContact contact;
    contact.msisdn = "+14155550101";
    add_contact(tx, t.mine.id, contact);
  });
  const auto refused = [&](const char* sql) {
    try {
      t.as_mine([&](Tx& tx) { tx.exec(sql); });
      return false;
    } catch (const Error& error) {
      CHECK(error.code() == Errc::denied);
      return true;
    }
  };
  t.as_mine([&](Tx& tx) {
    CHECK(exec(tx, "SELECT FROM contact").size() == 1);
    CHECK(exec(tx, "SELECT FROM tenant").size() == 1);
    tx.exec("SET LOCAL smscrm.tenant = ''");
    CHECK(exec(tx, "SELECT FROM contact").empty());
    CHECK(exec(tx, "SELECT FROM tenant").empty());
  });
  CHECK(refused("DROP TRIGGER consent_event_append_only ON consent_event"));
  CHECK(refused("ALTER TABLE message DISABLE ROW LEVEL SECURITY"));
  CHECK(refused("DROP TABLE message_event"));
  CHECK(refused("DELETE FROM consent_event"));
  CHECK(refused("TRUNCATE contact"));
  CHECK(refused("SELECT * FROM installation_secret"));
  CHECK(refused("SELECT * FROM app_user"));
  CHECK(refused("INSERT INTO tenant (slug, name, timezone, country) VALUES ('x', 'x', 'UTC', 'US')"));
}

TEST_CASE("a transaction's tenant ends with it") {
  Tenants t;
  t.as_mine([](Tx&) {});
  t.db.run([&](Tx& tx) {
    CHECK(exec(tx, "SELECT coalesce(current_setting('smscrm.tenant', true), '')")
              .front()[0]
              .as<std::string>()
              .empty());
    CHECK(exec(tx, "SELECT FROM tenant").size() == 2);
  });
}

namespace {

// A database whose owner is nobody special, as where an administrator gave one away.
struct PlainOwner {
  TestDb db;  // whose connection is the administrator's
  const std::string name = fmt::format("plain_{}", db.run([](Tx& tx) {
    return exec(tx, "SELECT txid_current()").front()[0].as<std::string>();
  }));
  std::string url;

  PlainOwner() {
    admin("CREATE ROLE " + name + " LOGIN");
    admin("CREATE DATABASE " + name + " OWNER " + name);
    url = db.url().substr(0, db.url().find("user=")) + "user=" + name + " dbname=" + name;
  }
  ~PlainOwner() {
    for (const char* sql : {"DROP DATABASE {0} WITH (FORCE)", "DROP ROLE {0}", "DROP ROLE IF EXISTS {0}_app",
                            "DROP ROLE IF EXISTS {0}_worker", "DROP ROLE IF EXISTS {0}_backup"})
      admin(fmt::format(fmt::runtime(sql), name));
  }
  void admin(const std::string& sql) {
    auto connection = db.connect();
    pqxx::nontransaction{connection.handle()}.exec(sql);
  }
};

}  // namespace

TEST_CASE("an owner who may make no roles has one for everything, is told so, and can be given them") {
  PlainOwner plain;
  Connection connection{plain.url};
  migrate(connection);
  auto roles = in_transaction(connection, [](Tx& tx) { return find_roles(tx); });
  CHECK_FALSE(roles.guarded);
  CHECK(roles.sees_all);
  in_transaction(connection, [&](Tx& tx) {
    act_for(tx, roles, {TenantId{1}, "x", "x"});
    exec(tx,
         "INSERT INTO tenant (slug, name, timezone, country) VALUES ('a', 'a', 'UTC', 'US'), ('b', 'b', "
         "'UTC', 'US')");
    CHECK(exec(tx, "SELECT FROM audit_event").size() == 2);
  });
  CHECK_NOTHROW(connect_as_worker(plain.url, "test"));

  plain.admin(in_transaction(connection, [](Tx& tx) { return roles_remedy(tx); }));
  migrate(connection);
  roles = in_transaction(connection, [](Tx& tx) { return find_roles(tx); });
  CHECK(roles.guarded);
  CHECK(roles.complete());
  const auto tenants = [&](const Acting& acting) {
    return in_transaction(connection, [&](Tx& tx) {
      act_for(tx, roles, acting);
      return exec(tx, "SELECT FROM tenant").size();
    });
  };
  CHECK(tenants({TenantId{1}}) == 1);
  CHECK(tenants({}) == 2);
  auto worker = connect_as_worker(plain.url, "test");
  in_transaction(worker, [](Tx& tx) {
    CHECK(exec(tx, "SELECT FROM tenant").size() == 2);
    CHECK(exec(tx, "SELECT * FROM seal_audit(10)").size() == 2);
    exec(tx, "SELECT reserve_message_ids(5)");
    exec(tx, "SELECT refresh_statistics('{contact}', 1)");
  });

  // Who may act for a tenant alone would see no tenant: that is said, and no daemon runs so.
  plain.admin(fmt::format("CREATE ROLE {0}_login LOGIN; GRANT {0}_app TO {0}_login", plain.name));
  auto url = plain.url;
  url.replace(url.find("user=") + 5, plain.name.size(), plain.name + "_login");
  CHECK_THROWS_AS(connect_as_worker(url, "test"), Error);
  plain.admin(fmt::format("DROP ROLE {}_login", plain.name));
}
