// Events are written where what they tell is written, for the endpoints that want them, and else not at all.
#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/event/event.hpp"
#include "core/inbox/inbound.hpp"
#include "core/link/link.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/record.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/importer.hpp"
#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using test::add_test_webhook;
using test::event_data;
using test::written_events;
using Events = std::vector<std::string>;

namespace {

MessageId add_message(TestDb& db, TenantId tenant, const char* status, const std::string& msisdn) {
  return db.run([&](Tx& tx) {
    return exec(tx,
                "INSERT INTO message (tenant_id, msisdn, status, kind, parts, body)"
                " VALUES ($1, $2, $3::message_status, 'reply', 1, 'hi') RETURNING id",
                tenant, msisdn, status)
        .front()[0]
        .as<MessageId>();
  });
}

struct Fixture {
  TestDb db;
  SecretKey key = new_secret_key();
  Tenant tenant = add_test_tenant(db);

  Webhook hook(const std::string& slug, const Events& events) {
    return add_test_webhook(db, key, tenant.id, slug, events);
  }
  Events events() { return written_events(db, tenant.id); }
  nlohmann::json data(const std::string& type) { return event_data(db, tenant.id, type); }
  void receipt(MessageId message, MessageStatus status, std::optional<int> code = {}) {
    db.run([&](Tx& tx) {
      Receipt one{message, "SM1", status, code, "carrier's words", {}};
      one.opted_out = code == 21610;
      record_receipts(tx, tenant.id, webhook_slot, {one}, ReceiptSource::receipt, now());
    });
  }
  void opt_out(const std::string& msisdn, Timestamp at) {
    db.run([&](Tx& tx) {
      record_consent(tx, tenant.id,
                     {{msisdn, ConsentAction::opt_out, ConsentMethod::operator_, "by letter", at}});
    });
  }
};

}  // namespace

TEST_CASE("receipts tell what became of a message, once a status") {
  Fixture f;
  f.hook("all", {"message.*"});
  f.hook("ends", {"message.delivered", "opt_out"});
  const auto id = add_message(f.db, f.tenant.id, "queued", "+14155550101");
  f.receipt(id, MessageStatus::sent);
  f.receipt(id, MessageStatus::delivered);
  f.receipt(id, MessageStatus::delivered);
  f.receipt(id, MessageStatus::sent);
  CHECK(f.events() == Events{"all message.sent +14155550101", "all message.delivered +14155550101",
                             "ends message.delivered +14155550101"});
  const auto data = f.data("message.delivered");
  CHECK(data["message"] == id.value);
  CHECK(data["to"] == "+14155550101");
  CHECK(data["status"] == "delivered");
  CHECK(data["kind"] == "reply");
  CHECK(data["parts"] == 1);
  CHECK(data["campaign"].is_null());
  CHECK(data["error_code"].is_null());
  CHECK_NOTHROW(parse_rfc3339(data["changed_at"].get<std::string>()));
  CHECK(data["changed_at"].get<std::string>().ends_with("Z"));
}

TEST_CASE("a receipt that means an opt-out tells both, in that order") {
  Fixture f;
  f.hook("crm", {"*"});
  f.receipt(add_message(f.db, f.tenant.id, "queued", "+14155550102"), MessageStatus::failed, 21610);
  CHECK(f.events() == Events{"crm message.failed +14155550102", "crm opt_out +14155550102"});
  CHECK(f.data("message.failed")["error_code"] == 21610);
  CHECK(f.data("opt_out")["method"] == "provider");
  CHECK(f.data("opt_out")["number"] == "+14155550102");
}

