#include <algorithm>

#include <doctest/doctest.h>

#include "core/inbox/inbound.hpp"
#include "core/link/link.hpp"
#include "core/report/breakdown.hpp"
#include "core/report/failures.hpp"
#include "core/report/verify_rollup.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/single.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace smscrm::test;

namespace {

// A campaign of ten, sent: six delivered, one undelivered, one refused, two still on their way.
struct Sent : SendFlow {
  CampaignId campaign = launch(10);
  Timestamp begin = now() - 1h;
  std::vector<MessageId> ids;

  Sent() {
    auto claimed = claim(10);
    for (const auto& message : claimed.messages) ids.push_back(message.id);
    auto refused = claimed;
    refused.messages = {claimed.messages.back()};
    claimed.messages.pop_back();
    record(claimed, accepted());
    record(refused, rejected(21211, ErrorClass::permanent));
    std::vector<Receipt> receipts;
    for (int i = 0; i < 6; ++i)
      receipts.push_back(told(ids[static_cast<std::size_t>(i)], MessageStatus::delivered));
    receipts.push_back(told(ids[6], MessageStatus::undelivered));
    receipts.back().error_code = 30003;
    receipts.front().price = "0.0083";
    receipts.front().currency = "USD";
    receipts.front().parts = 2;
    db.run([&](Tx& tx) {
      record_receipts(tx, tenant.id, webhook_slot, receipts, ReceiptSource::receipt, now());
    });
  }
  Receipt told(MessageId id, MessageStatus status) const {
    return {id, "SM" + std::to_string(id.value), status, std::nullopt, "", {}};
  }
  Period period() const { return {begin, now() + 1h, tenant.timezone}; }
  Figures figures(std::optional<CampaignId> of = std::nullopt) {
    return db.run([&](Tx& tx) { return read_figures(tx, tenant.id, period(), of); });
  }
  std::vector<FiguresOf> by(FiguresBy what, Step step = Step::day) {
    return db.run([&](Tx& tx) { return list_figures(tx, tenant.id, period(), std::nullopt, what, step); });
  }
  std::vector<std::string> broken() {
    return db.run([&](Tx& tx) {
      use_one_snapshot(tx);
      std::vector<std::string> names;
      for (const auto& check : verify_rollup(tx, tenant.id))
        if (!check.holds()) names.push_back(check.name + " " + check.expected + " " + check.found);
      return names;
    });
  }
};

using Names = std::vector<std::string>;

void check_ten(const Figures& figures) {
  CHECK(figures.made == 10);
  CHECK(figures.is_conserved());
  CHECK(figures.left() == 10);
  CHECK(figures.count(MessageStatus::waiting) == 0);
  CHECK(figures.count(MessageStatus::delivered) == 6);
  CHECK(figures.failed() == 2);
  CHECK(figures.errors == std::map<std::pair<MessageStatus, int>, std::int64_t>{
                              {{MessageStatus::undelivered, 30003}, 1}, {{MessageStatus::failed, 21211}, 1}});
  CHECK(figures.parts == 10);  // the refused one has none, and one of two
  CHECK(figures.cost == std::map<std::string, std::string>{{"USD", "0.0083"}});
  REQUIRE(measure_latency(figures.latencies));
  CHECK(measure_latency(figures.latencies)->messages == 6);
}

}  // namespace

TEST_CASE("what was sent is counted for the tenant, the campaign, the sender and the country") {
  Sent f;
  check_ten(f.figures());
  check_ten(f.figures(f.campaign));
  const auto senders = f.by(FiguresBy::sender);
  REQUIRE(senders.size() == 2);
  CHECK(senders[0].name == "+15005550006");
  CHECK(senders[0].figures.count(MessageStatus::delivered) == 6);
  CHECK(senders[0].figures.parts == 10);
  CHECK(senders[1].name.empty());  // what waited, which is nothing by now
  CHECK(senders[1].figures.left() == 0);
  const auto campaigns = f.by(FiguresBy::campaign);
  REQUIRE(campaigns.size() == 1);
  CHECK(campaigns[0].name == "spring");
  check_ten(campaigns[0].figures);
  const auto countries = f.by(FiguresBy::country);
  const auto us = std::ranges::find(countries, "US", &FiguresOf::name);
  REQUIRE(us != countries.end());
  CHECK(us->figures.parts == 10);
  REQUIRE(us->cost.size() == 1);
  CHECK(us->cost[0].amount == "0.0083");
  CHECK_FALSE(us->cost[0].is_estimated);
  CHECK(f.broken() == Names{});
}

