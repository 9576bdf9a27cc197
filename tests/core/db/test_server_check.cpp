#include <doctest/doctest.h>

#include "core/db/conninfo.hpp"
#include "core/db/server_check.hpp"
#include "tests/support/pooler.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

// The code and the words of what was thrown; empty: nothing.
template <class Work>
std::string refusal_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return fmt::format("{}: {}; {}", to_string(error.code()), error.what(), error.hint());
  }
  return "";
}

}  // namespace

TEST_CASE("a session is known from what a pooler lends by the transaction") {
  TestDb db;
  auto direct = db.connect();
  CHECK(refusal_of([&] { check_session(direct, db.url()); }) == "");

  const Pooler by_session{"session"};
  Connection kept{by_session.url_of(db.url())};
  CHECK(refusal_of([&] { check_session(kept, by_session.url_of(db.url())); }) == "");

  const Pooler by_transaction{"transaction"};
  const auto url = by_transaction.url_of(db.url());
  for (int times = 0; times < 5; ++times) {
    Connection lent{url};
    const auto refusal = refusal_of([&] { check_session(lent, url); });
    CHECK(refusal.starts_with("usage: the database keeps no session"));
    CHECK(refusal.find("pool_mode=session") != std::string::npos);
  }
  // Where others are busy with it, too.
  Connection busy{url};
  in_transaction(busy, [&](Tx& tx) {
    exec(tx, "SELECT 1");
    Connection lent{url};
    CHECK(refusal_of([&] { check_session(lent, url); }).starts_with("usage: "));
  });

  const Pooler by_statement{"statement"};
  const auto refusal = refusal_of([&] {
    Connection lent{by_statement.url_of(db.url())};
    check_session(lent, by_statement.url_of(db.url()));
  });
  CHECK(refusal.starts_with("usage: the database keeps no session"));
}

TEST_CASE("a database that cannot hold every text is refused") {
  TestDb db;
  auto connection = db.connect();
  CHECK(refusal_of([&] { check_encoding(connection); }) == "");
  for (const std::string encoding : {"LATIN1", "SQL_ASCII"}) {
    CAPTURE(encoding);
    const auto name = "in_" + encoding + "_" + std::to_string(::getpid());
    pqxx::nontransaction admin{connection.handle()};
    admin.exec("CREATE DATABASE \"" + name + "\" ENCODING '" + encoding +
               "' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    {
      Connection other{fmt::format("{} dbname={}", db.url(), name)};
      const auto refusal = refusal_of([&] { check_encoding(other); });
      CHECK(refusal.starts_with("usage: the encoding of database " + name + " is " + encoding));
      CHECK(refusal.find("ENCODING 'UTF8'") != std::string::npos);
    }
    admin.exec("DROP DATABASE \"" + name + "\"");
  }
}

TEST_CASE("an address that cannot be taken apart is refused in words that have nothing of it") {
  for (const std::string url : {"postgresql://u:hunter2/x@127.0.0.1:1/x", "hunter2", "host=u:hunter2@h"}) {
    const auto refusal = refusal_of([&] { Connection{url}; });
    CHECK(refusal.starts_with("usage: database.url is not an address of PostgreSQL; write it as"));
    CHECK(refusal.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a text with a NUL is refused rather than cut off there") {
  TestDb db;
  const std::string text{"Sale!\0 Reply STOP to end", 24};
  CHECK(refusal_of([&] {
          db.run([&](Tx& tx) { exec(tx, "SELECT $1::text", text); });
        }).starts_with("invalid: "));
}
