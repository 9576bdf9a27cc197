// What the sandbox can be told to do wrong, each at probability 1: what the client sees, and whether the
// ledger has the message.
#include <set>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/net/crypto.hpp"
#include "tests/daemon/sandbox/peer.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string to = "+14155550123";

SandboxFaults one(double SandboxFaults::*fault) {
  SandboxFaults faults;
  faults.*fault = 1;
  return faults;
}

std::size_t accepted(const SandboxPeer& peer) { return peer.admin("counts")["accepted"]; }

// On one connection that is kept, as a sender has them.
class KeptConnection {
 public:
  HttpResult call(HttpCall call) {
    multi_.start(0, std::move(call));
    for (;;)
      for (auto& finished : multi_.wait(10s)) return std::move(finished.result);
  }

 private:
  HttpMulti multi_{1};
};

}  // namespace

TEST_CASE("a fault strikes before the message is accepted, or after") {
  struct Case {
    std::string key;
    double SandboxFaults::*fault;
    HttpFailure failure;
    int status, code;
    bool accepted;
  };
  constexpr auto none = HttpFailure::none, ambiguous = HttpFailure::ambiguous;
  const Case cases[] = {
      {"too_many", &SandboxFaults::too_many, none, 429, 20429, false},
      {"server_error", &SandboxFaults::server_error, none, 503, 20503, false},
      {"hang", &SandboxFaults::hang, ambiguous, 0, 0, false},
      {"reset", &SandboxFaults::reset, ambiguous, 0, 0, false},
      {"server_error_after", &SandboxFaults::server_error_after, none, 503, 20503, true},
      {"hang_after", &SandboxFaults::hang_after, ambiguous, 0, 0, true},
      {"reset_after", &SandboxFaults::reset_after, ambiguous, 0, 0, true},
      {"truncate_after", &SandboxFaults::truncate_after, ambiguous, 0, 0, true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.key);
    auto options = fast();
    options.faults = one(c.fault);
    const SandboxPeer peer{options};
    auto call = peer.call_of_create({{"To", to}, {"From", our_number}, {"Body", "x"}});
    if (c.key.starts_with("hang")) call.timeout = 1s;
    const auto result = http_request(call);
    CHECK(result.failure == c.failure);
    CHECK(result.status == c.status);
    CHECK(error_code(result) == c.code);
    if (c.code) CHECK(error_faults(result) == "");
    CHECK(accepted(peer) == (c.accepted ? 1 : 0));
    CHECK(peer.admin("counts")["faults"] == json{{c.key, 1}});
    // What was accepted goes its way like any other.
    if (c.accepted) peer.await_status(peer.ledger().at(0)["sid"], "delivered");
    // What is no request to create a message is spared.
    CHECK(peer.get(messages_path()).status == 200);
  }
}

TEST_CASE("an orderly close strikes only a connection that has served before") {
  struct Case {
    double SandboxFaults::*fault;
    std::size_t accepted;
  };
  const Case cases[] = {{&SandboxFaults::close_reused, 1}, {&SandboxFaults::close_reused_after, 2}};
  for (const auto& c : cases) {
    CAPTURE(c.accepted);
    auto options = fast();
    options.faults = one(c.fault);
    const SandboxPeer peer{options};
    KeptConnection connection;
    const auto create = [&](const std::string& body) {
      return connection.call(peer.call_of_create({{"To", to}, {"From", our_number}, {"Body", body}}));
    };
    CHECK(create("first").status == 201);
    const auto second = create("second");
    CHECK(second.failure == HttpFailure::ambiguous);
    CHECK(accepted(peer) == c.accepted);
    CHECK(create("third").status == 201);  // on another
  }
}

TEST_CASE("how a connection ends is what the fault says") {
  SandboxPeer peer{fast()};
  const auto words = [&](double SandboxFaults::*fault) {
    peer.sandbox.set_faults(one(fault));
    return to_lower(peer.send(to).error);
  };
  CHECK(words(&SandboxFaults::reset).find("reset") != std::string::npos);
  CHECK(words(&SandboxFaults::reset_after).find("reset") != std::string::npos);
  CHECK(words(&SandboxFaults::truncate_after).find("reset") == std::string::npos);

  // Half of the reply, under a head that announces the whole.
  const auto credentials = base64_encode(std::string{demo_account_sid} + ':' + demo_account_token);
  const auto answer = plain_request(
      peer.sandbox.address(), "POST", messages_path(),
      format_form({{"To", to}, {"From", our_number}, {"Body", "x"}}),
      "Authorization: Basic " + credentials + "\r\nContent-Type: application/x-www-form-urlencoded\r\n");
  CHECK(answer.status() == 201);
  const auto announced = std::stoul(answer.head.substr(answer.head.find("Content-Length: ") + 16));
  CHECK(answer.body.size() == announced / 2);
  CHECK(accepted(peer) == 3);
}

TEST_CASE("429 has the Retry-After that is set, or none") {
  auto options = fast();
  options.faults.too_many = 1;
  SandboxPeer peer{options};
  CHECK_FALSE(peer.send(to).retry_after);
  options.faults.retry_after_s = 7;
  peer.sandbox.set_faults(options.faults);
  CHECK(peer.send(to).retry_after == 7s);
}