TEST_CASE("steps of time hold the same as the whole, and those of nothing are there") {
  Sent f;
  for (const auto step : {Step::quarter, Step::hour, Step::day, Step::week, Step::month}) {
    CAPTURE(to_string(step));
    std::int64_t made = 0, delivered = 0, empty = 0;
    Timestamp last{};
    for (const auto& each : f.by(FiguresBy::time, step)) {
      CHECK(each.at > last);
      last = each.at;
      made += each.figures.made;
      delivered += each.figures.count(MessageStatus::delivered);
      empty += each.figures.made == 0;
    }
    CHECK(made == 10);
    CHECK(delivered == 6);
    if (step == Step::quarter) CHECK(empty >= 7);
  }
}

TEST_CASE("messages outside of campaigns, texts received and opt-outs are counted") {
  Sent f;
  f.db.run([&](Tx& tx) {
    queue_single(tx, f.tenant.id,
                 {.kind = SingleKind::reply,
                  .msisdn = "+14155559999",
                  .body = "hello",
                  .sender = f.sender,
                  .contact = {}},
                 now());
    NewInbound stop;
    stop.provider_sid = "SMin1";
    stop.msisdn = "+14155550000";
    stop.address = "+15005550006";
    stop.body = "STOP";
    auto words = stop;
    words.provider_sid = "SMin2";
    words.msisdn = "+14155550001";
    words.body = "thank you so much";
    record_inbound(tx, f.tenant, webhook_slot, {stop, words}, now());
  });
  const auto all = f.figures();
  CHECK(all.made == 11);
  CHECK(all.count(MessageStatus::waiting) == 1);
  CHECK(all.is_conserved());
  CHECK(all.received == std::map<std::string, std::int64_t>{{"other", 1}, {"stop", 1}});
  CHECK(all.opt_out_ways == std::map<std::string, std::int64_t>{{"keyword", 1}});
  CHECK(all.replies == 2);
  CHECK(all.opt_outs == 1);
  CHECK(f.figures(f.campaign).made == 10);
  CHECK(f.broken() == Names{});
}

TEST_CASE("a period takes whole days from the days and the rest from the quarters") {
  Sent f;
  f.db.run([&](Tx& tx) {
    // One message a quarter for three days, which all end at midnight of the tenant's clock.
    exec(tx, "DELETE FROM rollup WHERE tenant_id = $1", f.tenant.id);
    exec(tx,
         "INSERT INTO rollup SELECT $1, 7, g, 'made', 0, '', 0, 1"
         "  FROM generate_series('2026-03-06 05:00Z'::timestamptz, '2026-03-10 03:45Z', '15 min') g",
         f.tenant.id);
    exec(tx, "UPDATE tenant SET timezone = 'America/New_York' WHERE id = $1", f.tenant.id);
    exec(tx, "SELECT fill_rollup_days($1)", f.tenant.id);
  });
  const auto made = [&](const char* from, const char* to) {
    return f.db.run([&](Tx& tx) {
      return read_figures(tx, f.tenant.id, {parse_rfc3339(from), parse_rfc3339(to), "America/New_York"},
                          std::nullopt)
          .made;
    });
  };
  CHECK(made("2026-03-06T05:00:00Z", "2026-03-10T04:00:00Z") ==
        4 * 96 - 4);  // an hour less: clocks go forward
  CHECK(made("2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z") == 96);
  CHECK(made("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z") == 92);
  CHECK(made("2026-03-07T06:00:00Z", "2026-03-07T07:00:00Z") == 4);
  CHECK(made("2026-03-06T23:00:00Z", "2026-03-08T07:30:00Z") == 24 + 96 + 10);
  CHECK(made("2026-03-06T23:05:00Z", "2026-03-06T23:10:00Z") == 1);  // the quarter that it lies in
  CHECK(made("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z") == 0);
}

TEST_CASE("another clock has other days, counted by the same quarters") {
  Sent f;
  const auto before = f.figures();
  f.db.run([&](Tx& tx) {
    exec(tx, "UPDATE tenant SET timezone = 'Pacific/Kiritimati' WHERE id = $1", f.tenant.id);
  });
  f.tenant.timezone = "Pacific/Kiritimati";
  CHECK(f.figures().made == before.made);
  CHECK(f.broken() == Names{});
  f.record(f.claim(0), accepted());
  CHECK(f.broken() == Names{});
}

