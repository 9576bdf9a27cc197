// What the sandbox takes and refuses: validation, credentials, magic numbers, and the shape of its answers.
#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/net/crypto.hpp"
#include "tests/daemon/sandbox/peer.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string to = "+14155550123";
const std::string emoji = "\xF0\x9F\x98\x80";

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string in(std::chrono::seconds ahead) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(now() + ahead));
}

Form media(int count) {
  Form form{{"To", to}, {"From", our_number}};
  for (int i = 0; i < count; ++i) form.emplace_back("MediaUrl", "https://media.example/" + std::to_string(i));
  return form;
}

Form scheduled(const std::string& send_at, const std::string& type = "fixed") {
  return {{"To", to},
          {"MessagingServiceSid", service_sid},
          {"Body", "x"},
          {"ScheduleType", type},
          {"SendAt", send_at}};
}

}  // namespace

TEST_CASE("a created message has Twilio's shape, and so has the fetched one") {
  const Form plain{{"To", to}, {"From", our_number}, {"Body", "Hello"}};
  struct Case {
    std::string what;
    Form form;
    json want;
  };
  auto with = [&](Form more) {
    Form form = plain;
    form.insert(form.end(), more.begin(), more.end());
    return form;
  };
  const Case cases[] = {
      {"plain",
       plain,
       {{"status", "queued"},
        {"num_segments", "1"},
        {"num_media", "0"},
        {"from", our_number},
        {"to", to},
        {"body", "Hello"},
        {"direction", "outbound-api"},
        {"api_version", "2010-04-01"},
        {"price", nullptr},
        {"error_code", nullptr},
        {"date_sent", nullptr},
        {"messaging_service_sid", nullptr}}},
      {"characters that JSON escapes",
       {{"To", to}, {"From", our_number}, {"Body", "\"\\\n\t\x01" + emoji + "é"}},
       {{"body", "\"\\\n\t\x01" + emoji + "é"}, {"num_segments", "1"}}},
      {"161 characters are two parts",
       {{"To", to}, {"From", our_number}, {"Body", std::string(161, 'a')}},
       {{"num_segments", "2"}}},
      {"a service chooses the sender later",
       {{"To", to}, {"MessagingServiceSid", service_sid}, {"Body", "x"}},
       {{"status", "accepted"},
        {"from", nullptr},
        {"num_segments", "0"},
        {"messaging_service_sid", service_sid}}},
      {"scheduled", scheduled(in(1h)), {{"status", "scheduled"}, {"from", nullptr}}},
      {"ten pictures and no text", media(10), {{"num_media", "10"}, {"body", ""}}},
      {"content instead of a text",
       {{"To", to}, {"From", our_number}, {"ContentSid", "HX" + repeat("0", 32)}},
       {{"status", "queued"}}},
      {"1600 characters",
       {{"To", to}, {"From", our_number}, {"Body", std::string(1600, 'a')}},
       {{"num_segments", "11"}}},
      {"1600 units of UTF-16",
       {{"To", to}, {"From", our_number}, {"Body", repeat(emoji, 800)}},
       {{"status", "queued"}}},
      {"an alphanumeric sender",
       {{"To", to}, {"From", "Acme Coffee"}, {"Body", "x"}},
       {{"from", "Acme Coffee"}}},
      {"a short code", {{"To", to}, {"From", "12345"}, {"Body", "x"}}, {{"from", "12345"}}},
      {"another channel",
       {{"To", "whatsapp:" + to}, {"From", "whatsapp:" + our_number}, {"Body", "x"}},
       {{"to", "whatsapp:" + to}}},
      {"the least validity", with({{"ValidityPeriod", "1"}}), {{"status", "queued"}}},
      {"the longest validity", with({{"ValidityPeriod", "36000"}}), {{"status", "queued"}}},
      {"a callback", with({{"StatusCallback", "http://127.0.0.1:9/cb?x=1#rc=0"}}), {{"status", "queued"}}},
      {"a parameter that nobody knows", with({{"StatusCallbak", "x"}}), {{"status", "queued"}}},
      {"the nearest time", scheduled(in(305s)), {{"status", "scheduled"}}},
      {"the furthest time", scheduled(in(35 * 24h - 10s)), {{"status", "scheduled"}}},
  };
  SandboxOptions options;  // slow enough that the first status is still there
  options.settings.send_ms = 60'000;
  const SandboxPeer peer{options};
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto result = peer.create(c.form);
    REQUIRE(result.status == 201);
    CHECK(result.content_type == "application/json");
    CHECK(message_faults(result.body) == "");
    const auto message = json::parse(result.body);
    for (const auto& [name, value] : c.want.items()) {
      CAPTURE(name);
      CHECK(message[name] == value);
    }
    CHECK(message["sid"].get<std::string>().starts_with(message["num_media"] == "0" ? "SM" : "MM"));
    CHECK(message["uri"] == message_path(message["sid"]));
    CHECK(message["account_sid"] == demo_account_sid);
    const auto fetched = peer.get(message["uri"]);
    CHECK(fetched.status == 200);
    CHECK(json::parse(fetched.body) == message);
  }
  CHECK(peer.ledger().size() == std::size(cases));
}