TEST_CASE("the server's error has the status that is set") {
  auto options = fast();
  options.faults.server_error = 1;
  SandboxPeer peer{options};
  const std::pair<int, int> cases[] = {{500, 20500}, {502, 20503}, {504, 20503}};
  for (const auto& [status, code] : cases) {
    options.faults.server_error_status = status;
    peer.sandbox.set_faults(options.faults);
    const auto result = peer.send(to);
    CHECK(result.status == status);
    CHECK(error_code(result) == code);
  }
}

TEST_CASE("latency holds replies back, up to its cap") {
  auto options = fast();
  options.faults.latency_ms = 60;
  SandboxPeer peer{options};
  CHECK(peer.send(to).took >= 60ms);
  CHECK(peer.get(messages_path()).took >= 60ms);
  CHECK(accepted(peer) == 1);

  options.faults.latency_ms = 0;
  options.faults.latency_mean_ms = 60'000;
  options.faults.latency_max_ms = 40;
  peer.sandbox.set_faults(options.faults);
  const auto capped = peer.send("+14155550124");
  CHECK(capped.status == 201);
  CHECK(capped.took >= 35ms);
  CHECK(capped.took < 5s);
}

TEST_CASE("a client that gives up during the latency has its message accepted") {
  auto options = fast();
  options.faults.latency_ms = 10'000;
  const SandboxPeer peer{options};
  auto call = peer.call_of_create({{"To", to}, {"From", our_number}, {"Body", "x"}});
  call.timeout = 1s;
  CHECK(http_request(call).failure == HttpFailure::ambiguous);
  CHECK(accepted(peer) == 1);
}

TEST_CASE("attempts spares a recipient after so many requests") {
  auto options = fast();
  options.faults.too_many = 1;
  options.faults.attempts = 2;
  const SandboxPeer peer{options};
  for (const auto* number : {"+14155550123", "+14155550124"}) {
    CAPTURE(number);
    CHECK(peer.send(number).status == 429);
    CHECK(peer.send(number).status == 429);
    CHECK(peer.send(number).status == 201);
  }
}

TEST_CASE("lists and fetches suffer only when all requests shall, and only before acceptance") {
  auto options = fast();
  options.faults.server_error = 1;
  SandboxPeer peer{options};
  CHECK(peer.get(messages_path()).status == 200);
  options.faults.all_requests = true;
  peer.sandbox.set_faults(options.faults);
  CHECK(peer.get(messages_path()).status == 503);
  options.faults.server_error = 0;
  options.faults.server_error_after = 1;
  peer.sandbox.set_faults(options.faults);
  CHECK(peer.get(messages_path()).status == 200);
}

TEST_CASE("an invalid request is refused after a fault of acceptance, and not accepted") {
  auto options = fast();
  options.faults.reset_after = 1;
  const SandboxPeer peer{options};
  CHECK(peer.send("+15005550009").failure == HttpFailure::ambiguous);
  CHECK(accepted(peer) == 0);
  CHECK(peer.admin("counts")["refused"] == json{{"21614", 1}});
}

TEST_CASE("the same seed and requests have the same faults, sids and fates, in any order") {
  struct Outcome {
    std::set<std::string> too_many, sids, statuses;
    bool operator==(const Outcome&) const = default;
  };
  const auto run = [](std::uint64_t seed, bool backwards) {
    auto options = fast();
    options.seed = seed;
    options.faults.too_many = 0.3;
    options.settings.undelivered = 0.5;
    const SandboxPeer peer{options};
    Outcome outcome;
    KeptConnection connection;
    for (int i = 0; i < 60; ++i) {
      const auto number = "+141555501" + std::to_string(10 + (backwards ? 59 - i : i));
      const auto result =
          connection.call(peer.call_of_create({{"To", number}, {"From", our_number}, {"Body", "x"}}));
      if (result.status == 429)
        outcome.too_many.insert(number);
      else
        outcome.sids.insert(json::parse(result.body)["sid"]);
    }
    const auto settled = [&] {
      const auto statuses = peer.admin("counts")["statuses"];
      return statuses.value("delivered", 0U) + statuses.value("undelivered", 0U) == outcome.sids.size();
    };
    await("all to settle", settled);
    for (const auto& entry : peer.ledger())
      outcome.statuses.insert(entry["to"].get<std::string>() + ' ' + entry["status"].get<std::string>() +
                              ' ' + std::to_string(entry["error_code"].get<int>()));
    return outcome;
  };
  const auto first = run(42, false);
  CHECK(first.too_many.size() > 5);
  CHECK(first.too_many.size() < 40);
  CHECK(first.sids.size() == 60 - first.too_many.size());
  CHECK((run(42, true) == first));
  const auto other = run(43, false);
  CHECK(other.too_many != first.too_many);
  CHECK(other.statuses != first.statuses);
  for (const auto& sid : other.sids) CHECK_FALSE(first.sids.contains(sid));
}
