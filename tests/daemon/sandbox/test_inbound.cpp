// Texts from handsets: the webhook, what its answer does, and the opt-outs that Twilio keeps.
#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/provider/twilio_signature.hpp"
#include "tests/daemon/sandbox/peer.hpp"
#include "tests/support/daemon.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;

namespace {

const std::string handset = "+14155550123";
const std::string other_number = "+14155550188";

SandboxOptions with_inbound_url(const std::string& url) {
  auto options = fast();
  options.settings.inbound_url = url;
  return options;
}

RawReply answer(const std::string& content_type, const std::string& body, int status = 200) {
  return {http_reply(status, body, content_type.empty() ? "" : "Content-Type: " + content_type + "\r\n"),
          false};
}

}  // namespace

TEST_CASE("a text from a handset is posted as Twilio does, and its sender told what came of it") {
  const WebhookPeer application{
      [](const Webhook&, std::size_t) { return answer("text/xml", "<Response/>"); }};
  const SandboxPeer peer{with_inbound_url(application.url() + "/inbound?x=1")};
  const std::string body = "Caf\u00e9 & \"more\" \xF0\x9F\x98\x80";
  const auto outcome = peer.inbound(handset, body);
  CHECK(outcome["webhook"] == json{{"status", 200}, {"error_code", nullptr}});
  CHECK(outcome["replies"].empty());
  CHECK(outcome["auto_reply"].is_null());

  const auto webhooks = application.all();
  REQUIRE(webhooks.size() == 1);
  const auto& webhook = webhooks[0];
  CHECK(webhook.target == "/inbound?x=1");
  CHECK(check_twilio_form(std::vector<std::string>{demo_account_token}, webhook.signature,
                          application.url() + "/inbound?x=1", webhook.form));
  const std::string sid = outcome["sid"];
  const std::pair<std::string, std::string> fields[] = {{"MessageSid", sid},
                                                        {"SmsSid", sid},
                                                        {"SmsMessageSid", sid},
                                                        {"SmsStatus", "received"},
                                                        {"From", handset},
                                                        {"To", our_number},
                                                        {"Body", body},
                                                        {"AccountSid", demo_account_sid},
                                                        {"NumMedia", "0"},
                                                        {"NumSegments", "1"},
                                                        {"ApiVersion", "2010-04-01"},
                                                        {"FromCountry", ""}};
  for (const auto& [name, value] : fields) {
    CAPTURE(name);
    REQUIRE(find_field(webhook.form, name));
    CHECK(webhook.field(name) == value);
  }
  CHECK_FALSE(find_field(webhook.form, "MessagingServiceSid"));

  const auto fetched = peer.get(message_path(sid));
  CHECK(message_faults(fetched.body) == "");
  CHECK(json::parse(fetched.body)["direction"] == "inbound");
  CHECK(json::parse(fetched.body)["status"] == "received");
  CHECK(peer.admin("counts")["accepted"] == 0);
  CHECK(peer.admin("counts")["inbound"] == 1);
}

TEST_CASE("each number may have a URL of its own, and texts to a service's number name the service") {
  const WebhookPeer application;
  auto options = with_inbound_url(application.url() + "/all");
  options.settings.inbound_urls[other_number] = application.url() + "/own";
  options.settings.services[service_sid] = {other_number};
  const SandboxPeer peer{options};
  peer.inbound(handset, "Hi");
  peer.inbound(handset, "Hi", other_number);
  const auto webhooks = application.all();
  REQUIRE(webhooks.size() == 2);
  CHECK(webhooks[0].target == "/all");
  CHECK(webhooks[1].target == "/own");
  CHECK(webhooks[1].field("MessagingServiceSid") == service_sid);
}

