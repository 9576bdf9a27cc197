#include <doctest/doctest.h>

#include "core/access/one_time_link.hpp"
#include "core/access/session.hpp"
#include "tests/support/access.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::AccessFixture;

namespace {

struct Fixture : AccessFixture {
  User ann = add("ann@acme.example", Role::manager);

  std::string begin() {
    return db.run([&](Tx& tx) { return begin_session(tx, {ann.id, "192.0.2.1", "Firefox"}, at); });
  }
  bool lives(const std::string& token, Timestamp when) {
    return db.run([&](Tx& tx) { return find_session(tx, token, when).has_value(); });
  }
  std::string link(LinkPurpose purpose) {
    return db.run([&](Tx& tx) { return new_one_time_link(tx, ann.id, purpose, at); });
  }
  std::optional<RedeemedLink> redeem(const std::string& token, Timestamp when) {
    return db.run([&](Tx& tx) { return redeem_one_time_link(tx, token, when); });
  }
};

}  // namespace

TEST_CASE("a session lives half an hour after its last use, and twelve hours in all") {
  Fixture f;
  const auto token = f.begin();
  CHECK(f.lives(token, f.at + 29min));
  CHECK(f.lives(token, f.at + 58min));
  CHECK_FALSE(f.lives(token, f.at + 88min));
  const auto busy = f.begin();
  for (auto when = f.at; when < f.at + 12h; when += 20min) CHECK(f.lives(busy, when));
  CHECK_FALSE(f.lives(busy, f.at + 12h));
  CHECK_FALSE(f.lives("", f.at));
  CHECK_FALSE(f.lives(token.substr(1), f.at));
}

TEST_CASE("sessions and links end with another password, role or factor, and with a disabled user") {
  Fixture f;
  f.add("bob@acme.example", Role::owner);
  using Change = void (*)(Fixture&, Tx&);
  const std::pair<const char*, Change> changes[] = {
      {"password", [](Fixture& g, Tx& tx) { set_password(tx, g.key, g.ann.id, "$argon2id$…", g.at); }},
      {"role", [](Fixture& g, Tx& tx) { set_role(tx, g.tenant.id, g.ann.id, Role::viewer, g.at); }},
      {"factor", [](Fixture& g, Tx& tx) { remove_totp(tx, g.ann.id, g.at); }},
      {"address",
       [](Fixture& g, Tx& tx) { update_user(tx, g.ann.id, {.email = "anna@acme.example"}, g.at); }},
      {"disabled", [](Fixture& g, Tx& tx) { update_user(tx, g.ann.id, {.disabled = true}, g.at); }},
  };
  for (const auto& [what, change] : changes) {
    CAPTURE(what);
    const auto token = f.begin();
    const auto link = f.link(LinkPurpose::sign_in);
    CHECK(f.lives(token, f.at));
    f.db.run([&, run = change](Tx& tx) { run(f, tx); });
    CHECK_FALSE(f.lives(token, f.at));
    CHECK_FALSE(f.redeem(link, f.at));
  }
}

TEST_CASE("the same password in a newer hash ends nothing") {
  Fixture f;
  const auto token = f.begin();
  f.db.run([&](Tx& tx) { set_password(tx, f.key, f.ann.id, "$argon2id$…", f.at, true); });
  CHECK(f.lives(token, f.at));
}

TEST_CASE("one sees one's own sessions, and ends one or all others") {
  Fixture f;
  const auto bob = f.add("bob@acme.example");
  const auto kept = f.begin(), lost = f.begin(), other = f.begin();
  const auto sessions = f.db.run([&](Tx& tx) { return list_sessions(tx, f.ann.id, f.at); });
  REQUIRE(sessions.size() == 3);
  CHECK(sessions[0].address == "192.0.2.1");
  CHECK(sessions[0].agent == "Firefox");
  const auto id = f.db.run([&](Tx& tx) { return find_session(tx, lost, f.at)->id; });
  CHECK_FALSE(f.db.run([&](Tx& tx) { return end_session(tx, bob.id, id); }));
  CHECK(f.db.run([&](Tx& tx) { return end_session(tx, f.ann.id, id); }));
  CHECK_FALSE(f.lives(lost, f.at));
  const auto mine = f.db.run([&](Tx& tx) { return find_session(tx, kept, f.at)->id; });
  CHECK(f.db.run([&](Tx& tx) { return end_other_sessions(tx, f.ann.id, mine, f.at); }) == 1);
  CHECK(f.lives(kept, f.at));
  CHECK_FALSE(f.lives(other, f.at));
  CHECK(f.db.run([&](Tx& tx) { return prune_sessions(tx, f.at); }) == 0);
  CHECK(f.db.run([&](Tx& tx) { return prune_sessions(tx, f.at + 1h); }) == 1);
}

TEST_CASE("an agent's name is cut between characters, whatever bytes it has") {
  Fixture f;
  std::string agent;
  for (int i = 0; i < 200; ++i) agent += "é";
  f.db.run([&](Tx& tx) { begin_session(tx, {f.ann.id, "192.0.2.1", "x" + agent}, f.at); });
  f.db.run([&](Tx& tx) { begin_session(tx, {f.ann.id, "192.0.2.1", "\xff\xfe\x00"}, f.at); });
  CHECK(f.db.run([&](Tx& tx) { return list_sessions(tx, f.ann.id, f.at).size(); }) == 2);
}

TEST_CASE("a link is good once, for its user and its time, and a new one ends the one before") {
  Fixture f;
  const auto first = f.link(LinkPurpose::invitation);
  const auto second = f.link(LinkPurpose::invitation);
  CHECK_FALSE(f.redeem(first, f.at));
  CHECK(f.db.run([&](Tx& tx) { return find_one_time_link(tx, second, f.at)->purpose; }) ==
        LinkPurpose::invitation);
  const auto redeemed = f.redeem(second, f.at + 23h);
  REQUIRE(redeemed);
  CHECK(redeemed->user == f.ann.id);
  CHECK_FALSE(f.redeem(second, f.at + 23h));
  CHECK_FALSE(f.redeem(f.link(LinkPurpose::password), f.at + 24h));
  CHECK_FALSE(f.redeem(f.link(LinkPurpose::sign_in), f.at + 10min));
  CHECK(f.redeem(f.link(LinkPurpose::sign_in), f.at + 9min));
  CHECK(one_time_url("https://sms.example.com", "abc") == "https://sms.example.com/sign-in#abc");
}
