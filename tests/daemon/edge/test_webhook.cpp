// Webhooks from request to row: long, for the cases share an edge with its writers.
#include <map>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "tests/support/called_edge.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const std::string sid = Edge::account_sid;

}  // namespace

TEST_CASE("a signed receipt is answered after its commit") {
  CalledEdge edge;
  const auto id = edge.add_message();
  CHECK(edge.status(id, "delivered").status == 204);
  CHECK(edge.value("SELECT status FROM message") == "delivered");
  CHECK(edge.status(id, "sent").status == 204);
  CHECK(edge.value("SELECT status FROM message") == "delivered");
}

TEST_CASE("bad requests are told apart") {
  CalledEdge edge;
  CHECK(edge.post("/webhooks/twilio/acme/status/x", {{"AccountSid", sid}}).status == 404);
  CHECK(edge.post("/webhooks/twilio/acme/other", {{"AccountSid", sid}}).status == 404);
  CHECK(edge.post("/webhooks/twilio/acme/inbound", {{"AccountSid", sid}}).status == 400);
  CHECK(edge.post("/webhooks/twilio/acme/inbound", Form(1001, {"To", "1"})).status == 400);
  HttpCall get;
  get.url = edge.address + "/webhooks/twilio/acme/inbound";
  CHECK(http_request(get).status == 405);
}

TEST_CASE("STOP opts out, is answered in TwiML and stored once") {
  CalledEdge edge;
  const auto first = edge.text("SM9", "STOP");
  CHECK(first.status == 200);
  CHECK(first.body.find("<Response/>") != std::string::npos);
  CHECK(edge.text("SM9", "STOP").status == 200);
  CHECK(edge.value("SELECT count(*) FROM inbound") == "1");
  CHECK(edge.value("SELECT state FROM consent") == "opted_out");
}

TEST_CASE("an opt-out in other words is stored and obeyed before it is answered") {
  CalledEdge edge;
  CHECK(edge.text("SM9", "por favor no me escriban más").status == 200);
  CHECK(edge.value("SELECT state FROM consent") == "opted_out");
  CHECK(edge.value("SELECT method FROM consent_event") == "text");
}

TEST_CASE("what Twilio has answered itself is obeyed and not answered again") {
  CalledEdge edge;
  const auto service = "MG" + std::string(32, 'a');
  edge.db.run([&](Tx& tx) {
    auto tenant = get_tenant(tx, "acme");
    tenant.stop_reply = "You are out.";
    tenant.help_reply = "Call us.";
    tenant.opt_out_scope = OptOutScope::number;
    update_tenant(tx, tenant, now());
    exec(tx, "UPDATE account SET messaging_service = $2 WHERE tenant_id = $1", tenant.id, service);
  });
  edge.reload();
  const auto text = [&](const std::string& message_sid, const std::string& body, const std::string& type) {
    Form form{{"MessageSid", test_sid(message_sid)},
              {"From", "+14155550123"},
              {"To", "+15005550099"},
              {"Body", body},
              {"AccountSid", sid},
              {"MessagingServiceSid", service}};
    if (!type.empty()) form.emplace_back("OptOutType", type);
    return edge.post("/webhooks/twilio/acme/inbound", form).body;
  };
  CHECK(text("SM1", "help", "HELP").find("<Response/>") != std::string::npos);
  CHECK(text("SM2", "help", "").find("Call us.") != std::string::npos);
  CHECK(text("SM3", "no thanks, end it", "STOP").find("<Response/>") != std::string::npos);
  CHECK(edge.value("SELECT scope FROM consent_scope WHERE state = 'opted_out'") == "sender:" + service);
  CHECK(text("SM4", "go on", "START").find("<Response/>") != std::string::npos);
  CHECK(edge.value("SELECT state FROM consent_scope") == "opted_in");
  CHECK(text("SM5", "stop", "").find("You are out.") != std::string::npos);
}

