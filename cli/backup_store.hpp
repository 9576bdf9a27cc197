// Where backups are kept and how they are made: by pgBackRest, or as dumps in a directory. What a store runs
// is an Error when it fails, in its own words; no password is in an argument or in them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/private_server.hpp"
#include "core/backup/backup_run.hpp"
#include "core/base/json.hpp"
#include "core/config.hpp"

namespace smscrm {

struct StoredBackup {
  std::string name;
  BackupRunKind kind = BackupRunKind::full;
  Timestamp taken_at;               // what was committed until then is in it
  std::int64_t bytes = 0;           // as it is stored, with what it builds upon
  std::int64_t database_bytes = 0;  // as it was in the database
  int server_version = 0;           // PostgreSQL's major version
  std::string key;                  // fingerprint of the key that its secrets need; empty: not known
};

Json to_json(const StoredBackup& backup, const std::optional<Timestamp>& verified_at);

struct RestorePlan {
  std::filesystem::path directory;  // of a store of clusters: for the data
  std::string database_url;         // of a store of dumps: an empty database
  std::optional<Timestamp> target;  // the moment; nullopt: all that there is
  bool pauses = false;              // at the target, so that somebody can look
};

class BackupStore {
 public:
  virtual ~BackupStore() = default;

  virtual const char* tool() const = 0;
  // Of a kind that the tool knows: a dump is full. What is written while no backup is whole may be removed by `forget_partial`, from any thread.
  virtual StoredBackup create(Connection& database, BackupRunKind kind, const std::string& key) = 0;
  virtual void forget_partial() noexcept {}
  // Newest first. Works without the database.
  virtual std::vector<StoredBackup> list() = 0;
  // Reads what is stored against its checksums. Throws Error{internal} naming the backup and what is damaged.
  virtual void check(const StoredBackup& backup) = 0;
  // A running copy: of the newest backup with all that was archived since, else as it was when it was taken.
  // `url` is set to its database, for a user who may do anything that ours may.
  virtual std::unique_ptr<PrivateServer> restore_copy(const StoredBackup& backup, bool is_newest,
                                                      const ScratchDirectory& scratch, std::string& url) = 0;
  // For good. Throws Error{conflict} when what is there would be touched. `backup` is nullopt where the store
  // finds the one before the target.
  virtual void restore(const std::optional<StoredBackup>& backup, const RestorePlan& plan) = 0;
};

// Throws Error{usage} when [backup] names none.
std::unique_ptr<BackupStore> open_backup_store(const Config& config);

// What is wrong in pgBackRest's configuration, though it works; empty: nothing that is known.
std::string pgbackrest_trouble(const std::string& config_file);

std::unique_ptr<BackupStore> make_dump_store(const Config& config);
std::unique_ptr<BackupStore> make_pgbackrest_store(const Config& config);

// The one of that name, or the newest when it is empty. Throws Error{not_found}.
StoredBackup get_backup(const std::vector<StoredBackup>& all, const std::string& name);

}  // namespace smscrm
