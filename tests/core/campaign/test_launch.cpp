// Launches: long, for the cases share what an audience is made of.
#include <atomic>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "core/ledger/campaign_counter.hpp"
#include "core/link/link.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

struct World {
  TestDb db;
  TenantId tenant;

  explicit World(int contacts) : tenant(add_test_tenant(db).id) {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, contacts);
  }
  std::string value(const std::string& sql) {
    return db.run([&](Tx& tx) { return exec(tx, sql, tenant).front()[0].as<std::string>(); });
  }
  Campaign get(const std::string& slug) {
    return db.run([&](Tx& tx) { return get_campaign(tx, tenant, slug); });
  }
};

Errc code_of(auto&& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.code();
  }
  return Errc::internal;
}

}  // namespace

TEST_CASE("a launch writes one message a contact, its work, counters and links") {
  World world(1203);
  set_test_consent(world.db, world.tenant, "+14155550000", "opted_out");
  const auto campaign =
      add_test_campaign(world.db, world.tenant, "spring", "Hi {{name}} {{link:https://acme.example/a}}");
  const auto launch = launch_test_campaign(world.db, world.tenant, campaign.id);
  CHECK(launch.audience == 1203);
  CHECK_FALSE(launch.replayed);

  const auto launched = world.get("spring");
  CHECK(launched.status == CampaignStatus::running);
  CHECK(launched.launch_id == launch.id);
  CHECK(launched.last_message.value - launched.first_message.value + 1 == 1203);
  CHECK(world.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'waiting'") == "1202");
  CHECK(world.value("SELECT msisdn || skip_reason || (id = (SELECT last_message FROM campaign)) FROM message"
                    " WHERE tenant_id = $1 AND status = 'skipped'") == "+14155550000opted_outtrue");
  CHECK(world.value("SELECT string_agg(hi - lo + 1 || '', ',' ORDER BY lo) FROM work_chunk"
                    " WHERE tenant_id = $1 AND next = lo") == "500,500,202");
  // Recipients have the first ids, without a gap and each contact one, in whatever order the audience is
  // read.
  CHECK(
      world.value("SELECT bool_and(m.id = f.first_message - 1 + m.n) AND count(DISTINCT m.contact_id) = 1202"
                  "  FROM (SELECT id, contact_id, row_number() OVER (ORDER BY id) AS n FROM message"
                  "         WHERE tenant_id = $1 AND status = 'waiting') m, campaign f") == "t");
  world.db.run([&](Tx& tx) {
    const auto counters = read_counters(tx, world.tenant, campaign.id);
    CHECK(counters.at("status:waiting") == "1202");
    CHECK(counters.at("skipped:opted_out") == "1");
    const auto links = collect(tx, list_links(world.tenant, {campaign.id, {}}), {});
    REQUIRE(links.size() == 1);
    CHECK(links[0].target_url == "https://acme.example/a");
    CHECK(links[0].first_message == launched.first_message);
    CHECK(links[0].last_message == launched.last_message);
  });
}

TEST_CASE("the links of a launch end so long after it as its campaign says") {
  World world(1);
  const std::string body = "Hi {{link:https://a.example/}} {{link:https://b.example/}}";
  const auto at = parse_rfc3339("2026-05-01T12:00:00Z");
  for (const bool ends : {true, false}) {
    const auto slug = ends ? "ends" : "lasts";
    auto campaign = add_test_campaign(world.db, world.tenant, slug, body);
    if (ends) campaign.links_expire_after = std::chrono::hours{48};
    const auto links = world.db.run([&](Tx& tx) {
      update_campaign(tx, world.tenant, campaign, at);
      launch_campaign(tx, world.tenant, campaign.id, {}, at);
      return collect(tx, list_links(world.tenant, {campaign.id, {}}), {});
    });
    const auto expected = ends ? std::optional{at + std::chrono::hours{48}} : std::nullopt;
    REQUIRE(links.size() == 2);
    for (const auto& link : links) CHECK(link.expires_at == expected);
    CHECK(world.get(slug).links_expire_at == expected);
    CHECK_FALSE(world.get(slug).expires_at);
  }
}

TEST_CASE("a launch lets the planner know what it has written") {
  World world(200);
  const auto campaign = add_test_campaign(world.db, world.tenant);
  launch_test_campaign(world.db, world.tenant, campaign.id);
  CHECK(world.value("SELECT min(reltuples) FROM pg_class WHERE relname IN ('message', 'contact', 'consent')"
                    "    AND $1::bigint > 0") != "0");
}

TEST_CASE("twenty launches at once with one key are one launch, and all get its answer") {
  World world(100);
  const auto campaign = add_test_campaign(world.db, world.tenant);
  std::atomic<int> fresh{0};
  std::array<std::string, 20> ids;
  {
    std::vector<std::jthread> threads;
    for (auto& id : ids)
      threads.emplace_back([&] {
        auto connection = world.db.connect();
        LaunchOptions options;
        options.key = "spring-2026-05";
        const auto launch = in_transaction(connection, [&](Tx& tx) {
          return launch_campaign(tx, world.tenant, campaign.id, options, now());
        });
        if (!launch.replayed) ++fresh;
        id = launch.id;
      });
  }
  CHECK(fresh == 1);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
  CHECK(world.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "100");
}

TEST_CASE("campaigns and single messages that reserve ids at once never share one") {
  World world(300);
  std::vector<CampaignId> campaigns;
  for (int i = 0; i < 8; ++i)
    campaigns.push_back(add_test_campaign(world.db, world.tenant, fmt::format("c{}", i)).id);
  {
    std::vector<std::jthread> threads;
    for (const auto id : campaigns) {
      threads.emplace_back([&world, id] {
        auto connection = world.db.connect();
        in_transaction(connection, [&](Tx& tx) { return launch_campaign(tx, world.tenant, id, {}, now()); });
      });
      threads.emplace_back([&world] {
        auto connection = world.db.connect();
        for (int i = 0; i < 50; ++i)
          in_transaction(connection, [&](Tx& tx) {
            exec(tx,
                 "INSERT INTO message (tenant_id, status, kind, msisdn)"
                 " VALUES ($1, 'waiting', 'reply', '+14155550000')",
                 world.tenant);
          });
      });
    }
  }
  CHECK(world.value("SELECT count(*) FROM message WHERE tenant_id = $1") == "2800");
  CHECK(world.value(
            "SELECT count(*) FROM campaign c, message m WHERE c.tenant_id = $1 AND m.tenant_id = $1 AND"
            " m.id BETWEEN c.first_message AND c.last_message AND m.campaign_id IS DISTINCT FROM c.id") ==
        "0");
}

TEST_CASE("a launch is refused") {
  World world(2);
  const auto campaign = add_test_campaign(world.db, world.tenant);
  LaunchOptions options;
  const auto refusal = [&] {
    return code_of([&] { launch_test_campaign(world.db, world.tenant, campaign.id, options); });
  };
  SUBCASE("when it is late") {
    options.not_after = now() - std::chrono::seconds{1};
    CHECK(refusal() == Errc::refused);
  }
  SUBCASE("when the plan is another") {
    const auto plan = world.db.run([&](Tx& tx) {
      return plan_campaign(tx, world.tenant, get_campaign(tx, world.tenant, "spring"), "", now());
    });
    options.plan_hash = plan.plan_hash;
    set_test_consent(world.db, world.tenant, "+14155550001", "opted_out");
    CHECK(refusal() == Errc::refused);
    set_test_consent(world.db, world.tenant, "+14155550001", "opted_in");
    CHECK(launch_test_campaign(world.db, world.tenant, campaign.id, options).audience == 2);
    return;
  }
  SUBCASE("when nobody is left to text") {
    world.db.run([&](Tx& tx) { exec(tx, "DELETE FROM consent WHERE tenant_id = $1", world.tenant); });
    CHECK(refusal() == Errc::refused);
  }
  SUBCASE("without a sender") {
    world.db.run(
        [&](Tx& tx) { exec(tx, "UPDATE sender SET removed_at = now() WHERE tenant_id = $1", world.tenant); });
    CHECK(refusal() == Errc::refused);
  }
  SUBCASE("without an account") {
    world.db.run([&](Tx& tx) { exec(tx, "DELETE FROM account WHERE tenant_id = $1", world.tenant); });
    CHECK(refusal() == Errc::refused);
  }
  SUBCASE("when its key launched another campaign") {
    const auto other = add_test_campaign(world.db, world.tenant, "other");
    options.key = "k";
    launch_test_campaign(world.db, world.tenant, other.id, options);
    CHECK(refusal() == Errc::conflict);
  }
  CHECK(world.get("spring").status == CampaignStatus::draft);
  CHECK(world.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND campaign_id ="
                    " (SELECT id FROM campaign WHERE slug = 'spring')") == "0");
}