TEST_CASE("TwiML escapes what it carries") {
  CHECK(twiml_response("a < b & c").body ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>a &lt; b &amp; c</Message></Response>");
  CHECK(twiml_response("").content_type == "text/xml");
}

TEST_CASE("a STOP is not acknowledged while a request to the number is on its way") {
  CalledEdge edge;
  edge.add_message();
  std::atomic<bool> answered{false};
  std::jthread caller{[&] {
    CHECK(edge.text("SM9", "STOP").status == 200);
    answered = true;
  }};
  while (edge.value("SELECT count(*) FROM inbound") == "0") std::this_thread::yield();
  CHECK_FALSE(answered);
  edge.db.run([](Tx& tx) { tx.exec("UPDATE message SET status = 'sent'"); });
  caller.join();
  CHECK(answered);
}

TEST_CASE("a STOP that could not be acknowledged in time is confirmed when Twilio repeats it, once") {
  CalledEdge edge;
  edge.set_stop_reply("You are out.");
  edge.add_message();
  std::jthread caller{[&] { CHECK(edge.text("SM9", "STOP").status == 503); }};
  bool noted = true;  // before it is refused, for the repetition may reach another daemon
  SUBCASE("the request stays on its way for longer than Twilio waits") {}
  SUBCASE("the database is lost") {
    while (edge.value("SELECT count(*) FROM inbound") == "0") std::this_thread::yield();
    edge.value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'smscrmd writer'");
    noted = false;
  }
  caller.join();
  CHECK(edge.value("SELECT refused FROM inbound") == (noted ? "t" : "f"));
  edge.db.run([](Tx& tx) { tx.exec("UPDATE message SET status = 'sent'"); });
  HttpResult repeated;
  for (const auto end = now() + 20s; repeated.status != 200 && now() < end; wait_unless_stopped({}, 50ms))
    repeated = edge.text("SM9", "STOP");
  CHECK(repeated.body.find("You are out.") != std::string::npos);
  CHECK(edge.text("SM9", "STOP").body.find("<Response/>") != std::string::npos);
}

TEST_CASE("somebody's lock on one number holds up that number's STOP only, which is asked for again") {
  CalledEdge edge;
  CHECK(edge.text("SM1", "STOP").status == 200);
  const auto id = edge.add_message();
  edge.db.run([](Tx& tx) { tx.exec("UPDATE message SET status = 'sent'"); });
  auto other = edge.db.connect();
  std::jthread stopped;
  in_transaction(other, [&](Tx& tx) {
    exec(tx, "SELECT FROM consent WHERE tenant_id = $1 FOR UPDATE", edge.tenant.id);
    stopped = std::jthread{[&] { CHECK(edge.text("SM2", "STOP").status == 503); }};
    CHECK(edge.status(id, "delivered").status == 204);
    stopped.join();
  });
  CHECK(edge.text("SM2", "STOP").status == 200);
  CHECK(edge.value("SELECT count(*) FROM inbound") == "2");
}

TEST_CASE("many events that somebody's lock holds up do not hold up those beside them for long") {
  CalledEdge edge;
  constexpr std::size_t locked = 30;
  std::vector<MessageId> ids;
  for (std::size_t i = 0; i < locked; ++i) ids.push_back(edge.add_message());
  const auto free = edge.add_message();
  edge.writers->set_interval(std::chrono::milliseconds{300});
  CHECK(edge.status(edge.add_message(), "sent").status == 204);  // the interval begins
  auto other = edge.db.connect();
  std::map<long, std::size_t> answers;
  in_transaction(other, [&](Tx& tx) {
    exec(tx, "SELECT FROM message WHERE tenant_id = $1 AND id = ANY($2::bigint[]) FOR UPDATE", edge.tenant.id,
         ids);
    HttpMulti multi{locked + 1};
    for (std::size_t i = 0; i < locked; ++i) multi.start(i, edge.status_call(ids[i], "sent"));
    auto call = edge.status_call(free, "sent");
    call.timeout = std::chrono::seconds{15};  // Twilio's; one after the other they waited a minute
    multi.start(locked, std::move(call));
    while (multi.in_flight() > 0)
      for (const auto& finished : multi.wait(std::chrono::seconds{1})) ++answers[finished.result.status];
  });
  CHECK(answers == std::map<long, std::size_t>{{204, 1}, {503, locked}});
}

TEST_CASE("texts that PostgreSQL cannot store as they are do not stop the others") {
  CalledEdge edge;
  CHECK(edge.text("SM1", std::string("nul \0 byte", 10)).status == 200);
  CHECK(edge.text("SM2", "broken \xff utf-8").status == 200);
  CHECK(edge.value("SELECT count(*) FROM inbound") == "2");
}

TEST_CASE("an event that the database refuses, for whatever reason, does not take along those beside it") {
  for (const char* error : {"check_violation", "undefined_table"}) {
    CAPTURE(error);
    CalledEdge edge;
    const auto refused = edge.add_message();
    edge.db.run([&](Tx& tx) {
      tx.exec(
          fmt::format("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
                      "  RAISE EXCEPTION 'no' USING ERRCODE = '{}'; END $$",
                      error));
      tx.exec(
          fmt::format("CREATE TRIGGER refuse BEFORE UPDATE ON message FOR EACH ROW WHEN (OLD.id = {})"
                      " EXECUTE FUNCTION refuse()",
                      refused.value));
    });
    const auto first = edge.add_message();
    edge.writers->set_interval(std::chrono::milliseconds{300});
    CHECK(edge.status(first, "sent").status ==
          204);  // the interval begins, in which the others come together
    constexpr std::size_t others = 47;
    HttpMulti multi{others + 1};
    multi.start(0, edge.status_call(refused, "sent"));
    for (std::size_t i = 1; i <= others; ++i) multi.start(i, edge.status_call(edge.add_message(), "sent"));
    std::map<long, std::size_t> answers;
    while (multi.in_flight() > 0)
      for (const auto& finished : multi.wait(std::chrono::seconds{1})) ++answers[finished.result.status];
    CHECK(answers == std::map<long, std::size_t>{{204, others}, {500, 1}});
  }
}

TEST_CASE("while the database is away webhooks answer 503 and links still work") {
  CalledEdge edge;
  const auto link = edge.db.run([&](Tx& tx) {
    return add_campaign_links(tx, edge.tenant.id, Edge::campaign, {"https://acme.example/spring"},
                              MessageId{1}, MessageId{9})
        .front();
  });
  const auto id = edge.add_message();
  const auto click = edge.click_call(link, MessageId{3});
  CHECK(http_request(click).status == 302);

  const auto name = edge.value("SELECT current_database()");
  {
    pqxx::connection admin{edge.db.url().substr(0, edge.db.url().rfind("dbname=")) + "dbname=postgres"};
    pqxx::nontransaction tx{admin};
    tx.exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
    tx.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = " + tx.quote(name));
    CHECK(edge.status(id, "delivered").status == 503);
    CHECK(http_request(click).status == 302);
    CHECK_FALSE(edge.writers->healthy());
    tx.exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  }
  while (!edge.writers->healthy()) std::this_thread::yield();  // though nobody asks
  CHECK(edge.status(id, "delivered").status == 204);
  auto connection = edge.db.connect();
  const auto clicks = [&] {
    return in_transaction(connection,
                          [](Tx& tx) { return tx.exec("SELECT count(*) FROM click").front()[0].as<int>(); });
  };
  while (clicks() < 2) std::this_thread::yield();
  CHECK(in_transaction(connection, [](Tx& tx) {
          return tx.exec("SELECT status FROM message").front()[0].as<std::string>();
        }) == "delivered");
}

TEST_CASE("a database that turns read-only is away until it can be written again") {
  CalledEdge edge;
  const auto id = edge.add_message();
  const auto link = edge.db.run([&](Tx& tx) {
    return add_campaign_links(tx, edge.tenant.id, Edge::campaign, {"https://acme.example/"}, MessageId{1},
                              MessageId{9})
        .front();
  });
  const auto click = edge.click_call(link, MessageId{3});
  CHECK(http_request(click).status == 302);
  while (edge.value("SELECT count(*) FROM click") == "0") std::this_thread::yield();
  // For sessions that begin now; that of the test has begun.
  const auto name = edge.value("SELECT current_database()");
  edge.db.run([&](Tx& tx) {
    tx.exec("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
    tx.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname "
        "= " +
        tx.quote(name));
  });
  CHECK(edge.status(id, "sent").status == 503);
  CHECK(http_request(click).status == 302);
  CHECK(edge.text("SM1", "STOP").status == 503);
  CHECK_FALSE(await([&] { return edge.writers->healthy(); }, 2s));  // though it can be reached
  edge.db.run([&](Tx& tx) { tx.exec("ALTER DATABASE " + name + " RESET default_transaction_read_only"); });
  CHECK(await([&] { return edge.writers->healthy(); }));
  CHECK(edge.status(id, "sent").status == 204);
  CHECK(await([&] { return edge.value("SELECT count(*) FROM click") == "2"; }));
}

TEST_CASE("a hit whose transaction dies at its commit is stored all the same, and once") {
  CalledEdge edge;
  const auto link = edge.db.run([&](Tx& tx) {
    tx.exec("CREATE SEQUENCE deaths");
    tx.exec(
        "CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        "  IF nextval('deaths') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
        "  RETURN NULL; END $$");
    tx.exec(
        "CREATE CONSTRAINT TRIGGER die_once AFTER INSERT ON click DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION die_once()");
    return add_campaign_links(tx, edge.tenant.id, Edge::campaign, {"https://acme.example/"}, MessageId{1},
                              MessageId{9})
        .front();
  });
  const auto click = edge.click_call(link, MessageId{3});
  CHECK(http_request(click).status == 302);
  while (edge.value("SELECT count(*) FROM click") == "0") std::this_thread::yield();
  edge.stop();
  CHECK(edge.value("SELECT count(*) FROM click") == "1");
  CHECK(edge.value("SELECT last_value FROM deaths") == "2");
  CHECK(edge.writers->clicks.counts().failures == 1);
  CHECK(edge.writers->clicks.counts().clicks_lost == 0);
}

TEST_CASE("short links: issued codes lead on, others nowhere, and a clean stop keeps every hit") {
  CalledEdge edge;
  const auto [live, expired, of_campaign] = edge.db.run([&](Tx& tx) {
    const auto id = add_campaign_links(tx, edge.tenant.id, Edge::campaign,
                                       {"https://acme.example/spring?a=1"}, MessageId{10}, MessageId{19})
                        .front();
    const auto ended = add_campaign_links(tx, edge.tenant.id, Edge::campaign, {"https://acme.example/"},
                                          MessageId{10}, MessageId{19}, now() - std::chrono::seconds{1})
                           .front();
    return std::tuple{
        id, add_link(tx, edge.tenant.id, "old", "https://acme.example/", now() - std::chrono::hours{1}).id,
        ended};
  });
  const auto get = [&](LinkId link, std::int64_t message) {
    HttpCall call;
    call.url = format_short_url(edge.address, edge.directory->link_key(), link, MessageId{message});
    call.headers = {"User-Agent: Mozilla/5.0 (iPhone)"};
    return http_request(call).status;
  };
  CHECK(get(live, 10) == 302);
  CHECK(get(live, 10) == 302);
  CHECK(get(live, 9) == 404);
  CHECK(get(live, 20) == 404);
  CHECK(get(expired, 0) == 410);
  CHECK(get(of_campaign, 10) == 410);
  CHECK(get(of_campaign, 9) == 404);
  HttpCall guess;
  guess.url = edge.address + "/r/AAAAAAAAAAA";
  CHECK(http_request(guess).status == 404);
  edge.stop();
  CHECK(edge.value("SELECT count(*) FROM click") == "2");
  CHECK(edge.value("SELECT count(*) FROM click_first") == "1");
}

TEST_CASE("a flood of hits leaves room for texts") {
  EventWriter writer{"", std::chrono::milliseconds{1}, webhook_slot};  // that does not run
  for (int i = 0; i < 100'000; ++i) writer.submit(ClickEvent{});
  CHECK(writer.counts().clicks_lost == 10'000);
}

TEST_CASE("a flood of events does not wait for the interval between commits") {
  CalledEdge edge;
  edge.writers->set_interval(std::chrono::hours{1});
  CHECK(edge.status(edge.add_message(), "sent").status == 204);  // the hour begins
  constexpr std::size_t flood = 200;
  HttpMulti multi{flood};
  for (std::size_t i = 0; i < flood; ++i) multi.start(i, edge.status_call(edge.add_message(), "sent"));
  std::size_t answered = 0;
  while (multi.in_flight() > flood / 2 - 1)  // of the last, each writer may hold fewer than are a flood
    for (const auto& finished : multi.wait(std::chrono::seconds{1}))
      answered += finished.result.status == 204;
  CHECK(answered >= flood / 2);
}