TEST_CASE("nothing is written without an endpoint that wants it and is enabled") {
  Fixture f;
  const auto other = add_test_tenant(f.db, "other");
  add_test_webhook(f.db, f.key, other.id, "crm", {"*"});  // of somebody else
  const auto calm = f.hook("calm", {"import.*"});
  const auto off = f.hook("off", {"*"}), gone = f.hook("gone", {"*"});
  f.db.run([&](Tx& tx) {
    WebhookChange change;
    change.enabled = false;
    update_webhook(tx, f.key, f.tenant.id, "off", change, now());
    remove_webhook(tx, f.tenant.id, gone.id, now());
    CHECK_FALSE(wants_events(tx, f.tenant.id, "message"));
    CHECK(wants_events(tx, f.tenant.id, "import"));
    CHECK(wants_events(tx, other.id, "message"));
  });
  f.receipt(add_message(f.db, f.tenant.id, "queued", "+14155550103"), MessageStatus::delivered);
  f.opt_out("+14155550103", now());
  CHECK(f.events().empty());
  CHECK(written_events(f.db, other.id).empty());
}

TEST_CASE("an opt-out that an earlier date makes void is not told") {
  Fixture f;
  f.hook("crm", {"opt_out"});
  f.db.run([&](Tx& tx) {
    record_consent(tx, f.tenant.id,
                   {{"+14155550104", ConsentAction::opt_in, ConsentMethod::operator_, "form", now()}});
  });
  f.opt_out("+14155550104", now() - std::chrono::hours{24});
  CHECK(f.events().empty());
  f.opt_out("+14155550104", now());
  CHECK(f.events() == Events{"crm opt_out +14155550104"});
  CHECK(f.data("opt_out")["source"] == "by letter");
}

TEST_CASE("a text is told before the opt-out that it is, and once") {
  Fixture f;
  f.hook("crm", {"inbound", "opt_out"});
  for (int i = 0; i < 2; ++i)
    f.db.run([&](Tx& tx) {
      record_inbound(tx, f.tenant, webhook_slot, {{"SM1", "+14155550105", "+15005550006", "STOP", "", {}}},
                     now());
    });
  CHECK(f.events() == Events{"crm inbound +14155550105", "crm opt_out +14155550105"});
  const auto data = f.data("inbound");
  CHECK(data["from"] == "+14155550105");
  CHECK(data["to"] == "+15005550006");
  CHECK(data["body"] == "STOP");
  CHECK(data["keyword"] == "stop");
  CHECK(data["media"].is_array());
}

TEST_CASE("clicks of persons are told, with whose they are") {
  Fixture f;
  f.hook("crm", {"click"});
  const auto message = add_message(f.db, f.tenant.id, "sent", "+14155550106");
  const auto link =
      f.db.run([&](Tx& tx) { return add_link(tx, f.tenant.id, "poster", "https://a.example", {}); });
  f.db.run([&](Tx& tx) {
    const auto click = [&](MessageId id, const char* agent) {
      return Click{link.id, id, {}, now(), "GET", agent, "", classify_click("GET", agent, "")};
    };
    record_clicks(tx, f.tenant.id, webhook_slot,
                  {click(message, "Mozilla/5.0"), click({0}, "Mozilla/5.0"), click(message, "Googlebot")});
  });
  CHECK(f.events() == Events{"crm click +14155550106", fmt::format("crm click link:{}", link.id.value)});
  const auto data = f.data("click");
  CHECK(data["url"] == "https://a.example");
  CHECK(data["name"] == "poster");
  CHECK(data["message"].is_null());
}

