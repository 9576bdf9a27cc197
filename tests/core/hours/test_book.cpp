#include <doctest/doctest.h>

#include "core/base/json.hpp"
#include "core/hours/book.hpp"
#include "core/hours/built_in.hpp"
#include "core/tenant/plan_version.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const auto noon = parse_rfc3339("2027-01-12T18:00:00Z");  // a Tuesday, in New Orleans

std::vector<std::string> held_by(TestDb& db) {
  return db.run([&](Tx& tx) {
    return read_hours_book(tx)->find({Certainty::medium, {}}, {"+15045550123"})->held_by(noon);
  });
}

}  // namespace

TEST_CASE("a suspension holds a state for a time, and can be taken back") {
  TestDb db;
  CHECK(held_by(db).empty());
  const auto made = db.run([&](Tx& tx) {
    return add_suspension(tx, {0, "US-LA", noon - 1h, noon + 1h, "state of emergency", ""});
  });
  CHECK(held_by(db) == std::vector<std::string>{"suspended US-LA"});
  db.run([&](Tx& tx) {
    const auto book = read_hours_book(tx);
    CHECK(book->find({Certainty::medium, {}}, {"+12125550123"})->held_by(noon).empty());
    CHECK(book->find({Certainty::medium, {}}, {"+12125550123", "", "US-LA"})->held_by(noon).size() == 1);
    CHECK(book->find({Certainty::medium, {}}, {"+15045550123"})->next_open(noon) == noon + 1h);
  });
  db.run([&](Tx& tx) { end_suspension(tx, made.id, now()); });
  CHECK(held_by(db).empty());
  CHECK_THROWS_AS(db.run([&](Tx& tx) { end_suspension(tx, made.id, now()); }), Error);
  for (const auto& bad : {HoursSuspension{0, "US-XX", noon, noon + 1h, "why", ""},
                          HoursSuspension{0, "US-LA", noon, noon, "why", ""},
                          HoursSuspension{0, "US-LA", noon, noon + 1h, " ", ""}})
    CHECK_THROWS_AS(db.run([&](Tx& tx) { add_suspension(tx, bad); }), Error);
}

TEST_CASE("newer data take the place of what smscrm came with, older ones only when they are wanted") {
  TestDb db;
  auto json = Json::parse(built_in_hours);
  json["as_of"] = "2027-01-01";
  for (auto& rule : json["rules"])
    if (rule["rule"] == "us-federal") rule["from"] = "13:00";
  db.run([&](Tx& tx) { load_hours(tx, json.dump(), false); });
  CHECK(held_by(db) == std::vector<std::string>{"us-federal"});
  db.run([](Tx& tx) { CHECK(read_hours_book(tx)->law().as_of == "2027-01-01"); });
  CHECK_THROWS_AS(db.run([&](Tx& tx) { load_hours(tx, built_in_hours, false); }), Error);
  CHECK(held_by(db) == std::vector<std::string>{"us-federal"});
  db.run([&](Tx& tx) { load_hours(tx, built_in_hours, true); });
  CHECK(held_by(db).empty());
}

TEST_CASE(
    "older data that are wanted stay in force, whatever smscrm came with, and may say what is suspended") {
  TestDb db;
  auto json = Json::parse(built_in_hours);
  json["as_of"] = "2026-01-01";
  json["suspensions"]["data"] = Json::array({{{"jurisdiction", "US-LA"},
                                              {"from", "2027-01-12T00:00:00Z"},
                                              {"to", "2027-01-13T00:00:00Z"},
                                              {"reason", "mourning"}}});
  db.run([&](Tx& tx) { load_hours(tx, json.dump(), true); });
  CHECK(held_by(db) == std::vector<std::string>{"suspended US-LA"});
  db.run([](Tx& tx) { CHECK(read_hours_book(tx)->law().as_of == "2026-01-01"); });
}

TEST_CASE("a change of hours outdates what senders know of tenants that keep them, and of no other") {
  TestDb db;
  const auto abiding = add_test_tenant(db, "abiding").id, other = add_test_tenant(db, "other").id;
  db.run([&](Tx& tx) { exec(tx, "UPDATE tenant SET law_hours = 'medium' WHERE id = $1", abiding); });
  const auto versions = [&] {
    return db.run([&](Tx& tx) { return read_plan_versions(tx, {abiding, other}); });
  };
  const auto before = versions();
  db.run([&](Tx& tx) { add_suspension(tx, {0, "FR", now(), now() + 1h, "mourning", ""}); });
  CHECK(versions()[abiding] != before.at(abiding));
  CHECK(versions()[other] == before.at(other));
  db.run([&](Tx& tx) { CHECK(list_law_abiding(tx) == std::vector<TenantId>{abiding}); });
}
