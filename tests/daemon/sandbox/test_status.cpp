// What becomes of a message with time: statuses, sending rates, queues, and what may still be changed.
#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "tests/daemon/sandbox/peer.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string to = "+14155550123";

Destiny destiny(const std::string& status, int error_code = 0) { return {0, status, error_code}; }

// When the message came to that status.
Timestamp time_of(const json& entry, const std::string& status) {
  for (const auto& change : entry["history"])
    if (change["status"] == status) return parse_rfc3339(change["at"].get<std::string>());
  throw std::runtime_error("never " + status);
}

void await_all(const SandboxPeer& peer, const std::string& status, std::size_t count) {
  await(std::to_string(count) + " to be " + status,
        [&] { return peer.admin("counts")["statuses"].value(status, std::size_t{0}) == count; });
}

}  // namespace

TEST_CASE("a message goes through Twilio's statuses") {
  struct Case {
    std::string what;
    std::function<void(SandboxSettings&)> set;
    bool by_service;
    std::string end, history;
    int error_code;
  };
  const auto nothing = [](SandboxSettings&) {};
  const Case cases[] = {
      {"delivered", nothing, false, "delivered", "queued sending sent delivered", 0},
      {"by a service", nothing, true, "delivered", "accepted queued sending sent delivered", 0},
      {"undelivered",
       [](auto& s) {
         s.undelivered = 1;
         s.undelivered_codes = {30005};
       },
       false, "undelivered", "queued sending sent undelivered", 30005},
      {"failed",
       [](auto& s) {
         s.failed = 1;
         s.failed_codes = {30008};
       },
       false, "failed", "queued failed", 30008},
      {"delivered, though all others fail",
       [](auto& s) {
         s.failed = 1;
         s.numbers[to] = destiny("delivered");
       },
       false, "delivered", "queued sending sent delivered", 0},
      {"a number that is undelivered", [](auto& s) { s.numbers[to] = destiny("undelivered", 30003); }, false,
       "undelivered", "queued sending sent undelivered", 30003},
      {"a number that fails", [](auto& s) { s.numbers[to] = destiny("failed", 30006); }, true, "failed",
       "accepted queued failed", 30006},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    auto options = fast();
    c.set(options.settings);
    const SandboxPeer peer{options};
    const auto sid = peer.must_send(
        to, c.by_service ? Form{{"MessagingServiceSid", service_sid}} : Form{{"From", our_number}});
    peer.await_status(sid, c.end);
    CHECK(peer.history(sid) == c.history);

    const auto fetched = peer.get(message_path(sid));
    CHECK(message_faults(fetched.body) == "");
    const auto message = json::parse(fetched.body);
    CHECK(message["status"] == c.end);
    CHECK(message["from"] == our_number);
    CHECK(message["num_segments"] == "1");
    CHECK(message["error_code"] == (c.error_code ? json(c.error_code) : json()));
    const bool left = c.end != "failed";
    CHECK(message["date_sent"].is_null() == !left);
    CHECK(message["price"] == (left ? json("-0.00790") : json()));
    CHECK(message["price_unit"] == (left ? json("USD") : json()));
  }
}

TEST_CASE("sent is the last word where there is no receipt") {
  auto options = fast();
  options.settings.no_receipt = 1;
  options.settings.numbers["+14155550100"] = destiny("delivered");
  const SandboxPeer peer{options};
  const auto silent = peer.must_send(to);
  peer.await_status(silent, "sent");
  // By the time that a later one has its receipt, so would this one.
  peer.await_status(peer.must_send("+14155550100"), "delivered");
  CHECK(peer.history(silent) == "queued sending sent");
}

