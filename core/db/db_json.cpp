#include "core/db/db_json.hpp"

namespace smscrm {

namespace {

// {"contacts …": 2}
Json changed_by(const std::string& migration, const std::vector<MigrationNote>& notes) {
  auto changed = Json::object();
  for (const auto& note : notes)
    if (note.migration == migration) changed[note.what] = note.rows;
  return changed;
}

}  // namespace

Json to_json(const AppliedMigration& migration, const std::vector<MigrationNote>& notes) {
  return {{"migration", migration.name},
          {"status", "applied"},
          {"applied_at", format_rfc3339(migration.applied_at)},
          {"changed", changed_by(migration.name, notes)}};
}

Json pending_to_json(const std::string& migration) {
  return {
      {"migration", migration}, {"status", "pending"}, {"applied_at", nullptr}, {"changed", Json::object()}};
}

Json migrated_to_json(const std::string& migration, const std::vector<MigrationNote>& notes) {
  return {{"migration", migration}, {"changed", changed_by(migration, notes)}};
}

}  // namespace smscrm
