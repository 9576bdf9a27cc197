#include "cli/backup_store.hpp"

#include <algorithm>

namespace smscrm {

Json to_json(const StoredBackup& backup, const std::optional<Timestamp>& verified_at) {
  return {{"backup", backup.name},
          {"kind", to_string(backup.kind)},
          {"taken_at", format_rfc3339(backup.taken_at)},
          {"bytes", backup.bytes},
          {"database_bytes", backup.database_bytes},
          {"server_version", backup.server_version},
          {"verified_at", verified_at ? Json(format_rfc3339(*verified_at)) : Json(nullptr)}};
}

std::unique_ptr<BackupStore> open_backup_store(const Config& config) {
  if (!config.backup.pgbackrest_config.empty()) return make_pgbackrest_store(config);
  if (!config.backup.directory.empty()) return make_dump_store(config);
  throw Error(Errc::usage, "no place for backups is configured")
      .with_hint("set backup.pgbackrest_config and backup.stanza, or backup.directory for dumps of pg_dump");
}

StoredBackup get_backup(const std::vector<StoredBackup>& all, const std::string& name) {
  if (all.empty())
    throw Error(Errc::not_found, "there is no backup yet")
        .with_hint("make one with \"smscrm backup create\"");
  if (name.empty()) return all.front();
  const auto found = std::ranges::find(all, name, &StoredBackup::name);
  if (found == all.end())
    throw Error(Errc::not_found, "there is no backup {}", name).with_hint("see \"smscrm backup list\"");
  return *found;
}

}  // namespace smscrm