TEST_CASE("the webhook's answer is read as TwiML, and each message in it is sent") {
  const auto twiml = [](const std::string& inside) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>" + inside + "</Response>";
  };
  std::string eleven;
  for (int i = 0; i < 11; ++i) eleven += "<Message>" + std::to_string(i) + "</Message>";
  struct Case {
    std::string what;
    RawReply reply;
    std::vector<std::string> sent;
    int error_code;
  };
  const Case cases[] = {
      {"none", answer("text/xml", twiml("")), {}, 0},
      {"one", answer("text/xml", twiml("<Message>Hello</Message>")), {"Hello"}, 0},
      {"application/xml", answer("application/xml; charset=utf-8", twiml("<Message>a</Message>")), {"a"}, 0},
      {"text/html", answer("text/html", twiml("<Message>a</Message>")), {"a"}, 0},
      {"its body apart", answer("text/xml", twiml("<Message><Body>a</Body></Message>")), {"a"}, 0},
      {"two", answer("text/xml", twiml("<Message>a</Message><Message>b</Message>")), {"a", "b"}, 0},
      {"escapes",
       answer("text/xml",
              twiml("<Message>&lt;&amp;&gt; &#233;&#x1F600; <![CDATA[<b>]]><!-- c --></Message>")),
       {"<&> \u00e9\xF0\x9F\x98\x80 <b>"},
       0},
      {"another verb", answer("text/xml", twiml("<Redirect>/x</Redirect>")), {}, 0},
      {"a verb in the wrong case", answer("text/xml", twiml("<message>a</message>")), {}, 0},
      {"nothing at all", answer("", ""), {}, 0},
      {"plain text is texted as it stands", answer("text/plain", "OK"), {"OK"}, 0},
      {"eleven",
       answer("text/xml", twiml(eleven)),
       {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
       14109},
      {"JSON", answer("application/json", "{}"), {}, 12300},
      {"no type", answer("", "<Response/>"), {}, 12300},
      {"an open tag", answer("text/xml", "<Response><Message>a</Response>"), {}, 12100},
      {"an unknown entity", answer("text/xml", twiml("<Message>&nbsp;</Message>")), {}, 12100},
      {"another root", answer("text/xml", "<html/>"), {}, 12100},
      {"text in an XML type", answer("text/xml", "OK"), {}, 12100},
      {"an error", answer("text/xml", twiml("<Message>a</Message>"), 500), {}, 11200},
      {"no whole answer", {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<Resp", true}, {}, 11200},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const WebhookPeer application{[&](const Webhook&, std::size_t) { return c.reply; }};
    const SandboxPeer peer{with_inbound_url(application.url())};
    const auto outcome = peer.inbound(handset, "Hi");
    CHECK(outcome["webhook"]["error_code"] == (c.error_code ? json(c.error_code) : json()));
    const auto sent = peer.ledger("direction=outbound-reply");
    REQUIRE(sent.size() == c.sent.size());
    CHECK(outcome["replies"].size() == c.sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(sent[i]["body"] == c.sent[i]);
      CHECK(sent[i]["to"] == handset);
      CHECK(sent[i]["from"] == our_number);
      CHECK(outcome["replies"][i]["sid"] == sent[i]["sid"]);
      CHECK(message_faults(peer.get(message_path(sent[i]["sid"])).body) == "");
      peer.await_status(sent[i]["sid"], "delivered");
    }
  }
}

TEST_CASE("a message of TwiML may go elsewhere, with media and its own callback") {
  std::string url;
  const WebhookPeer application{[&](const Webhook& webhook, std::size_t) {
    if (webhook.target == "/status") return answer("", "");
    return answer("text/xml", "<Response><Message to=\"+14155550177\" from='" + other_number +
                                  "' statusCallback=\"" + url +
                                  "/status\"><Body>Look</Body><Media>https://media.example/1</Media>"
                                  "</Message><Message to=\"mum\">x</Message></Response>");
  }};
  url = application.url();
  const SandboxPeer peer{with_inbound_url(url + "/inbound")};
  const auto outcome = peer.inbound(handset, "Hi");
  const auto sent = peer.ledger("direction=outbound-reply");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]["to"] == "+14155550177");
  CHECK(sent[0]["from"] == other_number);
  CHECK(sent[0]["media"] == 1);
  CHECK(outcome["replies"][1] == json{{"error_code", 21211}});
  CHECK(application.wait_for(3).back().field("MessageSid") == sent[0]["sid"]);
}

TEST_CASE("a webhook that cannot be reached is 11205") {
  const SandboxPeer peer{with_inbound_url("http://127.0.0.1:" + std::to_string(free_port()) + "/#rc=0")};
  const auto outcome = peer.inbound(handset, "Hi");
  CHECK(outcome["webhook"] == json{{"status", 0}, {"error_code", 11205}});
}

TEST_CASE("a stop keyword alone opts out of the number, and a start keyword undoes it") {
  struct Case {
    std::string text;
    bool stops;
  };
  const Case cases[] = {{"STOP", true},   {"stop", true},   {" Stop\r\n", true}, {"UNSUBSCRIBE", true},
                        {"END", true},    {"QUIT", true},   {"STOPALL", true},   {"CANCEL", true},
                        {"REVOKE", true}, {"OPTOUT", true}, {"OPT OUT", false},  {"STOP please", false},
                        {"STOP.", false}, {"HELP", false},  {"INFO", false},     {"", false}};
  const std::string starts[] = {"START", "yes", "Unstop"};
  std::size_t next = 0;
  const SandboxPeer peer;
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(peer.inbound(handset, c.text)["webhook"].is_null());
    const auto refused = peer.send(handset);
    CHECK(error_code(refused) == (c.stops ? 21610 : 0));
    CHECK(peer.admin("counts")["opt_outs"] == (c.stops ? 1 : 0));
    // Neither another sender nor another person is concerned.
    CHECK(peer.send(handset, "x", {{"From", other_number}}).status == 201);
    CHECK(peer.send("+14155550124").status == 201);
    const auto& start = starts[next++ % 3];
    CAPTURE(start);
    peer.inbound(handset, start);
    CHECK(peer.send(handset).status == 201);
  }
}

