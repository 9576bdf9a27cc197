#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/net/crypto.hpp"
#include "core/webhook/call.hpp"
#include "core/webhook/webhook.hpp"
#include "tests/support/raw_peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::http_reply;
using test::RawPeer;
using test::RawReply;
using test::RawRequest;

namespace {

const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::shared_ptr<const AddressGuard> guard(std::vector<std::string> allowed = {"127.0.0.0/8"}) {
  return std::make_shared<const AddressGuard>(std::move(allowed));
}

WebhookMessage message() {
  return {"evt_1", "message.delivered", parse_rfc3339("2026-05-01T09:30:00.5Z"), "acme", R"({"message":17})"};
}

// What an endpoint's answer comes to.
WebhookAnswer answer(const RawReply& reply) {
  RawPeer peer{[&](const RawRequest&) { return reply; }};
  Config::Webhook settings;
  settings.timeout = 300ms;
  return judge_webhook(http_request(webhook_call(peer.url(), secret, message(), settings, guard(), now())));
}

}  // namespace

TEST_CASE("signatures are those of the specification's example") {
  // github.com/standard-webhooks/standard-webhooks: the vector of its libraries' tests.
  CHECK(sign_webhook(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp{1614265330s},
                     R"({"test": 2432232314})") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK_THROWS_AS(sign_webhook("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "id", now(), ""), Error);
}

TEST_CASE("a new secret is 24 random bytes") {
  const auto one = new_webhook_secret();
  REQUIRE(one.starts_with("whsec_"));
  CHECK(base64_decode(one.substr(6)).value().size() == 24);
  CHECK(one != new_webhook_secret());
}

TEST_CASE("an event arrives as JSON with the three headers") {
  RawRequest seen;
  RawPeer peer{[&](const RawRequest& request) {
    seen = request;
    return RawReply{http_reply(204, "")};
  }};
  const auto at = parse_rfc3339("2026-05-01T09:31:07.9Z");
  const auto result =
      http_request(webhook_call(peer.url() + "/hooks?a=b", secret, message(), {}, guard(), at));
  CHECK(judge_webhook(result).delivered);
  CHECK(seen.head.starts_with("POST /hooks?a=b HTTP/1.1\r\n"));
  CHECK(seen.body == R"({"id":"evt_1","type":"message.delivered","timestamp":"2026-05-01T09:30:00.500000Z",)"
                     R"("tenant":"acme","data":{"message":17}})");
  CHECK(nlohmann::json::parse(seen.body)["data"]["message"] == 17);
  for (const std::string& header :
       {std::string{"Content-Type: application/json"}, std::string{"webhook-id: evt_1"},
        std::string{"webhook-timestamp: 1777627867"},
        "webhook-signature: " + sign_webhook(secret, "evt_1", at, seen.body)}) {
    CAPTURE(header);
    CHECK(seen.head.find("\r\n" + header) != std::string::npos);
  }
}

TEST_CASE("what an answer means") {
  struct Case {
    const char* what;
    RawReply reply;
    bool delivered, gone;
    const char* error;
  };
  const Case cases[] = {
      {"200", {http_reply(200, "ok")}, true, false, ""},
      {"204", {http_reply(204, "")}, true, false, ""},
      {"299", {http_reply(299, "")}, true, false, ""},
      {"301", {http_reply(301, "", "Location: /other\r\n")}, false, false, "redirects are not followed"},
      {"400", {http_reply(400, "no")}, false, false, "HTTP status 400"},
      {"410", {http_reply(410, "")}, false, true, "HTTP status 410"},
      {"500", {http_reply(500, "")}, false, false, "HTTP status 500"},
      {"closed", {"", true}, false, false, "Empty reply"},
      {"silent", {""}, false, false, "timed out"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto got = answer(c.reply);
    CHECK(got.delivered == c.delivered);
    CHECK(got.gone == c.gone);
    CHECK(got.error.find(c.error) != std::string::npos);
    CHECK(got.error.empty() == c.delivered);
  }
}

TEST_CASE("a redirect is not followed") {
  std::atomic<int> arrivals{0};
  RawPeer peer{[&](const RawRequest&) {
    ++arrivals;
    return RawReply{http_reply(307, "", "Location: /elsewhere\r\n")};
  }};
  CHECK_FALSE(
      judge_webhook(http_request(webhook_call(peer.url(), secret, message(), {}, guard(), now()))).delivered);
  CHECK(arrivals == 1);
}

TEST_CASE("of an endless answer only the beginning is read, and its status counts") {
  const auto got = answer({http_reply(200, std::string(3'000'000, 'x'))});
  CHECK(got.delivered);
  CHECK(got.reply == std::string(512, 'x'));
  CHECK(answer({http_reply(500, "a\x01\xff\nb")}).reply == "a?? b");
  // C1 controls: U+009B begins a terminal's escape sequence as ESC [ does.
  CHECK(answer({http_reply(500,
                           "\xc2\x80\xc2\x9b"
                           "31m\xc2\x9f\xc2\xa0\xc3\xa9")})
            .reply == "??31m?\xc2\xa0\xc3\xa9");
}

TEST_CASE("an address that is not public is refused where the connection is made, whatever names it") {
  std::atomic<int> arrivals{0};
  RawPeer peer{[&](const RawRequest&) {
    ++arrivals;
    return RawReply{http_reply(200, "")};
  }};
  const auto port = peer.url().substr(peer.url().rfind(':'));
  for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1",
                                 "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"}) {
    CAPTURE(host);
    const auto got = judge_webhook(
        http_request(webhook_call("http://" + host + port, secret, message(), {}, guard({}), now())));
    CHECK_FALSE(got.delivered);
    CHECK(got.error.find("has no public address") != std::string::npos);
  }
  CHECK(arrivals == 0);
}

TEST_CASE("attempts are spread over three days, by a tenth more or less") {
  const std::chrono::milliseconds want[] = {5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
  int failures = 0;
  for (const auto delay : want) {
    ++failures;
    CAPTURE(failures);
    CHECK(webhook_backoff(failures, 0.5, {}) == delay);
    CHECK(webhook_backoff(failures, 0, {}) == delay * 9 / 10);
    CHECK(*webhook_backoff(failures, 0.999, {}) < delay * 11 / 10);
  }
  CHECK_FALSE(webhook_backoff(failures + 1, 0.5, {}));
  CHECK_FALSE(webhook_backoff(failures + 1, 0.5, 10s));
  CHECK(webhook_backoff(1, 0.5, 60s) == 60s);
  CHECK(webhook_backoff(3, 0.5, 60s) == 30min);
  CHECK(webhook_backoff(1, 0.5, 1'000'000s) == 24h);
}
