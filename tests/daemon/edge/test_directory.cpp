// What webhooks and links need to know: of all tenants, whatever one tenant's rows look like, and soon.
#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "core/tenant/directory_load.hpp"
#include "tests/support/called_edge.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

// Without the CHECKs of that table; $1 is the tenant.
void poison(TestDb& db, const std::string& table, const std::string& statement, TenantId tenant) {
  db.run([&](Tx& tx) {
    for (const auto& row : exec(tx,
                                "SELECT conname FROM pg_constraint WHERE contype = 'c'"
                                "   AND conrelid = $1::regclass",
                                table))
      exec(tx, fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", table, row[0].as<std::string>()));
    exec(tx, statement, tenant);
  });
}

LinkId add_menu(CalledEdge& edge, TenantId tenant) {
  return edge.db.run(
      [&](Tx& tx) { return add_link(tx, tenant, "menu", "https://acme.example/menu", {}).id; });
}

// The status of following the link, as it is asked for on `host`; empty: the address.
long follow(CalledEdge& edge, LinkId link, const std::string& host = "") {
  auto call = edge.click_call(link, MessageId{0});
  if (!host.empty()) call.headers.push_back("Host: " + host);
  return http_request(call).status;
}

}  // namespace

TEST_CASE(
    "a link, a tenant or an account that cannot be read leaves webhooks and links of the others alone") {
  struct Case {
    std::string table, statement;
  };
  for (const auto& c : {Case{"link", "UPDATE link SET expires_at = '12978-07-17' WHERE tenant_id = $1"},
                        Case{"link", "UPDATE link SET expires_at = '-infinity' WHERE tenant_id = $1"},
                        Case{"tenant", "UPDATE tenant SET opt_out_scope = 'planet' WHERE id = $1"},
                        Case{"tenant", "UPDATE tenant SET created_at = 'infinity' WHERE id = $1"},
                        Case{"account", "UPDATE account SET auth_token = '\\x00' WHERE tenant_id = $1"},
                        Case{"account", "UPDATE account SET rate = 'NaN' WHERE tenant_id = $1"}}) {
    CAPTURE(c.statement);
    CalledEdge edge;
    const auto evil = add_test_tenant(edge.db, "evil");
    edge.give_account(evil, "evils-token");
    add_menu(edge, evil.id);
    poison(edge.db, c.table, c.statement, evil.id);
    // Newer than what is in memory: they are served only if the directory is loaded again.
    edge.give_account(edge.tenant, "a-new-token");
    const auto id = edge.add_message();
    CHECK(edge.status(id, "sent", "a-new-token").status == 204);
    CHECK(follow(edge, add_menu(edge, edge.tenant.id)) == 302);
    CHECK(edge.text("SM9", "STOP").status == 200);
    CHECK(edge.directory->is_fresh());
    edge.db.run([](Tx& tx) {
      const auto loads = list_directory_loads(tx);
      REQUIRE(loads.size() == 1);
      CHECK(loads.front().left_out == 1);
      CHECK(loads.front().error.find("of tenant ") != std::string::npos);
    });
  }
}

TEST_CASE("a directory that is not reloaded is not fresh any more after half a minute, and says why") {
  CalledEdge edge;
  const auto at = std::chrono::steady_clock::now();
  CHECK(edge.directory->is_fresh(at + 29s));
  CHECK_FALSE(edge.directory->is_fresh(at + 40s));
  edge.db.run([](Tx& tx) { tx.exec("ALTER TABLE link RENAME TO links"); });
  CHECK(await(
      [&] { return edge.value("SELECT count(*) FROM directory_load WHERE error LIKE '%link%'") == "1"; }));
  edge.db.run([](Tx& tx) { tx.exec("ALTER TABLE links RENAME TO link"); });
  CHECK(await([&] { return edge.value("SELECT count(*) FROM directory_load WHERE error = ''") == "1"; }));
  edge.stop();
  CHECK(edge.value("SELECT count(*) FROM directory_load") == "0");
}

