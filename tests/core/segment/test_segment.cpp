#include <doctest/doctest.h>

#include "core/campaign/launch.hpp"
#include "core/contact/contact.hpp"
#include "core/contact/list.hpp"
#include "core/contact/list_change.hpp"
#include "core/segment/audience.hpp"
#include "core/segment/preview.hpp"
#include "core/segment/segment.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

struct World {
  TestDb db;
  Tenant tenant = add_test_tenant(db);

  Segment add(const std::string& slug, const std::string& rule) {
    return db.run([&](Tx& tx) { return add_segment(tx, tenant, {slug, rule, ""}, now()); });
  }
  Segment update(const std::string& slug, const SegmentChange& change) {
    return db.run(
        [&](Tx& tx) { return update_segment(tx, tenant, get_segment(tx, tenant.id, slug), change, now()); });
  }
  void remove(const std::string& slug) {
    db.run([&](Tx& tx) { delete_segment(tx, tenant.id, get_segment(tx, tenant.id, slug)); });
  }
};

template <class Work>
std::string code_of(Work&& work) {
  try {
    work();
  } catch (const RuleError& error) {
    return fmt::format("{} {}", error.rule_code(), error.place().column);
  }
  return "";
}

}  // namespace

TEST_CASE("a segment keeps the words of its rule") {
  World world;
  const std::string rule = "tag:VIP  and created_at on today # who is new\n";
  const auto added = world.add("new", rule);
  CHECK(added.rule == rule);
  world.db.run([&](Tx& tx) {
    CHECK(get_segment(tx, world.tenant.id, "new").rule == rule);
    CHECK(get_segment(tx, world.tenant.id, fmt::format("{}", added.id.value)).slug == "new");
    CHECK(list_segments(tx, world.tenant.id).size() == 1);
  });
  CHECK_THROWS_WITH_AS(world.add("new", "all"), "there is a segment \"new\" already", Error);
  CHECK_THROWS_AS(world.add("New one", "all"), Error);
  CHECK(world.update("new", {{}, "all", "everybody"}).rule == "all");
  CHECK(world.update("new", {"fresh", {}, {}}).description == "everybody");
  CHECK_THROWS_WITH_AS(world.remove("fres"), "there is no segment \"fres\"", Error);
  world.remove("fresh");
}

TEST_CASE("a segment does not use itself, by whatever way") {
  World world;
  CHECK(code_of([&] { world.add("a", "tag:x or segment:a"); }) == "circular_segment 18");
  world.add("a", "tag:x");
  world.add("b", "segment:a");
  world.add("c", "not segment:b");
  CHECK(code_of([&] { world.update("a", {{}, "tag:x or segment:c", {}}); }) == "circular_segment 18");
  CHECK(code_of([&] { world.update("a", {{}, "segment:a", {}}); }) == "circular_segment 9");
  CHECK(world.db.run([&](Tx& tx) { return get_segment(tx, world.tenant.id, "a").rule; }) == "tag:x");
  CHECK(code_of([&] { world.add("d", "segment:nobody"); }) == "unknown_segment 9");
}

TEST_CASE("segments use each other eight deep at most") {
  World world;
  world.add("s1", "tag:x");
  for (int i = 2; i <= 8; ++i) world.add(fmt::format("s{}", i), fmt::format("segment:s{}", i - 1));
  CHECK(code_of([&] { world.add("s9", "segment:s8"); }) == "too_complex 9");
}

TEST_CASE("segments that use others again and again are too complex, however short they are") {
  World world;
  world.add("s0", "all or all");
  const auto many = [](const std::string& name) {
    std::string rule = "segment:" + name;
    for (int i = 1; i < 240; ++i) rule += " or segment:" + name;
    return rule;
  };
  world.add("s1", many("s0"));
  CHECK(code_of([&] { world.add("s2", many("s1")); }).starts_with("too_complex"));
}

TEST_CASE("what the rule of a draft names neither goes nor has another name") {
  World world;
  const auto tenant = world.tenant.id;
  const auto list = world.db.run([&](Tx& tx) { return add_list(tx, tenant, "vip", ""); });
  const auto winter = add_test_campaign(world.db, tenant, "winter");
  add_test_campaign(world.db, tenant, "flash", "Hi", "where list:vip and not received campaign:winter");
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { update_list(tx, tenant, list, {"vip-old", {}}); }), Error);
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { delete_list(tx, tenant, list); }), Error);
  auto renamed = winter;
  renamed.slug = "cold";
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { update_campaign(tx, tenant, renamed, now()); }), Error);
}