TEST_CASE("a second launch without its key is a conflict") {
  World world(2);
  const auto campaign = add_test_campaign(world.db, world.tenant);
  LaunchOptions options;
  options.key = "k";
  launch_test_campaign(world.db, world.tenant, campaign.id, options);
  CHECK(launch_test_campaign(world.db, world.tenant, campaign.id, options).replayed);
  CHECK(code_of([&] { launch_test_campaign(world.db, world.tenant, campaign.id); }) == Errc::conflict);
  options.key = "other";
  CHECK(code_of([&] { launch_test_campaign(world.db, world.tenant, campaign.id, options); }) ==
        Errc::conflict);
}

TEST_CASE("a template changed after the launch changes nothing that was launched") {
  World world(1);
  const auto campaign = add_test_campaign(world.db, world.tenant);
  launch_test_campaign(world.db, world.tenant, campaign.id);
  world.db.run([&](Tx& tx) {
    auto changed = get_template(tx, world.tenant, "spring");
    changed.body = "other";
    update_template(tx, world.tenant, changed, now());
  });
  CHECK(world.get("spring").body == "Hi {{first_name|there}}, STOP to end");
}

TEST_CASE("a preflight gives the numbers of the launch, and what the texts cost") {
  World world(5000);
  set_test_consent(world.db, world.tenant, "+14155550003", "opted_out");
  world.db.run([&](Tx& tx) {
    exec(tx, "UPDATE contact SET first_name = 'Zoé ✓' WHERE tenant_id = $1 AND msisdn = '+14155550007'",
         world.tenant);
    exec(tx,
         "UPDATE contact SET attributes = '{\"city\": \"Bonn\"}' WHERE tenant_id = $1 AND msisdn <> "
         "'+14155550009'",
         world.tenant);
  });
  const auto campaign = add_test_campaign(world.db, world.tenant, "spring",
                                          "Hi {{first_name}} of {{city}}: {{link:https://a.example/}}");
  const auto at = parse_rfc3339("2026-05-01T12:00:00Z");
  const auto plan = world.db.run(
      [&](Tx& tx) { return plan_campaign(tx, world.tenant, campaign, "https://sms.example.com", at); });
  CHECK(plan.audience == 5000);
  CHECK(plan.recipients == 4999);
  CHECK(plan.skipped == std::map<std::string, std::int64_t>{{"opted_out", 1}});
  CHECK(plan.parts == 4999);
  CHECK(plan.gsm7 == 4998);
  CHECK(plan.ucs2 == 1);
  CHECK(plan.cost == "41.4917");
  CHECK(plan.currency == "USD");
  CHECK(plan.missing_fields == std::map<std::string, std::int64_t>{{"city", 1}});
  REQUIRE(plan.finishes_at);
  CHECK(format_rfc3339(*plan.finishes_at) == "2026-05-01T12:00:55Z");
  std::map<std::string, PlanWarning> warnings;
  for (const auto& warning : plan.warnings) warnings[warning.code] = warning;
  CHECK(warnings.contains("no_quiet_hours"));
  CHECK(warnings.contains("no_opt_out_text"));
  CHECK(warnings["missing_field"].contact.has_value());
  CHECK(warnings["not_gsm7"].character == "✓");
  CHECK(warnings["not_gsm7"].offset == 8);
  CHECK_FALSE(warnings.contains("no_senders"));
  CHECK(warnings["missing_field"].msisdn == "+14155550009");
  REQUIRE(plan.longest);
  REQUIRE(plan.first_ucs2);
  CHECK(plan.first_ucs2->msisdn == "+14155550007");
  CHECK(plan.first_ucs2->text == "Hi Zoé ✓ of Bonn: https://sms.example.com/r/xxxxxxxxxxx");
  CHECK(plan.longest->text.ends_with(" of Bonn: https://sms.example.com/r/xxxxxxxxxxx"));
  CHECK(plan.longest->size.units >= plan.first_ucs2->size.units);

  LaunchOptions options;
  options.plan_hash = plan.plan_hash;
  CHECK(launch_test_campaign(world.db, world.tenant, campaign.id, options).audience == plan.audience);
}

