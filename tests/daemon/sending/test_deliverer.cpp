// The worker against endpoints that take, refuse, hang and die.
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "core/webhook/log.hpp"
#include "daemon/sending/deliverer.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::add_test_deliveries;
using test::add_test_webhook;
using test::HookReceiver;
using test::http_reply;
using test::RawReply;

namespace {

struct Fixture {
  TestDb db;
  SecretKey key = new_secret_key();
  Tenant tenant = add_test_tenant(db);
  Config config;

  Fixture() {
    set_log(LogLevel::off, LogFormat::logfmt);
    config.database.url = db.url();
    config.webhook.allow_networks = {"127.0.0.0/8"};
    config.webhook.timeout = 20s;
    config.webhook.lease = 20s;
  }
  ~Fixture() { set_log(LogLevel::info, LogFormat::logfmt); }

  Webhook hook(const std::string& slug, const std::string& url) {
    return add_test_webhook(db, key, tenant.id, slug, {"*"}, url);
  }
  void write(const Webhook& hook, const std::vector<std::string>& keys) {
    add_test_deliveries(db, tenant.id, hook.id, keys, now() - 1s);
  }
  WebhookLoad load(const Webhook& hook) {
    return db.run([&](Tx& tx) { return count_deliveries(tx, tenant.id, hook.id); });
  }
  std::vector<LoggedDelivery> log(const Webhook& hook) {
    return db.run([&](Tx& tx) { return collect(tx, list_deliveries(tenant.id, hook.id, {}), 50); });
  }
};

struct Running {
  Deliverer deliverer;
  std::jthread thread;

  Running(const Fixture& f, const std::string& id = "d1")
      : deliverer(f.config, f.key, id),
        thread([this](std::stop_token stop) { deliverer.run(std::move(stop)); }) {}
};

bool await(const std::function<bool()>& condition) {
  for (const auto end = now() + 60s; now() < end; wait_unless_stopped({}, 10ms))
    if (condition()) return true;
  return false;
}

std::vector<std::string> keys(int count, int each) {
  std::vector<std::string> all;
  for (int n = 0; n < each; ++n)
    for (int key = 0; key < count; ++key) all.push_back(fmt::format("+1415555{:04}", key));
  return all;
}

}  // namespace

TEST_CASE("events arrive signed, once, in the order of their key") {
  Fixture f;
  HookReceiver receiver;
  const auto hook = f.hook("crm", receiver.url());
  f.write(hook, keys(20, 10));
  Running running{f};
  CHECK(await([&] { return f.load(hook).waiting == 0; }));
  std::map<int, int> last;  // n % 20 is the key, n / 20 the place
  for (const auto& arrival : receiver.arrivals()) {
    CHECK(arrival.is_signed);
    CHECK(arrival.id == arrival.event["id"]);
    CHECK(arrival.event["tenant"] == "acme");
    const int n = arrival.event["data"]["n"].get<int>();
    const auto before = last.find(n % 20);
    CHECK((before == last.end() ? 0 : before->second + 1) == n / 20);
    last[n % 20] = n / 20;
  }
  CHECK(receiver.count() == 200);
  CHECK(running.deliverer.counts().delivered == 200);
}

TEST_CASE("a failure is tried again after some seconds, before what follows it") {
  Fixture f;
  std::atomic<int> calls{0};
  HookReceiver receiver{[&](const auto&) { return RawReply{http_reply(++calls == 1 ? 500 : 200, "")}; }};
  const auto hook = f.hook("crm", receiver.url());
  f.write(hook, {"a", "a"});
  Running running{f};
  CHECK(await([&] { return f.load(hook).retrying == 1; }));
  CHECK(await([&] { return f.load(hook).waiting == 0; }));
  const auto arrivals = receiver.arrivals();
  REQUIRE(arrivals.size() == 3);
  CHECK(arrivals[0].id == arrivals[1].id);
  CHECK(arrivals[2].event["data"]["n"] == 1);
  const auto log = f.log(hook);
  CHECK(log.at(1).failures.at(0).error == "HTTP status 500");
  CHECK(log.at(1).attempted_at.value() - log.at(1).failures.at(0).at >= 4s);
}

TEST_CASE("endpoints that are dead or hang leave room for one that answers") {
  Fixture f;
  f.config.webhook.timeout = 2s;
  HookReceiver hanging{[](const auto&) { return RawReply{}; }}, good;
  const auto dead = f.hook("dead", "http://127.0.0.1:1/");
  f.write(dead, keys(500, 2));
  for (int i = 0; i < 5; ++i) f.write(f.hook(fmt::format("hang{}", i), hanging.url()), keys(200, 2));
  const auto hook = f.hook("good", good.url());
  f.write(hook, keys(100, 5));
  const auto before = now();
  Running running{f};
  CHECK(await([&] { return f.load(hook).waiting == 0; }));
  CHECK(now() - before < 15s);
  CHECK(good.count() == 500);
  CHECK(f.load(dead).waiting == 1000);
  // It is left in peace after a few failures.
  CHECK(f.db.run([&](Tx& tx) {
    return exec(tx,
                "SELECT count(*) FROM webhook_attempt a JOIN webhook_delivery d ON d.id = a.delivery_id"
                " WHERE d.webhook_id = $1",
                dead.id)
        .front()[0]
        .as<int>();
  }) < 20);
}

TEST_CASE("any number of endpoints with nothing to do keeps no place") {
  Fixture f;
  HookReceiver receiver;
  for (int t = 0; t < 10; ++t) {
    const auto tenant = add_test_tenant(f.db, fmt::format("idle{}", t));
    f.db.run([&](Tx& tx) {
      for (int i = 0; i < 20; ++i)
        add_webhook(tx, f.key, tenant.id, {fmt::format("idle{}", i), "http://127.0.0.1:1/", {"*"}},
                    new_webhook_secret(), now());
    });
  }
  const auto last = f.hook("last", receiver.url());
  f.write(last, keys(50, 2));
  Running running{f};
  CHECK(await([&] { return f.load(last).waiting == 0; }));
}

