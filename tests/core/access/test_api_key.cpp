#include <doctest/doctest.h>

#include "core/access/api_key.hpp"
#include "core/access/throttle.hpp"
#include "core/access/token.hpp"
#include "tests/support/access.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::AccessFixture;

namespace {

struct Fixture : AccessFixture {
  User ann = add("ann@acme.example", Role::owner);

  MadeApiKey make(const NewApiKey& added, std::optional<UserId> maker = {}) {
    return db.run([&](Tx& tx) {
      return add_api_key(tx, tenant.id, added, maker ? find_principal(tx, *maker) : std::nullopt, at);
    });
  }
  KeyUse use(const std::string& text, Timestamp when, const std::string& address = "192.0.2.1") {
    return db.run([&](Tx& tx) { return use_api_key(tx, text, address, when); });
  }
  std::string refusal(const std::string& text, Timestamp when, const std::string& address = "192.0.2.1") {
    const auto used = use(text, when, address);
    return used.who ? "" : used.refusal;
  }
};

}  // namespace

TEST_CASE("a key lets its program in, with its scopes, in its tenant") {
  Fixture f;
  const auto made = f.make({"ci", {"contacts:read", "imports:write", "imports:write"}, {}, {}});
  CHECK(made.key.scopes == std::vector<std::string>{"contacts:read", "imports:write"});
  const auto used = f.use(made.text, f.at);
  REQUIRE(used.who);
  CHECK(decide(*used.who, "imports:write", f.tenant.id, f.at) == Permission::allowed);
  CHECK(decide(*used.who, "launch", f.tenant.id, f.at) == Permission::denied);
  const auto key = f.db.run([&](Tx& tx) { return get_api_key(tx, f.tenant.id, "ci"); });
  CHECK(key.last_used_at == f.at);
  CHECK(key.last_used_from == "192.0.2.1");
}

TEST_CASE("a key is refused when it is another's, ended, elsewhere, or its maker has gone") {
  Fixture f;
  const auto made =
      f.make({"ci", {"contacts:read"}, {"192.0.2.0/24", "2001:db8::/32"}, f.at + 24h}, f.ann.id);
  CHECK(f.refusal(made.text, f.at).empty());
  CHECK(f.refusal(made.text, f.at, "2001:db8::7").empty());
  CHECK(f.refusal(made.text, f.at, "198.51.100.1") == "foreign address");
  CHECK(f.refusal(made.text, f.at, "") == "foreign address");
  CHECK(f.refusal(made.text, f.at + 24h) == "expired");
  CHECK(f.refusal(format_api_key(f.tenant.id, made.key.id, new_api_key_secret()), f.at) == "wrong secret");
  CHECK(f.refusal(format_api_key(f.tenant.id, ApiKeyId{99}, new_api_key_secret()), f.at) == "unknown key");
  CHECK(f.refusal("Bearer x", f.at) == "no key");

  const auto bob = f.add("bob@acme.example", Role::owner);
  f.db.run([&](Tx& tx) { set_role(tx, f.tenant.id, f.ann.id, Role::agent, f.at); });
  CHECK(f.refusal(made.text, f.at).empty());
  f.db.run([&](Tx& tx) { remove_role(tx, f.tenant.id, f.ann.id, f.at); });
  CHECK(f.refusal(made.text, f.at) == "maker without membership");
}

TEST_CASE("a key never has more than its maker, then and later") {
  Fixture f;
  const auto bob = f.add("bob@acme.example", Role::editor);
  CHECK(f.error([&](Tx& tx) {
    add_api_key(tx, f.tenant.id, {"ci", {"launch"}, {}, {}}, find_principal(tx, bob.id), f.at);
  }) == Errc::denied);
  const auto made = f.make({"ci", {"contacts:read", "contacts:write"}, {}, {}}, bob.id);
  f.db.run([&](Tx& tx) { set_role(tx, f.tenant.id, bob.id, Role::viewer, f.at); });
  const auto who = *f.use(made.text, f.at).who;
  CHECK(decide(who, "contacts:read", f.tenant.id, f.at) == Permission::allowed);
  CHECK(decide(who, "contacts:write", f.tenant.id, f.at) == Permission::denied);
}