TEST_CASE("what is wrong in a request is refused with Twilio's code") {
  const auto with = [](const std::string& name, const std::string& value) {
    Form form{{"To", to}, {"From", our_number}, {"Body", "x"}};
    std::erase_if(form, [&](const auto& pair) { return pair.first == name; });
    form.emplace_back(name, value);
    return form;
  };
  struct Case {
    std::string what;
    Form form;
    int code;
  };
  const Case cases[] = {
      {"no To", {{"From", our_number}, {"Body", "x"}}, 21604},
      {"an empty To", with("To", ""), 21604},
      {"To without plus", with("To", "4155550123"), 21211},
      {"To that is a word", with("To", "mum"), 21211},
      {"To with a raw plus, so a blank", with("To", " 14155550123"), 21211},
      {"To that is too long", with("To", "+1234567890123456"), 21211},
      {"To that begins with 0", with("To", "+0155550123"), 21211},
      {"To equals From", with("To", our_number), 21211},
      {"no From", {{"To", to}, {"Body", "x"}}, 21603},
      {"From that is too long a word", with("From", "AcmeCoffeeInc"), 21212},
      {"From with strange signs", with("From", "Acme!"), 21212},
      {"a service that is no MG", {{"To", to}, {"MessagingServiceSid", "MG12"}, {"Body", "x"}}, 21705},
      {"no text, no media", {{"To", to}, {"From", our_number}}, 21602},
      {"an empty text", with("Body", ""), 21602},
      {"1601 characters", with("Body", std::string(1601, 'a')), 21617},
      {"1602 units of UTF-16", with("Body", repeat(emoji, 801)), 21617},
      {"a text that is not UTF-8", with("Body", "caf\xE9"), 21619},
      {"eleven pictures", media(11), 21623},
      {"a picture of no address", with("MediaUrl", "picture.png"), 21620},
      {"a relative callback", with("StatusCallback", "/status"), 21609},
      {"a callback of another scheme", with("StatusCallback", "ftp://acme.example/"), 21609},
      {"a callback without host", with("StatusCallback", "http:///x"), 21609},
      {"a callback with an underscore", with("StatusCallback", "http://acme_inc.example/"), 21609},
      {"a callback of 4001 characters", with("StatusCallback", "http://a.example/" + repeat("x", 3984)),
       21609},
      {"validity of 0", with("ValidityPeriod", "0"), 21624},
      {"validity of 36001", with("ValidityPeriod", "36001"), 21624},
      {"validity that is a word", with("ValidityPeriod", "long"), 21624},
      {"another schedule", scheduled(in(1h), "daily"), 35126},
      {"a schedule without time", scheduled(""), 35111},
      {"a schedule of no time", scheduled("tomorrow"), 35114},
      {"too soon", scheduled(in(295s)), 35114},
      {"too late", scheduled(in(35 * 24h + 10s)), 35114},
      {"a schedule without service",
       {{"To", to}, {"From", our_number}, {"Body", "x"}, {"ScheduleType", "fixed"}, {"SendAt", in(1h)}},
       35118},
  };
  const SandboxPeer peer;
  std::map<std::string, int> refused;
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto result = peer.create(c.form);
    CHECK(result.status == 400);
    CHECK(error_code(result) == c.code);
    CHECK(error_faults(result) == "");
    ++refused[std::to_string(c.code)];
  }
  const auto counts = peer.admin("counts");
  CHECK(counts["accepted"] == 0);
  CHECK(counts["requests"] == std::size(cases));
  CHECK(counts["refused"] == json(refused));
}

