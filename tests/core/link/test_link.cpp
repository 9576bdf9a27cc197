#include <doctest/doctest.h>

#include "core/link/link.hpp"
#include "core/link/reclassify.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

TEST_CASE("the link key is made once and opens only with its key file") {
  TestDb db;
  const auto secret = new_secret_key();
  const auto first = db.run([&](Tx& tx) { return get_link_key(tx, secret); });
  const auto again = db.run([&](Tx& tx) { return get_link_key(tx, secret); });
  CHECK(first.sip() == again.sip());
  CHECK_THROWS_AS(db.run([](Tx& tx) { return get_link_key(tx, new_secret_key()); }), Error);
}

TEST_CASE("links of a launch keep the order of the body") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto ids =
        add_campaign_links(tx, tenant.id, CampaignId{5}, {"https://b.example/", "https://a.example/"},
                           MessageId{1}, MessageId{9});
    REQUIRE(ids.size() == 2);
    CHECK(get_link(tx, tenant.id, ids[0]).target_url == "https://b.example/");
    CHECK(get_link(tx, tenant.id, ids[1]).ordinal == 1);
    CHECK(collect(tx, list_links(tenant.id, {CampaignId{5}, {}}), {}).size() == 2);
    CHECK(collect(tx, list_links(tenant.id, {CampaignId{6}, {}}), {}).empty());
  });
}

TEST_CASE("a link leads to the web and nowhere else") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  for (const char* url :
       {"", "acme.example", "javascript:alert(1)", "https://", "https://a b", "ftp://a.example"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(db.run([&](Tx& tx) { return add_link(tx, tenant.id, "", url, std::nullopt); }), Error);
  }
}

TEST_CASE("clicks of persons are counted, each person once, robots never") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  const CampaignId campaign{5};
  db.run([&](Tx& tx) {
    const auto link =
        add_campaign_links(tx, tenant.id, campaign, {"https://a.example/"}, MessageId{1}, MessageId{9})
            .front();
    const auto hit = [&](std::int64_t message, ClickClass click_class) {
      return Click{link, MessageId{message}, campaign, now(), "GET", "x", "", {click_class, ""}};
    };
    record_clicks(tx, tenant.id, webhook_slot,
                  {hit(1, ClickClass::person), hit(1, ClickClass::person), hit(2, ClickClass::bot),
                   hit(3, ClickClass::head)});
    record_clicks(tx, tenant.id, webhook_slot, {hit(1, ClickClass::person), hit(4, ClickClass::person)});
    const auto counters = read_counters(tx, tenant.id, campaign);
    CHECK(counters.at("clicks") == "4");
    CHECK(counters.at("unique_clicks") == "2");
    CHECK(get_link(tx, tenant.id, link).unique_clicks == 2);
    CHECK(exec(tx, "SELECT count(*) FROM click").front()[0].as<int>() == 6);
  });
}

TEST_CASE("a hit that is stored is found again, and no other") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  const Click stored{LinkId{1}, MessageId{2}, std::nullopt, now(), "GET", "x", "", {}};
  auto other = stored;
  other.clicked_at += std::chrono::microseconds{1};
  db.run([&](Tx& tx) {
    record_clicks(tx, tenant, webhook_slot, {stored});
    CHECK(has_click(tx, tenant, stored));
    CHECK_FALSE(has_click(tx, tenant, other));
    CHECK_FALSE(has_click(tx, TenantId{tenant.value + 1}, stored));
  });
}

TEST_CASE("hits are classed by what they say of themselves") {
  const std::string phone =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari";
  CHECK(classify_click("GET", phone, "").click_class == ClickClass::person);
  CHECK(classify_click("HEAD", phone, "").click_class == ClickClass::head);
  CHECK(classify_click("GET", phone, "prefetch;prerender").click_class == ClickClass::prefetch);
  CHECK(classify_click("GET", "", "").click_class == ClickClass::bot);
  CHECK(classify_click("GET", "Mozilla/5.0 (compatible; Googlebot/2.1)", "").click_class == ClickClass::bot);
  CHECK(classify_click("GET", "curl/7.88.1", "").click_class == ClickClass::bot);
  const std::string previews[] = {
      "WhatsApp/2.23 A", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
      "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"};
  for (const auto& agent : previews)
    CHECK(classify_click("GET", agent, "").click_class == ClickClass::preview);
  CHECK(classify_click("GET", "Mozilla/5.0 (compatible; urlscan.io)", "").click_class == ClickClass::scanner);
  CHECK(classify_click("GET", "Mozilla/5.0 (compatible; NetcraftSurveyAgent/1.0)", "").reason ==
        "agent names a scanner");
}

TEST_CASE("classes are computed again over history, and unique clicks and counters follow") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  const CampaignId campaign{5};
  db.run([&](Tx& tx) {
    const auto link =
        add_campaign_links(tx, tenant.id, campaign, {"https://a.example/"}, MessageId{1}, MessageId{9})
            .front();
    const auto hit = [&](std::int64_t message, const std::string& agent, ClickClass stored) {
      return Click{link, MessageId{message}, campaign, now(), "GET", agent, "", {stored, ""}};
    };
    // What rules of other days made of them.
    record_clicks(
        tx, tenant.id, webhook_slot,
        {hit(1, "Mozilla/5.0 (iPhone)", ClickClass::bot), hit(2, "Googlebot/2.1", ClickClass::person),
         hit(2, "Mozilla/5.0 (iPhone)", ClickClass::person), hit(3, "Googlebot/2.1", ClickClass::person),
         hit(4, "Mozilla/5.0 (iPhone)", ClickClass::person)});
    const auto done = reclassify_clicks(tx, tenant.id);
    CHECK(done.clicks == 3);
    CHECK(done.persons == -1);
    CHECK(done.unique_clicks == 0);  // one person found, one robot's taken back
    const auto found = get_link(tx, tenant.id, link);
    CHECK(found.clicks == 3);
    CHECK(found.unique_clicks == 3);
    const auto counters = read_counters(tx, tenant.id, campaign);
    CHECK(counters.at("clicks") == "3");
    CHECK(counters.at("unique_clicks") == "3");
    CHECK(count_hits(tx, tenant.id, link) == std::map<std::string, std::int64_t>{{"bot", 2}, {"person", 3}});
    CHECK(exec(tx, "SELECT DISTINCT reason FROM click WHERE class = 'bot'").front()[0].as<std::string>() ==
          "agent names a robot");
  });
  db.run([&](Tx& tx) { CHECK(reclassify_clicks(tx, tenant.id).clicks == 0); });
}