TEST_CASE("a campaign tells its launch, pauses and end") {
  Fixture f;
  f.hook("crm", {"campaign.*"});
  add_test_sender(f.db, f.tenant.id);
  add_test_contacts(f.db, f.tenant.id, 3);
  const auto campaign = add_test_campaign(f.db, f.tenant.id);
  launch_test_campaign(f.db, f.tenant.id, campaign.id);
  f.db.run([&](Tx& tx) {
    pause_campaign(tx, f.tenant.id, campaign.id, now());
    resume_campaign(tx, f.tenant.id, campaign.id, now());
    resume_campaign(tx, f.tenant.id, campaign.id, now());
  });
  f.db.run([&](Tx& tx) { cancel_campaign(tx, f.tenant.id, campaign.id, now()); });
  const auto key = fmt::format(" campaign:{}", campaign.id.value);
  CHECK(f.events() == Events{"crm campaign.launched" + key, "crm campaign.paused" + key,
                             "crm campaign.resumed" + key, "crm campaign.canceled" + key});
  CHECK(f.data("campaign.launched")["status"] == "running");
  CHECK(f.data("campaign.launched")["audience"] == 3);
  CHECK(f.data("campaign.canceled")["campaign"] == "spring");
}

TEST_CASE("sending tells what was taken, refused and skipped, and the end of the campaign") {
  test::SendFlow s;
  const SecretKey key = new_secret_key();
  add_test_webhook(s.db, key, s.tenant.id, "crm", {"message.*", "campaign.finished"});
  const auto campaign = s.launch(3);
  s.sql("UPDATE consent SET state = 'opted_out' WHERE tenant_id = $1 AND msisdn = '+14155550000'");
  const auto claim = s.claim();
  REQUIRE(claim.messages.size() == 2);
  const std::vector<Outcome> outcomes{{claim.messages[0], test::accepted(), {}},
                                      {claim.messages[1], test::rejected(21211, ErrorClass::permanent), {}}};
  s.db.run([&](Tx& tx) { record_outcomes(tx, s.lane, outcomes, {claim.id}, now()); });
  s.db.run([&](Tx& tx) {
    record_receipts(tx, s.tenant.id, webhook_slot,
                    {{claim.messages[0].id, "SM", MessageStatus::delivered, {}, "", {}}},
                    ReceiptSource::receipt, now());
  });
  s.sql(
      "UPDATE campaign SET (first_message, last_message) = (SELECT min(id), max(id) FROM message"
      " WHERE tenant_id = $1) WHERE tenant_id = $1");
  s.db.run([](Tx& tx) { finish_campaigns(tx, now()); });
  CHECK(written_events(s.db, s.tenant.id) ==
        Events{"crm message.skipped +14155550000", "crm message.queued +14155550001",
               "crm message.failed +14155550002", "crm message.delivered +14155550001",
               fmt::format("crm campaign.finished campaign:{}", campaign.value)});
  const auto skipped = event_data(s.db, s.tenant.id, "message.skipped");
  CHECK(skipped["skip_reason"] == "opted_out");
  CHECK(skipped["campaign"] == "spring");
  const auto failed = event_data(s.db, s.tenant.id, "message.failed");
  CHECK(failed["error"] == "no");
  CHECK(failed["from"] == "+15005550006");
}

TEST_CASE("an import tells its end and the opt-outs in it, and its dry run nothing") {
  Importer importer;
  const SecretKey key = new_secret_key();
  add_test_webhook(importer.db, key, importer.tenant.id, "crm", {"import.*", "opt_out"});
  const std::string file =
      "phone,consent,consent_source\n+14155550107,yes,form\n+14155550108,no,form\n+14155550109,no,form\n";
  ImportOptions dry;
  dry.dry_run = true;
  importer.run(file, dry);
  CHECK(written_events(importer.db, importer.tenant.id).empty());
  const auto done = importer.run(file);
  CHECK(written_events(importer.db, importer.tenant.id) ==
        Events{"crm opt_out +14155550108", "crm opt_out +14155550109",
               fmt::format("crm import.finished import:{}", done.import.id->value)});
  const auto data = event_data(importer.db, importer.tenant.id, "import.finished");
  CHECK(data["rows"] == 3);
  CHECK(data["created"] == 3);
  CHECK(event_data(importer.db, importer.tenant.id, "opt_out")["method"] == "import");
  importer.run(file);  // says nothing new
  CHECK(written_events(importer.db, importer.tenant.id).size() == 4);
}