TEST_CASE("a preflight names the same people whatever order their rows are in") {
  World world(4);
  const auto campaign = add_test_campaign(world.db, world.tenant, "spring", "Hi {{first_name}} ✓ {{city}}");
  for (const auto* order : {"msisdn", "msisdn DESC"}) {
    world.db.run([&](Tx& tx) {
      exec(tx, "DELETE FROM contact WHERE tenant_id = $1", world.tenant);
      exec(tx,
           fmt::format("INSERT INTO contact (tenant_id, msisdn, first_name)"
                       " SELECT $1::bigint, msisdn, 'Ann' FROM consent WHERE tenant_id = $1 ORDER BY {}",
                       order),
           world.tenant);
    });
    const auto plan =
        world.db.run([&](Tx& tx) { return plan_campaign(tx, world.tenant, campaign, "", now()); });
    REQUIRE(plan.recipients == 4);
    CHECK(plan.longest->msisdn == "+14155550000");
    CHECK(plan.first_ucs2->msisdn == "+14155550000");
    for (const auto& warning : plan.warnings)
      if (!warning.msisdn.empty()) CHECK(warning.msisdn == "+14155550000");
  }
}

TEST_CASE("a preflight says when all would have left, by caps, quiet hours, rates and expiry") {
  World world(500);
  auto campaign = add_test_campaign(world.db, world.tenant);
  const auto noon = parse_rfc3339("2026-05-01T16:00:00Z");  // of the tenant, in New York
  const auto plan = [&] {
    return world.db.run([&](Tx& tx) { return plan_campaign(tx, world.tenant, campaign, "", noon); });
  };
  const auto finishes = [&] {
    const auto at = plan().finishes_at;
    return at ? format_rfc3339(*at) : "never";
  };
  const auto sql = [&](const std::string& text) {
    world.db.run([&](Tx& tx) { exec(tx, text, world.tenant); });
  };
  const auto warns = [&](const std::string& code) {
    const auto all = plan().warnings;
    return std::any_of(all.begin(), all.end(), [&](const PlanWarning& w) { return w.code == code; });
  };
  CHECK(finishes() == "2026-05-01T16:00:06Z");
  campaign.rate = 10;
  CHECK(finishes() == "2026-05-01T16:00:55Z");
  campaign.rate.reset();

  sql("UPDATE sender SET daily_cap = 200 WHERE tenant_id = $1");
  sql("INSERT INTO daily_usage (tenant_id, sender_id, day, parts)"
      " SELECT $1, unnest(ARRAY[0, id]), '2026-05-01', 150 FROM sender WHERE tenant_id = $1");
  CHECK(finishes() == "2026-05-04T04:00:01Z");
  sql("UPDATE tenant SET daily_cap = 350 WHERE id = $1");
  CHECK(finishes() == "2026-05-04T04:00:01Z");
  sql("UPDATE sender SET daily_cap = NULL WHERE tenant_id = $1");
  CHECK(finishes() == "2026-05-02T04:00:04Z");

  CHECK_FALSE(warns("expires_first"));
  campaign.expires_after = std::chrono::hours{1};
  CHECK(finishes() == "2026-05-01T17:00:00Z");
  CHECK(warns("expires_first"));
  campaign.expires_after.reset();
  sql("UPDATE tenant SET daily_cap = NULL WHERE id = $1");
  CHECK(finishes() == "2026-05-01T16:00:06Z");

  sql("UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00' WHERE id = $1");
  CHECK(finishes() == "2026-05-01T16:00:06Z");
  sql("UPDATE contact SET timezone = 'Asia/Tokyo' WHERE tenant_id = $1 AND msisdn <= '+14155550099'");
  CHECK(finishes() == "2026-05-01T23:00:02Z");
  campaign.kind = CampaignKind::transactional;
  CHECK(finishes() == "2026-05-01T16:00:06Z");
}

