// Names that exist at this moment, for completing a command line while it is typed: cheap reads over the
// tables of several modules, never more than 200 rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

struct LiveName {
  std::string name;
  std::string description;  // for people; may be empty
};

// The kinds that list_live_names knows: "TENANT", "ALIAS", "CAMPAIGN", "LIST", "TEMPLATE", "SENDER",
// "WEBHOOK", "USER", "KEY", "IMPORT", "AUDIENCE".
bool is_live_name_kind(std::string_view kind);

// Those that begin with `prefix`. Kinds other than TENANT, ALIAS and USER need a tenant, by slug or id, and
// are empty without.
std::vector<LiveName> list_live_names(Tx& tx, std::string_view kind, std::string_view tenant,
                                      std::string_view prefix);

}  // namespace smscrm