TEST_CASE("magic numbers have their codes for every account") {
  const SandboxPeer peer;
  const std::pair<std::string, int> of_to[] = {{"+15005550001", 21211}, {"+15005550002", 21612},
                                               {"+15005550003", 21408}, {"+15005550004", 21610},
                                               {"+15005550009", 21614}, {"+15005550010", 0}};
  for (const auto& [number, code] : of_to) {
    CAPTURE(number);
    CHECK(error_code(peer.send(number)) == code);
  }
  const std::pair<std::string, int> of_from[] = {
      {"+15005550001", 21212}, {"+15005550007", 21606}, {"+15005550008", 21611}, {"+15005550006", 0}};
  for (const auto& [number, code] : of_from) {
    CAPTURE(number);
    CHECK(error_code(peer.send(to, "x", {{"From", number}})) == code);
  }
}

TEST_CASE("test credentials send nothing and see nothing") {
  const std::string sid = "AC" + repeat("7", 32);
  auto options = fast();
  options.accounts = {{demo_account_sid, demo_account_token, false}, {sid, "test-token", true}};
  const WebhookPeer application;
  const SandboxPeer peer{options};
  const auto create = [&](Form form) {
    auto call = peer.call_of_create(form);
    call.url = peer.sandbox.url() + messages_path(sid);
    call.user = sid;
    call.password = "test-token";
    return http_request(call);
  };
  const Form form{
      {"To", to}, {"From", our_number}, {"Body", "x"}, {"StatusCallback", application.url() + "/test"}};
  const auto created = create(form);
  REQUIRE(created.status == 201);
  CHECK(message_faults(created.body) == "");
  CHECK(error_code(create({{"To", to}, {"From", "+14155550100"}, {"Body", "x"}})) == 21606);
  CHECK(error_code(create({{"To", to}, {"MessagingServiceSid", service_sid}, {"Body", "x"}})) == 21705);
  CHECK(error_code(create({{"To", "+15005550009"}, {"From", our_number}, {"Body", "x"}})) == 21614);

  auto list = peer.call_of(messages_path(sid));
  list.user = sid;
  list.password = "test-token";
  const auto listed = http_request(list);
  CHECK(listed.status == 403);
  CHECK(error_code(listed) == 20008);

  // What comes for a later message of the real account would have come for the first.
  peer.must_send(to, {{"StatusCallback", application.url() + "/real"}});
  for (const auto& webhook : application.wait_for(2)) CHECK(webhook.target == "/real");
  CHECK(peer.history(json::parse(created.body)["sid"]) == "queued");
}

