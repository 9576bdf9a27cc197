#include <map>

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

TEST_CASE("what is stored beyond the bounds is brought to them, and the migration says so") {
  TestDb db;
  auto connection = db.connect();
  db.run([](Tx& tx) {
    tx.exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    tx.exec(
        "CREATE TABLE schema_migration (name text PRIMARY KEY, checksum text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())");
    for (const auto& migration : known_migrations()) {
      if (migration.name >= "0037") break;
      tx.exec(std::string{migration.sql});
      exec(tx,
           "INSERT INTO schema_migration (name, checksum)"
           " VALUES ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))",
           migration.name, migration.sql);
    }
    tx.exec(
        "INSERT INTO tenant (id, slug, name, timezone, country, daily_cap)"
        " VALUES (7, 'acme', repeat('n', 300), 'UTC', 'US', 9223372036854775807);"
        "INSERT INTO account (tenant_id, sid, auth_token, rate, max_in_flight, part_price)"
        " VALUES (7, 'AC1', '\\x00', 'NaN', 2147483647, 'Infinity');"
        "INSERT INTO sender (tenant_id, address, kind, rate) VALUES (7, '+15005550006', 'long_code', 1e-30);"
        "INSERT INTO template (tenant_id, id, slug, body) VALUES (7, 1, 't', repeat('b', 20000));"
        "INSERT INTO campaign (tenant_id, slug, template_id, audience, rate, expires_after, "
        "links_expire_after,"
        "  launched_at, expires_at) VALUES (7, 'c', 1, 'all', 1e300, '4000000 days', '4000000 days', now(),"
        "  now() + interval '4000000 days');"
        "INSERT INTO link (tenant_id, target_url, expires_at) VALUES (7, 'https://acme.example/', "
        "'infinity')");
  });
  migrate(connection);
  std::map<std::string, std::int64_t> noted;
  for (const auto& note : list_migration_notes(connection))
    if (note.migration == "0037_bounds") noted[note.what] = note.rows;
  CHECK(noted["rates of accounts brought into bounds"] == 1);
  CHECK(noted["ends of links brought into bounds"] == 1);
  CHECK(noted.count("names of lists brought into bounds") == 0);
  db.run([](Tx& tx) {
    const auto row =
        tx.exec(
              "SELECT a.rate, a.max_in_flight, s.rate AS sender_rate, c.rate AS campaign_rate,"
              "       c.expires_at = c.launched_at + interval '3650 days' AS ends, char_length(n.name) AS "
              "name,"
              "       l.expires_at = l.created_at + interval '3650 days' AS link_ends, n.daily_cap"
              "  FROM account a, sender s, campaign c, link l, tenant n")
            .front();
    CHECK(row["rate"].as<double>() == 1e6);
    CHECK(row["max_in_flight"].as<int>() == 10'000);
    CHECK(row["sender_rate"].as<double>() == 0.001);
    CHECK(row["campaign_rate"].as<double>() == 1e6);
    CHECK(row["ends"].as<bool>());
    CHECK(row["link_ends"].as<bool>());
    CHECK(row["name"].as<int>() == 200);
    CHECK(row["daily_cap"].as<std::int64_t>() == 1'000'000'000'000);
  });
}

TEST_CASE("the database has the bounds, too") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  for (const char* statement :
       {"UPDATE tenant SET daily_cap = 9223372036854775807 WHERE id = $1",
        "UPDATE tenant SET stop_reply = repeat('x', 1601) WHERE id = $1",
        "INSERT INTO account (tenant_id, sid, auth_token, rate) VALUES ($1, 'AC1', '', 'NaN')",
        "INSERT INTO account (tenant_id, sid, auth_token, rate) VALUES ($1, 'AC1', '', 1e300)",
        "INSERT INTO sender (tenant_id, address, kind, rate) VALUES ($1, 'A', 'alphanumeric', 'Infinity')",
        "INSERT INTO link (tenant_id, target_url, expires_at) VALUES ($1, 'https://a/', '12978-01-01Z')",
        "INSERT INTO link (tenant_id, target_url, expires_at) VALUES ($1, 'https://a/', 'infinity')",
        "INSERT INTO link (tenant_id, target_url) VALUES ($1, 'https://a/' || repeat('x', 2048))",
        "INSERT INTO template (tenant_id, slug, body) VALUES ($1, 'a', repeat('x', 10001))",
        "INSERT INTO list (tenant_id, slug) VALUES ($1, 'A list')",
        "INSERT INTO dnc (tenant_id, msisdn, reason) VALUES ($1, '+14155550123', repeat('x', 1001))"}) {
    CAPTURE(statement);
    CHECK_THROWS_WITH_AS(db.run([&](Tx& tx) { exec(tx, statement, tenant.id); }), doctest::Contains("23514"),
                         Error);
  }
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

namespace {

// Of tables with a column tenant_id: those whose statistics may know tenants.
std::vector<std::string> tables_that_know_tenants(TestDb& db) {
  std::vector<std::string> tables;
  for (const auto& row : db.run([](Tx& tx) {
         return exec(
             tx,
             "SELECT a.attrelid::regclass AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
             "   AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
             "  LEFT JOIN pg_stats s ON s.tablename = c.relname AND s.attname = a.attname"
             " WHERE a.attname = 'tenant_id' AND (a.attstattarget <> 0 OR s.tablename IS NOT NULL)");
       }))
    tables.push_back(row[0].as<std::string>());
  return tables;
}

}  // namespace

TEST_CASE("no statistics know a tenant, of tables that come later neither") {
  TestDb db;
  CHECK(tables_that_know_tenants(db).empty());
  db.run([](Tx& tx) {
    exec(tx, "CREATE TABLE later (tenant_id bigint NOT NULL, id bigint, PRIMARY KEY (tenant_id, id))");
    exec(tx, "INSERT INTO later SELECT 1, i FROM generate_series(1, 1000) i");
    exec(tx, "ANALYZE later");
  });
  CHECK(tables_that_know_tenants(db) == std::vector<std::string>{"later"});
  const auto index = [&] {
    return db.run([](Tx& tx) {
      return exec(tx, "SELECT pg_relation_filenode('later'), pg_relation_filenode('later_pkey')").front();
    });
  };
  const auto before = index();
  auto connection = db.connect();
  CHECK(migrate(connection).empty());
  CHECK(tables_that_know_tenants(db).empty());
  db.run([](Tx& tx) { exec(tx, "ANALYZE"); });
  CHECK(tables_that_know_tenants(db).empty());
  const auto after = index();  // nothing was rewritten
  CHECK(after[0].as<std::string>() == before[0].as<std::string>());
  CHECK(after[1].as<std::string>() == before[1].as<std::string>());
}
