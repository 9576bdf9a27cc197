#include <doctest/doctest.h>

#include "core/db/migrate.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

TEST_CASE("a migrated database has every migration once and nothing pending") {
  TestDb db;
  auto connection = db.connect();
  CHECK(list_applied_migrations(connection).size() == known_migrations().size());
  CHECK(list_pending_migrations(connection).empty());
  CHECK(migrate(connection).empty());
}

TEST_CASE("what is pending is named, and applied in order") {
  TestDb db;
  auto connection = db.connect();
  db.run([](Tx& tx) { tx.exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); });
  const auto pending = list_pending_migrations(connection);
  REQUIRE(pending.size() == known_migrations().size());
  CHECK(pending.front() == "0001_tenant");
  CHECK(migrate(connection) == pending);
}

TEST_CASE("a migration that was edited after it was applied is refused") {
  TestDb db;
  auto connection = db.connect();
  db.run([](Tx& tx) { tx.exec("UPDATE schema_migration SET checksum = 'x' WHERE name = '0001_tenant'"); });
  CHECK_THROWS_WITH_AS(migrate(connection), doctest::Contains("0001_tenant was changed"), Error);
}

TEST_CASE("a database from the future is refused") {
  TestDb db;
  auto connection = db.connect();
  db.run([](Tx& tx) { tx.exec("INSERT INTO schema_migration (name, checksum) VALUES ('9999_later', 'x')"); });
  CHECK_THROWS_WITH_AS(list_pending_migrations(connection), doctest::Contains("9999_later"), Error);
}

TEST_CASE("the ledgers cannot be rewritten") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at)"
         " VALUES ($1, '+14155550123', 'opt_in', 'operator', 'test', now())",
         tenant.id);
  });
  for (const char* sql : {"DELETE FROM consent_event", "UPDATE consent_event SET source = 'x'",
                          "TRUNCATE consent_event", "DELETE FROM message_event"}) {
    CAPTURE(sql);
    CHECK_THROWS_WITH_AS(db.run([&](Tx& tx) { tx.exec(sql); }), doctest::Contains("append-only"), Error);
  }
}
