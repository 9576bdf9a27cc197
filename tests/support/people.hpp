// People at the daemon: made in a shell, signed in by their browsers.
#pragma once

#include <doctest/doctest.h>

#include "tests/support/browser.hpp"
#include "tests/support/world.hpp"

namespace smscrm::test {

inline constexpr const char* good = "grocer wandering velvet tuba";
inline constexpr const char* better = "lantern pebble orbit mustard";

inline std::string credentials(const std::string& email, const std::string& password) {
  return R"({"email":")" + email + R"(","password":")" + password + "\"}";
}

struct People {
  World world;

  People() {
    world.set_up();
    world.start_daemon();
  }
  Browser browser() const { return Browser{world.daemon_url()}; }
  // The token of a link that the shell makes.
  std::string token(const std::vector<std::string>& words) const {
    const auto link = world.must(words).json()["link"].get<std::string>();
    return link.substr(link.find('#') + 1);
  }
  // A user who has chosen the password.
  void add(const std::string& email, const std::string& role = "owner") const {
    auto page = browser();
    const auto invitation = token({"user", "create", email, "--role", role, "-o", "json"});
    const auto reply =
        page("POST", "/auth/redeem", R"({"token":")" + invitation + R"(","password":")" + good + "\"}");
    REQUIRE_MESSAGE(reply.status == 200, reply.text);
  }
  Browser sign_in(const std::string& email, const std::string& password = good) const {
    auto page = browser();
    const auto reply = page("POST", "/auth/login", credentials(email, password));
    REQUIRE_MESSAGE(reply.status == 200, reply.text);
    return page;
  }
  // As if the time had passed.
  void age_sessions(const std::string& change) {
    world.db.run([&](Tx& tx) { exec(tx, "UPDATE user_session SET " + change); });
  }
  void forget_failures() {
    world.db.run([](Tx& tx) { exec(tx, "DELETE FROM sign_in_failure"); });
  }
};

}  // namespace smscrm::test
