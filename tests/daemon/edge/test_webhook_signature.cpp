#include <map>

#include <doctest/doctest.h>

#include "tests/support/called_edge.hpp"

using namespace smscrm;

namespace {

const std::string sid = Edge::account_sid;
const std::string token = Edge::token;

}  // namespace

TEST_CASE("what is not signed for the tenant is refused and changes nothing") {
  CalledEdge edge;
  const auto id = edge.add_message();
  CHECK(edge.status(id, "delivered", "another-token").status == 403);
  const auto path = fmt::format("/webhooks/twilio/acme/status/{}", id.value);
  HttpCall unsigned_call;
  unsigned_call.method = HttpMethod::post;
  unsigned_call.url = edge.address + path;
  unsigned_call.body = "MessageSid=SM1&MessageStatus=delivered&AccountSid=" + sid;
  CHECK(http_request(unsigned_call).status == 403);
  unsigned_call.body = format_form(Form(1001, {"To", "1"}));  // no form of ours
  CHECK(http_request(unsigned_call).status == 403);
  CHECK(edge.post(path, {{"MessageSid", "SM1"},
                         {"MessageStatus", "delivered"},
                         {"AccountSid", "AC" + std::string(32, 'b')}})
            .status == 403);
  CHECK(edge.post("/webhooks/twilio/nobody/inbound", {{"MessageSid", "SM1"}, {"AccountSid", sid}}).status ==
        403);
  CHECK(edge.webhook->rejected() == 5);
  CHECK(edge.value("SELECT status FROM message") == "in_flight");
}

TEST_CASE("a tenant and a token that are new are known at once, and the old token still counts") {
  CalledEdge edge;
  const auto id = edge.add_message();
  edge.give_account(edge.tenant, "a-new-token");
  CHECK(edge.status(id, "sent", "a-new-token").status == 204);
  CHECK(edge.status(id, "delivered", token).status == 204);
}

TEST_CASE("after a rename webhooks count at the old address and the new, until the old one is given up") {
  CalledEdge edge;
  const auto id = edge.add_message();
  edge.db.run([&](Tx& tx) {
    auto renamed = edge.tenant;
    renamed.slug = "beta";
    update_tenant(tx, renamed, now());
  });
  const auto path_of = [&](const std::string& slug) {
    return fmt::format("/webhooks/twilio/{}/status/{}", slug, id.value);
  };
  const Form form{{"MessageSid", test_sid("SM1")},
                  {"MessageStatus", "sent"},
                  {"AccountSid", sid},
                  {"To", "+14155550123"}};
  CHECK(edge.post(path_of("beta"), form).status == 204);
  CHECK(edge.post(path_of("acme"), form).status == 204);
  CHECK(edge.text("SM9", "STOP").status == 200);  // to acme's address
  CHECK(edge.value("SELECT state FROM consent") == "opted_out");

  // What is signed is the address that was called.
  auto elsewhere = edge.call(path_of("beta"), form);
  elsewhere.url = edge.address + path_of("acme");
  CHECK(http_request(elsewhere).status == 403);

  edge.db.run([&](Tx& tx) { delete_alias(tx, edge.tenant.id, "acme"); });
  edge.reload();
  CHECK(edge.post(path_of("acme"), form).status == 403);
  CHECK(edge.post(path_of("beta"), form).status == 204);
}

TEST_CASE("a flood of forged signatures reloads twice a second at most, and a new token is known meanwhile") {
  using Clock = std::chrono::steady_clock;
  CalledEdge edge;
  const auto id = edge.add_message();
  constexpr std::size_t waves = 5, in_wave = 20;
  const auto began = Clock::now();
  const auto before = edge.directory->reloads();
  std::map<long, std::size_t> answers;
  HttpMulti multi{in_wave + 1};
  for (std::size_t wave = 0; wave < waves; ++wave) {
    // Rotated after the last reload began, and used at once.
    const auto fresh = fmt::format("token-{}", wave);
    edge.give_account(edge.tenant, fresh);
    for (std::size_t i = 0; i < in_wave; ++i) multi.start(i, edge.status_call(id, "sent", "forged"));
    multi.start(in_wave, edge.status_call(id, "sent", fresh));
    while (multi.in_flight() > 0)
      for (const auto& finished : multi.wait(std::chrono::seconds{1})) ++answers[finished.result.status];
  }
  const auto reloads = edge.directory->reloads() - before;
  CHECK(answers == std::map<long, std::size_t>{{204, waves}, {403, waves * in_wave}});
  CHECK(edge.webhook->rejected() == waves * in_wave);
  // One that was due anyway may lie between any two, each three seconds; the first need not wait.
  const auto elapsed = Clock::now() - began;
  CHECK(reloads >= waves);
  CHECK(reloads <= 2 + elapsed / Directory::doubt_every);
}

TEST_CASE(
    "only so many doubtful webhooks wait for a reload; the rest are refused at once, and signed ones pass") {
  CalledEdge edge;
  const auto id = edge.add_message();
  edge.directory_thread = {};  // nothing is reloaded any more
  const auto reloads = edge.directory->reloads();
  std::size_t waiting = 0;
  while (edge.directory->reload_in_doubt([](bool) {})) ++waiting;
  CHECK(waiting == Directory::most_in_doubt);
  CHECK(edge.status(id, "sent", "forged").status == 403);
  CHECK(edge.status(id, "sent").status == 204);
  CHECK(edge.webhook->rejected() == 1);
  CHECK(edge.directory->reloads() == reloads);
}

TEST_CASE("a body longer than any of Twilio's is not read") {
  CalledEdge edge;
  CHECK(edge.post("/webhooks/twilio/nobody/inbound", {{"Body", std::string(64 * 1024, 'a')}}).status == 413);
}
