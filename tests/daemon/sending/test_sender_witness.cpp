// What answers in the provider's place ends no message, and is told.
#include <map>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/form.hpp"
#include "core/base/guarded.hpp"
#include "core/base/log.hpp"
#include "core/sending/hold.hpp"
#include "tests/support/pipeline.hpp"
#include "tests/support/raw_peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::http_reply;
using test::Pipeline;
using test::RawPeer;
using test::RawReply;
using test::RawRequest;

namespace {

// A provider behind something that answers for it, at first.
class Stranger {
 public:
  explicit Stranger(RawReply answer)
      : answer_(std::move(answer)), peer_([this](const RawRequest& r) { return reply(r); }) {}

  std::string url() const { return peer_.url(); }
  void step_aside() { aside_ = true; }
  std::map<std::string, int> accepted() const {
    return accepted_.with([](const auto& all) { return all; });
  }

 private:
  RawReply reply(const RawRequest& request) {
    if (!aside_) return answer_;
    if (request.head.rfind("GET", 0) == 0)
      return {http_reply(200, R"({"messages":[],"next_page_uri":null})")};
    const std::string to{*find_field(parse_form(request.body), "To")};
    accepted_.with([&](auto& all) { ++all[to]; });
    return {http_reply(201, R"({"sid":"SM)" + to + R"(","status":"queued","num_segments":"1"})")};
  }

  const RawReply answer_;
  std::atomic<bool> aside_{false};
  Guarded<std::map<std::string, int>> accepted_;
  RawPeer peer_;
};

std::vector<Hold> holds(Pipeline& p) {
  return p.f.db.run([&](Tx& tx) {
    return list_holds(tx, p.f.tenant.id, get_campaign(tx, p.f.tenant.id, "spring"), now());
  });
}

bool await_hold(Pipeline& p, const std::string& code) {
  for (const auto end = now() + 20s; now() < end; wait_unless_stopped({}, 50ms)) {
    const auto held = holds(p);
    if (!held.empty() && held[0].code == code) return true;
  }
  return false;
}

const char* const html = "<html>sign in to the network</html>";

}  // namespace

TEST_CASE("portals, proxies and wrong addresses fail nobody; when they are gone everybody gets it once") {
  struct Case {
    const char* what;
    RawReply answer;
    const char* code;
  };
  const Case cases[] = {
      {"a portal", {http_reply(200, html)}, "not_the_provider"},
      {"a redirect", {http_reply(302, "", "Location: http://login.example/\r\n")}, "not_the_provider"},
      {"a wrong address", {http_reply(404, html)}, "not_the_provider"},
      {"a proxy that wants a password", {http_reply(407, html)}, "not_the_provider"},
      {"a load balancer that lost patience", {http_reply(408, html)}, "not_the_provider"},
      {"another gateway's JSON",
       {http_reply(403, R"({"code":403,"message":"Forbidden"})")},
       "not_the_provider"},
      {"a balancer without a backend", {http_reply(502, html)}, "provider_failing"},
      {"a balancer that is busy", {http_reply(429, html)}, "provider_busy"},
      {"nothing", {"", true}, "provider_failing"},
  };
  set_log(LogLevel::off, LogFormat::logfmt);
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Stranger stranger{c.answer};
    Pipeline p{stranger.url()};
    const auto campaign = p.f.launch(40);
    SendPipeline sender{p.config, p.key, p.options("d1")};
    std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
    CHECK(await_hold(p, c.code));
    CHECK(p.f.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND status IN ('failed', 'queued')") ==
          "0");
    CHECK(p.f.value("SELECT paused_at IS NULL FROM lane WHERE tenant_id = $1") == "t");
    stranger.step_aside();
    CHECK(p.await("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'queued'", "40", 60s));
    CHECK(p.await("SELECT trouble FROM lane WHERE tenant_id = $1", "", 10s));
    thread.request_stop();
    thread.join();
    CHECK(stranger.accepted().size() == 40);
    for (const auto& [to, times] : stranger.accepted()) CHECK(times == 1);
    p.f.check_counters(campaign);
  }
}

TEST_CASE("a provider out of reach is told by its last error, whatever keeps us from it") {
  struct Case {
    const char* url;
    const char* says;
  };
  const Case cases[] = {{"https://api.twilio.invalid", "resolve"}, {"http://127.0.0.1:1", "onnect"}};
  set_log(LogLevel::off, LogFormat::logfmt);
  for (const auto& c : cases) {
    CAPTURE(c.url);
    Pipeline p{c.url};
    p.f.launch(3);
    SendPipeline sender{p.config, p.key, p.options("d1")};
    std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
    REQUIRE(await_hold(p, "provider_unreachable"));
    CHECK(holds(p)[0].message.find(c.says) != std::string::npos);
    CHECK(
        p.f.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND status IN ('failed', 'unknown')") ==
        "0");
  }
}
