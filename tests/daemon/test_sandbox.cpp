#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/net/curl.hpp"
#include "daemon/sandbox/sandbox.hpp"

using namespace smscrm;
using nlohmann::json;

namespace {

struct Peer {
  Sandbox sandbox;
  explicit Peer(SandboxOptions options = {}) : sandbox(std::move(options)) { sandbox.start(); }

  HttpResult post(const Form& form, const std::string& token = demo_account_token) {
    HttpCall call;
    call.method = HttpMethod::post;
    call.url = sandbox.url() + "/2010-04-01/Accounts/" + demo_account_sid + "/Messages.json";
    call.user = demo_account_sid;
    call.password = token;
    call.body = format_form(form);
    call.timeout = std::chrono::seconds{2};
    return http_request(call);
  }
  HttpResult send(const std::string& to, const std::string& from = "+15005550006") {
    return post({{"To", to}, {"From", from}, {"Body", "Hello"}});
  }
};

}  // namespace

TEST_CASE("the sandbox answers a message as Twilio does") {
  Peer peer;
  const auto reply = peer.send("+14155550123");
  REQUIRE(reply.status == 201);
  const auto message = json::parse(reply.body);
  CHECK(message["status"] == "queued");
  CHECK(message["num_segments"] == "1");
  CHECK(message["error_code"].is_null());
  CHECK(peer.post({}, "wrong").status == 401);
}

TEST_CASE("magic numbers and missing parameters have their codes") {
  Peer peer;
  const auto code = [](const HttpResult& reply) { return json::parse(reply.body)["code"].get<int>(); };
  CHECK(code(peer.send("+15005550001")) == 21211);
  CHECK(code(peer.send("+15005550002")) == 21612);
  CHECK(code(peer.send("+15005550003")) == 21408);
  CHECK(code(peer.send("+15005550004")) == 21610);
  CHECK(code(peer.send("+15005550009")) == 21614);
  CHECK(code(peer.send("+14155550123", "+15005550001")) == 21212);
  CHECK(code(peer.send("+14155550123", "+15005550007")) == 21606);
  CHECK(code(peer.send("+14155550123", "+15005550008")) == 21611);
  CHECK(code(peer.post({{"From", "+15005550006"}, {"Body", "x"}})) == 21604);
  CHECK(code(peer.post({{"To", "+14155550123"}, {"Body", "x"}})) == 21603);
  CHECK(code(peer.post({{"To", "+14155550123"}, {"From", "+15005550006"}})) == 21602);
  CHECK(peer.sandbox.counts().accepted == 0);
}

TEST_CASE("a fault strikes before or after the message is accepted") {
  Peer peer;
  const auto with = [&](double SandboxFaults::*fault) {
    SandboxFaults faults;
    faults.*fault = 1;
    peer.sandbox.set_faults(faults);
    return peer.send("+14155550123");
  };
  CHECK(with(&SandboxFaults::too_many).status == 429);
  CHECK(with(&SandboxFaults::server_error).status == 503);
  CHECK(with(&SandboxFaults::reset).failure == HttpFailure::ambiguous);
  CHECK(peer.sandbox.counts().accepted == 0);
  CHECK(with(&SandboxFaults::reset_after).failure == HttpFailure::ambiguous);
  CHECK(with(&SandboxFaults::truncate_after).failure == HttpFailure::ambiguous);
  CHECK(with(&SandboxFaults::server_error_after).status == 503);
  CHECK(peer.sandbox.counts().accepted == 3);
  CHECK(peer.sandbox.counts().duplicates == 2);
}
