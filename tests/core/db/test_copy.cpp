#include <doctest/doctest.h>

#include "core/db/copy.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

std::string copied(TestDb& db, const std::string& sql, const std::vector<Param>& params) {
  return db.run([&](Tx& tx) {
    std::string text;
    copy_out(tx, sql, params, "FORMAT csv", [&](std::string_view row) { text += row; });
    return text;
  });
}

}  // namespace

TEST_CASE("rows come out as COPY writes them, with parameters in their places and nowhere else") {
  TestDb db;
  CHECK(copied(db, "SELECT $1, '$2''$1', $2::int + 1 AS \"$1\", $3::text",
               {"it's \\ \"$2\"", "41", std::nullopt}) == "\"it's \\ \"\"$2\"\"\",$2'$1,42,\n");
  CHECK(copied(db, "SELECT n FROM unnest($1::int[]) n", {to_param(std::vector<int>{1, 2})}) == "1\n2\n");
  CHECK(copied(db, "SELECT 1 WHERE false", {}).empty());
  CHECK_THROWS_AS(copied(db, "SELECT $1", {std::string("a\0b", 3)}), Error);
}

TEST_CASE("what fails on the way out is told, and leaves the connection as it was") {
  TestDb db;
  CHECK_THROWS_AS(copied(db, "SELECT 1 / (500 - n) FROM generate_series(1, 1000) n", {}), Error);
  struct Full {};
  CHECK_THROWS_AS(db.run([](Tx& tx) {
    copy_out(tx, "SELECT n FROM generate_series(1, 1000000000) n", {}, "FORMAT csv",
             [](std::string_view row) {
               if (row == "5000\n") throw Full{};
             });
  }),
                  Full);
  CHECK(copied(db, "SELECT 1", {}) == "1\n");
}
