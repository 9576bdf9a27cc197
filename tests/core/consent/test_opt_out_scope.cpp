// Opt-outs of one sender or pool, from the text that makes them to what they keep from leaving.
#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/consent/opt_out_scope.hpp"
#include "core/inbox/inbound.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/sending/campaign_sample.hpp"
#include "core/sending/explain.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/single.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using test::accepted;
using test::rejected;

namespace {

const std::string anna = "+14155550000";
const std::string first = "+15005550006", second = "+15005550007", third = "+15005550008";
const std::string service = "MG" + std::string(32, 'a');

// Three senders, the first two in pool "east"; Anna is the first contact of any launch.
struct Scopes : test::SendFlow {
  std::map<std::string, SenderId> ids{{first, sender}};
  int texts = 0;

  explicit Scopes(OptOutScope scope) {
    tenant.opt_out_scope = scope;
    tenant.stop_reply = "You are out.";
    db.run([&](Tx& tx) {
      update_tenant(tx, tenant, now());
      ids[second] = add_sender(tx, tenant.id, second, 1000, {}, "east").id;
      ids[third] = add_sender(tx, tenant.id, third, 1000).id;
      auto changed = get_sender(tx, tenant.id, first);
      changed.pool = "east";
      update_sender(tx, tenant.id, changed);
    });
  }

  InboundOutcome text(const std::string& to, const std::string& body, const std::string& through = "") {
    NewInbound inbound{.provider_sid = fmt::format("SM{}", ++texts),
                       .msisdn = anna,
                       .address = to,
                       .body = body,
                       .media = "",
                       .handled = {}};
    inbound.reading = read_opt_out(body);
    inbound.service = through;
    return db.run([&](Tx& tx) { return record_inbound(tx, tenant, webhook_slot, {inbound}, now()); }).front();
  }
  // What Anna has opted out of: "tenant", if she has, and narrower scopes.
  std::string out_of() {
    return db.run([&](Tx& tx) {
      const auto status = get_consent_status(tx, tenant.id, anna);
      auto scopes = status.opted_out_of;
      if (status.state == ConsentState::opted_out) scopes.insert(scopes.begin(), "tenant");
      return fmt::format("{}", fmt::join(scopes, " "));
    });
  }
  Claim claim_from(const std::map<std::string, double>& rooms) {
    ClaimRoom room;
    room.messages = 100;
    room.parts = 1000;
    for (const auto& [address, parts] : rooms) room.senders[ids.at(address)] = parts;
    return SendFlow::claim(room);
  }
  Claim claim_all() { return claim_from({{first, 1000}, {second, 1000}, {third, 1000}}); }
  void use_senders(CampaignId campaign, const std::vector<std::string>& addresses) {
    for (const auto& address : addresses)
      db.run([&](Tx& tx) {
        exec(tx, "INSERT INTO campaign_sender (tenant_id, campaign_id, sender_id) VALUES ($1, $2, $3)",
             tenant.id, campaign, ids.at(address));
      });
  }
  void move(const std::string& address, const std::string& pool) {
    db.run([&](Tx& tx) {
      auto changed = get_sender(tx, tenant.id, address);
      changed.pool = pool;
      update_sender(tx, tenant.id, changed);
    });
  }
};

const ClaimedMessage* to_anna(const Claim& claim) {
  for (const auto& message : claim.messages)
    if (message.request.to == anna) return &message;
  return nullptr;
}

}  // namespace

TEST_CASE("a STOP opts out of what the tenant chose") {
  struct Case {
    std::string what;
    OptOutScope scope;
    std::string to, through, out_of;
  };
  const Case cases[] = {
      {"all that the tenant sends", OptOutScope::tenant, first, "", "tenant"},
      {"the pool of the sender", OptOutScope::pool, first, "", "pool:east"},
      {"a sender without a pool is one of its own", OptOutScope::pool, third, "", "sender:" + third},
      {"the sender alone", OptOutScope::number, first, "", "sender:" + first},
      {"a number that is no sender of ours", OptOutScope::number, "+15005550099", "", "tenant"},
      {"a number of the messaging service", OptOutScope::number, "+15005550099", service,
       "sender:" + service},
      {"one that sends by itself, too", OptOutScope::pool, first, service, "pool:east sender:" + service},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Scopes f{c.scope};
    f.sql("UPDATE account SET messaging_service = '" + service + "' WHERE tenant_id = $1");
    CHECK(f.text(c.to, "Stop!", c.through).reply == "You are out.");
    CHECK(f.out_of() == c.out_of);
  }
}

