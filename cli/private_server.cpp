#include "cli/private_server.hpp"

#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/db/conninfo.hpp"

namespace smscrm {
namespace fs = std::filesystem;

namespace {

constexpr const char* scratch_name = "smscrm-restore-";

void must_run(const std::string& what, ChildPlan plan) {
  const auto result = run_child(std::move(plan));
  if (result.status != 0) throw Error(Errc::unavailable, "cannot {}: {}", what, last_words(result));
}

bool is_ours(const fs::path& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode) && there.st_uid == ::geteuid();
}

// Held for as long as its process lives.
int lock_directory(const fs::path& path) {
  const int lock = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  if (lock >= 0) ::close(lock);
  return -1;
}

void sweep(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{parent, ignored}) {
    if (!entry.path().filename().string().starts_with(scratch_name) || !is_ours(entry.path())) continue;
    const int lock = lock_directory(entry.path());
    if (lock < 0) continue;
    fs::remove_all(entry.path(), ignored);
    ::close(lock);
  }
}

std::string tail_of(const fs::path& log) {
  std::ifstream file{log};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return last_words({1, "", text});
}

}  // namespace

int postgres_version_of(const fs::path& program) {
  const auto version = parse_integer(program.parent_path().parent_path().filename().string());
  return version && *version < 1'000 ? static_cast<int>(*version) : 0;
}

fs::path find_postgres_program(const std::string& program, int at_least) {
  fs::path best;
  int best_version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
    const auto path = entry.path() / "bin" / program;
    const int version = postgres_version_of(path);
    if (version < at_least || !fs::exists(path, ignored)) continue;
    if (best.empty() || version < best_version) best = path, best_version = version;
  }
  if (best.empty())
    throw Error(Errc::unavailable, "there is no {} of PostgreSQL {} or later below /usr/lib/postgresql",
                program, at_least)
        .with_hint(fmt::format("apt install postgresql{}-{}", program.starts_with("pg_") ? "-client" : "",
                               at_least));
  return best;
}

void give_to_server(const fs::path& path) {
  const auto name = server_user();
  if (name.empty()) return;
  const auto* user = ::getpwnam(name.c_str());
  if (user == nullptr || ::lchown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw Error(Errc::unavailable, "cannot give {} to user {}", path.string(), name);
}

ScratchDirectory::ScratchDirectory(const fs::path& parent) {
  sweep(parent);
  auto name = (parent / scratch_name).string() + "XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw Error(Errc::unavailable, "cannot make a directory in {}: {}", parent.string(), std::strerror(errno))
        .with_hint("name one that can be written to in backup.scratch");
  path_ = name;
  lock_ = lock_directory(path_);
  // As root, the servers' user has to pass through.
  if (!server_user().empty()) fs::permissions(path_, static_cast<fs::perms>(0711));
  // sockaddr_un holds 107 bytes.
  if ((path_ / "run/.s.PGSQL.5432").string().size() <= 107) return;
  remove();
  throw Error(Errc::usage, "the path {} is too long for a socket", path_.string())
      .with_hint("name a shorter one in backup.scratch");
}

ScratchDirectory::~ScratchDirectory() {
  remove();
  if (lock_ >= 0) ::close(lock_);
}

void ScratchDirectory::remove() const noexcept {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path ScratchDirectory::make(const std::string& name) const {
  const auto path = path_ / name;
  std::error_code failed;
  fs::create_directory(path, failed);
  if (failed) throw Error(Errc::unavailable, "cannot make {}: {}", path.string(), failed.message());
  fs::permissions(path, fs::perms::owner_all);
  give_to_server(path);
  return path;
}

void ScratchDirectory::require_room(std::int64_t bytes) const {
  std::error_code failed;
  const auto space = fs::space(path_, failed);
  if (failed || space.available >= static_cast<std::uintmax_t>(bytes)) return;
  throw Error(Errc::unavailable, "{} has room for {} MB, and the restored database takes {} MB",
              path_.parent_path().string(), space.available / 1'000'000, bytes / 1'000'000)
      .with_hint("make room, or name another directory in backup.scratch");
}

void PrivateServer::make_cluster(const fs::path& initdb, const ScratchDirectory& scratch) {
  const auto data = scratch.make("data");
  must_run("make a database cluster", {.argv = {initdb, "-D", data, "-U", "postgres", "-E", "UTF8",
                                                "--locale=C.UTF-8", "--auth=trust", "--no-sync"},
                                       .user = server_user()});
}

PrivateServer::PrivateServer(const fs::path& postgres, const ScratchDirectory& scratch,
                             const std::string& user, const std::string& database)
    : log_(scratch.path() / "server.log"), run_(scratch.make("run")) {
  // The configuration that came with the data may be another machine's, and what it archives to is in use.
  const auto settings = run_ / "postgresql.conf", access = run_ / "pg_hba.conf",
             names = run_ / "pg_ident.conf";
  std::ofstream{settings} << "";
  std::ofstream{access} << "local all all trust\n";
  std::ofstream{names} << "";
  for (const auto& file : {settings, access, names}) give_to_server(file);
  ChildPlan plan{.argv = {postgres, "-D", scratch.path() / "data", "-k", run_, "-p", "5432"},
                 .user = server_user(),
                 .log = log_,
                 .end_signal = SIGQUIT};  // at once: what it has is thrown away
  const auto set = [&](const std::string& setting) { plan.argv.insert(plan.argv.end(), {"-c", setting}); };
  set("config_file=" + settings.string());
  set("hba_file=" + access.string());
  set("ident_file=" + names.string());
  for (const char* setting :
       {"listen_addresses=", "unix_socket_permissions=0700", "archive_mode=off", "ssl=off", "fsync=off",
        "logging_collector=off", "log_destination=stderr",
        "external_pid_file=", "primary_conninfo=", "synchronous_standby_names=", "max_connections=20",
        "max_prepared_transactions=100", "shared_buffers=128MB", "autovacuum=off",
        "hot_standby=off"})  // else it wants to be as large as the server was that wrote the log
    set(setting);
  server_ = std::make_unique<Child>(std::move(plan));
  await(url(user, database));
}

// It answers nobody before it is done.
void PrivateServer::await(const std::string& address) {
  for (;;) {
    try {
      Connection{address};
      return;
    } catch (const Error& error) {
      if (!server_->is_running())
        throw Error(Errc::internal, "PostgreSQL does not start on what was restored: {}", tail_of(log_));
      if (error.code() != Errc::unavailable) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});  // it gives no other sign
  }
}

std::string PrivateServer::url(const std::string& user, const std::string& database) const {
  Conninfo address;
  address.settings = {{"user", user}, {"dbname", database}, {"host", run_.string()}, {"port", "5432"}};
  return address.text();
}

}  // namespace smscrm
