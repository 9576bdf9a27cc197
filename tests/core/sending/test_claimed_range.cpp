#include <doctest/doctest.h>

#include "core/sending/claimed_range.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

std::string shown(const ClaimedRanges& ranges) {
  std::string text;
  for (std::size_t i = 0; i < ranges.first.size(); ++i)
    text += fmt::format("{}{}-{}", text.empty() ? "" : " ", ranges.first[i].value, ranges.last[i].value);
  return text;
}

}  // namespace

TEST_CASE("ranges span small gaps and no large ones") {
  const auto of = [](std::initializer_list<std::int64_t> values) {
    std::vector<MessageId> ids;
    for (const auto value : values) ids.push_back({value});
    return shown(make_claimed_ranges(ids));
  };
  CHECK(of({7}) == "7-7");
  CHECK(of({3, 1, 2}) == "1-3");
  CHECK(of({1, 21}) == "1-21");
  CHECK(of({1, 22}) == "1-1 22-22");
  CHECK(of({1000, 5, 1003}) == "5-5 1000-1003");
}

TEST_CASE("a claim notes what it took, and what it skipped or left alone is not looked for") {
  test::SendFlow f;
  f.launch(100);
  f.sql("DELETE FROM consent WHERE tenant_id = $1 AND msisdn BETWEEN '+14155550010' AND '+14155550040'");
  const auto at = parse_rfc3339("2026-05-01T12:00:00Z");
  const auto claimed = f.claim(60, at);
  REQUIRE(claimed.messages.size() == 29);
  CHECK(f.value("SELECT string_agg((first_message - m.first) || '-' || (last_message - m.first), ' '"
                "                  ORDER BY first_message)"
                "  FROM claimed_range, (SELECT min(id) AS first FROM message) m"
                " WHERE tenant_id = $1 AND claimed_at = '2026-05-01T12:00:00Z'") == "0-9 41-59");
}

TEST_CASE("ranges are narrowed to what is open, in their window alone") {
  test::SendFlow f;
  f.launch(200);
  const auto at = parse_rfc3339("2026-05-01T12:00:00Z");
  f.claim(100, at);
  f.claim(100, at + 1min);
  f.sql(
      "UPDATE message SET status = 'delivered' WHERE tenant_id = $1"
      "   AND id - (SELECT min(id) FROM message) NOT IN (3, 5, 60)");
  const auto ranges = [&] {
    return f.value(
        "SELECT string_agg((first_message - m.first) || '-' || (last_message - m.first), ' '"
        "                  ORDER BY first_message)"
        "  FROM claimed_range, (SELECT min(id) AS first FROM message) m WHERE tenant_id = $1");
  };
  CHECK(ranges() == "0-99 100-199");
  f.db.run([&](Tx& tx) { narrow_claimed_ranges(tx, f.tenant.id, at - 1s, at); });
  CHECK(ranges() == "3-5 60-60 100-199");
  f.db.run([&](Tx& tx) { delete_claimed_ranges(tx, f.tenant.id, at); });
  CHECK(ranges() == "100-199");
}