TEST_CASE("an opt-out in other words, and one that was read, hold for the whole tenant whatever it chose") {
  Scopes f{OptOutScope::number};
  CHECK(f.text(first, "please stop texting me").keyword == Keyword::stop);
  CHECK(f.out_of() == "tenant");
  Scopes g{OptOutScope::number};
  g.text(first, "stop");
  g.text(first, "no more pls??");
  const auto open = g.db.run([&](Tx& tx) { return collect(tx, list_reviews(g.tenant.id), 10); });
  for (const auto& review : open)
    g.db.run([&](Tx& tx) { accept_review(tx, g.tenant.id, review.inbound, now()); });
  CHECK(g.out_of() == "tenant sender:" + first);
}

TEST_CASE("each scope is confirmed once") {
  Scopes f{OptOutScope::number};
  CHECK(f.text(first, "stop").reply == "You are out.");
  CHECK(f.text(first, "stop").reply.empty());
  CHECK(f.text(second, "stop").reply == "You are out.");
  CHECK(f.text(second, "stop").reply.empty());
  CHECK(f.text(third, "please stop texting me").reply == "You are out.");
  CHECK(f.text(third, "stop").reply.empty());  // covered by the tenant's
  f.text(first, "start");
  CHECK(f.text(first, "stop").reply == "You are out.");
}

TEST_CASE("START ends what keeps the sender that it was texted to silent, and nothing else") {
  Scopes f{OptOutScope::number};
  f.text(first, "stop");
  f.text(second, "stop");
  f.text(third, "please stop texting me");
  f.text(first, "start");
  CHECK(f.out_of() == "sender:" + second);
  // YES is a START only from whom the sender may not text.
  CHECK(f.text(first, "yes").keyword == Keyword::none);
  CHECK(f.text(second, "yes").keyword == Keyword::start);
  CHECK(f.out_of() == "");
}

TEST_CASE("a choice that is changed later changes no opt-out that is there") {
  Scopes f{OptOutScope::pool};
  f.text(first, "stop");
  for (const auto scope : {OptOutScope::number, OptOutScope::tenant, OptOutScope::pool}) {
    f.tenant.opt_out_scope = scope;
    f.db.run([&](Tx& tx) { update_tenant(tx, f.tenant, now()); });
    CHECK(f.out_of() == "pool:east");
  }
  f.db.run([&](Tx& tx) {
    for (const auto& address : {first, second}) remove_sender(tx, f.tenant.id, address, now());
  });
  CHECK(f.out_of() == "pool:east");
}

TEST_CASE("a campaign's message takes a sender that was not opted out of, and is skipped without one") {
  Scopes f{OptOutScope::number};
  const auto campaign = f.launch(2);
  f.use_senders(campaign, {first, second});
  f.text(first, "stop");
  const auto claim = f.claim_from({{first, 1000}, {second, 10}, {third, 1000}});
  REQUIRE(claim.messages.size() == 2);
  CHECK(to_anna(claim)->request.from == second);
  for (const auto& message : claim.messages)
    if (message.request.to != anna) CHECK(message.request.from == first);

  const auto later = f.launch(2, {.slug = "later"});
  f.use_senders(later, {first, second});
  f.text(second, "stop");
  const auto rest = f.claim_all();
  CHECK(rest.messages.size() == 1);
  CHECK(to_anna(rest) == nullptr);
  CHECK(f.value("SELECT skip_reason FROM message WHERE tenant_id = $1 AND status = 'skipped'") ==
        "opted_out");
  f.check_counters(later);
  // The third sender was never opted out of.
  f.launch(2, {.slug = "third"});
  CHECK(to_anna(f.claim_all())->request.from == third);
}

TEST_CASE("who waits for the sender that is left holds up nobody") {
  Scopes f{OptOutScope::number};
  const auto campaign = f.launch(3);
  f.use_senders(campaign, {first, second});
  f.text(first, "stop");
  CHECK(f.claim_from({{first, 1000}, {second, 0}}).messages.size() == 2);
  CHECK(f.statuses() == "in_flight=2 waiting=1");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1 AND task = 'send'") == "1");
  ClaimRoom room;
  room.messages = 100;
  room.parts = 1000;
  room.senders = {{f.ids[first], 1000}, {f.ids[second], 1000}};
  const auto late = f.SendFlow::claim(room, now() + std::chrono::seconds{2});
  REQUIRE(late.messages.size() == 1);
  CHECK(late.messages.front().request.from == second);
  f.check_counters(campaign);
}

