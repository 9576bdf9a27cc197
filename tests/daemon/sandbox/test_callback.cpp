// Status callbacks: what they say, how they are signed, when they are tried again, and their faults.
#include <algorithm>
#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/provider/twilio_signature.hpp"
#include "tests/daemon/sandbox/peer.hpp"
#include "tests/support/daemon.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;

namespace {

const std::string to = "+14155550123";
const std::vector<std::string> tokens{demo_account_token};

// In order of arrival, which is not quite that of the statuses: webhooks are under way side by side.
std::string statuses_of(const std::vector<Webhook>& webhooks, const std::string& sid) {
  std::vector<std::string> statuses;
  for (const auto& webhook : webhooks)
    if (webhook.field("MessageSid") == sid) statuses.push_back(webhook.field("MessageStatus"));
  return join(statuses, " ");
}

std::string sorted_statuses_of(const std::vector<Webhook>& webhooks, const std::string& sid) {
  auto statuses = split(statuses_of(webhooks, sid), ' ');
  std::sort(statuses.begin(), statuses.end());
  return join(statuses, " ");
}

const Webhook& that_tells(const std::vector<Webhook>& webhooks, const std::string& status) {
  for (const auto& webhook : webhooks)
    if (webhook.field("MessageStatus") == status) return webhook;
  throw std::runtime_error("no webhook tells " + status);
}

// A sandbox in which a message has one callback only, "failed".
SandboxOptions failing() {
  auto options = fast();
  options.settings.failed = 1;
  options.settings.failed_codes = {30008};
  return options;
}

}  // namespace

TEST_CASE("every status but the first and sending is told, signed over the URL and the fields") {
  const WebhookPeer application;
  const SandboxPeer peer;
  const auto url = application.url() + "/status/7?tenant=acme&x=%2F";
  const auto sid = peer.must_send(to, {{"StatusCallback", url + "#rc=2&rp=all"}});
  const auto webhooks = application.wait_for(2);
  CHECK(sorted_statuses_of(webhooks, sid) == "delivered sent");
  for (const auto& webhook : webhooks) {
    CHECK(webhook.url == url);  // no fragment
    CHECK(webhook.content_type == "application/x-www-form-urlencoded");
    CHECK(check_twilio_form(tokens, webhook.signature, url, webhook.form));
    CHECK_FALSE(check_twilio_form(std::vector<std::string>{"other"}, webhook.signature, url, webhook.form));
    CHECK_FALSE(check_twilio_form(tokens, webhook.signature, url + "#rc=2&rp=al", {}));
    auto forged = webhook.form;
    forged.front().second += "x";
    CHECK_FALSE(check_twilio_form(tokens, webhook.signature, url, forged));

    const std::pair<std::string, std::string> fields[] = {{"SmsSid", sid},
                                                          {"SmsStatus", webhook.field("MessageStatus")},
                                                          {"To", to},
                                                          {"From", our_number},
                                                          {"ErrorCode", ""},
                                                          {"AccountSid", demo_account_sid},
                                                          {"MessagingServiceSid", ""},
                                                          {"ApiVersion", "2010-04-01"}};
    for (const auto& [name, value] : fields) {
      CAPTURE(name);
      CHECK(webhook.field(name) == value);
    }
  }
  CHECK(webhooks[0].idempotency != webhooks[1].idempotency);
  CHECK(that_tells(webhooks, "sent").field("RawDlrDoneDate") == "");
  CHECK(std::regex_match(that_tells(webhooks, "delivered").field("RawDlrDoneDate"), std::regex{"[0-9]{10}"}));
}

