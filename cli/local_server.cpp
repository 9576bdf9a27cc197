#include "cli/local_server.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/process.hpp"
#include "core/base/text.hpp"
#include "core/db/db.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {
namespace fs = std::filesystem;
namespace {

// Debian keeps each major version in a directory of its own; the newest wins.
fs::path find_postgres() {
  fs::path newest;
  int newest_version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", ignored}) {
    const auto version = parse_integer(entry.path().filename().string());
    if (version && *version > newest_version && fs::exists(entry.path() / "bin/initdb", ignored)) {
      newest = entry.path() / "bin";
      newest_version = static_cast<int>(*version);
    }
  }
  if (newest.empty())
    throw Error(Errc::unavailable, "PostgreSQL is not installed below /usr/lib/postgresql")
        .with_hint("apt install postgresql, or set database.url to a server elsewhere");
  return newest;
}

bool has_redis() { return run_process({"redis-server", "--version"}).status == 0; }

// As root the servers run as the user that Debian made for PostgreSQL.
std::vector<std::string> as_server_user(std::vector<std::string> argv) {
  if (::geteuid() == 0) argv.insert(argv.begin(), {"runuser", "-u", "postgres", "--"});
  return argv;
}

void give_to_server_user(const fs::path& path) {
  if (::geteuid() != 0) return;
  const auto* user = ::getpwnam("postgres");
  if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw Error(Errc::unavailable, "cannot give {} to user postgres", path.string());
}

void must_run(const std::string& what, const std::vector<std::string>& argv) {
  const auto result = run_process(argv);
  if (result.status != 0) throw Error(Errc::unavailable, "cannot {}: {}", what, trim(result.output));
}

void write_private(const fs::path& path, const std::string& content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  if (file >= 0) ::close(file);
  if (!written) throw Error(Errc::unavailable, "cannot write {}", path.string());
}

void check_port(int port, const char* flag, const char* variable) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  if (!free)
    throw Error(Errc::conflict, "port {} on 127.0.0.1 is taken by another program", port)
        .with_hint(fmt::format("choose another with {} or {}", flag, variable));
}

std::string url_escape(const std::string& text) {
  std::string escaped;
  for (const char c : text)
    escaped += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.'
                   ? std::string{c}
                   : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return escaped;
}

std::string socket_url(const fs::path& directory, const std::string& role, const std::string& database,
                       int port) {
  return fmt::format("postgresql://{}@/{}?host={}&port={}", role, database,
                     url_escape((directory / "run").string()), port);
}

// One start or stop at a time.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory)
      : file_(::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0)
      throw Error(Errc::unavailable, "cannot lock {}", (directory / "lock").string());
  }
  ~DirectoryLock() { ::close(file_); }
  DirectoryLock(const DirectoryLock&) = delete;

 private:
  int file_;
};