TEST_CASE("a preflight warns of links that end before the last text has left, or may leave") {
  World world(500);
  const auto warning = [&](const Campaign& campaign) {
    const auto plan = world.db.run(
        [&](Tx& tx) { return plan_campaign(tx, world.tenant, campaign, "https://sms.example.com", now()); });
    for (const auto& one : plan.warnings)
      if (one.code == "links_expire_first") return one.message;
    return std::string{};
  };
  auto campaign = add_test_campaign(world.db, world.tenant, "spring", "{{link:https://a.example/}}");
  auto plain = add_test_campaign(world.db, world.tenant, "plain");
  campaign.rate = plain.rate = 10;  // 50 seconds and more
  CHECK(warning(campaign).empty());
  campaign.links_expire_after = plain.links_expire_after = std::chrono::seconds{30};
  CHECK(warning(campaign) == "its links expire before all of it can be sent");
  CHECK(warning(plain).empty());
  campaign.links_expire_after = std::chrono::hours{1};
  CHECK(warning(campaign).empty());
  campaign.expires_after = std::chrono::hours{1};
  CHECK(warning(campaign).empty());
  campaign.expires_after = std::chrono::hours{2};
  CHECK(warning(campaign).find("before it does") != std::string::npos);
  world.db.run(
      [&](Tx& tx) { exec(tx, "UPDATE sender SET removed_at = now() WHERE tenant_id = $1", world.tenant); });
  CHECK(warning(campaign).find("before it does") != std::string::npos);
}