TEST_CASE("a callback names the service and the error") {
  auto options = fast();
  options.settings.numbers["+14155550101"] = {0, "undelivered", 30003};
  options.settings.numbers["+14155550102"] = {0, "failed", 30006};
  const WebhookPeer application;
  const SandboxPeer peer{options};
  const auto undelivered = peer.must_send(
      "+14155550101", {{"MessagingServiceSid", service_sid}, {"StatusCallback", application.url()}});
  auto webhooks = application.wait_for(3);
  CHECK(sorted_statuses_of(webhooks, undelivered) == "queued sent undelivered");
  for (const auto& webhook : webhooks) CHECK(webhook.field("MessagingServiceSid") == service_sid);
  CHECK(that_tells(webhooks, "sent").field("ErrorCode") == "");
  CHECK(that_tells(webhooks, "undelivered").field("ErrorCode") == "30003");

  peer.must_send("+14155550102", {{"StatusCallback", application.url()}});
  webhooks = application.wait_for(4);
  CHECK(webhooks[3].field("MessageStatus") == "failed");
  CHECK(webhooks[3].field("ErrorCode") == "30006");
}

TEST_CASE("a canceled message is told, too") {
  const WebhookPeer application;
  SandboxOptions options;
  options.settings.send_ms = 60'000;
  const SandboxPeer peer{options};
  const auto sid = peer.must_send(to, {{"StatusCallback", application.url()}});
  REQUIRE(peer.post(message_path(sid), {{"Status", "canceled"}}).status == 200);
  CHECK(application.wait_for(1).front().field("MessageStatus") == "canceled");
}