TEST_CASE(
    "a link that is ended answers 410 within a second, an old one too, and leads on when it is enabled") {
  CalledEdge edge;
  const auto link = add_menu(edge, edge.tenant.id);
  edge.db.run([&](Tx& tx) {  // newer ones than are asked for again
    exec(tx,
         "INSERT INTO link (tenant_id, target_url) SELECT $1::bigint, 'https://acme.example/'"
         "  FROM generate_series(1, 1500)",
         edge.tenant.id);
  });
  edge.reload();
  CHECK(follow(edge, link) == 302);
  const auto set = [&](bool enabled) {
    edge.db.run([&](Tx& tx) { set_link_enabled(tx, edge.tenant.id, link, enabled, now()); });
  };
  set(false);
  CHECK(await([&] { return follow(edge, link) == 410; }, 2s));
  set(true);
  CHECK(await([&] { return follow(edge, link) == 302; }, 2s));
}

TEST_CASE("the links of a deleted tenant end") {
  CalledEdge edge;
  const auto gone = add_test_tenant(edge.db, "gone");
  const auto link = add_menu(edge, gone.id), other = add_menu(edge, edge.tenant.id);
  edge.reload();
  CHECK(follow(edge, link) == 302);
  edge.db.run([&](Tx& tx) { delete_tenant(tx, gone.id, now()); });
  CHECK(await([&] { return follow(edge, link) == 410; }, 2s));
  CHECK(follow(edge, other) == 302);
}

TEST_CASE("on a tenant's own domain its links answer alone") {
  CalledEdge edge;
  const auto evil = add_test_tenant(edge.db, "evil");
  const auto of_acme = add_menu(edge, edge.tenant.id), of_evil = add_menu(edge, evil.id);
  edge.db.run([&](Tx& tx) {
    auto acme = get_tenant(tx, "acme");
    acme.link_url = "https://go.acme.example";
    update_tenant(tx, acme, now());
  });
  edge.reload();
  for (const char* host : {"go.acme.example", "GO.Acme.Example:443", "go.acme.example."}) {
    CAPTURE(host);
    CHECK(follow(edge, of_acme, host) == 302);
    CHECK(follow(edge, of_evil, host) == 404);
  }
  for (const char* host : {"", "sms.example.com", "elsewhere.example"}) {
    CAPTURE(host);
    CHECK(follow(edge, of_acme, host) == 302);
    CHECK(follow(edge, of_evil, host) == 302);
  }
  // Who gives itself the installation's own name does not take it from the others.
  edge.db.run([&](Tx& tx) {
    auto changed = get_tenant(tx, "evil");
    changed.link_url = Edge::public_url;
    update_tenant(tx, changed, now());
  });
  edge.reload();
  CHECK(follow(edge, of_acme, "sms.example.com") == 302);
}

TEST_CASE("codes that somebody makes up hardly ever cause a reload, and are answered at once") {
  CalledEdge edge;
  add_menu(edge, edge.tenant.id);
  edge.reload();
  const auto before = edge.directory->reloads();
  const auto began = std::chrono::steady_clock::now();
  std::map<long, int> answers;
  HttpMulti multi{40};
  std::uint64_t code = 88172645463325252;
  for (std::uint64_t id = 0; std::chrono::steady_clock::now() - began < 2s;) {
    while (multi.in_flight() < 40) {
      std::string text;
      for (int i = 0; i < 11; ++i) {
        code ^= code << 13, code ^= code >> 7, code ^= code << 17;
        text += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[code % 62];
      }
      HttpCall call;
      call.url = edge.address + "/r/" + text;
      multi.start(++id, std::move(call));
    }
    for (const auto& finished : multi.wait(100ms)) ++answers[finished.result.status];
  }
  CHECK(answers.size() == 1);
  CHECK(answers[404] > 40);
  CHECK(edge.directory->reloads() - before <=
        5 + 1);  // two a second at most, whatever happens, and the usual ones
}

TEST_CASE("what may be new is near to what is known") {
  CalledEdge edge;
  const auto link = add_menu(edge, edge.tenant.id);
  edge.reload();
  CHECK(edge.directory->may_be_new(LinkId{link.value + 1}));
  CHECK(edge.directory->may_be_new(LinkId{link.value + 100'000}));
  CHECK_FALSE(edge.directory->may_be_new(LinkId{link.value + 100'001}));
  CHECK_FALSE(edge.directory->may_be_new(LinkId{1LL << 27}));
}