TEST_CASE("a preflight warns of what would stop or spoil a launch") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  add_test_contacts(db, tenant, 1);
  const auto campaign =
      add_test_campaign(db, tenant, "spring", std::string(1601, 'x') + "{{link:https://a.example/}}");
  const auto plan = db.run([&](Tx& tx) { return plan_campaign(tx, tenant, campaign, "", now()); });
  std::set<std::string> codes;
  for (const auto& warning : plan.warnings) codes.insert(warning.code);
  CHECK(codes == std::set<std::string>{"no_account", "no_public_url", "no_quiet_hours", "no_opt_out_text",
                                       "too_long"});
  CHECK_FALSE(plan.finishes_at);
  CHECK(plan.cost.empty());
}

TEST_CASE("preflight warns of time zones that this machine does not know, and reckons with the others") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  add_test_sender(db, tenant);
  add_test_contacts(db, tenant, 3);
  const auto campaign = add_test_campaign(db, tenant);
  const auto noon = parse_rfc3339("2026-05-01T16:00:00Z");
  const auto plan = [&] {
    return db.run([&](Tx& tx) { return plan_campaign(tx, tenant, campaign, "", noon); });
  };
  const auto warning = [](const Plan& of) {
    for (const auto& one : of.warnings)
      if (one.code == "unknown_zone") return one.message;
    return std::string{};
  };
  const auto set = [&](const char* statement) { db.run([&](Tx& tx) { exec(tx, statement, tenant); }); };
  set("UPDATE contact SET timezone = 'America/Newtown' WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  CHECK(warning(plan()) == "");  // the tenant has no night
  set("UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00' WHERE id = $1");
  CHECK(warning(plan()).find("1 recipients wait") == 0);
  CHECK(plan().held == std::map<std::string, std::int64_t>{{"unknown_zone", 1}});
  CHECK(plan().finishes_at.value() < noon + std::chrono::minutes{1});
  // The tenant's own is nobody's.
  set("UPDATE tenant SET timezone = 'Atlantis/Old', daily_cap = 100 WHERE id = $1");
  CHECK(warning(plan()).find("\"America/Newtown\" or others") != std::string::npos);
  CHECK(plan().finishes_at);
  // Nor is there one for numbers of no country.
  for (const char* statement :
       {"UPDATE contact SET msisdn = '+8835100012345' WHERE tenant_id = $1 AND msisdn = '+14155550000'",
        "UPDATE consent SET msisdn = '+8835100012345' WHERE tenant_id = $1 AND msisdn = '+14155550000'"})
    set(statement);
  CHECK(warning(plan()).find("2 recipients wait, because nobody knows the time zone of their numbers") == 0);
}