TEST_CASE("what nobody writes any more is brought together, and counts the same") {
  Sent f;
  const auto fold = [&](int most, Timestamp at) {
    return f.db.run([&](Tx& tx) { return fold_rollup(tx, most, at); });
  };
  const auto rows = [&] { return std::stoi(f.value("SELECT count(*) FROM rollup WHERE tenant_id = $1")); };
  const auto spread = rows();
  CHECK(fold(5'000, now()) == 0);  // somebody writes it still
  const auto first = fold(3, now() + 72h);
  CHECK(first == 6);  // three of each table
  while (fold(5'000, now() + 72h) > 0) {
  }
  CHECK(rows() < spread);
  CHECK(f.value("SELECT count(*) FROM rollup WHERE tenant_id = $1 AND slot <> 0") == "0");
  CHECK(f.value("SELECT count(*) FROM rollup_day WHERE tenant_id = $1 AND slot <> 0") == "0");
  check_ten(f.figures());
  check_ten(f.figures(f.campaign));
  CHECK(f.broken() == Names{});
}

TEST_CASE("verify finds what was counted wrongly, wherever") {
  Sent f;
  const auto finds = [&](const std::string& change, const std::string& name) {
    CAPTURE(change);
    f.sql(change);
    const auto broken = f.broken();
    CHECK(std::ranges::any_of(broken, [&](const auto& each) { return each.starts_with(name); }));
  };
  finds("UPDATE rollup SET value = value + 1 WHERE tenant_id = $1 AND counter = 'status:delivered'",
        "messages by status and sender");
  finds("UPDATE rollup SET value = value + 1 WHERE tenant_id = $1 AND counter = 'status:undelivered'",
        "days");
  Sent g;
  g.sql("UPDATE rollup_day SET value = value + 1 WHERE tenant_id = $1 AND counter = 'parts'");
  REQUIRE(g.broken().size() == 2);  // the sum, and which
  CHECK(g.broken()[1].starts_with("days: parts, day "));
  g.sql("DELETE FROM message WHERE tenant_id = $1 AND id = (SELECT max(id) FROM message)");
  CHECK(std::ranges::any_of(g.broken(),
                            [](const auto& each) { return each.starts_with("messages made 9 10"); }));
}

TEST_CASE("failures come from what was counted, each with its newest message") {
  Sent f;
  const auto failures = [&](const FailureFilter& filter) {
    return f.db.run([&](Tx& tx) { return count_failures(tx, f.tenant.id, filter); });
  };
  const auto all = failures({});
  REQUIRE(all.size() == 2);
  CHECK(all[0].status == MessageStatus::undelivered);
  CHECK(all[0].error_code == 30003);
  CHECK(all[0].messages == 1);
  CHECK(all[0].campaigns == 1);
  CHECK(all[0].example == f.ids[6]);
  CHECK(all[1].example == f.ids[9]);
  CHECK(failures({.campaign = {}, .since = now() + 1h, .until = {}}).empty());
  CHECK(failures({.campaign = {}, .since = {}, .until = now() - 1h}).empty());
}

TEST_CASE("classes of latency are the same here and in the database, and percentiles lie in them") {
  TestDb db;
  db.run([](Tx& tx) {
    for (const std::int64_t ms :
         {0, 99, 100, 101, 118, 119, 1344, 1345, 209'715'199, 209'715'200, 999'999'999})
      CHECK(exec(tx, "SELECT latency_class($1)", ms).front()[0].as<int>() ==
            latency_class(std::chrono::milliseconds{ms}));
  });
  CHECK(latency_class(-5s) == 0);
  CHECK_FALSE(measure_latency({}));
  std::map<int, std::int64_t> counts;
  for (int ms = 1000; ms <= 2000; ++ms) ++counts[latency_class(std::chrono::milliseconds{ms})];
  const auto measured = measure_latency(counts);
  REQUIRE(measured);
  CHECK(measured->p50.count() == doctest::Approx(1500).epsilon(0.1));
  CHECK(measured->p95.count() == doctest::Approx(1950).epsilon(0.1));
}

TEST_CASE("two sets of figures are compared figure by figure") {
  Sent f;
  FiguresOf first{"a", {}, f.figures(), {}}, second{"b", {}, {}, {}};
  const auto compared = compare_figures(first, second);
  const auto find = [&](const std::string& name) {
    return *std::ranges::find(compared, name, &Comparison::figure);
  };
  CHECK(find("delivered").first == 6);
  CHECK(find("delivered").second == 0);
  CHECK(find("delivered_percent").first == doctest::Approx(60));
  CHECK_FALSE(find("delivered_percent").second);
  CHECK_FALSE(find("p50_ms").second);
}
