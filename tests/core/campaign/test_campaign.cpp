#include <doctest/doctest.h>

#include "core/campaign/campaign.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

struct Launched {
  TestDb db;
  TenantId tenant;
  CampaignId id;

  explicit Launched(int contacts) : tenant(add_test_tenant(db).id) {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, contacts);
    id = add_test_campaign(db, tenant).id;
    launch_test_campaign(db, tenant, id);
  }
  CampaignStatus status() {
    return db.run([&](Tx& tx) { return get_campaign(tx, tenant, "spring").status; });
  }
  std::string value(const std::string& sql) {
    return db.run([&](Tx& tx) { return exec(tx, sql, tenant).front()[0].as<std::string>(); });
  }
  // What the sender's claim does to the first `messages`, and the outcomes that it writes.
  void send(int messages, MessageStatus outcome) {
    db.run([&](Tx& tx) {
      exec(tx,
           "UPDATE message SET status = $3::message_status WHERE tenant_id = $1 AND id IN"
           " (SELECT id FROM message WHERE tenant_id = $1 AND status = 'waiting' ORDER BY id LIMIT $2)",
           tenant, messages, to_string(outcome));
      exec(tx, "DELETE FROM work_chunk WHERE tenant_id = $1", tenant);
      CounterChanges changes;
      changes.move(id, MessageStatus::waiting, outcome, std::nullopt, messages);
      apply_counters(tx, tenant, sender_slot, changes, now());
    });
  }
};

}  // namespace

TEST_CASE("a campaign reads as it was written") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  add_test_sender(db, tenant);
  db.run([&](Tx& tx) {
    NewCampaign added;
    added.slug = "spring";
    added.kind = CampaignKind::transactional;
    added.body_template = add_template(tx, tenant, {"hello", "Hi"}).id;
    added.audience = parse_audience("tag:vip");
    added.rate = 2.5;
    added.expires_after = std::chrono::hours{6};
    added.links_expire_after = std::chrono::hours{48};
    added.senders = {
        exec(tx, "SELECT id FROM sender WHERE tenant_id = $1", tenant).front()[0].as<SenderId>()};
    auto campaign = add_campaign(tx, tenant, added);
    CHECK(campaign.kind == CampaignKind::transactional);
    CHECK(campaign.template_slug == "hello");
    CHECK(campaign.audience == added.audience);
    CHECK(campaign.rate == 2.5);
    CHECK(campaign.expires_after == std::chrono::hours{6});
    CHECK(campaign.links_expire_after == std::chrono::hours{48});
    CHECK_FALSE(campaign.links_expire_at);
    CHECK(campaign.senders == added.senders);
    CHECK(campaign.sender_addresses == std::vector<std::string>{"+15005550006"});
    CHECK(campaign.status == CampaignStatus::draft);

    campaign.slug = "summer";
    campaign.senders.clear();
    campaign.rate.reset();
    campaign.links_expire_after = std::chrono::hours{72};
    update_campaign(tx, tenant, campaign, now());
    campaign = get_campaign(tx, tenant, fmt::format("{}", campaign.id.value));
    CHECK(campaign.slug == "summer");
    CHECK(campaign.senders.empty());
    CHECK_FALSE(campaign.rate);
    CHECK(campaign.expires_after == std::chrono::hours{6});
    CHECK(campaign.links_expire_after == std::chrono::hours{72});
    CHECK(list_campaigns(tx, tenant, CampaignStatus::draft).size() == 1);
    CHECK(list_campaigns(tx, tenant, CampaignStatus::running).empty());
    delete_campaign(tx, tenant, campaign.id);
    CHECK_FALSE(find_campaign(tx, tenant, "summer"));
  });
}

TEST_CASE("bad campaigns are refused") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  const auto good = add_test_campaign(db, tenant);
  const auto add = [&](auto&& change) {
    NewCampaign bad = good;
    bad.slug = "bad";
    change(bad);
    db.run([&](Tx& tx) { add_campaign(tx, tenant, bad); });
  };
  CHECK_THROWS_AS(add([](NewCampaign& c) { c.slug = "Bad Slug"; }), Error);
  CHECK_THROWS_AS(add([](NewCampaign& c) { c.slug = "spring"; }), Error);
  CHECK_THROWS_AS(add([](NewCampaign& c) { c.rate = 0; }), Error);
  CHECK_THROWS_AS(add([](NewCampaign& c) { c.links_expire_after = std::chrono::seconds{0}; }), Error);
  CHECK_THROWS_AS(add([](NewCampaign& c) { c.audience = parse_audience("list:none"); }), Error);
}

