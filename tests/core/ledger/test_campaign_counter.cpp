#include <doctest/doctest.h>

#include "core/ledger/campaign_counter.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

TEST_CASE("counters add up over slots and batches") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  const CampaignId campaign{7}, other{8};
  db.run([&](Tx& tx) {
    CounterChanges launch;
    launch.add(campaign, status_counter(MessageStatus::waiting), 10);
    launch.add(campaign, skipped_counter("no_consent"), 3);
    launch.add(other, status_counter(MessageStatus::waiting), 1);
    apply_counters(tx, tenant.id, launch_slot, launch, now());
    CounterChanges sent;
    sent.move(campaign, MessageStatus::waiting, MessageStatus::sent, std::nullopt, 4);
    sent.move(campaign, MessageStatus::sent, MessageStatus::sent);
    sent.add_money(campaign, "USD", 0.0083, {});
    sent.add_money(campaign, "USD", 0.0083, {});
    apply_counters(tx, tenant.id, sender_slot, sent, now());
    const auto counters = read_counters(tx, tenant.id, campaign);
    CHECK(counters.at("status:waiting") == "6");
    CHECK(counters.at("status:sent") == "4");
    CHECK(counters.at("skipped:no_consent") == "3");
    CHECK(counters.at("cost:USD") == "0.0166");
    CHECK(read_counters(tx, tenant.id, other).at("status:waiting") == "1");
  });
}

TEST_CASE("ranks are those of the database, and every status has its word there") {
  TestDb db;
  db.run([](Tx& tx) {
    for (const auto status : message_statuses) {
      CAPTURE(to_string(status));
      CHECK(exec(tx, "SELECT message_rank($1::message_status)", to_string(status)).front()[0].as<int>() ==
            rank(status));
      CHECK(parse_message_status(to_string(status)) == status);
    }
  });
}
