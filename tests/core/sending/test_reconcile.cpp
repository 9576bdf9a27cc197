#include <doctest/doctest.h>

#include "core/base/guarded.hpp"
#include "core/base/text.hpp"
#include "core/sending/reconcile.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::http_reply;
using test::RawPeer;
using test::RawReply;
using test::RawRequest;
using test::SendFixture;

namespace {

const Timestamp start = parse_rfc3339("2026-05-01T12:00:00Z");

// A launched campaign whose messages were all claimed at `start`, a second apart, and are with the provider.
struct Sent : SendFixture {
  CampaignId campaign;

  explicit Sent(int messages) : campaign(launch(messages)) {
    db.run([&](Tx& tx) {
      exec(tx,
           "WITH m AS (UPDATE message SET status = 'sent', provider_sid = 'SM' || msisdn, attempt = 1, parts "
           "= 1,"
           "   claimed_at = $2::timestamptz + (id - (SELECT min(id) FROM message)) * interval '1 s'"
           "  WHERE tenant_id = $1 RETURNING id)"
           " UPDATE campaign SET first_message = (SELECT min(id) FROM m), last_message = (SELECT max(id) "
           "FROM m)"
           "  WHERE tenant_id = $1",
           tenant.id, start);
      exec(tx,
           "INSERT INTO claimed_range (tenant_id, claimed_at, first_message, last_message)"
           " SELECT tenant_id, claimed_at, id, id FROM message WHERE tenant_id = $1",
           tenant.id);
      CounterChanges counters;
      counters.move(campaign, MessageStatus::waiting, MessageStatus::sent, std::nullopt, messages);
      counters.add(campaign, parts_counter, messages);
      apply_counters(tx, tenant.id, sender_slot, counters, now());
    });
  }

  std::vector<Overdue> overdue(OverdueFilter filter) {
    return db.run([&](Tx& tx) { return list_overdue(tx, tenant.id, filter); });
  }
};

std::string item(const std::string& sid, const std::string& status) {
  return R"({"sid":")" + sid + R"(","status":")" + status +
         R"(","num_segments":"2","price":"-0.0158","price_unit":"USD"})";
}

ProviderAccess access_to(const RawPeer& peer) { return {peer.url(), "AC1", "AC1", "token"}; }

std::vector<Receipt> ask_all(ReceiptInquiry& inquiry) {
  std::vector<Receipt> all;
  while (!inquiry.done())
    for (auto& receipt : inquiry.step(1s)) all.push_back(std::move(receipt));
  return all;
}

std::vector<Overdue> some(int count) {
  std::vector<Overdue> messages;
  for (int i = 0; i < count; ++i)
    messages.push_back({MessageId{i + 1}, fmt::format("SM{}", i), start + std::chrono::seconds{i}});
  return messages;
}

}  // namespace

