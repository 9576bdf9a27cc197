// Dumps of pg_dump in a directory: NAME.dump, and beside it NAME.json with its checksum and what it is of.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <regex>
#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/backup_store.hpp"
#include "core/base/guarded.hpp"
#include "core/base/text.hpp"
#include "core/db/conninfo.hpp"
#include "core/db/roles.hpp"
#include "core/fence/fence.hpp"
#include "core/net/crypto_digest.hpp"

namespace smscrm {
namespace fs = std::filesystem;

namespace {

Error no_write(const fs::path& path, const char* why) {
  return Error(Errc::unavailable, "cannot write {}: {}", path.string(), why)
      .with_hint("make room, or name a directory that can be written to in backup.directory");
}

// For programs that find the password in their environment, which nobody else can read.
struct Address {
  std::string text;
  std::map<std::string, std::string> environment;
};

Address address_of(const std::string& url) {
  auto parsed = parse_conninfo(url);
  if (!parsed) throw Error(Errc::usage, "database.url cannot be read");
  Address address;
  if (parsed->find("sslpassword") != nullptr)
    throw Error(Errc::usage, "database.url has an sslpassword, which pg_dump could only be told openly")
        .with_hint("use a key without a passphrase, or pgBackRest");
  if (const auto* password = parsed->find("password")) address.environment["PGPASSWORD"] = *password;
  std::erase_if(parsed->settings, [](const auto& setting) { return setting.is_secret; });
  address.text = parsed->text();
  return address;
}

void sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = file >= 0 && (::fsync(file) == 0 || errno == EINVAL);
  const auto* why = std::strerror(errno);
  if (file >= 0) ::close(file);
  if (!done) throw no_write(path, why);
}

std::string sha256_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw Error(Errc::unavailable, "cannot read {}", path.string());
  Sha256 digest;
  std::string piece(1 << 20, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
    digest.add({piece.data(), static_cast<std::size_t>(file.gcount())});
  return hex_encode(digest.digest());
}

struct Source {
  int version = 0;
  std::int64_t bytes = 0;
  std::string role;
};

Source look_at(Connection& database) {
  return in_transaction(database, [](Tx& tx) {
    const auto row =
        exec(
            tx,
            "SELECT current_setting('server_version_num')::int / 10000, pg_database_size(current_database())")
            .front();
    return Source{row[0].as<int>(), row[1].as<std::int64_t>(), find_backup_role(tx)};
  });
}

class DumpStore : public BackupStore {
 public:
  explicit DumpStore(const Config& config) : config_(config.backup), directory_(config.backup.directory) {}

  const char* tool() const override { return "pg_dump"; }
  StoredBackup create(Connection& database, BackupRunKind kind, const std::string& key) override;
  void forget_partial() noexcept override;
  std::vector<StoredBackup> list() override;
  void check(const StoredBackup& backup) override;
  std::unique_ptr<PrivateServer> restore_copy(const StoredBackup& backup, bool is_newest,
                                              const ScratchDirectory& scratch, std::string& url) override;
  void restore(const std::optional<StoredBackup>& backup, const RestorePlan& plan) override;

 private:
  fs::path dump_of(const std::string& name) const { return directory_ / (name + ".dump"); }
  fs::path facts_of(const std::string& name) const { return directory_ / (name + ".json"); }
  void prepare();
  std::string free_name(Timestamp at) const;
  void write_facts(const StoredBackup& backup, const std::string& sha256);
  void prune(Timestamp at);

