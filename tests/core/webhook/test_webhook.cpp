#include <doctest/doctest.h>

#include "core/tenant/live_name.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::add_test_webhook;

namespace {

struct Fixture {
  TestDb db;
  SecretKey key = new_secret_key();
  Tenant tenant = add_test_tenant(db);

  Webhook add(const std::string& slug, const std::vector<std::string>& events = {"*"}) {
    return add_test_webhook(db, key, tenant.id, slug, events);
  }
  void refuses(const NewWebhook& added, Errc code, const std::string& words) {
    CAPTURE(added.url);
    try {
      db.run([&](Tx& tx) { add_webhook(tx, key, tenant.id, added, new_webhook_secret(), now()); });
      FAIL_CHECK("it was taken");
    } catch (const Error& error) {
      CHECK(error.code() == code);
      CHECK((error.what() + error.hint()).find(words) != std::string::npos);
    }
  }
};

}  // namespace

TEST_CASE("patterns match types and families") {
  struct Case {
    std::vector<std::string> patterns;
    const char* type;
    bool matches;
  };
  const Case cases[] = {
      {{"*"}, "message.sent", true},
      {{"message.*"}, "message.sent", true},
      {{"message.sent"}, "message.sent", true},
      {{"inbound", "message.*"}, "message.failed", true},
      {{"inbound"}, "inbound", true},
      {{"message.sent"}, "message.sending", false},
      {{"message"}, "message.sent", false},
      {{"mess*"}, "message.sent", false},
      {{"inbound.*"}, "inbound", false},
      {{"campaign.*"}, "message.sent", false},
      {{}, "inbound", false},
  };
  for (const auto& c : cases) {
    CAPTURE(fmt::format("{} {}", fmt::join(c.patterns, ","), c.type));
    CHECK(matches_event(c.patterns, c.type) == c.matches);
  }
}

TEST_CASE("an endpoint needs a slug, an address that is one, and events that there are") {
  Fixture f;
  const std::string url = "https://crm.example/hooks";
  f.refuses({"No Slug", url, {"*"}}, Errc::invalid, "webhook");
  for (const char* bad :
       {"ftp://crm.example/", "crm.example", "https://", "https://:443/", "https:///path",
        "https://user:secret@crm.example/", "https://crm.example/a b", "http://crm.example/\n"})
    f.refuses({"crm", bad, {"*"}}, Errc::invalid, "no address of an endpoint");
  for (const char* clear : {"http://crm.example/", "http://192.0.2.7.example/", "http://8.8.8.8:80/",
                            "http://[2606:4700::1111]/", "http://localhost/"})
    f.refuses({"crm", clear, {"*"}}, Errc::invalid, "in clear text");
  f.refuses({"crm", url, {}}, Errc::invalid, "needs events");
  f.refuses({"crm", url, {"messages.*"}}, Errc::invalid, "did you mean \"message.*\"?");
  f.refuses({"crm", url, {"*", "inbound.*"}}, Errc::invalid, "inbound.*");
  f.add("crm");
  f.refuses({"crm", url, {"*"}}, Errc::conflict, "already");
}

TEST_CASE("an address of http is taken within a network of one's own, and where it was asked for") {
  Fixture f;
  int n = 0;
  const auto add = [&](const char* url, bool allow_http) {
    const NewWebhook added{fmt::format("hook{}", ++n), url, {"*"}, allow_http};
    return f.db.run(
        [&](Tx& tx) { return add_webhook(tx, f.key, f.tenant.id, added, new_webhook_secret(), now()); });
  };
  for (const char* inside :
       {"http://127.0.0.1:9/", "http://10.1.2.3/hook", "http://[::1]:80/", "http://[fd00::1]/"})
    CHECK(add(inside, false).url == inside);
  CHECK(add("http://crm.example/", true).url == "http://crm.example/");
}

TEST_CASE("the secret is sealed, and opened only where it belongs") {
  Fixture f;
  const auto one = f.add("one"), two = f.add("two");
  f.db.run([&](Tx& tx) {
    CHECK(get_webhook_secret(tx, f.key, f.tenant.id, one.id) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    CHECK(exec(tx, "SELECT position('whsec_'::bytea IN secret) FROM webhook LIMIT 1").front()[0].as<int>() ==
          0);
    exec(tx, "UPDATE webhook SET secret = (SELECT secret FROM webhook WHERE id = $1) WHERE id = $2", one.id,
         two.id);
    CHECK_THROWS_AS(get_webhook_secret(tx, f.key, f.tenant.id, two.id), Error);
    CHECK_THROWS_AS(get_webhook_secret(tx, new_secret_key(), f.tenant.id, one.id), Error);
  });
}

TEST_CASE("an endpoint is changed, disabled, enabled and removed, and its name is free again") {
  Fixture f;
  const auto hook = f.add("crm", {"inbound"});
  CHECK(hook.state() == "active");
  const auto update = [&](const WebhookChange& change) {
    return f.db.run([&](Tx& tx) { return update_webhook(tx, f.key, f.tenant.id, "crm", change, now()); });
  };
  WebhookChange change;
  change.url = "https://other.example/";
  change.events = {"opt_out", "click"};
  change.secret = "whsec_AAAA";
  const auto changed = update(change);
  CHECK(changed.url == "https://other.example/");
  CHECK(changed.events == std::vector<std::string>{"opt_out", "click"});
  CHECK(f.db.run([&](Tx& tx) { return get_webhook_secret(tx, f.key, f.tenant.id, hook.id); }) ==
        "whsec_AAAA");
  change = {};
  change.enabled = false;
  const auto disabled = update(change);
  CHECK(disabled.state() == "disabled");
  CHECK(disabled.url == changed.url);
  change.enabled = true;
  CHECK(update(change).state() == "active");
  change = {};
  change.url = "nonsense";
  CHECK_THROWS_AS(update(change), Error);
  f.db.run([&](Tx& tx) {
    CHECK(list_live_names(tx, "WEBHOOK", "acme", "c").size() == 1);
    remove_webhook(tx, f.tenant.id, hook.id, now());
    CHECK(list_webhooks(tx, f.tenant.id).empty());
    CHECK(list_live_names(tx, "WEBHOOK", "acme", "c").empty());
    CHECK_THROWS_AS(get_webhook(tx, f.tenant.id, "crm"), Error);
  });
  CHECK(f.add("crm").id != hook.id);
}

TEST_CASE("tenants have their own endpoints") {
  Fixture f;
  const auto other = add_test_tenant(f.db, "other");
  const auto hook = f.add("crm");
  f.db.run([&](Tx& tx) {
    CHECK(list_webhooks(tx, other.id).empty());
    CHECK_THROWS_AS(get_webhook(tx, other.id, "crm"), Error);
    CHECK_THROWS_AS(get_webhook_secret(tx, f.key, other.id, hook.id), Error);
  });
  CHECK_NOTHROW(add_test_webhook(f.db, f.key, other.id, "crm", {"*"}));
}