TEST_CASE("a failed webhook is tried again as the URL's fragment says") {
  struct Case {
    std::string fragment;
    RawReply reply;  // empty: none at all
    std::size_t tries;
  };
  const auto status = [](int code) { return RawReply{http_reply(code, ""), false}; };
  const Case cases[] = {
      {"", status(500), 1},  // by default only a missing connection is
      {"#rc=3", status(503), 1},
      {"#rc=3&rp=all", status(500), 4},
      {"#rc=2&rp=5xx", status(503), 3},
      {"#rc=2&rp=5xx", status(404), 1},
      {"#rc=2&rp=4xx", status(404), 3},
      {"#rc=1&rp=4xx,5xx", status(500), 2},
      {"#rc=0&rp=all", status(500), 1},
      {"#rc=6&rp=all", status(500), 2},  // out of range: the default of 1
      {"#rc=3&rp=all", status(204), 1},
      {"#rc=3&rp=all", status(301), 1},
      {"#rc=2&rp=rt&rt=100&ct=500", {}, 3},
      {"#rc=2&rp=ct&rt=100&ct=500", {}, 1},
      {"#rc=2&rp=rt", {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", true}, 3},
  };
  for (const auto& c : cases) {
    CAPTURE(c.fragment);
    CAPTURE(c.reply.bytes);
    const WebhookPeer application{[&](const Webhook&, std::size_t) { return c.reply; }};
    const SandboxPeer peer{failing()};
    peer.must_send(to, {{"StatusCallback", application.url() + "/" + c.fragment}});
    application.wait_for(c.tries);  // the last without a reply may be read after it was given up
    peer.await_webhooks();
    const auto webhooks = application.all();
    CHECK(webhooks.size() == c.tries);
    for (const auto& webhook : webhooks) {
      CHECK(webhook.idempotency == webhooks.front().idempotency);
      CHECK(webhook.signature == webhooks.front().signature);
      CHECK(webhook.form == webhooks.front().form);
    }
    const auto counts = peer.admin("counts")["webhooks"];
    CHECK(counts["sent"] == 1);
    CHECK(counts["retried"] == c.tries - 1);
    const int code = c.reply.bytes.empty() || c.reply.close ? 0 : std::stoi(c.reply.bytes.substr(9, 3));
    CHECK(counts[code == 0 ? "unanswered" : code == 204 ? "answered" : "refused"] == 1);
  }
}

TEST_CASE("the tries end with the first that is answered") {
  const WebhookPeer application{[](const Webhook&, std::size_t nth) {
    return RawReply{http_reply(nth < 3 ? 500 : 200, ""), false};
  }};
  const SandboxPeer peer{failing()};
  peer.must_send(to, {{"StatusCallback", application.url() + "/#rc=5&rp=5xx"}});
  application.wait_for(3);
  peer.await_webhooks();
  CHECK(application.all().size() == 3);
  CHECK(peer.admin("counts")["webhooks"]["answered"] == 1);
}

TEST_CASE("where nobody listens one more try is made unless the fragment forbids it") {
  for (const std::string fragment : {"", "#rc=0", "#rp=5xx"}) {
    CAPTURE(fragment);
    const SandboxPeer peer{failing()};
    const auto nobody = "http://127.0.0.1:" + std::to_string(free_port()) + "/" + fragment;
    peer.await_status(peer.must_send(to, {{"StatusCallback", nobody}}), "failed");
    await("the webhook", [&] { return peer.admin("counts")["webhooks"]["unanswered"] == 1; });
    CHECK(peer.admin("counts")["webhooks"]["retried"] == (fragment.empty() ? 1 : 0));
  }
}

TEST_CASE("a fragment of more pairs than a form may have does no harm") {
  const WebhookPeer application;
  const SandboxPeer peer{failing()};
  std::string fragment = "#";
  while (fragment.size() < 3900) fragment += "a&";
  peer.must_send(to, {{"StatusCallback", application.url() + "/" + fragment}});
  CHECK(application.wait_for(1).size() == 1);
}

TEST_CASE("dropped callbacks never come, and the status goes on") {
  auto options = fast();
  options.faults.callback_drop = 1;
  const WebhookPeer application;
  SandboxPeer peer{options};
  const Form callback{{"StatusCallback", application.url()}};
  const auto sid = peer.must_send(to, callback);
  peer.await_status(sid, "delivered");
  peer.sandbox.set_faults({});
  const auto later = peer.must_send(to, callback);
  const auto webhooks = application.wait_for(2);
  CHECK(statuses_of(webhooks, sid) == "");
  CHECK(sorted_statuses_of(webhooks, later) == "delivered sent");
  const auto counts = peer.admin("counts")["callbacks"];
  CHECK(counts["due"] == 4);
  CHECK(counts["dropped"] == 2);
}

TEST_CASE("a doubled callback comes twice, each as one event") {
  auto options = fast();
  options.faults.callback_double = 1;
  const WebhookPeer application;
  const SandboxPeer peer{options};
  peer.must_send(to, {{"StatusCallback", application.url()}});
  std::multiset<std::pair<std::string, std::string>> events;
  for (const auto& webhook : application.wait_for(4))
    events.emplace(webhook.field("MessageStatus"), webhook.idempotency);
  REQUIRE(events.size() == 4);
  CHECK(std::set(events.begin(), events.end()).size() == 2);
  CHECK(events.count(*events.begin()) == 2);
  CHECK(peer.admin("counts")["callbacks"]["doubled"] == 2);
}

TEST_CASE("delayed callbacks all come, some before those of earlier statuses") {
  auto options = fast();
  options.faults.callback_delay = 1;
  options.faults.callback_delay_ms = 200;
  const WebhookPeer application;
  const SandboxPeer peer{options};
  std::vector<std::string> sids;
  for (int i = 0; i < 20; ++i)
    sids.push_back(
        peer.must_send("+141555501" + std::to_string(10 + i), {{"StatusCallback", application.url()}}));
  const auto webhooks = application.wait_for(40);
  peer.await_webhooks();
  CHECK(application.all().size() == 40);
  int shuffled = 0;
  for (const auto& sid : sids) {
    CHECK(peer.history(sid) == "queued sending sent delivered");
    if (statuses_of(webhooks, sid) == "delivered sent") ++shuffled;
    CHECK(sorted_statuses_of(webhooks, sid) == "delivered sent");
  }
  CHECK(shuffled > 0);
  CHECK(shuffled < 20);
  CHECK(peer.admin("counts")["callbacks"]["delayed"] == 40);
}
