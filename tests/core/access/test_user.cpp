#include <doctest/doctest.h>

#include "core/access/totp.hpp"
#include "core/access/user.hpp"
#include "tests/support/access.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::AccessFixture;

TEST_CASE("a user is known by the address, whatever its case, and by number") {
  AccessFixture f;
  const auto ann = f.add(" Ann@Acme.example ");
  CHECK(ann.email == "ann@acme.example");
  CHECK(f.db.run([&](Tx& tx) { return get_user(tx, "ANN@acme.example").id; }) == ann.id);
  CHECK(f.db.run([&](Tx& tx) { return get_user(tx, std::to_string(ann.id.value)).id; }) == ann.id);
  CHECK(f.error([&](Tx& tx) { get_user(tx, "ann@acme.exampel"); }) == Errc::not_found);
  CHECK(f.error([&](Tx& tx) { add_user(tx, {"ann@ACME.example", "", false}, f.at); }) == Errc::conflict);
  for (const char* bad : {"", "ann", "@acme.example", "ann@", "ann@acme", "ann@.example", "a nn@acme.example",
                          "ann@acme.example,bob@acme.example", "ann\x07@acme.example"}) {
    CAPTURE(bad);
    CHECK(f.error([&](Tx& tx) { add_user(tx, {bad, "", false}, f.at); }) == Errc::invalid);
  }
}

TEST_CASE("roles are of a tenant, and a deleted tenant gives none") {
  AccessFixture f;
  const auto other = add_test_tenant(f.db, "other");
  const auto ann = f.add("ann@acme.example", Role::owner);
  f.db.run([&](Tx& tx) { set_role(tx, other.id, ann.id, Role::viewer, f.at); });
  auto who = f.db.run([&](Tx& tx) { return *find_principal(tx, ann.id); });
  CHECK(who.roles == std::map<TenantId, Role>{{f.tenant.id, Role::owner}, {other.id, Role::viewer}});
  f.db.run([&](Tx& tx) { delete_tenant(tx, other.id, f.at); });
  who = f.db.run([&](Tx& tx) { return *find_principal(tx, ann.id); });
  CHECK(who.roles == std::map<TenantId, Role>{{f.tenant.id, Role::owner}});
  CHECK(f.db.run([&](Tx& tx) { return list_users(tx, f.tenant.id).size(); }) == 1);
}

TEST_CASE("a tenant keeps an owner who can come in, and the installation an operator") {
  AccessFixture f;
  const auto ann = f.add("ann@acme.example", Role::owner), bob = f.add("bob@acme.example", Role::manager);
  const auto demote = [&](UserId user) {
    return f.error([&](Tx& tx) { set_role(tx, f.tenant.id, user, Role::viewer, f.at); });
  };
  CHECK(demote(ann.id) == Errc::conflict);
  CHECK(f.error([&](Tx& tx) { remove_role(tx, f.tenant.id, ann.id, f.at); }) == Errc::conflict);
  CHECK(f.error([&](Tx& tx) { update_user(tx, ann.id, {.disabled = true}, f.at); }) == Errc::conflict);
  f.db.run([&](Tx& tx) { set_role(tx, f.tenant.id, bob.id, Role::owner, f.at); });
  CHECK_FALSE(demote(ann.id));
  CHECK(f.error([&](Tx& tx) { update_user(tx, bob.id, {.disabled = true}, f.at); }) == Errc::conflict);

  f.db.run([&](Tx& tx) { update_user(tx, ann.id, {.is_operator = true}, f.at); });
  CHECK(f.error([&](Tx& tx) { update_user(tx, ann.id, {.is_operator = false}, f.at); }) == Errc::conflict);
  CHECK(f.error([&](Tx& tx) { update_user(tx, ann.id, {.disabled = true}, f.at); }) == Errc::conflict);
}

