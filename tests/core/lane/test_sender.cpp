#include <doctest/doctest.h>

#include "core/lane/sender.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

void add_campaign(Tx& tx, TenantId tenant, const std::string& slug, const std::string& status) {
  exec(tx, "INSERT INTO template (tenant_id, slug, body) VALUES ($1, $2, 'Hi')", tenant, slug);
  exec(tx,
       "INSERT INTO campaign (tenant_id, slug, status, template_id, audience)"
       " SELECT $1, $2, $3, id, 'all' FROM template WHERE tenant_id = $1 AND slug = $2",
       tenant, slug, status);
}

}  // namespace

TEST_CASE("the shape of an address tells its kind") {
  CHECK(classify_sender("+14155552671") == SenderKind::long_code);
  CHECK(classify_sender("+15005550006") == SenderKind::long_code);
  CHECK(classify_sender("+18005551212") == SenderKind::toll_free);
  CHECK(classify_sender("12345") == SenderKind::short_code);
  CHECK(classify_sender("MG0123456789abcdef0123456789abcdef") == SenderKind::messaging_service);
  CHECK(classify_sender("ACME") == SenderKind::alphanumeric);
  CHECK(classify_sender("Acme Coffee") == SenderKind::alphanumeric);
  CHECK(classify_sender("7eleven") == SenderKind::alphanumeric);
  for (const char* text : {"", "12", "123456789", "+0155", "Acme Coffees", "Café", "--", " ACME",
                           "MG0123456789abcdef0123456789abcde", "4155552671"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(classify_sender(text), Error);
  }
}

TEST_CASE("a sender is added once with its kind's rate, and revived under its id") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    const auto code = add_sender(tx, acme.id, "12345", std::nullopt);
    CHECK(code.rate == 100);
    CHECK(add_sender(tx, acme.id, "+15005550006", 12.5).rate == 12.5);
    CHECK(add_sender(tx, other.id, "12345", std::nullopt).id != code.id);
    CHECK_THROWS_WITH_AS(add_sender(tx, acme.id, "12345", std::nullopt),
                         "there is a sender \"12345\" already", Error);
    remove_sender(tx, acme.id, "12345", now());
    CHECK(list_senders(tx, acme.id).size() == 1);
    CHECK_THROWS_AS(get_sender(tx, acme.id, "12345"), Error);
    CHECK(list_senders(tx, other.id).size() == 1);
    const auto revived = add_sender(tx, acme.id, "12345", 7);
    CHECK(revived.id == code.id);
    CHECK(revived.rate == 7);
    auto changed = revived;
    changed.rate = 8;
    changed.daily_cap = 2000;
    update_sender(tx, acme.id, changed);
    CHECK(get_sender(tx, acme.id, "12345").rate == 8);
    CHECK(get_sender(tx, acme.id, "12345").daily_cap == 2000);
    changed.daily_cap = 0;
    CHECK_THROWS_AS(update_sender(tx, acme.id, changed), Error);
    changed.daily_cap.reset();
    CHECK_FALSE(update_sender(tx, acme.id, changed).daily_cap);
    for (const double rate : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
      changed.rate = rate;
      CHECK_THROWS_AS(update_sender(tx, acme.id, changed), Error);
    }
    CHECK_THROWS_WITH_AS(get_sender(tx, acme.id, "12354"), "there is no sender \"12354\"", Error);
  });
}

TEST_CASE("the last sender of a campaign under way stays") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto a = add_sender(tx, acme.id, "11111", std::nullopt);
    add_sender(tx, acme.id, "22222", std::nullopt);
    add_campaign(tx, acme.id, "spring", "paused");
    exec(tx, "INSERT INTO campaign_sender SELECT tenant_id, id, $2 FROM campaign WHERE tenant_id = $1",
         acme.id, a.id);
    CHECK_THROWS_WITH_AS(remove_sender(tx, acme.id, "11111", now()),
                         "\"11111\" is the last sender of campaign \"spring\"", Error);
    remove_sender(tx, acme.id, "22222", now());
    exec(tx, "DELETE FROM campaign_sender");
    CHECK_THROWS_AS(remove_sender(tx, acme.id, "11111", now()), Error);
    exec(tx, "UPDATE campaign SET status = 'finished'");
    remove_sender(tx, acme.id, "11111", now());
    CHECK(list_senders(tx, acme.id).empty());
  });
}