TEST_CASE("where nothing was ever sent, the last time is empty for everybody") {
  World world;
  world.db.run([&](Tx& tx) {
    NewContact contact;
    contact.msisdn = "+14155550101";
    add_contact(tx, world.tenant.id, contact);
  });
  const auto count = [&](const std::string& rule) {
    return world.db.run([&](Tx& tx) {
      const auto query = compile_audience(tx, world.tenant, parse_audience("where " + rule), now());
      return exec_with(tx, query.sql(), query.params).size();
    });
  };
  for (const char* holds :
       {"last_sent is empty", "last_sent = ''", "last_received is not set", "not last_sent is set",
        "last_sent is empty or last_sent > 30d", "last_click is empty", "sent_count = 0", "not sent"}) {
    CAPTURE(holds);
    CHECK(count(holds) == 1);
  }
  for (const char* holds_not :
       {"not last_sent is empty", "last_sent != ''", "last_delivered is set", "last_sent > 30d"}) {
    CAPTURE(holds_not);
    CHECK(count(holds_not) == 0);
  }
}

TEST_CASE("what a rule names neither goes nor has another name") {
  World world;
  const auto tenant = world.tenant.id;
  const auto list = world.db.run([&](Tx& tx) { return add_list(tx, tenant, "spring", ""); });
  const auto campaign = add_test_campaign(world.db, tenant, "winter");
  world.add("base", "list:spring and not sent campaign:winter");
  world.add("vips", "segment:base and tag:vip");
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { delete_list(tx, tenant, list); }), Error);
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { update_list(tx, tenant, list, {"summer", {}}); }), Error);
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { delete_campaign(tx, tenant, campaign.id); }), Error);
  auto renamed = campaign;
  renamed.slug = "cold";
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { update_campaign(tx, tenant, renamed, now()); }), Error);
  CHECK_THROWS_WITH_AS(world.remove("base"), "segment \"base\" is used by segment \"vips\"", Error);
  CHECK_THROWS_AS(world.update("base", {"ground", {}, {}}), Error);
  world.update("vips", {{}, "tag:vip", {}});
  world.update("base", {"ground", {}, {}});
  world.remove("ground");
  world.db.run([&](Tx& tx) {
    update_campaign(tx, tenant, renamed, now());
    delete_list(tx, tenant, list);
  });
}

TEST_CASE("drafts hold a segment, and follow it to a new name") {
  World world;
  world.add("vips", "tag:vip");
  add_test_campaign(world.db, world.tenant.id, "spring", "Hi", "segment:vips");
  CHECK_THROWS_WITH_AS(world.remove("vips"), "segment \"vips\" is used by campaign \"spring\"", Error);
  world.update("vips", {"best", {}, {}});
  const auto audience =
      world.db.run([&](Tx& tx) { return get_campaign(tx, world.tenant.id, "spring").audience; });
  CHECK(format_audience(audience) == "segment:best");
  add_test_campaign(world.db, world.tenant.id, "summer", "Hi", "where segment:best and dnc");
  CHECK_THROWS_WITH_AS(world.remove("best"),
                       "segment \"best\" is used by campaign \"spring\", campaign \"summer\"", Error);
  CHECK_THROWS_AS(world.update("best", {"vips", {}, {}}), Error);
}

TEST_CASE("a launch texts whom its preflight saw, and keeps the rule it went by") {
  World world;
  const auto tenant = world.tenant.id;
  add_test_sender(world.db, tenant);
  add_test_contacts(world.db, tenant, 20);
  world.db.run([&](Tx& tx) {
    exec(tx, "UPDATE contact SET tags = '{vip}' WHERE tenant_id = $1 AND right(msisdn, 1) IN ('1', '2', '3')",
         tenant);
  });
  world.add("vips", "tag:vip");
  const auto campaign = add_test_campaign(world.db, tenant, "spring", "Hi, STOP to end",
                                          "where segment:vips and not msisdn ends with 3");
  const auto at = now();
  const auto plan = world.db.run([&](Tx& tx) { return plan_campaign(tx, tenant, campaign, "", at); });
  CHECK(plan.audience == 4);
  LaunchOptions options;
  options.plan_hash = plan.plan_hash;
  world.db.run([&](Tx& tx) { launch_campaign(tx, tenant, campaign.id, options, at); });
  world.update("vips", {{}, "all", {}});
  world.db.run([&](Tx& tx) {
    const auto launched = get_campaign(tx, tenant, "spring");
    CHECK(launched.size == 4);
    CHECK(launched.audience_rule == "segment:vips and not msisdn ends with 3");
    const auto texted = exec(tx,
                             "SELECT string_agg(right(msisdn, 2), ' ' ORDER BY msisdn) FROM message"
                             " WHERE tenant_id = $1",
                             tenant);
    CHECK(texted.front()[0].as<std::string>() == "01 02 11 12");
  });
}

TEST_CASE("a draft whose rule is wrong is refused where it is wrong") {
  World world;
  CHECK(code_of([&] {
          add_test_campaign(world.db, world.tenant.id, "spring", "Hi", "where plan = 'pro'");
        }) == "unknown_field 1");
  CHECK_THROWS_WITH_AS(add_test_campaign(world.db, world.tenant.id, "spring", "Hi", "segment:vips"),
                       "there is no segment \"vips\"", Error);
}
