#include <map>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/form.hpp"
#include "core/base/guarded.hpp"
#include "tests/support/pipeline.hpp"
#include "tests/support/raw_peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::http_reply;
using test::Pipeline;
using test::RawReply;
using test::RawRequest;

namespace {

// Accepts messages and misbehaves now and then, before and after it has accepted one.
class FaultyTwilio {
 public:
  explicit FaultyTwilio(bool faults)
      : faults_(faults), peer_([this](const RawRequest& r) { return answer(r); }) {}

  std::string url() const { return peer_.url(); }
  std::map<std::string, int> accepted() const {
    return accepted_.with([](const auto& all) {
      std::map<std::string, int> counts;
      for (const auto& [to, bodies] : all) counts[to] = static_cast<int>(bodies.size());
      return counts;
    });
  }

 private:
  RawReply answer(const RawRequest& request) {
    if (request.head.rfind("GET", 0) == 0) return {http_reply(200, list(request.head))};
    const auto form = parse_form(request.body);
    const std::string to{*find_field(form, "To")}, body{*find_field(form, "Body")};
    const int fault = faults_ ? ++requests_ % 20 : 10;
    if (fault < 3) return {http_reply(429, R"({"code":20429})")};
    if (fault == 3) return {http_reply(503, R"({"code":20503})")};
    const auto sid = "SM" + to + "-" + std::to_string(++sids_);
    accepted_.with([&](auto& all) { all[to].push_back({sid, body}); });
    const auto reply = http_reply(201, R"({"sid":")" + sid + R"(","status":"queued","num_segments":"1"})");
    if (fault == 4) return {"", true};
    if (fault == 5) return {reply.substr(0, reply.size() - 9), true};
    return {reply};
  }

  // All that was accepted, or what went to a number; each without a date.
  std::string list(const std::string& head) const {
    const auto begin = head.find("To=%2B");
    const auto to =
        begin == std::string::npos ? "" : "+" + head.substr(begin + 6, head.find('&', begin) - begin - 6);
    std::string items;
    accepted_.with([&](const auto& all) {
      for (const auto& [number, messages] : all)
        for (const auto& [sid, body] : messages)
          if (to.empty() || to == number)
            items += (items.empty() ? "" : ",") + std::string{R"({"sid":")"} + sid + R"(","to":")" + number +
                     R"(","from":"+15005550006","direction":"outbound-api","status":"sent","body":")" + body +
                     "\"}";
    });
    return R"({"messages":[)" + items + R"(],"next_page_uri":null})";
  }

  const bool faults_;
  std::atomic<int> requests_{0}, sids_{0};
  Guarded<std::map<std::string, std::vector<std::pair<std::string, std::string>>>> accepted_;
  test::RawPeer peer_;
};

const char* const open =
    "SELECT count(*) FROM message WHERE tenant_id = $1"
    "   AND status IN ('waiting', 'in_flight', 'unknown')";

// What a daemon claimed whose lease is over.
Claim claim_and_die(Pipeline& p, int messages) {
  const auto dead = p.f.lease("dead");
  auto claim = p.f.db.run([&](Tx& tx) {
    ClaimRoom room;
    room.messages = messages;
    room.parts = 1000;
    room.senders[p.f.sender] = 1000;
    return claim_messages(
        tx, dead,
        {get_tenant(tx, "acme"), list_senders(tx, p.f.tenant.id), "", "https://s.example", LinkKey{p.key}},
        room, now());
  });
  REQUIRE(claim.messages.size() == static_cast<std::size_t>(messages));
  p.f.sql("UPDATE lane SET expires_at = '-infinity' WHERE tenant_id = $1");
  return claim;
}

}  // namespace

TEST_CASE("two thousand messages through a faulty provider arrive once each") {
  FaultyTwilio twilio{true};
  Pipeline p{twilio.url()};
  const auto campaign = p.f.launch(2000);
  SendPipeline sender{p.config, p.key, p.options("d1")};
  std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
  CHECK(p.await(open, "0"));
  thread.request_stop();
  thread.join();
  const auto accepted = twilio.accepted();
  CHECK(accepted.size() == 2000);
  for (const auto& [to, times] : accepted) {
    CAPTURE(to);
    CHECK(times == 1);
  }
  p.f.check_counters(campaign);
  CHECK(p.f.value("SELECT owner FROM lane WHERE tenant_id = $1") == "");
  CHECK(p.f.value("SELECT count(*) FROM work_claim WHERE tenant_id = $1") == "0");
}

TEST_CASE("another daemon resolves what a dead one left in flight") {
  FaultyTwilio twilio{false};
  Pipeline p{twilio.url()};
  const auto campaign = p.f.launch(50);
  const auto claim = claim_and_die(p, 20);
  // Ten of its requests had left.
  const ProviderAccess access{twilio.url(), "AC1", "AC1", "token"};
  for (int i = 0; i < 10; ++i)
    CHECK(http_request(
              get_provider("twilio").send_call(access, claim.messages[static_cast<std::size_t>(i)].request))
              .status == 201);
  SendPipeline sender{p.config, p.key, p.options("d2")};
  std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
  CHECK(p.await(open, "0"));
  thread.request_stop();
  thread.join();
  const auto accepted = twilio.accepted();
  CHECK(accepted.size() == 50);
  for (const auto& [to, times] : accepted) CHECK(times == 1);
  p.f.check_counters(campaign);
}

TEST_CASE("of all that a dead daemon left, few messages are asked about at a time") {
  std::atomic<int> asked{0};
  std::atomic<bool> answers{false};
  int least = 4, most = 8;  // half of the requests at once
  test::RawPeer peer{[&](const RawRequest& request) -> RawReply {
    if (request.head.rfind("GET", 0) != 0)
      return {http_reply(201, R"({"sid":"SM)" + std::string{*find_field(parse_form(request.body), "To")} +
                                  R"(","status":"queued","num_segments":"1"})")};
    // A list of all without what is known to be there proves nothing.
    if (request.head.find("To=") == std::string::npos)
      return {http_reply(200, R"({"messages":[],"next_page_uri":null})")};
    ++asked;
    while (!answers) wait_unless_stopped({}, 5ms);
    return {http_reply(200, R"({"messages":[],"next_page_uri":null})")};
  }};
  Pipeline p{peer.url()};
  p.config.twilio.timeout = 30s;
  p.config.twilio.max_in_flight = 120;
  const auto campaign = p.f.launch(70);
  claim_and_die(p, 50);
  SUBCASE("some of a lane") {}
  SUBCASE("of two lanes twice as many") {
    test::SendFixture other{p.f.db, "other", 100'000};
    p.set_up_account(other, '2');
    other.launch(50);
    other.sql("DELETE FROM work_chunk WHERE tenant_id = $1");
    other.sql("UPDATE message SET status = 'unknown', claimed_at = now() WHERE tenant_id = $1");
    other.sql(
        "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
        " SELECT tenant_id, id, campaign_id, now(), 'resolve' FROM message WHERE tenant_id = $1");
    least *= 2, most *= 2;
  }
  SendPipeline sender{p.config, p.key, p.options("d2")};
  std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
  // What is sent needs no answer.
  CHECK(p.await("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'queued'", "20"));
  for (const auto end = now() + 20s; asked < least && now() < end;) wait_unless_stopped({}, 10ms);
  wait_unless_stopped({}, 1500ms);  // that no more come has no other sign
  CHECK(asked >= least);
  CHECK(asked <= most);
  answers = true;
  CHECK(p.await(open, "0"));
  thread.request_stop();
  thread.join();
  p.f.check_counters(campaign);
}