TEST_CASE("overdue is what the provider took, that long ago, and that has no last word") {
  Sent f{5};
  f.sql(
      "UPDATE message SET status = 'delivered', price = 1 WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  f.sql("UPDATE message SET status = 'undelivered' WHERE tenant_id = $1 AND msisdn = '+14155550002'");
  CHECK(f.overdue({.until = start + 1h}).size() == 3);
  CHECK(f.overdue({.until = start + 3s}).size() == 2);
  CHECK(f.overdue({.after = start, .until = start + 3s}).size() == 1);
  CHECK(f.overdue({.until = start + 1h, .unpriced = true}).size() == 4);
  CHECK(f.overdue({.until = start + 1h, .limit = 2}).size() == 2);
  CHECK(f.overdue({.campaign = CampaignId{999}, .until = start + 1h}).empty());
  f.sql("UPDATE message SET claimed_at = '2026-05-01T12:00:00Z' WHERE tenant_id = $1");
  CHECK_MESSAGE(f.overdue({.until = start + 1h, .limit = 2}).size() == 3, "a batch is not torn");
}

TEST_CASE("replies and tests are overdue too, and belong to no campaign") {
  Sent f{1};
  f.sql(
      "INSERT INTO message (tenant_id, msisdn, status, provider_sid, claimed_at, kind)"
      " VALUES ($1, '+14155550123', 'queued', 'SM9', '2026-05-01T12:00:00Z', 'reply')");
  CHECK(f.overdue({.until = start + 1h}).size() == 2);
  CHECK(f.overdue({.campaign = f.campaign, .until = start + 1h}).size() == 1);
}

TEST_CASE("what is learned raises the status, sets price and parts once, and the report adds up") {
  Sent f{2};
  const auto overdue = f.overdue({.until = start + 1h});
  Receipt receipt{overdue[0].id, overdue[0].provider_sid, MessageStatus::delivered, {}, "", {}};
  receipt.price = "0.0158";
  receipt.currency = "USD";
  receipt.parts = 2;
  const auto record = [&] {
    return f.db.run([&](Tx& tx) {
      return record_receipts(tx, f.tenant.id, launch_slot, {receipt}, ReceiptSource::reconcile, now());
    });
  };
  auto summary = record();
  CHECK(summary.raised == 1);
  CHECK(summary.priced == 1);
  summary = record();
  CHECK(summary.raised == 0);
  CHECK(summary.priced == 0);
  f.check_counters(f.campaign);
  CHECK(f.value("SELECT trim_scale(sum(value)) FROM campaign_counter WHERE tenant_id = $1"
                " AND counter = 'cost:USD'") == "0.0158");
  CHECK(f.value("SELECT count(*) FROM message_event WHERE tenant_id = $1 AND source = 'reconcile'") == "1");
}

TEST_CASE("a price reaches a message that has its last word already") {
  Sent f{1};
  f.sql("UPDATE message SET status = 'delivered' WHERE tenant_id = $1");
  const auto id = f.overdue({.until = start + 1h, .unpriced = true}).at(0);
  Receipt receipt{id.id, id.provider_sid, MessageStatus::delivered, {}, "", {}};
  receipt.price = "0.0079";
  receipt.currency = "USD";
  f.db.run([&](Tx& tx) {
    CHECK(record_receipts(tx, f.tenant.id, launch_slot, {receipt}, ReceiptSource::reconcile, now()).priced ==
          1);
  });
  CHECK(f.value("SELECT price FROM message WHERE tenant_id = $1") == "0.0079");
}

TEST_CASE("many messages come by pages, few one by one, and those that no page has") {
  Guarded<std::pair<int, int>> asked{{0, 0}};  // pages, single messages
  RawPeer peer{[&](const RawRequest& request) -> RawReply {
    const bool page = request.head.find("PageSize=500") != std::string::npos;
    const bool second = request.head.find("PageToken") != std::string::npos;
    asked.with([&](auto& counts) { ++(page || second ? counts.first : counts.second); });
    if (!page && !second) {
      const auto at = request.head.find("/SM") + 1;
      const auto sid = request.head.substr(at, request.head.find(".json") - at);
      return {http_reply(200, item(sid, "failed"))};
    }
    // The same two pages whatever the window: SM0 to SM9, SM10 to SM37.
    std::string items;
    for (int i = second ? 10 : 0; i < (second ? 38 : 10); ++i)
      items += (items.empty() ? "" : ",") + item(fmt::format("SM{}", i), "delivered");
    return {http_reply(200, R"({"messages":[)" + items + R"(],"next_page_uri":)" +
                                (second ? "null" : R"("/next?PageToken=1")") + "}")};
  }};
  SUBCASE("many") {
    ReceiptInquiry inquiry{get_provider("twilio"), access_to(peer), some(40)};
    const auto receipts = ask_all(inquiry);
    REQUIRE(receipts.size() == 40);
    CHECK(std::count_if(receipts.begin(), receipts.end(), [](const Receipt& r) {
            return r.status == MessageStatus::delivered && r.price == "0.0158" && r.parts == 2;
          }) == 38);
    asked.with([](const auto& counts) {
      CHECK(counts.first <= 4);
      CHECK(counts.second == 2);
    });
  }
  SUBCASE("few") {
    ReceiptInquiry inquiry{get_provider("twilio"), access_to(peer), some(3)};
    CHECK(ask_all(inquiry).size() == 3);
    asked.with([](const auto& counts) { CHECK(counts.first == 0); });
  }
}

TEST_CASE("429 is waited out, an unknown message is missing, and a dead provider is left alone") {
  Guarded<int> requests{0};
  SUBCASE("429 now and then") {
    RawPeer peer{[&](const RawRequest&) -> RawReply {
      const int n = requests.with([](int& count) { return ++count; });
      return {n % 3 == 1 ? http_reply(429, R"({"code":20429})")
                         : http_reply(200, item("SM0123456789abcdef0123456789abcdef", "delivered"))};
    }};
    ReceiptInquiry inquiry{get_provider("twilio"), access_to(peer), some(1)};
    ask_all(inquiry);
    CHECK(inquiry.failure().empty());
    CHECK(requests.with([](int& count) { return count; }) == 2);
  }
  SUBCASE("not known") {
    RawPeer peer{[&](const RawRequest&) -> RawReply { return {http_reply(404, R"({"code":20404})")}; }};
    ReceiptInquiry inquiry{get_provider("twilio"), access_to(peer), some(2)};
    CHECK(ask_all(inquiry).empty());
    CHECK(inquiry.missing() == 2);
    CHECK(inquiry.unanswered() == 0);
  }
  SUBCASE("dead") {
    RawPeer peer{[&](const RawRequest&) -> RawReply { return {http_reply(503, "{}")}; }};
    ReceiptInquiry inquiry{get_provider("twilio"), access_to(peer), some(50)};
    CHECK(ask_all(inquiry).empty());
    CHECK(inquiry.unanswered() == 50);
    CHECK_FALSE(inquiry.failure().empty());
    CHECK(inquiry.requests() <= 20);
  }
}

TEST_CASE("a sweep takes each window once a stage, waits longer each time, and then asks no more") {
  Sent f{1};
  int turns = 0;
  const auto turn = [&](Timestamp at) {
    int found = 0;
    f.db.run([&](Tx& tx) {
      while (const auto window = claim_sweep(tx, 10min, at)) {
        found += static_cast<int>(list_overdue(tx, *window, 1000).size());
        finish_sweep(tx, *window, window->until);
      }
    });
    turns += found;
    return found;
  };
  CHECK(turn(start + 9min) == 0);
  CHECK(turn(start + 11min) == 1);
  CHECK(turn(start + 12min) == 0);
  CHECK(turn(start + 29min) == 0);
  CHECK(turn(start + 33min) == 1);
  for (auto at = start + 1h; at < start + 72h; at += 20min) turn(at);
  CHECK(turns == 6);
}

TEST_CASE("a sweep reads what was claimed in its window, and the next time what was open then") {
  test::SendFlow f;
  f.launch(2000);
  for (const auto at : {start, start + 1h})
    CHECK(f.record(f.claim(1000, at), test::accepted()).accepted == 1000);
  f.sql("UPDATE message SET status = 'delivered' WHERE tenant_id = $1 AND id % 100 <> 0");
  struct Read {
    std::size_t found;
    std::int64_t rows;
  };
  const auto rows_read = [](Tx& tx) {
    return exec(tx,
                "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
                "  FROM pg_stat_xact_user_tables WHERE relname = 'message'")
        .front()[0]
        .as<std::int64_t>();
  };
  const auto sweep = [&](SweepWindow window) {
    return f.db.run([&](Tx& tx) {
      const auto before = rows_read(tx);
      const auto found = list_overdue(tx, window, 1000).size();
      const Read read{found, rows_read(tx) - before};
      finish_sweep(tx, window, window.until);
      return read;
    });
  };
  const auto first = sweep({f.tenant.id, 0, start - 1s, start + 1min});
  CHECK(first.found == 10);
  CHECK(first.rows == 1000);
  const auto idle = sweep({f.tenant.id, 0, start + 1min, start + 30min});
  CHECK(idle.found == 0);
  CHECK(idle.rows == 0);
  const auto second = sweep({f.tenant.id, 1, start - 1s, start + 1min});
  CHECK(second.found == 10);
  CHECK(second.rows == 10);
  f.sql("UPDATE message SET status = 'delivered' WHERE tenant_id = $1");
  sweep({f.tenant.id, 2, start - 1s, start + 2h});
  CHECK(f.value("SELECT count(*) FROM claimed_range WHERE tenant_id = $1") == "0");
}

TEST_CASE("what was on its way or unknown during one sweep is asked about in the next") {
  test::SendFlow f;
  f.launch(3);
  const auto claimed = f.claim(3, start);
  const SweepWindow window{f.tenant.id, 0, start - 1s, start + 1min};
  const auto sweep = [&] {
    return f.db.run([&](Tx& tx) {
      const auto found = list_overdue(tx, window, 1000).size();
      finish_sweep(tx, window, window.until);
      return found;
    });
  };
  CHECK(sweep() == 0);
  CHECK(f.record(claimed, test::accepted()).accepted == 3);
  CHECK(sweep() == 3);
  f.sql("UPDATE message SET claimed_at = claimed_at + interval '1 h' WHERE tenant_id = $1");
  CHECK_MESSAGE(sweep() == 0, "it was claimed anew");
}

TEST_CASE("of a window with too many messages the oldest are asked about first, and a batch is not torn") {
  test::SendFlow f;
  f.launch(6);
  for (const auto at : {start + 1s, start, start + 2s}) f.record(f.claim(2, at), test::accepted());
  f.db.run([&](Tx& tx) {
    const auto found = list_overdue(tx, {f.tenant.id, 0, start - 1s, start + 1min}, 3);
    REQUIRE(found.size() == 4);
    CHECK(found.front().claimed_at == start);
    CHECK(found.back().claimed_at == start + 1s);
  });
}

TEST_CASE("what was claimed is forgotten after the last question") {
  Sent f{1};
  const auto kept = [&] { return f.value("SELECT count(*) FROM claimed_range WHERE tenant_id = $1"); };
  const auto turn = [&](Timestamp at) {
    f.db.run([&](Tx& tx) {
      while (const auto window = claim_sweep(tx, 10min, at)) finish_sweep(tx, *window, window->until);
    });
  };
  turn(start + 35h);
  CHECK(kept() == "1");
  turn(start + 41h);
  CHECK(kept() == "0");
}

TEST_CASE("two daemons never sweep the same window, and a failed one has its turn again") {
  Sent f{1};
  f.db.run([&](Tx& tx) {
    std::vector<SweepWindow> windows;
    while (const auto window = claim_sweep(tx, 10min, start + 1h)) windows.push_back(*window);
    CHECK(windows.size() == sweep_ages.size());
    postpone_sweep(tx, windows.front(), start + 62min);
    CHECK_FALSE(claim_sweep(tx, 10min, start + 61min).has_value());
    CHECK(claim_sweep(tx, 10min, start + 62min).has_value());
    CHECK(claim_sweep(tx, 10min, start + 80min).has_value());
  });
}

TEST_CASE("unknown outcomes become due at once, held ones too") {
  Sent f{3};
  f.sql("UPDATE message SET status = 'unknown', provider_sid = '' WHERE tenant_id = $1");
  f.db.run([&](Tx& tx) {
    CounterChanges counters;
    counters.move(f.campaign, MessageStatus::sent, MessageStatus::unknown, std::nullopt, 3);
    apply_counters(tx, f.tenant.id, sender_slot, counters, now());
    exec(tx,
         "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
         " SELECT tenant_id, min(id), min(campaign_id), '2027-01-01', 'resolve' FROM message"
         "  WHERE tenant_id = $1 GROUP BY tenant_id",
         f.tenant.id);
    CHECK(ask_unknown_again(tx, f.tenant.id, std::nullopt, true, start) == 3);
    CHECK(exec(tx, "SELECT FROM work_due WHERE tenant_id = $1", f.tenant.id).size() == 1);
    CHECK(ask_unknown_again(tx, f.tenant.id, f.campaign, false, start) == 3);
    CHECK(exec(tx, "SELECT FROM work_due WHERE tenant_id = $1 AND due_at = $2", f.tenant.id, start).size() ==
          3);
  });
}