TEST_CASE("a reply leaves from the sender that was written to, or not at all") {
  Scopes f{OptOutScope::number};
  f.text(first, "stop");
  f.db.run([&](Tx& tx) {
    queue_single(tx, f.tenant.id, {SingleKind::reply, anna, "to the first", f.ids[first], {}}, now());
    queue_single(tx, f.tenant.id, {SingleKind::reply, anna, "to the second", f.ids[second], {}}, now());
  });
  const auto claim = f.claim_all();
  REQUIRE(claim.messages.size() == 1);
  CHECK(claim.messages.front().request.body == "to the second");
  CHECK(claim.messages.front().request.from == second);
  CHECK(f.value("SELECT skip_reason FROM message WHERE tenant_id = $1 AND body = 'to the first'") ==
        "opted_out");
}

TEST_CASE("without senders it is the messaging service that was opted out of") {
  Scopes f{OptOutScope::number};
  f.messaging_service = service;
  f.sql("UPDATE account SET messaging_service = '" + service + "' WHERE tenant_id = $1");
  f.sql("UPDATE sender SET removed_at = now() WHERE tenant_id = $1");
  f.launch(2);
  f.text("+15005550099", "stop", service);
  const auto claim = f.claim_all();
  CHECK(claim.messages.size() == 1);
  CHECK(to_anna(claim) == nullptr);
  f.db.run([&](Tx& tx) {
    const auto status = get_consent_status(tx, f.tenant.id, anna);
    CHECK(status.no_sender_left);
    CHECK(refusal(status) == "opted_out");
  });
}

TEST_CASE("what the provider refuses is an opt-out of the sender that it was sent from") {
  for (const auto scope : {OptOutScope::number, OptOutScope::pool, OptOutScope::tenant}) {
    Scopes f{scope};
    f.launch(1);
    f.use_senders(CampaignId{std::stoll(f.value("SELECT id FROM campaign WHERE tenant_id = $1"))}, {second});
    const auto want = scope == OptOutScope::number ? "sender:" + second
                      : scope == OptOutScope::pool ? "pool:east"
                                                   : std::string{"tenant"};
    SUBCASE("at once") { f.record(f.claim_all(), rejected(21610, ErrorClass::opt_out)); }
    SUBCASE("by receipt") {
      const auto claim = f.claim_all();
      f.record(claim, accepted());
      const auto id = claim.messages.front().id;
      Receipt receipt;
      receipt.message = id;
      receipt.provider_sid = fmt::format("SM{}", id.value);
      receipt.status = MessageStatus::failed;
      receipt.error_code = 21610;
      receipt.opted_out = true;
      f.db.run([&](Tx& tx) {
        record_receipts(tx, f.tenant.id, webhook_slot, {receipt}, ReceiptSource::receipt, now());
      });
    }
    CHECK(f.out_of() == want);
  }
}

TEST_CASE("a sender that leaves its pool takes the opt-outs along, and meets those of its new one") {
  Scopes f{OptOutScope::pool};
  f.text(second, "stop");
  test::add_test_webhook(f.db, new_secret_key(), f.tenant.id, "crm", {"opt_out"});
  f.move(first, "west");
  CHECK(f.out_of() == "pool:east sender:" + first);
  const auto told = test::event_data(f.db, f.tenant.id, "opt_out");
  CHECK(told["number"] == anna);
  CHECK(told["scope"] == "sender:" + first);
  CHECK(told["method"] == "operator");
  CHECK(told["source"] == "sender left pool east");
  f.launch(1);
  CHECK(to_anna(f.claim_all())->request.from == third);
  f.move(third, "east");
  f.launch(1, {.slug = "none-left"});
  CHECK(to_anna(f.claim_all()) == nullptr);
  // Back again, nothing is doubled, and the ledger says the same as the state.
  f.move(first, "east");
  f.move(first, "");
  CHECK(test::written_events(f.db, f.tenant.id) == std::vector<std::string>{"crm opt_out " + anna});
  CHECK(f.value("SELECT count(*) FROM consent_event WHERE tenant_id = $1 AND source = 'sender left pool "
                "east'") == "1");
  f.db.run([&](Tx& tx) {
    CHECK(fold_opted_out_scopes(list_consent_events(tx, f.tenant.id, anna)) ==
          get_consent_status(tx, f.tenant.id, anna).opted_out_of);
  });
  SUBCASE("so does one that was removed and comes back to another") {
    f.db.run([&](Tx& tx) {
      remove_sender(tx, f.tenant.id, second, now());
      add_sender(tx, f.tenant.id, second, 10, {}, "west");
    });
    CHECK(f.out_of() == "pool:east sender:" + first + " sender:" + second);
  }
}

