// Who delivers for which endpoint, and who hears that nobody does.
#include <doctest/doctest.h>

#include "core/base/log.hpp"
#include "tests/support/webhook_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::add_test_webhook;
using test::start;
using test::what;
using Fixture = test::WebhookFlow;

TEST_CASE("a daemon that lost its lease neither claims, nor puts off, nor ends anything") {
  Fixture f;
  f.write({"a", "a"});
  const auto held = f.lease("d1").at(0);
  const auto first = f.claim();
  f.db.run([](Tx& tx) { exec(tx, "UPDATE webhook SET leased_until = now() - interval '1 s'"); });
  CHECK(f.lease("d2").at(0).epoch == held.epoch + 1);
  const auto stale = f.db.run([&](Tx& tx) {
    return claim_deliveries(tx, "d1", {{held.tenant, held.id, held.epoch, 10, {}}}, f.at);
  });
  CHECK(stale.deliveries.empty());
  CHECK(f.deliver(first).delivered == 0);
  f.owner = "d2";
  f.under_way.clear();
  const auto again = f.claim();
  CHECK(what(again) == "a0");  // delivered a second time rather than lost
  f.deliver(again);
  CHECK(what(f.claim()) == "a1");
}

TEST_CASE("endpoints spread over the living daemons, and those of a dead one are taken over") {
  Fixture f;
  for (const char* slug : {"two", "three", "four"}) add_test_webhook(f.db, f.key, f.tenant.id, slug, {"*"});
  const auto all = f.lease("d1");
  REQUIRE(all.size() == 4);
  CHECK(f.lease("d2").empty());
  const auto kept = f.lease("d1", {all[0].id});
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].id == all[0].id);  // the busy one stays
  CHECK(f.lease("d2").size() == 2);
  f.db.run([](Tx& tx) {
    exec(tx, "UPDATE webhook SET leased_until = now() - interval '1 s' WHERE owner = 'd1'");
    exec(tx, "UPDATE webhook_deliverer SET seen_at = now() - interval '1 h' WHERE id = 'd1'");
  });
  CHECK(f.lease("d2").size() == 4);
  f.db.run([](Tx& tx) { release_webhooks(tx, "d2"); });
  CHECK(f.lease("d3").size() == 4);
}

TEST_CASE("one whose secret cannot be opened is given back and seen to fail, until somebody can") {
  Fixture f;
  const auto right = f.key, wrong = new_secret_key();
  const auto troubles = [&] { return f.db.run([](Tx& tx) { return list_webhook_troubles(tx, now()); }); };
  const auto free_again = [&] {
    f.db.run([](Tx& tx) { exec(tx, "UPDATE webhook SET leased_until = now() WHERE owner = ''"); });
  };
  f.key = wrong;
  set_log(LogLevel::off, LogFormat::logfmt);
  CHECK(f.lease("d1").empty());
  CHECK(f.current().state() == "failing");
  CHECK(f.current().last_error == webhook_sealed);
  REQUIRE(troubles().size() == 1);
  CHECK(troubles()[0].kind == WebhookTrouble::Kind::sealed);
  const auto since = f.current().failing_since;
  // It takes no place of one that can be delivered to, though each of two daemons has only one.
  f.lease("d2");
  f.key = right;
  const auto other = add_test_webhook(f.db, right, f.tenant.id, "other", {"*"});
  f.lease("d2");
  free_again();
  f.db.run([](Tx& tx) {
    exec(tx, "UPDATE webhook SET owner = '', leased_until = '-infinity' WHERE slug = 'other'");
  });
  const auto first = f.lease("d1");
  REQUIRE(first.size() == 1);
  CHECK(first[0].id == other.id);
  CHECK(f.current().failing_since == since);
  const auto second = f.lease("d2");
  REQUIRE(second.size() == 1);
  CHECK(second[0].id == f.hook.id);
  CHECK(f.current().state() == "active");
  CHECK(f.current().last_error == "");
  CHECK(troubles().empty());
  SUBCASE("a new secret frees it at once") {
    f.db.run([](Tx& tx) {
      release_webhooks(tx, "d1");
      release_webhooks(tx, "d2");
    });
    f.key = wrong;
    CHECK(f.lease("d3").empty());
    CHECK(f.lease("d3").empty());
    f.db.run([&](Tx& tx) {
      WebhookChange change;
      change.secret = new_webhook_secret();
      update_webhook(tx, wrong, f.tenant.id, "crm", change, now());
    });
    CHECK(f.lease("d3").size() == 1);
  }
  set_log(LogLevel::info, LogFormat::logfmt);
}

TEST_CASE("an endpoint whose events are long overdue is a trouble, one that was just written to is none") {
  Fixture f;
  f.write({"a", "a"});
  const auto troubles = [&] { return f.db.run([&](Tx& tx) { return list_webhook_troubles(tx, f.at); }); };
  CHECK(troubles().empty());
  f.at += 11min;
  REQUIRE(troubles().size() == 1);
  CHECK(troubles()[0].kind == WebhookTrouble::Kind::overdue);
  CHECK(troubles()[0].since == start);
  CHECK(troubles()[0].webhook == "crm");
  f.fail(f.claim(), 24h);  // the next attempt is due some time, and what stands behind it is not
  f.claim();
  CHECK(troubles().empty());
  f.at += 2h;
  REQUIRE(troubles().size() == 1);
  CHECK(troubles()[0].kind == WebhookTrouble::Kind::failing);
  CHECK(troubles()[0].error == "HTTP status 500");
}
