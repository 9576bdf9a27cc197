// A stranger with one link, and a tenant that signs what it likes: the others are served.
#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "tests/support/called_edge.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE(
    "a flood of hits on one link is counted, keeps no STOP waiting and no hit of others from being stored") {
  CalledEdge edge;
  const auto links = edge.db.run([&](Tx& tx) {
    return add_campaign_links(tx, edge.tenant.id, Edge::campaign,
                              {"https://acme.example/a", "https://acme.example/b"}, MessageId{1},
                              MessageId{9});
  });
  edge.reload();
  std::atomic<int> hits{0};
  std::vector<std::jthread> strangers;
  for (int i = 0; i < 2; ++i)
    strangers.emplace_back([&](std::stop_token stop) {
      HttpMulti multi{16};
      std::uint64_t id = 0;
      while (!stop.stop_requested() || multi.in_flight() > 0) {
        while (!stop.stop_requested() && multi.in_flight() < 16)
          multi.start(++id, edge.click_call(links[0], MessageId{3}));
        for (const auto& finished : multi.wait(50ms)) hits += finished.result.status == 302;
      }
    });
  std::vector<std::chrono::milliseconds> waits;
  for (int i = 0; i < 30; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(edge.text(fmt::format("SM{}", i), i % 2 ? "hello" : "STOP").status == 200);
    waits.push_back(
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
    CHECK(http_request(edge.click_call(links[1], MessageId{1 + i % 9})).status == 302);
  }
  strangers.clear();
  std::sort(waits.begin(), waits.end());
  CHECK(waits[waits.size() * 9 / 10] < 500ms);
  edge.stop();
  const int minutes =
      std::stoi(edge.value("SELECT count(DISTINCT date_trunc('minute', clicked_at)) FROM click"));
  CHECK(std::stoi(edge.value(fmt::format("SELECT count(*) FROM click WHERE link_id = {}", links[0].value))) <=
        minutes * ClickGate::most_of_recipient);
  CHECK(edge.value(fmt::format("SELECT count(*) FROM click WHERE link_id = {}", links[1].value)) == "30");
  CHECK(hits > 100);
  // Nothing is lost of the count.
  edge.db.run([&](Tx& tx) {
    CHECK(get_link(tx, edge.tenant.id, links[0]).clicks == hits);
    CHECK(get_link(tx, edge.tenant.id, links[0]).unique_clicks == 1);
    CHECK(count_hits(tx, edge.tenant.id, links[0])["person"] == hits);
    CHECK(std::stoi(read_counters(tx, edge.tenant.id, Edge::campaign)["clicks"]) == hits + 30);
  });
  CHECK(edge.writers->clicks.counts().clicks_lost == 0);
}

TEST_CASE(
    "what a tenant signs of too great a length or another form is refused before it reaches the writer") {
  CalledEdge edge;
  CHECK(edge.post("/webhooks/twilio/acme/inbound", {{"MessageSid", "SM" + std::string(9'000, 'a')},
                                                    {"From", "+14155550123"},
                                                    {"To", "+15005550006"},
                                                    {"Body", "hi"},
                                                    {"AccountSid", Edge::account_sid}})
            .status == 400);
  CHECK(edge.text("SM1", std::string(30'000, 'a')).status == 400);
  CHECK(edge.writers->texts.counts().failures == 0);
  CHECK(edge.value("SELECT count(*) FROM inbound") == "0");
}

TEST_CASE("a START that was cut again out of the bytes of one that was signed does not undo a STOP") {
  CalledEdge edge;
  const Form start{{"AccountSid", Edge::account_sid},
                   {"Body", "START"},
                   {"From", "+14155550123"},
                   {"MessageSid", test_sid("SMa")},
                   {"NumMedia", "0"},
                   {"NumSegments", "1"},
                   {"To", "+15005550006"}};
  const std::string inbound = "/webhooks/twilio/acme/inbound";
  CHECK(edge.post(inbound, start).status == 200);
  CHECK(edge.text("SMb", "STOP").status == 200);
  CHECK(edge.post(inbound, start).status == 200);  // a repetition says nothing new
  CHECK(edge.value("SELECT state FROM consent") == "opted_out");
  Form again;
  for (const auto& [name, value] : start)
    if (name == "MessageSid")
      again.emplace_back(name, value + "NumMedia0");
    else if (name != "NumMedia")
      again.emplace_back(name, value);
  auto call = edge.call(inbound, again);
  CHECK(call.headers == edge.call(inbound, start).headers);  // the same signature
  CHECK(http_request(call).status == 400);
  CHECK(edge.value("SELECT state FROM consent") == "opted_out");
  CHECK(edge.value("SELECT count(*) FROM inbound") == "2");
}

TEST_CASE("a receipt counts only for the message whose number it names") {
  CalledEdge edge;
  const auto id = edge.add_message();  // to +14155550123
  const auto path = fmt::format("/webhooks/twilio/acme/status/{}", id.value);
  const auto receipt = [&](const std::string& to) {
    return edge
        .post(path, {{"MessageSid", test_sid("SM1")},
                     {"MessageStatus", "delivered"},
                     {"AccountSid", Edge::account_sid},
                     {"To", to}})
        .status;
  };
  CHECK(receipt("+14155550199") == 204);
  CHECK(receipt("whatsapp:+14155550199") == 204);
  CHECK(edge.value("SELECT status FROM message") == "in_flight");
  CHECK(edge.value("SELECT count(*) FROM receipt_stray") == "2");
  CHECK(edge.value("SELECT count(*) FROM message_event") == "0");
  CHECK(receipt("rcs:+14155550123") == 204);
  CHECK(edge.value("SELECT status FROM message") == "delivered");
}

TEST_CASE(
    "a tenant's state that cannot be read fails that tenant's events, and the others' are stored with few "
    "more commits") {
  CalledEdge edge;
  const auto evil = add_test_tenant(edge.db, "evil");
  edge.give_account(evil, "evils-token");
  edge.db.run([&](Tx& tx) {
    tx.exec(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        "  RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END $$");
    tx.exec(
        fmt::format("CREATE TRIGGER refuse BEFORE INSERT ON inbound FOR EACH ROW WHEN (NEW.tenant_id = {})"
                    " EXECUTE FUNCTION refuse()",
                    evil.id.value));
  });
  edge.reload();
  edge.writers->set_interval(300ms);
  CHECK(edge.text("SM0", "hello").status == 200);  // the interval begins, in which the others come together
  const auto before = edge.writers->texts.counts().commits.load();
  HttpMulti multi{30};
  const auto text = [&](const std::string& slug, int i, const std::string& key) {
    return edge.call("/webhooks/twilio/" + slug + "/inbound",
                     {{"MessageSid", test_sid(fmt::format("SM{}", 100 + i))},
                      {"From", "+14155550123"},
                      {"To", "+15005550006"},
                      {"Body", "hello"},
                      {"AccountSid", Edge::account_sid}},
                     key);
  };
  for (int i = 0; i < 20; ++i) multi.start(static_cast<std::uint64_t>(i), text("acme", i, Edge::token));
  multi.start(100, text("evil", 20, "evils-token"));
  std::map<long, int> answers;
  while (multi.in_flight() > 0)
    for (const auto& finished : multi.wait(1s)) ++answers[finished.result.status];
  CHECK(answers == std::map<long, int>{{200, 20}, {500, 1}});
  CHECK(edge.writers->texts.counts().commits - before <= 10);  // one by one it were 20
}
