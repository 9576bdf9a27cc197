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
  const Form form{{"MessageSid", "SM1"}, {"MessageStatus", "sent"}, {"AccountSid", sid}};
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