TEST_CASE("each step takes the time that is set, give or take its spread") {
  const auto steps = [](double spread, const std::string& number) {
    SandboxOptions options;
    options.settings.send_ms = 20;
    options.settings.sent_ms = 30;
    options.settings.receipt_ms = 40;
    options.settings.spread = spread;
    const SandboxPeer peer{options};
    const auto sid = peer.must_send(number);
    peer.await_status(sid, "delivered");
    const auto entry = peer.entry(sid);
    std::vector<std::int64_t> took;
    const char* statuses[] = {"queued", "sending", "sent", "delivered"};
    for (int i = 1; i < 4; ++i)
      took.push_back((time_of(entry, statuses[i]) - time_of(entry, statuses[i - 1])) / 1us);
    return took;
  };
  const auto exact = steps(0, to);
  CHECK(exact == std::vector<std::int64_t>{20'000, 30'000, 40'000});
  const auto spread = steps(0.5, to);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(spread[i] != exact[i]);
    CHECK(spread[i] >= exact[i] / 2);
    CHECK(spread[i] <= exact[i] * 3 / 2);
  }
}

TEST_CASE("a sender's messages leave at its rate of parts, in the order of acceptance") {
  auto options = fast();
  options.settings.rate = 5;
  options.settings.sender_rates["+14155550188"] = 0;
  const SandboxPeer peer{options};
  std::vector<std::string> sids;
  for (const int characters :
       {1500, 10, 400}) {  // 10 parts, 1 and 3: the first leaves time to accept the others
    const auto body = std::string(static_cast<std::size_t>(characters), 'a');
    sids.push_back(json::parse(peer.send(to, body).body)["sid"]);
  }
  sids.push_back(json::parse(peer.send(to, "the end").body)["sid"]);
  const auto unlimited = peer.must_send(to, {{"From", "+14155550188"}});
  await_all(peer, "delivered", 5);
  std::vector<Timestamp> left;
  for (const auto& sid : sids) left.push_back(time_of(peer.entry(sid), "sending"));
  CHECK(left[1] - left[0] == 2s);
  CHECK(left[2] - left[1] == 200ms);
  CHECK(left[3] - left[2] == 600ms);
  CHECK(time_of(peer.entry(unlimited), "sending") < left[3]);
}

TEST_CASE("a queue that is full refuses with 21611, or fails with 30001 behind a service") {
  auto options = fast();
  options.settings.rate = 0.01;
  options.settings.queue_hours = 350.0 / 3600;  // three parts
  options.settings.services[service_sid] = {our_number};
  const SandboxPeer peer{options};
  for (int i = 0; i < 3; ++i) CHECK(peer.send(to, std::to_string(i)).status == 201);
  const auto refused = peer.send(to, "one too many");
  CHECK(refused.status == 400);
  CHECK(error_code(refused) == 21611);
  CHECK(peer.send(to, "x", {{"From", "+14155550188"}}).status == 201);

  const auto sid = peer.must_send(to, {{"MessagingServiceSid", service_sid}});
  peer.await_status(sid, "failed");
  CHECK(peer.history(sid) == "accepted failed");
  CHECK(peer.message(sid)["error_code"] == 30001);
}

TEST_CASE("a message that waits longer than it is valid fails with 30036") {
  auto options = fast();
  options.settings.rate = 0.05;
  const SandboxPeer peer{options};
  peer.must_send(to);
  const auto sid = peer.must_send(to, {{"ValidityPeriod", "1"}});
  peer.await_status(sid, "failed");
  CHECK(peer.message(sid)["error_code"] == 30036);
  const auto entry = peer.entry(sid);
  CHECK(time_of(entry, "failed") - time_of(entry, "queued") == 1s);
}

TEST_CASE("only what has not left can be canceled") {
  auto options = fast();
  options.settings.sender_rates[our_number] = 0.001;
  const SandboxPeer peer{options};
  const auto canceled = [&](const std::string& sid) {
    const auto result = peer.post(message_path(sid), {{"Status", "canceled"}});
    if (result.status == 200) CHECK(message_faults(result.body) == "");
    return result.status == 200 ? 0 : error_code(result);
  };
  const auto send_at = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now() + 1h));
  const auto scheduled = peer.must_send(
      to, {{"MessagingServiceSid", service_sid}, {"ScheduleType", "fixed"}, {"SendAt", send_at}});
  CHECK(canceled(scheduled) == 0);
  CHECK(peer.history(scheduled) == "scheduled canceled");
  CHECK(peer.message(scheduled)["status"] == "canceled");
  CHECK(canceled(scheduled) == 30409);

  peer.await_status(peer.must_send(to), "delivered");  // the first leaves at once, the next must wait
  const auto waiting = peer.must_send(to);
  CHECK(canceled(waiting) == 0);
  const auto gone = peer.must_send(to, {{"From", "+14155550188"}});
  peer.await_status(gone, "delivered");
  CHECK(canceled(gone) == 30409);

  struct Case {
    std::string what;
    Form form;
  };
  const Case cases[] = {{"another status", {{"Status", "sent"}}},
                        {"two l", {{"Status", "cancelled"}}},
                        {"another text", {{"Body", "x"}}},
                        {"both", {{"Body", ""}, {"Status", "canceled"}}},
                        {"nothing", {}}};
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto result = peer.post(message_path(gone), c.form);
    CHECK(result.status == 400);
    CHECK(error_code(result) == 30400);
  }
}

TEST_CASE("a redacted message keeps all but its text") {
  const SandboxPeer peer;
  const auto sid = peer.must_send(to);
  peer.await_status(sid, "delivered");
  const auto result = peer.post(message_path(sid), {{"Body", ""}});
  CHECK(result.status == 200);
  CHECK(message_faults(result.body) == "");
  CHECK(peer.message(sid)["body"] == "");
  CHECK(peer.message(sid)["to"] == to);
}

TEST_CASE("a deleted message is gone from the API, not from the ledger") {
  auto options = fast();
  options.settings.sender_rates["+14155550188"] = 0.001;
  const SandboxPeer peer{options};
  const auto sid = peer.must_send(to);
  peer.await_status(sid, "delivered");
  const auto removed = peer.remove(message_path(sid));
  CHECK(removed.status() == 204);
  CHECK(removed.body == "");
  CHECK(peer.get(message_path(sid)).status == 404);
  CHECK(peer.remove(message_path(sid)).status() == 404);
  CHECK(json::parse(peer.get(messages_path()).body)["messages"].empty());
  CHECK(peer.entry(sid)["deleted"] == true);
  CHECK(peer.admin("counts")["accepted"] == 1);

  peer.must_send(to, {{"From", "+14155550188"}});
  const auto waiting = peer.must_send(to, {{"From", "+14155550188"}});
  CHECK(peer.remove(message_path(waiting)).json()["code"] == 20009);
  CHECK(peer.message(waiting)["status"] == "queued");
}
