// The built smscrm on a database of its own, with a secret key and the tenant acme.
#pragma once

#include <string>
#include <vector>

#include "core/net/crypto.hpp"
#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {

struct TenantCli {
  TestDb db;
  Tenant acme = add_test_tenant(db);
  TempDir dir;
  std::string key_file = dir.write("key", base64_encode(random_bytes(SecretKey::size)));

  CommandResult operator()(std::vector<std::string> words, const std::string& input = "",
                           std::map<std::string, std::string> environment = {}) const {
    words.insert(words.begin(), "smscrm");
    environment.insert({{"SMSCRM_DATABASE_URL", db.url()},
                        {"SMSCRM_SECRETS_KEY_FILE", key_file},
                        {"SMSCRM_TENANT", "acme"}});
    return run_command(words, input, environment);
  }
};

}  // namespace smscrm
