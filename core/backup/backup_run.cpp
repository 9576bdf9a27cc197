#include "core/backup/backup_run.hpp"

#include "core/base/text.hpp"

namespace smscrm {

std::string_view to_string(BackupRunKind kind) {
  switch (kind) {
    case BackupRunKind::full:
      return "full";
    case BackupRunKind::incremental:
      return "incremental";
    case BackupRunKind::verify:
      return "verify";
    case BackupRunKind::key:
      return "key";
  }
  return "";
}

BackupRunId begin_backup_run(Tx& tx, BackupRunKind kind, const std::string& backup, Timestamp at) {
  return exec(tx, "INSERT INTO backup_run (kind, backup, began_at) VALUES ($1, $2, $3) RETURNING id",
              to_string(kind), backup, at)
      .front()[0]
      .as<BackupRunId>();
}

void end_backup_run(Tx& tx, BackupRunId id, const BackupRunEnd& end, Timestamp at) {
  exec(tx,
       "UPDATE backup_run SET kind = $2, backup = $3, bytes = $4, error = left($5, 1000), ended_at = $6"
       " WHERE id = $1",
       id, to_string(end.kind), end.backup, end.bytes, end.error, at);
}

BackupAges find_backup_ages(Tx& tx) {
  const auto row =
      exec(tx,
           "WITH last AS (SELECT kind, max(ended_at) AS at FROM backup_run"
           "               WHERE ended_at IS NOT NULL AND error = '' GROUP BY kind)"
           " SELECT (SELECT at FROM last WHERE kind = 'full') AS full_at,"
           "        (SELECT at FROM last WHERE kind = 'incremental') AS incremental_at,"
           "        (SELECT at FROM last WHERE kind = 'verify') AS verified_at,"
           "        coalesce((SELECT error FROM backup_run r WHERE error <> ''"
           "                     AND NOT EXISTS (SELECT FROM last l WHERE l.at > r.ended_at"
           "                                        AND (l.kind = 'verify') = (r.kind = 'verify'))"
           "                   ORDER BY ended_at DESC LIMIT 1), '') AS trouble")
          .front();
  return {as_optional<Timestamp>(row["full_at"]), as_optional<Timestamp>(row["incremental_at"]),
          as_optional<Timestamp>(row["verified_at"]), row["trouble"].as<std::string>()};
}

std::vector<std::optional<Timestamp>> find_verified(Tx& tx, const std::vector<std::string>& backups) {
  std::vector<std::optional<Timestamp>> all;
  for (const auto& row :
       exec(tx,
            "SELECT max(r.ended_at) FROM unnest($1::text[]) WITH ORDINALITY AS b (name, place)"
            "  LEFT JOIN backup_run r ON r.kind = 'verify' AND r.backup = b.name"
            "                        AND r.error = '' AND r.ended_at IS NOT NULL"
            " GROUP BY b.place ORDER BY b.place",
            backups))
    all.push_back(as_optional<Timestamp>(row[0]));
  return all;
}

std::string key_fingerprint(const SecretKey& key) {
  return hex_encode(derive_key(key, "fingerprint").bytes().substr(0, 8));
}

void record_key_copy(Tx& tx, const std::string& fingerprint, Timestamp at) {
  exec(tx, "INSERT INTO backup_run (kind, backup, began_at, ended_at) VALUES ('key', $1, $2, $2)",
       fingerprint, at);
}

std::optional<Timestamp> find_key_copy(Tx& tx, const std::string& fingerprint) {
  return as_optional<Timestamp>(
      exec(tx, "SELECT max(ended_at) FROM backup_run WHERE kind = 'key' AND backup = $1", fingerprint)
          .front()[0]);
}

std::optional<WalArchive> find_wal_archive(Tx& tx) {
  const auto row = exec(tx,
                        "SELECT current_setting('archive_mode') <> 'off' AS archives,"
                        "       coalesce(last_archived_time, pg_postmaster_start_time()) AS archived_at,"
                        "       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)"
                        "         AS is_failing"
                        "  FROM pg_stat_archiver")
                       .front();
  if (!row["archives"].as<bool>()) return std::nullopt;
  return WalArchive{row["archived_at"].as<Timestamp>(), row["is_failing"].as<bool>()};
}

}  // namespace smscrm