TEST_CASE("who is disabled is nobody, until they are enabled again") {
  AccessFixture f;
  f.add("ann@acme.example", Role::owner);
  const auto bob = f.add("bob@acme.example", Role::agent);
  f.db.run([&](Tx& tx) { update_user(tx, bob.id, {.disabled = true}, f.at); });
  CHECK_FALSE(f.db.run([&](Tx& tx) { return find_principal(tx, bob.id); }));
  f.db.run([&](Tx& tx) { update_user(tx, bob.id, {.disabled = false}, f.at); });
  CHECK(f.db.run([&](Tx& tx) { return find_principal(tx, bob.id); }));
}

TEST_CASE("a password is kept sealed, and opens with its key alone") {
  AccessFixture f;
  const auto ann = f.add("ann@acme.example");
  CHECK(f.db.run([&](Tx& tx) { return find_credentials(tx, f.key, ann.email)->password; }).empty());
  f.db.run([&](Tx& tx) { set_password(tx, f.key, ann.id, "$argon2id$…", f.at); });
  CHECK(f.db.run([&](Tx& tx) { return find_credentials(tx, f.key, "Ann@acme.example")->password; }) ==
        "$argon2id$…");
  CHECK(f.error([&](Tx& tx) { find_credentials(tx, new_secret_key(), ann.email); }) == Errc::usage);
  CHECK_FALSE(f.db.run([&](Tx& tx) { return find_credentials(tx, f.key, "bob@acme.example"); }));
}

TEST_CASE("a second factor counts once it is confirmed, and each code once") {
  AccessFixture f;
  const auto ann = f.add("ann@acme.example");
  const auto secret = f.db.run([&](Tx& tx) { return begin_totp(tx, f.key, ann.id, f.at); });
  CHECK(f.db.run([&](Tx& tx) { return find_credentials(tx, f.key, ann.email)->totp_secret; }).empty());
  CHECK(f.error([&](Tx& tx) { confirm_totp(tx, f.key, ann.id, "000000", f.at); }) == Errc::invalid);
  const auto codes =
      f.db.run([&](Tx& tx) { return confirm_totp(tx, f.key, ann.id, totp_code(secret, f.at), f.at); });
  CHECK(codes.size() == 10);
  CHECK(f.db.run([&](Tx& tx) { return find_credentials(tx, f.key, ann.email)->totp_secret; }) == secret);

  const auto use = [&](std::string_view code, Timestamp at) {
    return f.db.run([&](Tx& tx) { return use_totp(tx, f.key, ann.id, code, at); });
  };
  CHECK_FALSE(use(totp_code(secret, f.at), f.at));  // it confirmed the factor
  CHECK(use(totp_code(secret, f.at + 30s), f.at + 20s));
  CHECK_FALSE(use(totp_code(secret, f.at + 30s), f.at + 40s));
  CHECK_FALSE(use(totp_code(secret, f.at), f.at + 25s));  // older than one that was used
  CHECK(use(totp_code(secret, f.at + 60s), f.at + 60s));
}

TEST_CASE("a recovery code comes in once, and goes with the factor") {
  AccessFixture f;
  const auto ann = f.add("ann@acme.example"), bob = f.add("bob@acme.example");
  const auto secret = f.db.run([&](Tx& tx) { return begin_totp(tx, f.key, ann.id, f.at); });
  const auto codes =
      f.db.run([&](Tx& tx) { return confirm_totp(tx, f.key, ann.id, totp_code(secret, f.at), f.at); });
  const auto use = [&](UserId user, const std::string& code) {
    return f.db.run([&](Tx& tx) { return use_recovery_code(tx, user, code, f.at); });
  };
  CHECK_FALSE(use(bob.id, codes[0]));
  CHECK(use(ann.id, codes[0]));
  CHECK_FALSE(use(ann.id, codes[0]));
  CHECK(f.db.run([&](Tx& tx) { return count_recovery_codes(tx, ann.id); }) == 9);
  f.db.run([&](Tx& tx) { remove_totp(tx, ann.id, f.at); });
  CHECK_FALSE(use(ann.id, codes[1]));
  CHECK_FALSE(f.db.run(
      [&](Tx& tx) { return use_totp(tx, f.key, ann.id, totp_code(secret, f.at + 90s), f.at + 90s); }));
}