TEST_CASE("a claim goes by the pools as they are, whatever its plan says") {
  Scopes f{OptOutScope::pool};
  f.text(first, "stop");
  f.launch(1);
  const auto plan = f.db.run([&](Tx& tx) {
    return ClaimPlan{get_tenant(tx, "acme"), list_senders(tx, f.tenant.id), "", "https://s.example",
                     LinkKey{SecretKey{std::string(32, 'k')}}};
  });
  f.move(third, "east");
  ClaimRoom room;
  room.messages = 10;
  room.parts = 10;
  for (const auto& [address, id] : f.ids) room.senders[id] = 10;
  CHECK(f.db.run([&](Tx& tx) { return claim_messages(tx, f.lane, plan, room, now()); }).messages.empty());
}

TEST_CASE("a claim does not use a messaging service that was opted out of and has just been replaced") {
  Scopes f{OptOutScope::number};
  f.messaging_service = service;
  f.sql("UPDATE account SET messaging_service = '" + service + "' WHERE tenant_id = $1");
  f.sql("UPDATE sender SET removed_at = now() WHERE tenant_id = $1");
  f.launch(1);
  f.text("+15005550099", "stop", service);
  f.sql("UPDATE account SET messaging_service = 'MG" + std::string(32, 'b') + "' WHERE tenant_id = $1");
  CHECK(f.claim_all().messages.empty());
}

TEST_CASE("the pool that an operator names does not lose a sender before the opt-out is recorded") {
  Scopes f{OptOutScope::pool};
  auto other = f.db.connect();
  f.db.run([&](Tx& tx) {
    const auto scope = find_scope(tx, f.tenant.id, "", "east");
    const auto move = [&] {
      in_transaction(other, [&](Tx& late) {
        exec(late, "SET LOCAL lock_timeout = '50ms'");
        auto moved = get_sender(late, f.tenant.id, first);
        moved.pool = "west";
        update_sender(late, f.tenant.id, moved);
      });
    };
    CHECK_THROWS_AS(move(), LockTimeout);
    record_consent(tx, f.tenant.id,
                   {{.msisdn = anna,
                     .action = ConsentAction::opt_out,
                     .method = ConsentMethod::operator_,
                     .source = "letter",
                     .occurred_at = now(),
                     .scope = scope}});
  });
  f.move(first, "west");
  CHECK(f.out_of() == "pool:east sender:" + first);
}

TEST_CASE("preflight and launch skip whom no sender of the campaign may text, and agree") {
  Scopes f{OptOutScope::number};
  add_test_contacts(f.db, f.tenant.id, 3);
  f.text(first, "stop");
  f.text(second, "stop");
  auto campaign = add_test_campaign(f.db, f.tenant.id);
  const auto plan = [&] {
    return f.db.run([&](Tx& tx) {
      return plan_campaign(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), "https://s.example",
                           now());
    });
  };
  const auto explain_anna = [&] {
    return f.db.run([&](Tx& tx) {
      return explain_number(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), anna, "", now())
          .audience_now;
    });
  };
  CHECK(plan().skipped.empty());
  CHECK(explain_anna() == "");
  campaign.senders = {f.ids[first], f.ids[second]};
  f.db.run([&](Tx& tx) { update_campaign(tx, f.tenant.id, campaign, now()); });
  const auto planned = plan();
  CHECK(planned.skipped == std::map<std::string, std::int64_t>{{"opted_out", 1}});
  CHECK(planned.recipients == 2);
  CHECK(explain_anna() == "opted_out");
  CHECK_THROWS_AS(f.db.run([&](Tx& tx) {
    queue_test(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), anna, {}, now());
  }),
                  Error);
  LaunchOptions as_planned;
  as_planned.plan_hash = planned.plan_hash;
  launch_test_campaign(f.db, f.tenant.id, campaign.id, as_planned);
  CHECK(f.value("SELECT string_agg(skip_reason || ' ' || msisdn, ' ') FROM message WHERE tenant_id = $1"
                "   AND status = 'skipped'") == "opted_out " + anna);
  f.check_counters(campaign.id);
}

TEST_CASE("a scope is named by a sender or a pool that there is, or was") {
  Scopes f{OptOutScope::number};
  f.db.run([&](Tx& tx) {
    remove_sender(tx, f.tenant.id, third, now());
    CHECK(find_scope(tx, f.tenant.id, "", "") == "");
    CHECK(find_scope(tx, f.tenant.id, third, "") == "sender:" + third);
    CHECK(find_scope(tx, f.tenant.id, "", "east") == "pool:east");
    CHECK_THROWS_WITH(find_scope(tx, f.tenant.id, "", "eats"), "there is no pool \"eats\"");
    CHECK_THROWS_WITH(find_scope(tx, f.tenant.id, "+15005550001", ""), "there is no sender \"+15005550001\"");
    CHECK_THROWS_AS(add_sender(tx, f.tenant.id, "ACME", {}, {}, "No Good"), Error);
  });
  CHECK(describe_scope("") == "everything");
  CHECK(describe_scope("pool:east") == "pool east");
}
