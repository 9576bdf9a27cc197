// Every key of the configuration: one table that drives files, environment, flags, `config show` and the
// manual's test.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace smscrm {

struct ConfigKey {
  std::string name;
  bool is_list;
  bool has_password;  // a URL whose password `config show` masks
  // One value, unless the key is a list. Throws Error{invalid} for what cannot be read.
  void (*set)(Config&, const std::vector<std::string>& values);
  std::string (*show)(const Config&);
};

const std::vector<ConfigKey>& config_keys();                // in the order of the manual
const ConfigKey* find_config_key(const std::string& name);  // nullptr: there is none

// "SMSCRM_DATABASE_URL" for "database.url".
std::string config_variable(const std::string& key_name);

}  // namespace smscrm