void make_directories(const fs::path& directory) {
  try {
    const bool is_root = ::geteuid() == 0;
    // As root, user postgres must be able to pass through to its data, and to nothing else. A directory that
    // was there is somebody's, and stays as it is: /tmp, say.
    if (fs::create_directories(directory))
      fs::permissions(directory, is_root ? static_cast<fs::perms>(0711) : fs::perms::owner_all);
    else if (is_root && (fs::status(directory).permissions() & fs::perms::others_exec) == fs::perms::none)
      throw Error(Errc::usage, "user postgres cannot pass through {}", directory.string())
          .with_hint("let it (chmod o+x), or set SMSCRM_LOCAL_DIR to a directory that is not there yet");
    for (const auto* name : {"pg", "run", "redis"}) {
      fs::create_directories(directory / name);
      fs::permissions(directory / name, fs::perms::owner_all);
      give_to_server_user(directory / name);
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(Errc::usage, "cannot make {}: {}", directory.string(), error.code().message())
        .with_hint("set SMSCRM_LOCAL_DIR to a directory that you may write");
  }
  // sockaddr_un holds 107 bytes.
  if ((directory / "run/.s.PGSQL.65535").string().size() > 107)
    throw Error(Errc::usage, "the path {} is too long for a socket", directory.string())
        .with_hint("set SMSCRM_LOCAL_DIR to a shorter one");
}

// Written once the cluster is whole: what initdb left when it was killed holds no data and is made anew. It
// lies where the servers' user cannot write: as root we follow nothing that somebody else may have put there.
fs::path whole_mark(const fs::path& directory) { return directory / "pg_whole"; }

bool is_whole(const fs::path& directory) {
  return fs::exists(whole_mark(directory)) || fs::exists(directory / "pg/smscrm_whole");  // as it was before
}

void make_cluster(const fs::path& bin, const fs::path& directory) {
  for (const auto& leftover : fs::directory_iterator{directory / "pg"}) fs::remove_all(leftover);
  // Only this user can reach the sockets' directory, so they need no password.
  must_run("make a database cluster",
           as_server_user({bin / "initdb", "-D", directory / "pg", "-U", "postgres", "-E", "UTF8",
                           "--locale=C.UTF-8", "--data-checksums", "--auth-local=trust",
                           "--auth-host=scram-sha-256"}));
  write_private(whole_mark(directory), "");
}

void start_postgres(const fs::path& bin, const fs::path& directory, int port) {
  const auto options = fmt::format(
      "-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{}' -c "
      "unix_socket_permissions=0700"
      " -c max_connections=100 -c shared_buffers=128MB -c max_wal_size=2GB -c wal_compression=on",
      port, (directory / "run").string());
  const auto log = directory / "pg/server.log";
  const auto result = run_process(as_server_user(
      {bin / "pg_ctl", "-D", directory / "pg", "-l", log, "-w", "-t", "60", "-o", options, "start"}));
  if (result.status != 0)
    throw Error(Errc::unavailable, "PostgreSQL does not start").with_hint("its log: " + log.string());
}

void make_role_and_database(const fs::path& bin, const fs::path& directory, int port) {
  Connection admin{socket_url(directory, "postgres", "postgres", port)};
  const bool has_role = in_transaction(
      admin, [](Tx& tx) { return !exec(tx, "SELECT 1 FROM pg_roles WHERE rolname = 'smscrm'").empty(); });
  if (!has_role) {
    const auto password = hex_encode(random_bytes(16));
    write_private(directory / "password", password + "\n");
    in_transaction(admin, [&](Tx& tx) {
      tx.exec("CREATE ROLE smscrm LOGIN PASSWORD " + tx.quote(password));  // DDL takes no parameters
    });
  }
  // What keeps tenants apart (core/db/roles.hpp): smscrm may not make roles itself.
  in_transaction(admin, [](Tx& tx) {
    for (const auto* role : {"smscrm_app NOLOGIN", "smscrm_worker NOLOGIN", "smscrm_backup NOLOGIN BYPASSRLS"})
      if (const std::string made{role};
          exec(tx, "SELECT FROM pg_roles WHERE rolname = $1", made.substr(0, made.find(' '))).empty())
        tx.exec("CREATE ROLE " + made);
    if (!exec(tx, "SELECT pg_has_role('smscrm', 'smscrm_app', 'MEMBER')").front()[0].as<bool>())
      tx.exec("GRANT smscrm_app, smscrm_worker, smscrm_backup TO smscrm");
  });
  const bool has_database = in_transaction(
      admin, [](Tx& tx) { return !exec(tx, "SELECT 1 FROM pg_database WHERE datname = 'smscrm'").empty(); });
  if (!has_database)
    must_run("create the database", {bin / "createdb", "-h", directory / "run", "-p", fmt::format("{}", port),
                                     "-U", "postgres", "-O", "smscrm", "smscrm"});
}

// The number in a small file of the servers' user, which may be no file at all by now; 0 when there is none.
pid_t read_pid(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  char text[16] = "";
  const auto got = file < 0 ? 0 : ::read(file, text, sizeof text - 1);
  if (file >= 0) ::close(file);
  const auto number =
      got > 0 ? parse_integer(trim(std::string_view{text, static_cast<std::size_t>(got)})) : std::nullopt;
  return number && *number > 0 ? static_cast<pid_t>(*number) : 0;
}

pid_t redis_pid(const fs::path& directory) {
  const auto pid = read_pid(directory / "redis/redis.pid");
  if (pid == 0) return 0;
  std::ifstream comm{fmt::format("/proc/{}/comm", pid)};
  std::string name;
  std::getline(comm, name);
  return name == "redis-server" ? pid : 0;  // else the number has gone to another process since
}

std::string redis_url(const fs::path& directory, int port, const std::string& password) {
  if (port == 0) return "unix:" + (directory / "run/redis.sock").string();
  return fmt::format("redis://:{}@127.0.0.1:{}", password, port);
}

// Where it listens: a socket that only this user reaches; on a port only if one was asked for, and then with
// a password.
std::string redis_settings(const fs::path& directory, int port, const std::string& password) {
  auto settings = fmt::format(
      "port {}\ndir \"{}\"\npidfile \"{}\"\nlogfile \"{}\"\nunixsocket \"{}\"\nunixsocketperm 700\n", port,
      (directory / "redis").string(), (directory / "redis/redis.pid").string(),
      (directory / "redis/server.log").string(), (directory / "run/redis.sock").string());
  settings += "save \"\"\nappendonly no\ndaemonize yes\nbind 127.0.0.1\n";
  if (port != 0) settings += fmt::format("requirepass {}\n", password);
  return settings;
}

void start_redis(const fs::path& directory, int port, const std::string& password) {
  // On its standard input: arguments are for everybody to read.
  const auto started =
      run_process(as_server_user({"redis-server", "-"}), redis_settings(directory, port, password));
  if (started.status != 0) throw Error(Errc::unavailable, "cannot start Redis: {}", trim(started.output));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!fs::exists(directory / "run/redis.sock") || redis_pid(directory) == 0) {
    if (std::chrono::steady_clock::now() > deadline)
      throw Error(Errc::unavailable, "Redis does not start")
          .with_hint("its log: " + (directory / "redis/server.log").string());
    std::this_thread::sleep_for(std::chrono::milliseconds{10});  // it gives no sign but these files
  }
}