TEST_CASE("endpoints that are slow, but answer, leave room for a quick one") {
  Fixture f;
  HookReceiver slow{[](const auto&) {
    wait_unless_stopped({}, 1s);
    return RawReply{http_reply(200, "")};
  }};
  HookReceiver quick;
  std::vector<Webhook> hooks;
  for (int i = 0; i < 19; ++i) {
    hooks.push_back(f.hook(fmt::format("slow{}", i), slow.url()));
    f.write(hooks.back(), keys(800, 1));  // half a minute's work for all places there are
  }
  const auto hook = f.hook("quick", quick.url());
  Running running{f};
  CHECK(await([&] { return running.deliverer.counts().in_flight > 300; }));
  f.write(hook, keys(20, 5));
  CHECK(await([&] { return f.load(hook).waiting == 0; }));
  for (const auto& one : hooks) CHECK(f.load(one).waiting > 100);
}

TEST_CASE("a private address is refused unless it is allowed, from the next turn on") {
  Fixture f;
  f.config.webhook.allow_networks = {};
  HookReceiver receiver;
  const auto hook = f.hook("crm", receiver.url());
  f.write(hook, {"a"});
  Running running{f};
  CHECK(await([&] { return f.load(hook).retrying == 1; }));
  CHECK(receiver.count() == 0);
  CHECK(f.log(hook).at(0).error == "its host has no public address");
  f.config.webhook.allow_networks = {"127.0.0.1"};
  running.deliverer.reconfigure(f.config);
  CHECK(await([&] { return receiver.count() == 1; }));
}

TEST_CASE("a network that is allowed no more is not called over a connection that was kept") {
  Fixture f;
  std::atomic<bool> held{false};
  HookReceiver receiver{[&](const auto&) {
    while (held) wait_unless_stopped({}, 5ms);
    return RawReply{http_reply(200, "")};
  }};
  const auto hook = f.hook("crm", receiver.url());
  f.write(hook, {"a"});
  Running running{f};
  CHECK(await([&] { return f.load(hook).waiting == 0; }));
  held = true;
  f.write(hook, {"b"});
  CHECK(await([&] { return running.deliverer.counts().in_flight == 1; }));
  f.config.webhook.allow_networks = {};
  running.deliverer.reconfigure(f.config);
  f.write(hook, {"c"});
  CHECK(await([&] { return f.load(hook).retrying == 1; }));
  CHECK(f.log(hook).at(0).error == "its host has no public address");
  held = false;
  CHECK(await([&] { return f.load(hook).waiting == 1; }));  // what was under way ends well
  CHECK(receiver.count() == 2);
  f.write(hook, {"d"});
  CHECK(await([&] { return f.load(hook).retrying == 2; }));
  CHECK(receiver.count() == 2);
}

TEST_CASE("several daemons share, and what a stopped one leaves the other delivers") {
  Fixture f;
  HookReceiver receiver;
  std::vector<Webhook> hooks;
  for (int i = 0; i < 4; ++i) hooks.push_back(f.hook(fmt::format("crm{}", i), receiver.url()));
  auto one = std::make_unique<Running>(f, "d1");
  Running two{f, "d2"};
  CHECK(await([&] { return one->deliverer.counts().webhooks == 2 && two.deliverer.counts().webhooks == 2; }));
  one.reset();
  CHECK(await([&] { return two.deliverer.counts().webhooks == 4; }));
  for (const auto& hook : hooks) f.write(hook, keys(10, 1));
  const auto arrived = [&] {
    std::set<std::string> events;
    for (const auto& arrival : receiver.arrivals()) events.insert(arrival.id);
    return events.size();
  };
  CHECK(await([&] { return arrived() == 40; }));
}

TEST_CASE("a stop waits for what is under way, and loses nothing") {
  Fixture f;
  std::atomic<bool> held{true};
  HookReceiver receiver{[&](const auto&) {
    while (held) wait_unless_stopped({}, 5ms);
    return RawReply{http_reply(200, "")};
  }};
  const auto hook = f.hook("crm", receiver.url());
  f.write(hook, {"a", "b", "a"});
  {
    Running running{f};
    CHECK(await([&] { return running.deliverer.counts().in_flight == 2; }));
    running.thread.request_stop();
    held = false;
  }
  CHECK(f.load(hook).waiting == 1);
  CHECK(f.db.run([](Tx& tx) { return exec(tx, "SELECT owner FROM webhook").front()[0].as<std::string>(); }) ==
        "");
}

TEST_CASE("410 disables the endpoint, and old deliveries are pruned by and by") {
  Fixture f;
  f.config.webhook.keep = 1h;
  HookReceiver receiver{[](const auto&) { return RawReply{http_reply(410, "")}; }}, good;
  const auto gone = f.hook("gone", receiver.url()), hook = f.hook("crm", good.url());
  f.write(gone, {"a", "b"});
  f.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, created_at, due_at, "
         "state)"
         " VALUES ($1, $2, 'inbound', 'a', '{}', now() - interval '2 h', now(), 'delivered')",
         f.tenant.id, hook.id);
  });
  Running running{f};
  CHECK(await([&] { return running.deliverer.counts().disabled == 1; }));
  CHECK(await([&] { return f.log(hook).empty(); }));
  CHECK(f.db.run([&](Tx& tx) { return get_webhook(tx, f.tenant.id, "gone").state(); }) == "disabled");
}