TEST_CASE("only the account's own credentials and API keys are let in") {
  const std::string other = "AC" + repeat("b", 32), key = "SK" + repeat("c", 32);
  auto options = fast();
  options.accounts = {{demo_account_sid, demo_account_token, false}, {other, "other-token", false}};
  options.api_keys = {{key, "key-secret"}};
  const SandboxPeer peer{options};
  struct Case {
    std::string what, path_sid, user, password;
    bool let_in;
  };
  const Case cases[] = {
      {"its token", demo_account_sid, demo_account_sid, demo_account_token, true},
      {"an API key", demo_account_sid, key, "key-secret", true},
      {"an API key for another account", other, key, "key-secret", true},
      {"another token", demo_account_sid, demo_account_sid, "wrong", false},
      {"no token", demo_account_sid, demo_account_sid, "", false},
      {"the token of another account", demo_account_sid, demo_account_sid, "other-token", false},
      {"another account", demo_account_sid, other, "other-token", false},
      {"its token under another name", demo_account_sid, other, demo_account_token, false},
      {"an unknown account", "AC" + repeat("9", 32), demo_account_sid, demo_account_token, false},
      {"the wrong secret of a key", demo_account_sid, key, "key", false},
      {"an API key in the path", key, key, "key-secret", false},
      {"nobody", demo_account_sid, "", "", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    for (auto call :
         {peer.call_of_create({{"To", to}, {"From", our_number}, {"Body", "x"}}), peer.call_of("")}) {
      call.url = peer.sandbox.url() + messages_path(c.path_sid);
      call.user = c.user;
      call.password = c.password;
      const auto result = http_request(call);
      if (c.let_in) {
        CHECK(result.status / 100 == 2);
        continue;
      }
      CHECK(result.status == 401);
      CHECK(error_code(result) == 20003);
      CHECK(error_faults(result) == "");
    }
  }
  CHECK(peer.admin("counts")["accepted"] == 3);
  for (const std::string header : {"Bearer abc", "Basic", "Basic %%%", "Basic bm9jb2xvbg=="}) {
    CAPTURE(header);
    const auto answer = plain_request(peer.sandbox.address(), "GET", messages_path(), "",
                                      "Authorization: " + header + "\r\n");
    CHECK(answer.status() == 401);
    CHECK(answer.head.find("WWW-Authenticate: Basic") != std::string::npos);
  }
}

TEST_CASE("senders, services and destinations can be restricted") {
  auto options = fast();
  const std::string pool = "MG" + repeat("1", 32), empty = "MG" + repeat("2", 32);
  options.settings.senders = {our_number};
  options.settings.services = {{pool, {"+14155550188", "+14155550199"}}, {empty, {}}};
  options.settings.blocked_prefixes = {"+7", "+4420"};
  options.settings.numbers["+14155550177"].refuse = 21614;
  const SandboxPeer peer{options};
  struct Case {
    std::string what;
    Form form;
    int code;
  };
  const Case cases[] = {
      {"ours", {{"To", to}, {"From", our_number}}, 0},
      {"not ours", {{"To", to}, {"From", "+14155550188"}}, 21606},
      {"by the service", {{"To", to}, {"MessagingServiceSid", pool}}, 0},
      {"in its pool", {{"To", to}, {"From", "+14155550188"}, {"MessagingServiceSid", pool}}, 0},
      {"outside its pool", {{"To", to}, {"From", our_number}, {"MessagingServiceSid", pool}}, 21606},
      {"a service without senders", {{"To", to}, {"MessagingServiceSid", empty}}, 21704},
      {"a service that there is not", {{"To", to}, {"MessagingServiceSid", service_sid}}, 21705},
      {"a blocked country", {{"To", "+79161234567"}, {"From", our_number}}, 21408},
      {"a blocked region", {{"To", "+442071234567"}, {"From", our_number}}, 21408},
      {"the rest of that country", {{"To", "+447911123456"}, {"From", our_number}}, 0},
      {"a number that refuses", {{"To", "+14155550177"}, {"From", our_number}}, 21614},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    auto form = c.form;
    form.emplace_back("Body", "x");
    CHECK(error_code(peer.create(form)) == c.code);
  }
  for (const auto& entry : peer.ledger())
    if (entry["service"] == pool) CHECK(entry["from"].get<std::string>().starts_with("+141555501"));
}

TEST_CASE("what is no address of the API answers in its way") {
  const SandboxPeer peer;
  const auto base = "/2010-04-01/Accounts/" + std::string{demo_account_sid};
  struct Case {
    std::string path;
    int status, code;
  };
  const Case cases[] = {
      {message_path("SM" + repeat("0", 32)), 404, 20404},
      {base + "/Messages", 404, 20404},  // XML at Twilio
      {base + "/Calls.json", 404, 20404},
      {base + "/Messages/.json", 404, 20404},
      {base + "/Messages.json?PageSize=0", 400, 20001},
      {base + "/Messages.json?" + repeat("a=1&", 1001), 400, 20001},
  };
  for (const auto& c : cases) {
    CAPTURE(c.path);
    const auto result = peer.get(c.path);
    CHECK(result.status == c.status);
    CHECK(error_code(result) == c.code);
    CHECK(error_faults(result) == "");
  }
  CHECK(peer.remove(messages_path()).status() == 405);
  CHECK(peer.create(Form(1001, {"a", "1"})).status == 400);
  CHECK(peer.get("/elsewhere").status == 404);
}