// The number after the last `mark` of an address of ours; nullopt when there is none.
std::optional<int> port_of(const std::string& url, const std::string& mark) {
  const auto at = url.rfind(mark);
  const auto port = at == std::string::npos ? std::nullopt : parse_integer(url.substr(at + mark.size()));
  return port ? std::optional{static_cast<int>(*port)} : std::nullopt;
}

void check_same_port(std::optional<int> has, int wanted, const char* server) {
  if (!has || *has == wanted) return;
  throw Error(Errc::conflict, "{} runs already, {}", server,
              *has == 0 ? std::string{"on its socket alone"} : fmt::format("on port {}", *has))
      .with_hint("\"smscrm local stop\" first; the data stays");
}

void stop_servers(const fs::path& directory) {
  if (is_local_running(directory))
    must_run("stop PostgreSQL", as_server_user({find_postgres() / "pg_ctl", "-D", directory / "pg", "-m",
                                                "fast", "-w", "stop"}));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  // As the servers' user, who may end its own processes and no others, whatever the file says.
  if (const auto pid = redis_pid(directory);
      pid != 0 && run_process(as_server_user({"kill", "-TERM", fmt::format("{}", pid)})).status == 0)
    while (redis_pid(directory) == pid && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});  // not our child: nothing to wait for
}

}  // namespace

LocalStart start_local(const fs::path& directory, const LocalPorts& wanted) {
  const auto bin = find_postgres();
  make_directories(directory);
  const DirectoryLock lock{directory};
  const auto known = read_local(directory);
  const int pg_port = wanted.pg.value_or(known ? port_of(known->database_url, "port=").value_or(5433) : 5433);
  const int redis_port =
      wanted.redis.value_or(known ? port_of(known->redis_url, "@127.0.0.1:").value_or(0) : 0);
  if (known && is_local_running(directory) && (known->redis_url.empty() || redis_pid(directory) != 0)) {
    check_same_port(port_of(known->database_url, "port="), pg_port, "PostgreSQL");
    if (!known->redis_url.empty())
      check_same_port(port_of(known->redis_url, "@127.0.0.1:").value_or(0), redis_port, "Redis");
    return {*known, true, false};
  }
  stop_servers(directory);

  const bool with_redis = has_redis();
  check_port(pg_port, "--pg-port", "SMSCRM_LOCAL_PG_PORT");
  if (with_redis && redis_port != 0) check_port(redis_port, "--redis-port", "SMSCRM_LOCAL_REDIS_PORT");

  const bool first = !is_whole(directory);
  if (first) make_cluster(bin, directory);
  start_postgres(bin, directory, pg_port);
  make_role_and_database(bin, directory, pg_port);
  const auto redis_password = hex_encode(random_bytes(16));
  if (with_redis) start_redis(directory, redis_port, redis_password);
  const auto key_file = directory / "secrets.key";
  if (!fs::exists(key_file)) write_new_key_file(key_file);

  Local local{socket_url(directory, "smscrm", "smscrm", pg_port),
              with_redis ? redis_url(directory, redis_port, redis_password) : "", key_file};
  write_local(directory, local);
  return {local, false, first};
}

bool stop_local(const fs::path& directory) {
  if (!is_local_running(directory) && redis_pid(directory) == 0) return false;
  const DirectoryLock lock{directory};
  stop_servers(directory);
  return true;
}

bool is_local_redis_running(const fs::path& directory) { return redis_pid(directory) != 0; }

void reset_local(const fs::path& directory) {
  stop_local(directory);
  // Only what we made: SMSCRM_LOCAL_DIR may name a directory that holds more.
  for (const auto* name : {"pg", "pg_whole", "run", "redis", "secrets.key", "password", "local.json", "lock"})
    fs::remove_all(directory / name);
  std::error_code not_empty;
  fs::remove(directory, not_empty);
}

}  // namespace smscrm
