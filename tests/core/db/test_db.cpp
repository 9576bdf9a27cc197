#include "tests/support/test_db.hpp"

#include <doctest/doctest.h>

#include "core/db/db.hpp"
#include "core/db/doubt.hpp"

using namespace smscrm;

TEST_CASE("values travel to the server and back unchanged") {
  TestDb db;
  const std::string text = "O'Reilly \"{x},\\ \n😀 NULL";
  const auto at = parse_rfc3339("2026-05-01T09:30:00.123456Z");
  db.run([&](Tx& tx) {
    const auto row = exec(tx, "SELECT $1::text AS t, $2::timestamptz AS at, $3::bytea AS b, $4::bigint AS n",
                          text, at, bytea_param(std::string("\0\xff z", 4)), std::optional<ContactId>{})
                         .front();
    CHECK(row["t"].as<std::string>() == text);
    CHECK(row["at"].as<Timestamp>() == at);
    CHECK(as_bytes(row["b"]) == std::string("\0\xff z", 4));
    CHECK_FALSE(as_optional<ContactId>(row["n"]));
  });
}

TEST_CASE("arrays keep order, quotes, emptiness and NULL") {
  TestDb db;
  db.run([&](Tx& tx) {
    const std::vector<std::optional<std::string>> texts{"a,b", "", "{x}", "\"", std::nullopt, "NULL"};
    const auto rows =
        exec(tx, "SELECT v FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n", texts);
    REQUIRE(rows.size() == 6);
    for (std::size_t i = 0; i < texts.size(); ++i)
      CHECK(as_optional<std::string>(rows[static_cast<int>(i)][0]) == texts[i]);
    CHECK(exec(tx, "SELECT sum(v) FROM unnest($1::bigint[]) v", std::vector<MessageId>{{40}, {2}})
              .front()[0]
              .as<int>() == 42);
    CHECK(exec(tx, "SELECT cardinality($1::bigint[])", std::vector<MessageId>{}).front()[0].as<int>() == 0);
  });
}

TEST_CASE("each failure to connect says whose fault it is") {
  TestDb db;
  const auto code_of = [](const std::string& url) {
    try {
      Connection connection{url};
    } catch (const Error& e) {
      return e.code();
    }
    return Errc::internal;
  };
  CHECK(code_of("host=/nowhere dbname=x") == Errc::unavailable);
  CHECK(code_of("postgresql://127.0.0.1:1/x") == Errc::unavailable);
  CHECK(code_of(db.url() + "_absent") == Errc::usage);
  CHECK(code_of("no conninfo") == Errc::usage);
}

TEST_CASE("a lost server is unavailable, and the connection does not come back by itself") {
  TestDb db;
  auto connection = db.connect();
  const int backend = in_transaction(
      connection, [](Tx& tx) { return exec(tx, "SELECT pg_backend_pid()").front()[0].as<int>(); });
  db.run([&](Tx& tx) { exec(tx, "SELECT pg_terminate_backend($1)", backend); });
  for (int i = 0; i < 2; ++i) {
    try {
      in_transaction(connection, [](Tx& tx) { exec(tx, "SELECT 1"); });
      FAIL("the connection came back");
    } catch (const Error& e) {
      CHECK(e.code() == Errc::unavailable);
    }
  }
}

TEST_CASE("a server that takes no writes is unavailable, and nobody's mistake") {
  TestDb db;
  auto connection = db.connect();
  for (const std::string error : {"read_only_sql_transaction", "disk_full", "io_error"}) {
    CAPTURE(error);
    try {
      in_transaction(connection, [&](Tx& tx) {
        exec(tx, "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '" + error + "'; END $$");
      });
      FAIL("it was written");
    } catch (const Error& e) {
      CHECK(e.code() == Errc::unavailable);
    }
  }
}

