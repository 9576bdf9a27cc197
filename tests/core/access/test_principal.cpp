#include <doctest/doctest.h>

#include "core/access/principal.hpp"
#include "core/base/error.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const TenantId ours{1}, theirs{2};
const Timestamp at = parse_rfc3339("2026-05-01T09:00:00Z");

Principal user(std::optional<Role> role, bool is_operator = false) {
  Principal who;
  who.user = UserId{7};
  who.is_operator = is_operator;
  if (role) who.roles[ours] = *role;
  who.fresh_at = at - 1min;
  return who;
}

Principal key(std::set<std::string, std::less<>> scopes) {
  Principal who;
  who.key = ApiKeyId{3};
  who.tenant = ours;
  who.scopes = std::move(scopes);
  return who;
}

}  // namespace

TEST_CASE("a role has the scopes of its line and of those before it") {
  struct Case {
    Role role;
    const char* scope;
    Permission want;
  };
  const Case cases[] = {
      {Role::viewer, "contacts:read", Permission::allowed},
      {Role::viewer, "inbox:read", Permission::denied},
      {Role::viewer, "pause", Permission::denied},
      {Role::agent, "pause", Permission::allowed},
      {Role::agent, "consent:write", Permission::allowed},
      {Role::agent, "contacts:write", Permission::denied},
      {Role::editor, "campaigns:write", Permission::allowed},
      {Role::editor, "launch", Permission::denied},
      {Role::manager, "launch", Permission::allowed},
      {Role::manager, "keys:write", Permission::denied},
      {Role::manager, "audit:read", Permission::allowed},
      {Role::owner, "keys:write", Permission::allowed},
      {Role::owner, "tenants", Permission::hidden},
      {Role::owner, "no such thing", Permission::denied},
  };
  for (const auto& c : cases) {
    CAPTURE(c.scope);
    CAPTURE(to_string(c.role));
    CHECK(decide(user(c.role), c.scope, ours, at) == c.want);
  }
}

TEST_CASE("every scope is somebody's, and none is anybody's of another tenant") {
  for (const auto& scope : scopes()) {
    CAPTURE(scope.name);
    CHECK_FALSE(scope.about.empty());
    CHECK(decide(user(Role::owner, true), scope.name, ours, at) == Permission::allowed);
    if (scope.least) CHECK(decide(user(Role::owner, true), scope.name, theirs, at) == Permission::hidden);
    CHECK(decide(user(std::nullopt), scope.name, ours, at) == Permission::hidden);
    CHECK(decide(key({std::string{scope.name}}), scope.name, theirs, at) == Permission::hidden);
    CHECK(decide(key({std::string{scope.name}}), scope.name, std::nullopt, at) == Permission::hidden);
  }
}

TEST_CASE("an operator operates, and sees no tenant's data without a role in it") {
  CHECK(decide(user(std::nullopt, true), "tenants", std::nullopt, at) == Permission::allowed);
  CHECK(decide(user(std::nullopt, true), "status", std::nullopt, at) == Permission::allowed);
  CHECK(decide(user(std::nullopt, true), "contacts:read", ours, at) == Permission::hidden);
}

TEST_CASE("what wants a fresh password is refused ten minutes after it") {
  auto who = user(Role::owner);
  who.fresh_at = at - 10min;
  CHECK(decide(who, "keys:write", ours, at) == Permission::allowed);
  who.fresh_at = at - 11min;
  CHECK(decide(who, "keys:write", ours, at) == Permission::stale);
  CHECK(decide(who, "contacts:write", ours, at) == Permission::allowed);
}

TEST_CASE("a key does what its scopes name, and nothing that takes a person") {
  CHECK(decide(key({"contacts:read"}), "contacts:read", ours, at) == Permission::allowed);
  CHECK(decide(key({"contacts:read"}), "contacts:write", ours, at) == Permission::denied);
  CHECK(decide(key({"keys:write"}), "keys:write", ours, at) == Permission::denied);
  CHECK(decide(key({"tenants"}), "tenants", ours, at) == Permission::denied);
}

TEST_CASE("roles and scopes are known by their words") {
  for (const auto role : {Role::viewer, Role::agent, Role::editor, Role::manager, Role::owner})
    CHECK(parse_role(to_string(role)) == role);
  CHECK_FALSE(find_role("Owner"));
  CHECK_THROWS_AS(parse_role("boss"), Error);
  CHECK(get_scope("launch").least == Role::manager);
  CHECK_THROWS_AS(get_scope("lunch"), Error);
}
