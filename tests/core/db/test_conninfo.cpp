#include <doctest/doctest.h>

#include "core/db/conninfo.hpp"

using namespace smscrm;

TEST_CASE("an address is shown without its secrets, and as it was where it has none") {
  struct Case {
    std::string url, want;
  };
  const Case cases[] = {
      {"", ""},
      {"postgresql://me@db/smscrm", "postgresql://me@db/smscrm"},
      {"host=/run/pg user=smscrm dbname=x", "host=/run/pg user=smscrm dbname=x"},
      {"postgresql://me:pw@db/smscrm", "postgresql://me:***@db/smscrm"},
      {"postgres://me:p%40s@db:5433/smscrm?sslmode=require",
       "postgresql://me:***@db:5433/smscrm?sslmode=require"},
      {"postgresql://u:pw@h1:1,h2:2/x?target_session_attrs=read-write",
       "postgresql://u:***@h1:1,h2:2/x?target_session_attrs=read-write"},
      {"postgresql://u:pw@[::1]:5432/x", "postgresql://u:***@[::1]:5432/x"},
      {"postgresql://u%40corp:pw@h/x", "postgresql://u%40corp:***@h/x"},
      {"postgresql:///x?host=/run/pg&password=pw", "postgresql://:***@%2Frun%2Fpg/x"},
      {"postgresql://h/x?password=pw&sslpassword=pw2", "postgresql://:***@h/x?sslpassword=***"},
      {"user=u password = pw host=h", "user=u password=*** host=h"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.url);
    CHECK(mask_conninfo(c.url) == c.want);
  }
}

TEST_CASE("no part of a password is shown, whatever is wrong with the address") {
  const char* const addresses[] = {
      "host=127.0.0.1 port=1 dbname=x user=u password = hunter2",
      "host=127.0.0.1 user=u password='a\\'hunter2'",
      "host=127.0.0.1 user=u password=a\\ hunter2",
      "host=127.0.0.1 password=a password=hunter2 sslpassword=b",
      "\"postgresql://u:hunter2@127.0.0.1:1/x\"",
      "'postgresql://u:hunter2@127.0.0.1:1/x'",
      " postgresql://u:hunter2@127.0.0.1:1/x",
      "postgresql+psycopg://u:hunter2@127.0.0.1:1/x",
      "jdbc:postgresql://h/x?user=u&password=hunter2",
      "postgres:/u:hunter2@h/db",
      "postgresql:u:hunter2@h/db",
      "Postgresql://u:hunter2@h/db",
      "postgresql://u@corp:hunter2@127.0.0.1:1/x",
      "postgresql://u:p@hunter2@127.0.0.1:1/x",
      "postgresql://u:p?hunter2@127.0.0.1:1/x",
      "postgresql://u:p#hunter2@127.0.0.1:1/x",
      "postgresql://u:hunter2/x@127.0.0.1:1/x",
      "postgresql://u:a/hunter2@127.0.0.1:1/x",
      "postgresql://u:hunter2",
      "postgresql://u:a:hunter2@h/x",
      "postgresql://u%3Ahunter2@h/x",
      "postgresql://127.0.0.1:1/x?user=u&password=a&sslpassword=hunter2",
      "postgresql://h/x?pass%77ord=hunter2",
      "postgresql://h/x?pasword=hunter2",
      "postgresql://h/x?user=u:hunter2@h",
      "postgresql://u:%zzhunter2@h/x",
      "postgresql://[u:hunter2@h/x",
      "host=u:hunter2@h dbname=x",
      "user=u:hunter2@h dbname=x",
      "dbname=postgresql://u:hunter2@h/x",
      "host=h user=u password=my hunter2",
      "hunter2",
      "u:hunter2@h",
  };
  for (const std::string url : addresses) {
    CAPTURE(url);
    const auto shown = mask_conninfo(url);
    CAPTURE(shown);
    CHECK(shown.find("hunte") == std::string::npos);
    CHECK(shown.find("unter2") == std::string::npos);
  }
}

TEST_CASE("what is taken apart is put together for libpq as it was meant") {
  const auto parsed = parse_conninfo("postgresql://u:p%3Fq%27%5C@h/x");
  REQUIRE(parsed);
  CHECK(*parsed->find("password") == "p?q'\\");
  const auto again = parse_conninfo(parsed->text());
  REQUIRE(again);
  CHECK(*again->find("password") == "p?q'\\");
  CHECK(*again->find("dbname") == "x");
  CHECK_FALSE(parse_conninfo("postgresql://u:hunter2/x@h"));
}