TEST_CASE("a transaction that loses a race is run again") {
  TestDb db;
  auto connection = db.connect();
  int runs = 0;
  in_transaction(connection, [&](Tx& tx) {
    exec(tx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
    if (++runs == 1)
      exec(tx, "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = 'serialization_failure'; END $$");
  });
  CHECK(runs == 2);
}

TEST_CASE("an exception rolls back and passes through") {
  TestDb db;
  CHECK_THROWS_AS(db.run([](Tx& tx) {
    exec(tx, "INSERT INTO tenant (slug, name, timezone, country) VALUES ('a', 'A', 'UTC', 'US')");
    throw Error(Errc::refused, "no");
  }),
                  Error);
  CHECK(db.run([](Tx& tx) { return exec(tx, "SELECT count(*) FROM tenant").front()[0].as<int>(); }) == 0);
}

TEST_CASE("statements that a connection keeps give what others give, also after one that failed") {
  TestDb db;
  auto connection = db.connect();
  connection.keep_statements();
  const auto sum = [&](const std::vector<MessageId>& ids) {
    return in_transaction(connection, [&](Tx& tx) {
      return exec(tx, "SELECT coalesce(sum(v), 0) FROM unnest($1::bigint[]) v", ids).front()[0].as<int>();
    });
  };
  const auto kept = [&] {
    return in_transaction(connection, [](Tx& tx) {
      return exec(tx, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%sum(v)%'")
          .front()[0]
          .as<int>();
    });
  };
  for (int i = 0; i < 7; ++i) CHECK(sum({{40}, {i}}) == 40 + i);
  CHECK(sum({}) == 0);
  CHECK(kept() == 2);  // that of `kept` itself, too
  for (int i = 0; i < 2; ++i)
    CHECK_THROWS_AS(in_transaction(connection, [](Tx& tx) { exec(tx, "SELECT 1 / $1::int", 0); }), Error);
  CHECK(sum({{40}, {2}}) == 42);
}

TEST_CASE("a migration beside statements that are kept asks for a new connection") {
  TestDb db;
  auto connection = db.connect();
  connection.keep_statements();
  db.run([](Tx& tx) { exec(tx, "CREATE TABLE t AS SELECT 1 AS n"); });
  const auto read = [&] {
    return in_transaction(connection,
                          [](Tx& tx) { return exec(tx, "SELECT n FROM t").front()[0].as<std::string>(); });
  };
  CHECK(read() == "1");
  db.run([](Tx& tx) { exec(tx, "ALTER TABLE t ALTER COLUMN n TYPE text"); });
  try {
    read();
    FAIL("the old plan still fits");
  } catch (const Error& e) {
    CHECK(e.code() == Errc::unavailable);
  }
}

TEST_CASE("a transaction runs until it ends, the newest of all, too") {
  TestDb db;
  auto connection = db.connect();
  const auto runs = [&](const std::string& id) { return db.run([&](Tx& tx) { return is_running(tx, id); }); };
  for (const bool commits : {true, false}) {
    CAPTURE(commits);
    std::string id;
    {
      Transaction tx{connection};
      id = transaction_id(tx);
      CHECK(runs(id));
      if (commits) tx.commit();
    }
    CHECK_FALSE(runs(id));
  }
  CHECK_FALSE(runs("3"));                    // forgotten long ago
  CHECK_FALSE(runs("1000000000000000000"));  // not given out yet
}

TEST_CASE("a statement that no longer fits is known by its code, in whatever language the server speaks") {
  TestDb db;
  const auto code_of = [](Connection& connection) {
    try {
      in_transaction(connection, [](Tx& tx) {
        exec(tx,
             "DO $$ BEGIN RAISE EXCEPTION 'gecachter Plan darf den Ergebnistyp nicht ändern'"
             " USING ERRCODE = 'feature_not_supported'; END $$");
      });
    } catch (const Error& e) {
      return e.code();
    }
    return Errc::usage;
  };
  auto connection = db.connect();
  CHECK(code_of(connection) == Errc::internal);
  connection.keep_statements();
  CHECK(code_of(connection) == Errc::unavailable);
}
