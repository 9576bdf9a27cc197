// Users to test access with.
#pragma once

#include "core/access/user.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm::test {

struct AccessFixture {
  TestDb db;
  SecretKey key = new_secret_key();
  Tenant tenant = add_test_tenant(db);
  Timestamp at = parse_rfc3339("2026-05-01T09:00:05Z");

  User add(const std::string& email, std::optional<Role> role = {}) {
    return db.run([&](Tx& tx) {
      const auto user = add_user(tx, {email, "", false}, at);
      if (role) set_role(tx, tenant.id, user.id, *role, at);
      return user;
    });
  }

  // The code of what `work` throws; nullopt when it throws nothing.
  template <class Work>
  std::optional<Errc> error(Work&& work) {
    try {
      db.run(work);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }
};

}  // namespace smscrm::test
