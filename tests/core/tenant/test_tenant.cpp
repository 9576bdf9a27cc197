#include <thread>

#include <doctest/doctest.h>

#include "core/tenant/tenant.hpp"
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

namespace {

struct Renamed {
  TestDb db;
  Tenant acme = add_test_tenant(db), other = add_test_tenant(db, "other");

  void rename(Tenant& tenant, const std::string& slug) {
    auto changed = tenant;
    changed.slug = slug;
    db.run([&](Tx& tx) { update_tenant(tx, changed, now()); });
    tenant = changed;
  }
  std::vector<std::string> aliases() {
    return db.run([&](Tx& tx) { return get_tenant(tx, acme.slug); }).aliases;
  }
};

using Slugs = std::vector<std::string>;

}  // namespace

TEST_CASE("the slugs that a tenant had stay its aliases, and may be taken back") {
  Renamed f;
  CHECK(f.aliases() == Slugs{});
  f.rename(f.acme, "beta");
  CHECK(f.aliases() == Slugs{"acme"});
  f.rename(f.acme, "gamma");
  CHECK(f.aliases() == Slugs{"acme", "beta"});
  f.rename(f.acme, "acme");
  CHECK(f.aliases() == Slugs{"beta", "gamma"});
  f.acme.name = "Acme Tea";
  f.rename(f.acme, "acme");
  CHECK(f.aliases() == Slugs{"beta", "gamma"});
  CHECK(f.db.run([](Tx& tx) { return get_tenant(tx, "other"); }).aliases == Slugs{});
}

TEST_CASE("an alias of another tenant cannot be taken until it is given up") {
  Renamed f;
  f.rename(f.acme, "beta");
  const auto refusal = [](auto&& take) {
    try {
      take();
    } catch (const Error& e) {
      CHECK(e.code() == Errc::conflict);
      return std::string{e.what()} + "; " + e.hint();
    }
    return std::string{"taken"};
  };
  const std::string whose =
      "\"acme\" is an earlier slug of tenant \"beta\", whose webhooks may still come to it; once Twilio "
      "calls "
      "beta by its new slug, run \"smscrm tenant update beta --drop-alias acme\"";
  CHECK(refusal([&] { add_test_tenant(f.db); }) == whose);
  CHECK(refusal([&] { f.rename(f.other, "acme"); }) == whose);
  CHECK(f.other.slug == "other");
  CHECK_THROWS_AS(f.db.run([&](Tx& tx) { delete_alias(tx, f.other.id, "acme"); }), Error);
  CHECK_THROWS_AS(f.db.run([&](Tx& tx) { delete_alias(tx, f.acme.id, "beta"); }), Error);
  f.db.run([&](Tx& tx) { delete_alias(tx, f.acme.id, "acme"); });
  CHECK(f.aliases() == Slugs{});
  f.rename(f.other, "acme");
}

TEST_CASE("a slug that is being given up is not taken before it is an alias") {
  Renamed f;
  auto renaming = f.db.connect();
  std::jthread creator;
  std::string refusal;
  in_transaction(renaming, [&](Tx& tx) {
    auto changed = f.acme;
    changed.slug = "beta";
    update_tenant(tx, changed, now());
    creator = std::jthread{[&] {
      auto connection = f.db.connect();
      try {
        in_transaction(connection, [&](Tx& other) { add_tenant(other, f.acme); });
      } catch (const Error& e) {
        refusal = e.what();
      }
    }};
    const auto waits = [&] {
      return f.db.run([](Tx& look) {
        return exec(look,
                    "SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE NOT granted AND d.datname = current_database()")
            .front()[0]
            .as<bool>();
      });
    };
    while (!waits()) std::this_thread::yield();
  });
  creator.join();
  CHECK(refusal.find("earlier slug of tenant \"beta\"") != std::string::npos);
}

TEST_CASE("who asks for a tenant by an earlier slug is told the new one") {
  Renamed f;
  f.rename(f.acme, "beta");
  try {
    f.db.run([](Tx& tx) { return get_tenant(tx, "acme"); });
    FAIL("found");
  } catch (const Error& e) {
    CHECK(e.code() == Errc::not_found);
    CHECK(e.hint() == "it is called \"beta\" now");
  }
}

TEST_CASE("a deleted tenant is gone, its slug free, and its earlier ones") {
  TestDb db;
  auto acme = add_test_tenant(db, "old");
  acme.slug = "acme";
  db.run([&](Tx& tx) { update_tenant(tx, acme, now()); });
  db.run([&](Tx& tx) { delete_tenant(tx, acme.id, now()); });
  CHECK_FALSE(db.run([&](Tx& tx) { return find_tenant(tx, "acme"); }));
  CHECK(add_test_tenant(db).id != acme.id);
  CHECK(add_test_tenant(db, "old").id != acme.id);
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
