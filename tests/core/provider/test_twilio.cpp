#include <doctest/doctest.h>

#include "core/base/form.hpp"
#include "core/provider/twilio.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const ProviderAccess credentials{"https://api.twilio.com", "AC1", "SK1", "secret"};

HttpResult reply(int status, const std::string& body) {
  HttpResult result;
  result.status = status;
  result.body = body;
  return result;
}

SendOutcome parse(const HttpResult& result) { return get_provider("twilio").parse_send(result); }

}  // namespace

TEST_CASE("a send names the account in the path and the key in the credentials") {
  const auto call = twilio_provider().send_call(
      credentials, {"+15005550001", "+15005550006", "", "a+b &c", "https://x.example/s#rc=3", 40'000s});
  CHECK(call.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
  CHECK(call.user == "SK1");
  const auto form = parse_form(call.body);
  CHECK(find_field(form, "To") == "+15005550001");
  CHECK(find_field(form, "From") == "+15005550006");
  CHECK_FALSE(find_field(form, "MessagingServiceSid"));
  CHECK(find_field(form, "Body") == "a+b &c");
  CHECK(find_field(form, "StatusCallback") == "https://x.example/s#rc=3");
  CHECK(find_field(form, "ValidityPeriod") == "36000");
}

TEST_CASE("replies to a send") {
  using Kind = SendOutcome::Kind;
  HttpResult lost, unsent;
  lost.failure = HttpFailure::ambiguous;
  unsent.failure = HttpFailure::not_sent;
  struct Case {
    std::string what;
    HttpResult result;
    Kind kind;
    ErrorClass error_class;
  };
  const Case cases[] = {
      {"rate limit", reply(429, R"({"code":20429,"message":"Too Many Requests","status":429})"),
       Kind::retry_later, ErrorClass::retryable},
      {"rate limit of a proxy", reply(429, "slow down"), Kind::retry_later, ErrorClass::retryable},
      {"full queue", reply(400, R"({"code":21611})"), Kind::retry_later, ErrorClass::retryable},
      {"opt-out", reply(400, R"({"code":21610})"), Kind::rejected, ErrorClass::opt_out},
      {"bad number", reply(400, R"({"code":21211})"), Kind::rejected, ErrorClass::permanent},
      {"wrong token", reply(401, R"({"code":20003})"), Kind::rejected, ErrorClass::configuration},
      {"unknown code", reply(400, R"({"code":99999})"), Kind::rejected, ErrorClass::permanent},
      {"unknown code of an account", reply(400, R"({"code":20999})"), Kind::rejected,
       ErrorClass::configuration},
      {"unknown code of a 403", reply(403, R"({"code":99999})"), Kind::rejected, ErrorClass::configuration},
      {"unavailable", reply(503, R"({"code":20503})"), Kind::ambiguous, ErrorClass::ambiguous},
      {"bad gateway", reply(502, "<html>"), Kind::ambiguous, ErrorClass::ambiguous},
      {"created, but not said what", reply(201, "{}"), Kind::ambiguous, ErrorClass::ambiguous},
      {"created, cut short", reply(201, R"({"sid":"SM1)"), Kind::ambiguous, ErrorClass::ambiguous},
      {"no reply", lost, Kind::ambiguous, ErrorClass::ambiguous},
      {"no connection", unsent, Kind::retry_later, ErrorClass::retryable},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto outcome = parse(c.result);
    CHECK(outcome.kind == c.kind);
    CHECK(outcome.error_class == c.error_class);
  }
}

TEST_CASE("what is not Twilio's answer ends no message, whatever its status") {
  using Kind = SendOutcome::Kind;
  const char* const bodies[] = {"",
                                "<html><body>sign in</body></html>",
                                "{}",
                                "[]",
                                "null",
                                "42",
                                "\"SM1\"",
                                R"({"message":"Forbidden"})",
                                R"({"code":403,"message":"Forbidden"})",
                                R"({"code":"21211"})",
                                R"({"code":21211.0})",
                                R"({"code":-21211})",
                                R"({"code":null,"sid":null})",
                                R"({"sid":"AC0123"})",
                                R"({"sid":""})",
                                R"({"code":21211)",
                                R"([{"code":21211}])",
                                R"({"error":{"code":21211}})",
                                "\xff\xfe"};
  for (int status = 200; status < 600; ++status)
    for (const auto* body : bodies) {
      CAPTURE(status);
      CAPTURE(body);
      auto stranger = reply(status, body);
      stranger.content_type = "text/html";
      const auto outcome = parse(stranger);
      CHECK(outcome.trouble != Trouble::none);
      // What may have been processed is unknown, never simply sent again.
      const bool may_be = status < 300 || status >= 500 || status == 300 || status == 303 || status == 304 ||
                          status == 408 || status == 409 || status == 460 || status == 499;
      CHECK(outcome.kind == (may_be ? Kind::ambiguous : Kind::retry_later));
      CHECK(outcome.reason.find('\n') == std::string::npos);
      CHECK_FALSE(outcome.reason.empty());
      const auto fetched = twilio_provider().parse_fetch(stranger);
      CHECK_FALSE(fetched.ok);  // so that it is not "no such message"
      CHECK_FALSE(twilio_provider().parse_list(stranger).ok);
      CHECK(twilio_provider().parse_check(stranger).kind == CheckAnswer::Kind::unanswered);
    }
}

TEST_CASE("what a lane suffers from has its word") {
  HttpResult lost, unsent;
  lost.failure = HttpFailure::ambiguous;
  unsent.failure = HttpFailure::not_sent;
  CHECK(parse(lost).trouble == Trouble::failing);
  CHECK(parse(unsent).trouble == Trouble::out_of_reach);
  CHECK(parse(reply(503, R"({"code":20503})")).trouble == Trouble::failing);
  CHECK(parse(reply(502, "<html>")).trouble == Trouble::failing);
  CHECK(parse(reply(302, "")).trouble == Trouble::not_the_vendor);
  CHECK(parse(reply(407, "<html>")).trouble == Trouble::not_the_vendor);
  CHECK(parse(reply(429, "slow down")).trouble == Trouble::busy);
  CHECK(parse(reply(429, R"({"code":20429})")).trouble == Trouble::busy);
  CHECK(parse(reply(400, R"({"code":21611})")).trouble == Trouble::none);
  CHECK(parse(reply(400, R"({"code":21211})")).trouble == Trouble::none);
  CHECK(parse(reply(401, R"({"code":20003})")).trouble == Trouble::none);
  CHECK(parse(reply(201, R"({"sid":"SM1"})")).trouble == Trouble::none);
}

TEST_CASE("a message that is asked for by its id is missing only if Twilio says so") {
  const auto& twilio = twilio_provider();
  const auto missing = twilio.parse_fetch(reply(404, R"({"code":20404,"status":404})"));
  CHECK(missing.ok);
  CHECK(missing.messages.empty());
  CHECK_FALSE(twilio.parse_fetch(reply(404, "<html>")).ok);
  CHECK_FALSE(twilio.parse_fetch(reply(404, R"({"code":404})")).ok);
  CHECK(twilio.parse_fetch(reply(200, R"({"sid":"SM1","status":"sent"})")).messages.size() == 1);
}

TEST_CASE("numbers that are none are taken as not said, and the message as accepted") {
  for (const std::string price :
       {"free", "1e400", "NaN", "-", ".5", "1.", "0.1.2", "123456789012345", "--1"}) {
    CAPTURE(price);
    const auto outcome =
        parse(reply(201, R"({"sid":"SM1","num_segments":"70000","price":")" + price + R"("})"));
    CHECK(outcome.kind == SendOutcome::Kind::accepted);
    CHECK_FALSE(outcome.price);
    CHECK_FALSE(outcome.parts);
  }
}

TEST_CASE("an accepted message with and without a service") {
  const auto direct = parse(reply(201, R"({"sid":"SM1","status":"queued","num_segments":"2","price":null})"));
  CHECK(direct.kind == SendOutcome::Kind::accepted);
  CHECK(direct.provider_id == "SM1");
  CHECK(direct.status == MessageStatus::queued);
  CHECK(direct.parts == 2);
  CHECK_FALSE(direct.price);
  const auto service = parse(reply(
      201, R"({"sid":"SM2","status":"accepted","num_segments":"0","price":"-0.0075","price_unit":"USD"})"));
  CHECK(service.status == MessageStatus::queued);
  CHECK_FALSE(service.parts);
  CHECK(service.price == "0.0075");
}

TEST_CASE("a rate limit says how long to wait") {
  auto result = reply(429, "");
  result.retry_after = 2s;
  CHECK(parse(result).retry_after == 2000ms);
  CHECK(parse(result).trouble == Trouble::busy);
}

TEST_CASE("the list of what went to a number") {
  const auto first = twilio_provider().list_call(credentials, "+15005550001", "");
  CHECK(first.url.find("/Messages.json?To=%2B15005550001&") != std::string::npos);
  CHECK(twilio_provider().list_call(credentials, "+1", "/next?Page=1").url ==
        "https://api.twilio.com/next?Page=1");
  const auto page = twilio_provider().parse_list(reply(200, R"({"messages":[
    {"sid":"SM1","to":"+15005550001","from":"+15005550006","body":"Hi","status":"undelivered","error_code":30003,
     "direction":"outbound-api","date_created":"Thu, 24 Aug 2023 05:01:45 +0000","num_segments":"1"},
    {"sid":"SM2","from":null,"body":null,"status":"received","direction":"inbound","date_created":null},
    {"sid":"SM3","to":"+15005550001","from":"+15005550006","body":"You are unsubscribed.","status":"sent",
     "direction":"outbound-reply","date_created":"Thu, 24 Aug 2023 05:01:45 +0000"}],
    "next_page_uri":null})"));
  REQUIRE(page.ok);
  REQUIRE(page.messages.size() == 3);
  CHECK(page.messages[0].outbound);
  CHECK_FALSE(page.messages[2].outbound);
  CHECK(page.next.empty());
  CHECK(page.messages[0].status == MessageStatus::undelivered);
  CHECK(page.messages[0].error_code == 30003);
  CHECK(page.messages[0].error_class == ErrorClass::retryable);
  CHECK(page.messages[0].created_at == parse_rfc3339("2023-08-24T05:01:45Z"));
  CHECK_FALSE(page.messages[1].outbound);
  CHECK_FALSE(twilio_provider().parse_list(reply(503, "")).ok);
  CHECK_FALSE(twilio_provider().parse_list(reply(200, "{}")).ok);
}

TEST_CASE("receipts go by their code, and an unknown one is not repeated") {
  CHECK(twilio_provider().classify_receipt(30003) == ErrorClass::retryable);
  CHECK(twilio_provider().classify_receipt(30007) == ErrorClass::permanent);
  CHECK(twilio_provider().classify_receipt(30034) == ErrorClass::configuration);
  CHECK(twilio_provider().classify_receipt(21610) == ErrorClass::opt_out);
  CHECK(twilio_provider().classify_receipt(39999) == ErrorClass::permanent);
  CHECK(parse_twilio_status("read") == MessageStatus::delivered);
  CHECK_FALSE(parse_twilio_status("receiving"));
}

TEST_CASE("credentials are checked by asking for a list") {
  using Kind = CheckAnswer::Kind;
  const auto check = [](int status, const char* body) {
    return twilio_provider().parse_check(reply(status, body));
  };
  CHECK(check(200, R"({"messages":[],"next_page_uri":null})").kind == Kind::good);
  CHECK(check(200, "{}").kind == Kind::unanswered);
  const auto refused = check(401, R"({"code":20003,"message":"Authenticate"})");
  CHECK(refused.kind == Kind::refused);
  CHECK(refused.error_code == 20003);
  CHECK(refused.reason == "Authenticate");
  CHECK(check(401, "<html>").kind == Kind::unanswered);
  CHECK(check(429, R"({"code":20429})").kind == Kind::unanswered);
  CHECK(check(503, R"({"code":20503})").kind == Kind::unanswered);
}