TEST_CASE("a launched campaign is neither changed nor deleted") {
  Launched launched(1);
  auto campaign = launched.db.run([&](Tx& tx) { return get_campaign(tx, launched.tenant, "spring"); });
  campaign.rate = 7;
  CHECK_THROWS_WITH_AS(
      launched.db.run([&](Tx& tx) { update_campaign(tx, launched.tenant, campaign, now()); }),
      "campaign \"spring\" is running; only a draft can be changed", Error);
  CHECK_THROWS_AS(launched.db.run([&](Tx& tx) { delete_campaign(tx, launched.tenant, campaign.id); }), Error);
}

TEST_CASE("pause and resume go to and fro, and only from running") {
  Launched launched(1);
  const auto pause = [&] {
    launched.db.run([&](Tx& tx) { pause_campaign(tx, launched.tenant, launched.id, now()); });
  };
  const auto resume = [&] {
    launched.db.run([&](Tx& tx) { resume_campaign(tx, launched.tenant, launched.id, now()); });
  };
  pause();
  pause();
  CHECK(launched.status() == CampaignStatus::paused);
  resume();
  resume();
  CHECK(launched.status() == CampaignStatus::running);
  launched.db.run([&](Tx& tx) { cancel_campaign(tx, launched.tenant, launched.id, now()); });
  CHECK_THROWS_AS(pause(), Error);
  CHECK_THROWS_AS(resume(), Error);
}

TEST_CASE("a cancel ends what waits and leaves what left") {
  Launched launched(600);
  launched.send(10, MessageStatus::in_flight);
  launched.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
         " SELECT $1::bigint, id, campaign_id, now(), CASE status WHEN 'in_flight' THEN 'resolve' ELSE "
         "'send' END"
         "   FROM message WHERE tenant_id = $1 ORDER BY id LIMIT 12",
         launched.tenant);
  });
  const auto cancel = [&] {
    return launched.db.run([&](Tx& tx) { return cancel_campaign(tx, launched.tenant, launched.id, now()); });
  };
  CHECK(cancel() == 590);
  CHECK(cancel() == 0);
  CHECK(launched.status() == CampaignStatus::canceled);
  CHECK(launched.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'canceled'") == "590");
  CHECK(launched.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'in_flight'") == "10");
  CHECK(launched.value("SELECT count(*) FROM work_chunk WHERE tenant_id = $1") == "0");
  CHECK(launched.value("SELECT string_agg(DISTINCT task, ',') FROM work_due WHERE tenant_id = $1") ==
        "resolve");
  launched.db.run([&](Tx& tx) {
    const auto counters = read_counters(tx, launched.tenant, launched.id);
    CHECK(counters.at("status:waiting") == "0");
    CHECK(counters.at("status:canceled") == "590");
  });
}

TEST_CASE("a campaign is finished when nothing is left to send or to learn, by the rows") {
  Launched launched(10);
  const auto finish = [&] { return launched.db.run([](Tx& tx) { return finish_campaigns(tx, now()); }); };
  CHECK(finish() == 0);
  launched.send(4, MessageStatus::delivered);
  CHECK(finish() == 0);
  launched.send(6, MessageStatus::unknown);
  CHECK(finish() == 0);
  launched.db.run([&](Tx& tx) {
    CounterChanges lie;
    lie.add(launched.id, status_counter(MessageStatus::unknown), -6);
    apply_counters(tx, launched.tenant, sender_slot, lie, now());
  });
  CHECK(finish() == 0);
  launched.db.run([&](Tx& tx) {
    exec(tx, "UPDATE message SET status = 'sent' WHERE tenant_id = $1 AND status = 'unknown'",
         launched.tenant);
  });
  CHECK(finish() == 1);
  CHECK(launched.status() == CampaignStatus::finished);
  CHECK(finish() == 0);
  CHECK_THROWS_AS(launched.db.run([&](Tx& tx) { cancel_campaign(tx, launched.tenant, launched.id, now()); }),
                  Error);
}