TEST_CASE("an opt-out holds for the whole service and for its number") {
  auto options = fast();
  options.settings.services[service_sid] = {our_number, other_number};
  const SandboxPeer peer{options};
  const Form by_service{{"MessagingServiceSid", service_sid}};
  peer.inbound(handset, "STOP", other_number);
  CHECK(error_code(peer.send(handset, "x", by_service)) == 21610);
  CHECK(error_code(peer.send(handset, "x", {{"From", other_number}})) == 21610);
  CHECK(peer.send(handset, "x", {{"From", our_number}}).status == 201);
  peer.inbound(handset, "START", our_number);
  CHECK(peer.send(handset, "x", by_service).status == 201);
}

TEST_CASE("keywords are answered as Twilio does unless that is set off; short codes never are") {
  auto options = fast();
  SandboxPeer peer{options};
  for (const std::string keyword : {"STOP", "START", "HELP"}) {
    CAPTURE(keyword);
    const auto before = peer.ledger("direction=outbound-reply").size();
    const auto outcome = peer.inbound(handset, keyword);
    const auto sent = peer.ledger("direction=outbound-reply");
    REQUIRE(sent.size() == before + 1);
    CHECK(sent.back()["body"] == outcome["auto_reply"]);
    CHECK(sent.back()["body"].get<std::string>().size() > 20);
    CHECK(sent.back()["to"] == handset);
  }
  CHECK(peer.inbound(handset, "Hello")["auto_reply"].is_null());

  peer.inbound(handset, "STOP", "12345");
  CHECK(peer.send(handset, "x", {{"From", "12345"}}).status == 201);

  options.settings.default_replies = false;
  peer.sandbox.set_settings(options.settings);
  CHECK(peer.inbound(handset, "STOP")["auto_reply"].is_null());
  CHECK(error_code(peer.send(handset)) == 21610);
}

TEST_CASE("a reply to who has just opted out is refused, and STOP reaches the webhook all the same") {
  const WebhookPeer application{[](const Webhook&, std::size_t) {
    return answer("text/xml", "<Response><Message>Bye</Message></Response>");
  }};
  const SandboxPeer peer{with_inbound_url(application.url())};
  const auto outcome = peer.inbound(handset, "STOP");
  CHECK(application.all().front().field("Body") == "STOP");
  CHECK(outcome["replies"] == json::array({{{"error_code", 21610}}}));
  CHECK(peer.ledger("direction=outbound-reply").size() == 1);  // Twilio's own
}

TEST_CASE("an inbound text that is none is refused with a reason") {
  const SandboxPeer peer;
  const std::string fine = R"({"from": "+14155550123", "to": "+15005550006", "body": ")";
  struct Case {
    std::string what, body, reason;
  };
  const Case cases[] = {
      {"bytes that are not UTF-8", fine + "caf\xE9\"}", "UTF-8"},
      {"half a character", fine + "\xF0\x9F\x98\"}", "UTF-8"},
      {"a surrogate half", fine + "\xED\xA0\x80\"}", "UTF-8"},
      {"an escaped surrogate half", fine + "\\ud800\"}", "surrogate"},
      {"not JSON", "from=1", "parse error"},
      {"nothing", "", "parse error"},
      {"an array", "[]", "array"},
      {"no from", R"({"to": "+15005550006", "body": "x"})", "from"},
      {"no to", R"({"from": "+14155550123", "body": "x"})", "to"},
      {"a body that is a number", R"({"from": "+14155550123", "to": "+15005550006", "body": 1})", "string"},
      {"from that is no number", R"({"from": "?", "to": "+15005550006", "body": "x"})", "numbers"},
      {"to that is no sender", R"({"from": "+14155550123", "to": "?", "body": "x"})", "numbers"},
      {"an unknown account", R"({"from": "+14155550123", "to": "+15005550006", "account": "AC1"})",
       "account"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto refused = plain_request(peer.sandbox.address(), "POST", "/sandbox/inbound", c.body);
    CHECK(refused.status() == 400);
    CAPTURE(refused.body);
    CHECK(refused.json()["error"].get<std::string>().find(c.reason) != std::string::npos);
  }
  CHECK(peer.ledger().empty());
  CHECK(peer.inbound(handset, "still there")["sid"].is_string());
}
