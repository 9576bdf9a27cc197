// What has to hold of a database that was restored, looked at in a copy that nobody sends from.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

struct RestoreCheck {
  std::string check;
  bool holds = true;
  std::string detail;
};

Json to_json(const RestoreCheck& check);

struct CopyProof {
  std::vector<RestoreCheck> checks;  // the schema, every campaign, the audit, what is sealed
  std::int64_t bytes = 0;            // of the database
};

// `url`: the copy. What the programs know beyond it is migrated there first.
CopyProof check_copy(const std::string& url, const SecretKey& key);

}  // namespace smscrm
