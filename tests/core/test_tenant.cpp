#include <doctest/doctest.h>

#include "core/tenant.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

TEST_CASE("a tenant is found by slug and by id, and reads as it was written") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    auto tenant = get_tenant(tx, "acme");
    CHECK(tenant.id == acme.id);
    CHECK(get_tenant(tx, fmt::format("{}", acme.id.value)).slug == "acme");
    tenant.quiet_hours = parse_quiet_hours("21:00-08:00");
    tenant.consent = ConsentMode::implied;
    tenant.unknown_policy = UnknownPolicy::hold;
    tenant.help_reply = "Acme: call us";
    update_tenant(tx, tenant, now());
    const auto again = get_tenant(tx, "acme");
    CHECK(again.quiet_hours == QuietHours{"21:00", "08:00"});
    CHECK(again.consent == ConsentMode::implied);
    CHECK(again.unknown_policy == UnknownPolicy::hold);
    CHECK(again.help_reply == "Acme: call us");
  });
}

TEST_CASE("a taken slug, a bad zone and a bad country are refused") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  NewTenant other = acme;
  CHECK_THROWS_WITH_AS(db.run([&](Tx& tx) { add_tenant(tx, other); }), "there is a tenant \"acme\" already",
                       Error);
  other.slug = "other";
  other.timezone = "Nowhere/Town";
  CHECK_THROWS_AS(db.run([&](Tx& tx) { add_tenant(tx, other); }), Error);
  other.timezone = "UTC";
  other.country = "usa";
  CHECK_THROWS_AS(db.run([&](Tx& tx) { add_tenant(tx, other); }), Error);
}

TEST_CASE("short links begin with a scheme and a host, or with the installation's") {
  TestDb db;
  auto acme = add_test_tenant(db);
  CHECK(link_url_of(acme, "https://sms.example.com") == "https://sms.example.com");
  const auto set = [&](const std::string& url) {
    acme.link_url = url;
    db.run([&](Tx& tx) { update_tenant(tx, acme, now()); });
    return db.run([&](Tx& tx) { return get_tenant(tx, "acme"); }).link_url;
  };
  for (const char* url : {"https://go.acme.example", "http://localhost:8080", ""}) CHECK(set(url) == url);
  for (const char* url :
       {"go.acme.example", "https://", "https://go.acme.example/", "https://go.acme.example/x",
        "ftp://go.acme.example", "https://go acme", "https://go.acme.example?x", "https://u@h"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(set(url), Error);
  }
  acme.link_url = "https://go.acme.example";
  CHECK(link_url_of(acme, "https://sms.example.com") == "https://go.acme.example");
}

TEST_CASE("a deleted tenant is gone, its slug free") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) { delete_tenant(tx, acme.id, now()); });
  CHECK_FALSE(db.run([&](Tx& tx) { return find_tenant(tx, "acme"); }));
  CHECK(add_test_tenant(db).id != acme.id);
}

TEST_CASE("an unknown tenant names the nearest") {
  TestDb db;
  add_test_tenant(db);
  try {
    db.run([](Tx& tx) { return get_tenant(tx, "acne"); });
    FAIL("found");
  } catch (const Error& e) {
    CHECK(e.code() == Errc::not_found);
    CHECK(e.hint() == "did you mean \"acme\"?");
  }
}

TEST_CASE("quiet hours are two clock times, or off") {
  CHECK(parse_quiet_hours("21:00-08:00") == QuietHours{"21:00", "08:00"});
  CHECK_FALSE(parse_quiet_hours("off"));
  for (const char* text : {"", "21-8", "25:00-08:00", "21:00", "08:00-08:00"})
    CHECK_THROWS_AS(parse_quiet_hours(text), Error);
}
