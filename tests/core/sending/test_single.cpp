#include <doctest/doctest.h>

#include "core/sending/single.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using test::SendFixture;

TEST_CASE("a single message waits and is due at once") {
  SendFixture f;
  const auto id = f.db.run([&](Tx& tx) {
    return queue_single(tx, f.tenant.id, {SingleKind::reply, "+14155550001", "Hi", {}, {}}, now());
  });
  CHECK(id.value > 0);
  CHECK(
      f.value("SELECT concat_ws(' ', status, kind, msisdn, body, parts) FROM message WHERE tenant_id = $1") ==
      "waiting reply +14155550001 Hi 0");
  CHECK(f.value("SELECT campaign_id IS NULL AND task = 'send' AND due_at <= now() FROM work_due WHERE "
                "tenant_id = $1") == "t");
}

TEST_CASE("a body that cannot be sent is refused") {
  SendFixture f;
  for (const auto& body : {std::string{}, std::string{" \n"}, std::string(1601, 'a')})
    CHECK_THROWS_AS(f.db.run([&](Tx& tx) {
      queue_single(tx, f.tenant.id, {SingleKind::test, "+14155550001", body, {}, {}}, now());
    }),
                    Error);
}

TEST_CASE("the callback names the message") {
  CHECK(status_callback_url("https://sms.example.com", "acme", MessageId{17}) ==
        "https://sms.example.com/webhooks/twilio/acme/status/17#rc=3&rp=all");
}
