// Messages that only some senders may send, waiting for these.
#include <doctest/doctest.h>

#include "core/lane/sender.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const auto noon = parse_rfc3339("2026-05-01T16:00:00Z");  // in New York, as all of the tenant's days

// A campaign over two senders of ten parts a second, all of whose recipients have opted out of the first.
struct Choosy : test::SendFlow {
  SenderId second;

  explicit Choosy(int contacts, const std::string& expires_at = {}) {
    sql("UPDATE sender SET rate = 10 WHERE tenant_id = $1");
    second = db.run([&](Tx& tx) { return add_sender(tx, tenant.id, "+15005550007", 10).id; });
    launch(contacts, {.expires_at = expires_at});
    sql("INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at)"
        " SELECT $1, msisdn, 'sender:+15005550006', 'opted_out', now() FROM contact WHERE tenant_id = $1");
    db.run([](Tx& tx) {
      tx.exec("CREATE SEQUENCE touched");
      tx.exec(
          "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
          " $$ BEGIN PERFORM nextval('touched'); RETURN NULL; END $$");
      tx.exec(
          "CREATE TRIGGER touch AFTER INSERT OR UPDATE ON work_due FOR EACH ROW EXECUTE FUNCTION touch()");
    });
  }

  // How often a message has been put aside.
  int touched() {
    return std::stoi(
        value("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM touched"
              " WHERE $1::bigint > 0"));
  }
  Claim claim_once(double first_room, double second_room, Timestamp at) {
    ClaimRoom room;
    room.messages = 2000;
    room.parts = 1000;
    room.senders = {{sender, first_room}, {second, second_room}};
    return claim(room, at);
  }
  // Claims while there is more to claim, with a second's room for each sender. Returns how many leave.
  int claim_second(Timestamp at) {
    int left = 0;
    for (bool more = true; more;) {
      const auto claimed = claim_once(10, 10 - left, at);
      for (const auto& message : claimed.messages) CHECK(message.sender == second);
      left += static_cast<int>(claimed.messages.size());
      more = claimed.more;
    }
    return left;
  }
  std::string due() {
    return value(
        "SELECT string_agg(DISTINCT to_char(due_at, 'HH24:MI:SS'), ' ') FROM work_due"
        " WHERE tenant_id = $1 AND task = 'send'");
  }
};

}  // namespace

TEST_CASE(
    "many that wait for one slow sender leave at its rate, and not all of them are looked at each second") {
  Choosy f{1000};
  CHECK(f.claim_second(noon) == 10);
  CHECK(f.touched() == 990);
  CHECK(f.claim_second(noon) == 0);
  CHECK(f.touched() == 990);
  int left = 10, seconds = 0;
  while (left < 1000 && ++seconds < 120) left += f.claim_second(noon + seconds * 1s);
  CHECK(left == 1000);
  CHECK(seconds < 105);
  CHECK(f.touched() < 15'000);  // all of them each second would be fifty thousand
  CHECK(f.statuses() == "in_flight=1000");
}

TEST_CASE("one claim looks at as many that are due as it may have use for, not at all of them") {
  Choosy f{1000};
  f.claim_second(noon);
  f.sql("UPDATE work_due SET due_at = '2026-05-01T15:00:00Z' WHERE tenant_id = $1");
  const int before = f.touched();
  CHECK(f.claim_once(1, 1, noon).messages.size() == 1);
  CHECK(f.touched() - before < 110);
}

TEST_CASE("what waits for a daily cap is looked at every few minutes, and when the day ends") {
  Choosy f{20};
  f.sql("UPDATE sender SET daily_cap = 5 WHERE tenant_id = $1 AND address = '+15005550007'");
  CHECK(f.claim_second(noon) == 5);
  CHECK(f.due() == "16:05:00");
  CHECK(f.claim_second(noon + 299s) == 0);
  CHECK(f.touched() == 15);
  const auto midnight = parse_rfc3339("2026-05-02T04:00:00Z");
  CHECK(f.claim_second(midnight - 60s) == 0);
  CHECK(f.due() == "04:00:00");
  CHECK(f.claim_second(midnight) == 5);
}

TEST_CASE("what waits is looked at once more before its campaign expires") {
  Choosy f{20, "2026-05-01T16:00:10Z"};
  f.sql("UPDATE sender SET rate = 0.1 WHERE tenant_id = $1");
  CHECK(f.claim_once(1, 1, noon).messages.size() == 1);
  CHECK(f.due() == "16:00:01 16:00:08");
  f.sql("UPDATE sender SET rate = 10, daily_cap = 1 WHERE tenant_id = $1 AND address = '+15005550007'");
  CHECK(f.claim_once(10, 10, noon + 1s).messages.empty());
  CHECK(f.due() == "16:00:08");
  f.sql("UPDATE sender SET daily_cap = NULL WHERE tenant_id = $1");
  CHECK(f.claim_second(noon + 8s) == 10);
}
