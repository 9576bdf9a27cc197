// pgBackRest: backups of whole clusters with their log, in its repository. Its configuration says where that
// is and how long backups are kept.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>

#include <date/date.h>
#include <pwd.h>
#include <unistd.h>

#include "cli/backup_store.hpp"
#include "core/base/text.hpp"
#include "core/db/conninfo.hpp"

namespace smscrm {
namespace fs = std::filesystem;

namespace {

Timestamp at_second(std::int64_t second) { return Timestamp{std::chrono::seconds{second}}; }

// As libpq would take it.
std::string setting_of(const std::string& url, const char* name, const char* variable) {
  const auto parsed = parse_conninfo(url);
  const auto* given = parsed ? parsed->find(name) : nullptr;
  if (given != nullptr && !given->empty()) return *given;
  const auto* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

class PgBackRestStore : public BackupStore {
 public:
  explicit PgBackRestStore(const Config& config) : config_(config) {}

  const char* tool() const override { return "pgbackrest"; }
  StoredBackup create(Connection& database, BackupRunKind kind, const std::string& key) override;
  std::vector<StoredBackup> list() override;
  void check(const StoredBackup& backup) override;
  std::unique_ptr<PrivateServer> restore_copy(const StoredBackup& backup, bool is_newest,
                                              const ScratchDirectory& scratch, std::string& url) override;
  void restore(const std::optional<StoredBackup>& backup, const RestorePlan& plan) override;

 private:
  ChildResult run(std::vector<std::string> more);
  ChildResult must_run(const std::string& what, std::vector<std::string> more);

  const Config& config_;
};

ChildResult PgBackRestStore::run(std::vector<std::string> more) {
  std::vector<std::string> argv{"pgbackrest", "--config=" + config_.backup.pgbackrest_config,
                                "--stanza=" + config_.backup.stanza};
  argv.insert(argv.end(), more.begin(), more.end());
  return run_child({.argv = argv, .user = server_user()});
}

ChildResult PgBackRestStore::must_run(const std::string& what, std::vector<std::string> more) {
  auto result = run(std::move(more));
  if (result.status == 0) return result;
  constexpr int stanza_lacks = 55;  // a file is missing: mostly that of a stanza which nobody made
  throw Error(Errc::unavailable, "pgbackrest cannot {}: {}", what, last_words(result))
      .with_hint(result.status == stanza_lacks
                     ? "make the stanza: pgbackrest stanza-create, then check"
                     : "run as a user that reads the data and the repository, mostly postgres");
}

StoredBackup PgBackRestStore::create(Connection&, BackupRunKind kind, const std::string& key) {
  must_run("make a backup", {kind == BackupRunKind::full ? "--type=full" : "--type=incr", "backup"});
  auto backup = get_backup(list(), "");
  backup.key = key;
  return backup;
}

std::vector<StoredBackup> PgBackRestStore::list() {
  const auto result = must_run("tell of its backups", {"--output=json", "info"});
  const auto info = Json::parse(result.out, nullptr, false);
  if (!info.is_array() || info.empty())
    throw Error(Errc::unavailable, "pgbackrest says nothing of stanza {}", config_.backup.stanza);
  const auto& stanza = info.front();
  std::map<int, int> versions;
  for (const auto& database : stanza.value("db", Json::array()))
    versions[database.value("id", 0)] =
        static_cast<int>(parse_integer(split(database.value("version", "0"), '.').front()).value_or(0));
  std::vector<StoredBackup> all;
  for (const auto& each : stanza.value("backup", Json::array()))
    all.push_back({.name = each.at("label"),
                   .kind = each.at("type") == "full" ? BackupRunKind::full : BackupRunKind::incremental,
                   .taken_at = at_second(each.at("timestamp").at("stop")),
                   .bytes = each.at("info").at("repository").at("size"),
                   .database_bytes = each.at("info").at("size"),
                   .server_version = versions[each.at("database").value("id", 0)],
                   .key = {}});
  std::ranges::sort(all, std::ranges::greater{}, &StoredBackup::taken_at);
  return all;
}

// Its status is 0 whatever it finds: its words count, and they count backups that this one builds upon, too.
void PgBackRestStore::check(const StoredBackup& backup) {
  const auto result = must_run("verify its repository", {"--log-level-console=info", "verify"});
  const auto begin = result.out.find("status: error");
  if (begin == std::string::npos) return;
  std::vector<std::string> found;
  static const std::regex invalid{
      R"((?:invalid checksum|invalid size|file missing|unable to[^']*) '([^']+)')"};
  for (std::sregex_iterator one{result.out.begin(), result.out.end(), invalid}, end; one != end; ++one)
    found.push_back((*one)[1].str());
  if (found.size() > 5) found.resize(5);
  throw Error(Errc::internal, "backup {} or what it builds upon is damaged in the repository{}{}",
              backup.name, found.empty() ? "" : ": ", join(found, ", "));
}

std::unique_ptr<PrivateServer> PgBackRestStore::restore_copy(const StoredBackup& backup, bool is_newest,
                                                             const ScratchDirectory& scratch,
                                                             std::string& url) {
  const auto postgres = find_postgres_program("postgres", backup.server_version);
  if (postgres_version_of(postgres) != backup.server_version)
    throw Error(Errc::unavailable, "backup {} is of PostgreSQL {}, and only {} is installed here",
                backup.name, backup.server_version, postgres_version_of(postgres))
        .with_hint(fmt::format("apt install postgresql-{}", backup.server_version));
  scratch.require_room(backup.database_bytes);
  const auto data = scratch.make("data"), spaces = scratch.make("spaces");
  must_run("restore " + backup.name,
           {"--pg1-path=" + data.string(), "--tablespace-map-all=" + spaces.string(), "--set=" + backup.name,
            "--archive-mode=off", is_newest ? "--type=default" : "--type=immediate",
            is_newest ? "--log-level-console=off" : "--target-action=promote", "restore"});
  auto user = setting_of(config_.database.url, "user", "PGUSER");
  if (user.empty())
    if (const auto* self = ::getpwuid(::geteuid())) user = self->pw_name;
  auto database = setting_of(config_.database.url, "dbname", "PGDATABASE");
  if (database.empty()) database = user;
  auto server = std::make_unique<PrivateServer>(postgres, scratch, user, database);
  url = server->url(user, database);
  return server;
}

void require_unused(const fs::path& directory) {
  std::error_code failed;
  if (directory.empty() || !directory.is_absolute())
    throw Error(Errc::usage, "--to must name the directory for the data, from / on");
  if (!fs::exists(directory, failed)) return;
  if (fs::exists(directory / "postmaster.pid", failed))
    throw Error(Errc::conflict, "{} is in use by a server, or was when it died", directory.string())
        .with_hint("name another directory; a running server is never touched");
  if (!fs::is_directory(directory, failed) || !fs::is_empty(directory, failed) || failed)
    throw Error(Errc::conflict, "{} is not an empty directory: nothing is restored over what is there",
                directory.string())
        .with_hint("name another, or move what is there away");
}

void PgBackRestStore::restore(const std::optional<StoredBackup>& backup, const RestorePlan& plan) {
  require_unused(plan.directory);
  std::vector<std::string> words{"--pg1-path=" + plan.directory.string()};
  if (backup) words.push_back("--set=" + backup->name);
  if (plan.target) {
    words.insert(words.end(), {"--type=time", "--target=" + date::format("%F %T+00", *plan.target),
                               plan.pauses ? "--target-action=pause" : "--target-action=promote"});
  } else if (plan.pauses) {
    throw Error(Errc::usage, "--target-action pause is for --target-time, which it pauses at");
  }
  words.emplace_back("restore");
  std::error_code failed;
  const bool was_there = fs::exists(plan.directory);
  fs::create_directories(plan.directory, failed);
  if (failed) throw Error(Errc::unavailable, "cannot make {}: {}", plan.directory.string(), failed.message());
  fs::permissions(plan.directory, fs::perms::owner_all, failed);
  give_to_server(plan.directory);
  try {
    must_run("restore", std::move(words));
  } catch (...) {
    // It was empty: half of a cluster is none.
    for (const auto& entry : fs::directory_iterator{plan.directory, failed})
      fs::remove_all(entry.path(), failed);
    if (!was_there) fs::remove(plan.directory, failed);
    throw;
  }
}

}  // namespace

std::string pgbackrest_trouble(const std::string& config_file) {
  std::ifstream file{config_file};
  for (std::string line; std::getline(file, line);)
    if (trim(line).starts_with("archive-push-queue-max"))
      return "archive-push-queue-max is set: when the queue is full, the log is dropped and no moment after "
             "that"
             " can be restored";
  return "";
}

std::unique_ptr<BackupStore> make_pgbackrest_store(const Config& config) {
  return std::make_unique<PgBackRestStore>(config);
}

}  // namespace smscrm
