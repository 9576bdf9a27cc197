#include <doctest/doctest.h>

#include "core/campaign/forecast.hpp"
#include "core/campaign/launch.hpp"
#include "core/lane/backlog.hpp"
#include "core/sending/receipt.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const auto t0 = parse_rfc3339("2026-05-01T16:00:00Z");  // noon in New York

}  // namespace

TEST_CASE("a backlog is what was claimed since the last that left, at the pace at which it leaves") {
  struct Case {
    const char* what;
    std::vector<QueueSample> samples;
    std::chrono::seconds at, want;
  };
  const Case cases[] = {
      {"nothing was given", {}, 60s, 0s},
      {"nothing is known to have left", {{t0, {}}, {t0 + 30s, {}}}, 60s, 0s},
      {"the newest has left", {{t0, {}}, {t0 + 30s, t0 + 31s}}, 60s, 0s},
      {"as fast as it is given", {{t0, t0 + 1s}, {t0 + 58s, t0 + 59s}, {t0 + 59s, {}}}, 60s, 0s},
      // A hundred in two seconds, of which one leaves in a second.
      {"a burst", {{t0, t0 + 1s}, {t0 + 400ms, t0 + 21s}, {t0 + 2s, {}}}, 21s, 80s},
      // Given at ten times the rate for a minute, of which six seconds' worth have left.
      {"a stream", {{t0, t0}, {t0 + 6s, t0 + 60s}, {t0 + 60s, {}}}, 60s, 540s},
      {"no more than an hour", {{t0, t0}, {t0 + 1s, t0 + 3600s}, {t0 + 3599s, {}}}, 3600s, 3600s},
      {"what should have left by now", {{t0, t0 + 1s}, {t0 + 2s, {}}}, 900s, 0s},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(std::chrono::abs(estimate_backlog(c.samples, t0 + c.at) - c.want) <= 1s);
  }
}

TEST_CASE("what would still wait in the provider's queue when quiet hours begin is not given to it") {
  test::SendFlow f;
  f.launch(60, {.kind = "marketing"});
  f.sql("UPDATE tenant SET quiet_from = '09:05', quiet_until = '17:00' WHERE id = $1");
  // Forty in two claims, and a receipt a second.
  std::vector<MessageId> given;
  for (const auto at : {t0, t0 + 4s}) {
    const auto claim = f.claim(20, at);
    REQUIRE(claim.messages.size() == 20);
    for (const auto& message : claim.messages) given.push_back(message.id);
    f.record(claim, test::accepted());
  }
  const auto backlog = [&](Timestamp at) {
    return f.db.run([&](Tx& tx) { return read_backlogs(tx, f.tenant.id, at); });
  };
  const auto leave = [&](std::size_t index, Timestamp at) {
    const Receipt receipt{
        given[index], fmt::format("SM{}", given[index].value), MessageStatus::sent, {}, "", {}};
    f.db.run([&](Tx& tx) {
      record_receipts(tx, f.tenant.id, webhook_slot, {receipt}, ReceiptSource::receipt, at);
    });
  };
  CHECK(backlog(t0 + 5s).empty());
  leave(0, t0 + 3s);
  leave(20, t0 + 150s);
  const auto third = f.claim(5, t0 + 156s);
  REQUIRE(third.messages.size() == 5);  // there are more than two minutes left
  f.record(third, test::accepted());
  // The queue moves four seconds' worth in 147: what was given at 156 leaves long after 12:05.
  const auto waits = backlog(t0 + 157s);
  REQUIRE(waits.size() == 1);
  CHECK(waits.at(f.sender) == longest_backlog);
  CHECK(f.claim(20, t0 + 158s).messages.empty());
  CHECK(f.value("SELECT string_agg(DISTINCT hold, ' ') FROM work_due WHERE tenant_id = $1") == "quiet_hours");
}
