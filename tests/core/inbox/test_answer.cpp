#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/inbox/answer.hpp"
#include "core/inbox/inbound.hpp"
#include "core/lane/sender.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

const std::string anna = "+14155550123", ours = "+15005550006", other = "+15005550007";

// Anna has written to the first of two senders, which is in pool east.
struct Inbox {
  TestDb db;
  Tenant tenant = add_test_tenant(db);
  InboundId id = db.run([&](Tx& tx) {
    add_sender(tx, tenant.id, ours, std::nullopt, std::nullopt, "east");
    add_sender(tx, tenant.id, other, std::nullopt);
    record_inbound(tx, tenant, webhook_slot, {{"SM1", anna, ours, "when do you open?", "", std::nullopt}},
                   now());
    return collect(tx, list_inbound(tenant.id, {}), {}).front().id;
  });

  InboxAnswer answer(Timestamp at = now()) {
    return db.run([&](Tx& tx) { return answer_inbound(tx, tenant.id, id, "At nine!", at); });
  }
  std::string refusal() {
    try {
      answer();
    } catch (const Error& error) {
      return error.code() == Errc::refused ? error.what() : "";
    }
    return "";
  }
  Inbound text() {
    return db.run([&](Tx& tx) { return get_inbound(tx, tenant.id, id); });
  }
  void opt_out(const std::string& scope) {
    db.run([&](Tx& tx) {
      record_consent(tx, tenant.id,
                     {{.msisdn = anna,
                       .action = ConsentAction::opt_out,
                       .method = ConsentMethod::operator_,
                       .source = "phone",
                       .occurred_at = now(),
                       .scope = scope}});
    });
  }
  int messages() {
    return db.run([](Tx& tx) { return exec(tx, "SELECT count(*) FROM message").front()[0].as<int>(); });
  }
};

}  // namespace

TEST_CASE("an answer leaves from the sender that was written to, and the text tells of the newest") {
  Inbox inbox;
  CHECK_FALSE(inbox.text().answered_at);
  CHECK_FALSE(inbox.text().answer);
  const auto at = parse_rfc3339("2026-05-01T12:00:00Z");
  const auto first = inbox.answer(at);
  CHECK(first.msisdn == anna);
  CHECK(inbox.text().answer == first.message);
  CHECK(inbox.text().answered_at == at);
  CHECK(inbox.text().read_at == at);
  const auto second = inbox.answer(at + std::chrono::hours{1});
  CHECK(inbox.text().answer == second.message);
  CHECK(inbox.text().answered_at == at + std::chrono::hours{1});
  CHECK(inbox.text().read_at == at);
  CHECK(inbox.db.run([&](Tx& tx) {
    return exec(tx, "SELECT s.address FROM message m JOIN sender s ON s.id = m.sender_id WHERE m.id = $1",
                first.message)
        .front()[0]
        .as<std::string>();
  }) == ours);
}

TEST_CASE("who opted out is not answered, whatever covers the sender that would answer") {
  Inbox inbox;
  SUBCASE("of everything") { inbox.opt_out(""); }
  SUBCASE("of the sender") { inbox.opt_out("sender:" + ours); }
  SUBCASE("of its pool") { inbox.opt_out("pool:east"); }
  SUBCASE("on the do-not-contact list") {
    inbox.db.run([&](Tx& tx) {
      exec(tx, "INSERT INTO dnc (tenant_id, msisdn, reason) VALUES ($1, $2, 'lawyer')", inbox.tenant.id,
           anna);
    });
  }
  SUBCASE("of every sender, the one that was written to being gone") {
    inbox.db.run([&](Tx& tx) { remove_sender(tx, inbox.tenant.id, ours, now()); });
    inbox.opt_out("sender:" + other);
  }
  CHECK(inbox.refusal().find(anna + " is not texted, not even in answer: ") == 0);
  CHECK(inbox.messages() == 0);
  CHECK_FALSE(inbox.text().answered_at);
  CHECK_FALSE(inbox.text().read_at);
}

TEST_CASE("who opted out of another sender is answered, and so is who never opted in") {
  Inbox inbox;
  inbox.answer();
  inbox.opt_out("sender:" + other);
  inbox.answer();
  CHECK(inbox.messages() == 2);
}
