// What is known of backups in the database itself: when one was last made, restored for a test, and whether
// anybody has shown the copy of the key file, without which a backup is of no use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

using BackupRunId = Id<struct BackupRunTag>;

enum class BackupRunKind { full, incremental, verify, key };

std::string_view to_string(BackupRunKind kind);

// Notes that it begins. `backup`: the name of what is restored; empty where it is made yet. As the worker.
BackupRunId begin_backup_run(Tx& tx, BackupRunKind kind, const std::string& backup, Timestamp at);

struct BackupRunEnd {
  BackupRunKind kind;                      // that it became: the first incremental backup is a full one
  std::string backup = {};                 // its name
  std::optional<std::int64_t> bytes = {};  // stored, or restored
  std::string error = {};                  // empty: it succeeded; cut off beyond 1,000 characters
};

void end_backup_run(Tx& tx, BackupRunId id, const BackupRunEnd& end, Timestamp at);

// When runs last came to a good end.
struct BackupAges {
  std::optional<Timestamp> full, incremental, verified;
  std::string trouble;  // what the last run said that failed after them; empty: none did

  std::optional<Timestamp> backed_up() const { return std::max(full, incremental); }
};

BackupAges find_backup_ages(Tx& tx);

// When backups of these names were last restored whole, in their order.
std::vector<std::optional<Timestamp>> find_verified(Tx& tx, const std::vector<std::string>& backups);

// What tells keys apart and gives nothing of them away: 16 hexadecimal digits.
std::string key_fingerprint(const SecretKey& key);

// Somebody has shown a copy of it.
void record_key_copy(Tx& tx, const std::string& fingerprint, Timestamp at);
std::optional<Timestamp> find_key_copy(Tx& tx, const std::string& fingerprint);

// The archive of write-ahead log, from which alone a database is restored to a moment.
struct WalArchive {
  Timestamp archived_at;  // the last segment; of a server that has archived none, its start
  bool is_failing = false;
};

// nullopt: the server archives nothing.
std::optional<WalArchive> find_wal_archive(Tx& tx);

}  // namespace smscrm
