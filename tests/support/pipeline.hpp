// The sender of a daemon on a database of its own, against a provider at `url`.
#pragma once

#include "core/base/wait.hpp"
#include "core/tenant/account.hpp"
#include "daemon/sending/sender.hpp"
#include "tests/support/send_fixture.hpp"

namespace smscrm::test {

using namespace std::chrono_literals;

struct Pipeline {
  SendFixture f{100'000};
  SecretKey key{std::string(32, 'k')};
  Config config;

  explicit Pipeline(const std::string& url) {
    set_up_account(f, '1');
    config.database.url = f.db.url();
    config.twilio.api_url = url;
    config.twilio.timeout = 3s;
    config.http.public_url = "https://sms.example.com";
  }

  // Account "AC" and 32 times `digit`.
  void set_up_account(SendFixture& of, char digit) {
    of.db.run([&](Tx& tx) {
      AccountChange change;
      change.sid = "AC" + std::string(32, digit);
      change.auth_token = std::string(32, 'a');
      change.rate = 100'000;
      change.max_in_flight = 16;
      set_account(tx, key, of.tenant.id, change, now());
    });
  }

  SenderOptions options(const std::string& id) const {
    SenderOptions options;
    options.daemon_id = id;
    options.host = "test";
    options.resolve_after = 100ms;
    options.resolve_grace = 500ms;
    return options;
  }

  // Awaits that the query gives `want`; false after `limit`.
  bool await(const std::string& query, const std::string& want, std::chrono::seconds limit = 3min) {
    for (const auto end = now() + limit; now() < end;) {
      if (f.value(query) == want) return true;
      wait_unless_stopped({}, 50ms);
    }
    return false;
  }
};

}  // namespace smscrm::test