TEST_CASE("what cannot be a key's is refused when it is made") {
  Fixture f;
  f.make({"ci", {"contacts:read"}, {}, {}});
  const std::pair<NewApiKey, Errc> cases[] = {
      {{"", {"contacts:read"}, {}, {}}, Errc::invalid},
      {{"17", {"contacts:read"}, {}, {}}, Errc::invalid},
      {{"x", {}, {}, {}}, Errc::invalid},
      {{"x", {"contacts"}, {}, {}}, Errc::invalid},
      {{"x", {"keys:write"}, {}, {}}, Errc::invalid},
      {{"x", {"tenants"}, {}, {}}, Errc::invalid},
      {{"x", {"contacts:read"}, {"home"}, {}}, Errc::invalid},
      {{"x", {"contacts:read"}, {}, f.at}, Errc::invalid},
      {{"ci", {"contacts:read"}, {}, {}}, Errc::conflict},
  };
  for (const auto& [added, code] : cases) {
    CAPTURE(added.name);
    CHECK(f.error([&, wanted = added](Tx& tx) { add_api_key(tx, f.tenant.id, wanted, {}, f.at); }) == code);
  }
}

TEST_CASE("a rotated key overlaps with the one before, a revoked one ends at once") {
  Fixture f;
  const auto old = f.make({"ci", {"contacts:read"}, {}, f.at + 24h});
  const auto next = f.db.run([&](Tx& tx) { return rotate_api_key(tx, f.tenant.id, old.key, 1h, f.at + 2h); });
  CHECK(next.key.expires_at == f.at + 26h);
  CHECK(f.refusal(old.text, f.at + 2h + 59min).empty());
  CHECK(f.refusal(old.text, f.at + 3h) == "revoked");
  CHECK(f.refusal(next.text, f.at + 3h).empty());
  CHECK(f.db.run([&](Tx& tx) { return get_api_key(tx, f.tenant.id, "ci").id; }) == next.key.id);
  f.db.run([&](Tx& tx) { revoke_api_key(tx, f.tenant.id, next.key.id, f.at + 3h); });
  CHECK(f.refusal(next.text, f.at + 3h) == "revoked");
  CHECK(f.error([&](Tx& tx) {
    rotate_api_key(tx, f.tenant.id, get_api_key(tx, f.tenant.id, "ci"), 1h, f.at + 3h);
  }) == Errc::conflict);
  CHECK_FALSE(f.error([&](Tx& tx) {
    add_api_key(tx, f.tenant.id, {"ci", {"contacts:read"}, {}, {}}, {}, f.at + 3h);
  }));
}

TEST_CASE("failures make the next attempt wait longer, up to the end of the hour") {
  Fixture f;
  const std::vector<std::string> subjects{"user:7", "address:192.0.2.1"};
  const auto wait = [&](Timestamp when) {
    return f.db.run([&](Tx& tx) { return sign_in_wait(tx, subjects, when); });
  };
  const auto fail = [&](Timestamp when) {
    f.db.run([&](Tx& tx) { record_sign_in_failure(tx, subjects, when); });
  };
  for (int i = 0; i < 4; ++i) fail(f.at);
  CHECK(wait(f.at) == 0s);
  fail(f.at);
  CHECK(wait(f.at) == 1s);
  CHECK(wait(f.at + 1s) <= 0s);
  for (int i = 0; i < 4; ++i) fail(f.at);
  CHECK(wait(f.at) == 16s);
  for (int i = 0; i < 91; ++i) fail(f.at);
  CHECK(wait(f.at + 30min) == 30min);
  CHECK(wait(f.at + 1h) <= 0s);
  fail(f.at + 1h);
  CHECK(wait(f.at + 1h) <= 0s);
  CHECK(f.db.run([&](Tx& tx) { return sign_in_wait(tx, {"user:8"}, f.at); }) == 0s);
  f.db.run([&](Tx& tx) { forget_sign_in_failures(tx, "user:7"); });
}

TEST_CASE("neighbours in one network of IPv6 are one address to the throttle") {
  CHECK(throttle_address("2001:db8:1:2:3::4") == throttle_address("2001:db8:1:2:ffff::9"));
  CHECK(throttle_address("2001:db8:1:2::4") != throttle_address("2001:db8:1:3::4"));
  CHECK(throttle_address("192.0.2.1") != throttle_address("192.0.2.2"));
  CHECK(throttle_address("") == "address:");
}
