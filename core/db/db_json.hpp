// The schema's history as JSON.
#pragma once

#include <string>

#include "core/base/json.hpp"
#include "core/db/migrate.hpp"

namespace smscrm {

// `notes`: what applied migrations said that they did, of which each takes its own.
Json to_json(const AppliedMigration& migration, const std::vector<MigrationNote>& notes);
Json pending_to_json(const std::string& migration);
// One just applied.
Json migrated_to_json(const std::string& migration, const std::vector<MigrationNote>& notes);

}  // namespace smscrm