  const Config::Backup& config_;
  const fs::path directory_;
  int lock_ = -1;
  Guarded<fs::path> partial_;
};

// One at a time; what one left that was killed goes.
void DumpStore::prepare() {
  std::error_code failed;
  if (fs::create_directories(directory_, failed)) fs::permissions(directory_, fs::perms::owner_all, failed);
  if (failed) throw no_write(directory_, failed.message().c_str());
  lock_ = ::open((directory_ / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) throw no_write(directory_, std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    throw Error(Errc::conflict, "another backup to {} is under way", directory_.string());
  for (const auto& entry : fs::directory_iterator{directory_, failed})
    if (entry.path().extension() == ".part") fs::remove(entry.path(), failed);
}

std::string DumpStore::free_name(Timestamp at) const {
  auto name = format_rfc3339(at).substr(0, 19) + "Z";
  std::erase(name, '-');
  std::erase(name, ':');
  auto free = name;
  for (int more = 2; fs::exists(dump_of(free)); ++more) free = fmt::format("{}-{}", name, more);
  return free;
}

void DumpStore::write_facts(const StoredBackup& backup, const std::string& sha256) {
  const auto partial = fs::path{facts_of(backup.name)} += ".part";
  std::ofstream{partial} << Json{{"backup", backup.name},
                                 {"taken_at", format_rfc3339(backup.taken_at)},
                                 {"bytes", backup.bytes},
                                 {"sha256", sha256},
                                 {"database_bytes", backup.database_bytes},
                                 {"server_version", backup.server_version},
                                 {"key", backup.key}}
                                .dump(2)
                         << '\n';
  sync(partial);
  fs::rename(partial, facts_of(backup.name));
}

StoredBackup DumpStore::create(Connection& database, BackupRunKind, const std::string& key) {
  const auto address = address_of(database.url());
  const auto source = look_at(database);
  const auto program = find_postgres_program("pg_dump", source.version);
  prepare();
  StoredBackup backup;
  backup.taken_at = now();
  backup.name = free_name(backup.taken_at);
  backup.database_bytes = source.bytes;
  backup.server_version = source.version;
  backup.key = key;
  const auto partial = fs::path{dump_of(backup.name)} += ".part";
  partial_.with([&](fs::path& path) { path = partial; });
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw no_write(partial, std::strerror(errno));
  ::close(file);
  std::vector<std::string> argv{program, "--format=custom", "--file=" + partial.string(),
                                "--dbname=" + address.text};
  if (!source.role.empty()) argv.push_back("--role=" + source.role);
  const auto result = run_child({.argv = argv, .environment = address.environment});
  if (result.status != 0) {
    forget_partial();
    throw Error(Errc::unavailable, "pg_dump did not come to its end: {}", last_words(result))
        .with_hint(fmt::format("what is short, if anything: room in {}, rights of the database's user",
                               directory_.string()));
  }
  sync(partial);
  backup.bytes = static_cast<std::int64_t>(fs::file_size(partial));
  write_facts(backup, sha256_of(partial));
  fs::rename(partial, dump_of(backup.name));
  sync(directory_);
  prune(backup.taken_at);
  return backup;
}

void DumpStore::forget_partial() noexcept {
  std::error_code ignored;
  fs::remove(partial_.with([](const fs::path& path) { return path; }), ignored);
}

void DumpStore::prune(Timestamp at) {
  for (const auto& backup : list()) {
    if (backup.taken_at + config_.keep > at) continue;
    std::error_code ignored;
    fs::remove(dump_of(backup.name), ignored);
    fs::remove(facts_of(backup.name), ignored);
  }
}

std::vector<StoredBackup> DumpStore::list() {
  std::vector<StoredBackup> all;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{directory_, failed}) {
    if (entry.path().extension() != ".dump") continue;
    StoredBackup backup;
    backup.name = entry.path().stem().string();
    std::ifstream file{facts_of(backup.name)};
    const auto facts = Json::parse(file, nullptr, false);
    // A dump that somebody put there, or whose facts are lost, is one all the same.
    std::error_code ignored;
    backup.bytes = static_cast<std::int64_t>(fs::file_size(entry.path(), ignored));
    backup.taken_at = now();
    if (facts.is_object()) {
      backup.taken_at = parse_rfc3339(facts.value("taken_at", format_rfc3339(now())));
      backup.database_bytes = facts.value("database_bytes", std::int64_t{0});
      backup.server_version = facts.value("server_version", 0);
      backup.key = facts.value("key", "");
    }
    all.push_back(std::move(backup));
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    throw Error(Errc::unavailable, "cannot read {}: {}", directory_.string(), failed.message())
        .with_hint("name the directory of the dumps in backup.directory");
  std::ranges::sort(all, std::ranges::greater{}, &StoredBackup::name);
  return all;
}

void DumpStore::check(const StoredBackup& backup) {
  std::ifstream file{facts_of(backup.name)};
  const auto facts = Json::parse(file, nullptr, false);
  if (!facts.is_object() || !facts.contains("sha256"))
    throw Error(Errc::internal, "backup {} has no checksum: {} is not there or cannot be read", backup.name,
                facts_of(backup.name).string());
  if (sha256_of(dump_of(backup.name)) != facts.value("sha256", ""))
    throw Error(Errc::internal, "backup {} is damaged: {} is not what was written", backup.name,
                dump_of(backup.name).string());
}

// The roles that its rights and policies name.
std::set<std::string> roles_of(const fs::path& pg_restore, const fs::path& dump) {
  const auto result = run_child({.argv = {pg_restore, "--schema-only", "--no-owner", "--file=-", dump}});
  if (result.status != 0) throw Error(Errc::internal, "pg_restore cannot read it: {}", last_words(result));
  std::set<std::string> roles;
  static const std::regex named{R"re(^(?:CREATE POLICY|GRANT) .*? TO (?:"([^"]+)"|([^ ;]+)))re"};
  for (const auto& line : split(result.out, '\n'))
    if (std::smatch found; std::regex_search(line, found, named) && found[2] != "PUBLIC")
      roles.insert(found[1].matched ? found[1].str() : found[2].str());
  return roles;
}

std::unique_ptr<PrivateServer> DumpStore::restore_copy(const StoredBackup& backup, bool,
                                                       const ScratchDirectory& scratch, std::string& url) {
  const auto initdb = find_postgres_program("initdb", backup.server_version);
  const auto pg_restore = find_postgres_program("pg_restore", backup.server_version);
  scratch.require_room(backup.database_bytes);
  PrivateServer::make_cluster(initdb, scratch);
  auto server =
      std::make_unique<PrivateServer>(initdb.parent_path() / "postgres", scratch, "postgres", "postgres");
  const auto roles = roles_of(pg_restore, dump_of(backup.name));
  {
    Connection admin{server->url("postgres", "postgres")};
    in_transaction(admin, [&](Tx& tx) {
      for (const auto& role : roles)
        if (role != "postgres") tx.exec("CREATE ROLE " + tx.quote_name(role));
    });
    pqxx::nontransaction plain{admin.handle()};
    plain.exec("CREATE DATABASE smscrm");
  }
  url = server->url("postgres", "smscrm");
  const auto result = run_child({.argv = {pg_restore, "--exit-on-error", "--no-owner", "--jobs=2",
                                          "--dbname=" + url, dump_of(backup.name)}});
  if (result.status != 0)
    throw Error(Errc::internal, "backup {} cannot be restored: {}", backup.name, last_words(result));
  return server;
}

void require_empty(Tx& tx) {
  const auto count = exec(tx,
                          "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                          " WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'")
                         .front()[0]
                         .as<std::int64_t>();
  if (count > 0)
    throw Error(Errc::conflict, "the database is not empty: nothing is restored over what is there")
        .with_hint("create another, and name it in database.url (SMSCRM_DATABASE_URL)");
}

void require_roles(Tx& tx, const std::set<std::string>& roles) {
  std::vector<std::string> missing;
  for (const auto& row :
       exec(tx,
            "SELECT r FROM unnest($1::text[]) r WHERE r NOT IN (SELECT rolname FROM pg_roles)"
            " ORDER BY r",
            std::vector<std::string>(roles.begin(), roles.end())))
    missing.push_back(row[0].as<std::string>());
  if (!missing.empty())
    throw Error(Errc::conflict, "the server lacks roles that the backup names: {}", join(missing, ", "))
        .with_hint("create them, as docs/operations.md says (CREATE ROLE … NOLOGIN)");
}

// Until the list of migrations is there, every program refuses the database; by then it is fenced.
void DumpStore::restore(const std::optional<StoredBackup>& backup, const RestorePlan& plan) {
  if (plan.target || plan.pauses || !plan.directory.empty())
    throw Error(Errc::usage, "a dump is restored as it is, into the database of database.url")
        .with_hint("leave --to, --target-time and --target-action out: they are for pgBackRest");
  const auto dump = dump_of(backup->name);
  Connection database{plan.database_url};
  const auto pg_restore = find_postgres_program("pg_restore", backup->server_version);
  check(*backup);
  const auto roles = roles_of(pg_restore, dump);
  in_transaction(database, [&](Tx& tx) {
    require_empty(tx);
    require_roles(tx, roles);
  });
  const auto listed = run_child({.argv = {pg_restore, "--list", dump}});
  const ScratchDirectory scratch{config_.scratch};
  const auto first = scratch.path() / "first", last = scratch.path() / "last";
  {
    std::ofstream all{first}, history{last};
    for (const auto& line : split(listed.out, '\n'))
      (line.find(" TABLE DATA ") != std::string::npos && line.find(" schema_migration ") != std::string::npos
           ? history
           : all)
          << line << '\n';
  }
  const auto address = address_of(plan.database_url);
  const auto load = [&](const fs::path& list) {
    const auto result =
        run_child({.argv = {pg_restore, "--exit-on-error", "--single-transaction", "--no-owner",
                            "--use-list=" + list.string(), "--dbname=" + address.text, dump},
                   .environment = address.environment});
    if (result.status != 0)
      throw Error(Errc::unavailable, "backup {} cannot be restored: {}", backup->name, last_words(result));
  };
  load(first);
  in_transaction(database, [&](Tx& tx) { raise_fence(tx, "restored from backup " + backup->name, now()); });
  load(last);
}

}  // namespace

std::unique_ptr<BackupStore> make_dump_store(const Config& config) {
  return std::make_unique<DumpStore>(config);
}

}  // namespace smscrm
