#include "core/local.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/base/error.hpp"

namespace smscrm {
namespace fs = std::filesystem;

fs::path local_directory() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const auto directory = variable("SMSCRM_LOCAL_DIR"); !directory.empty()) return fs::absolute(directory);
  if (::geteuid() == 0) return "/var/lib/smscrm/local";
  if (const auto data = variable("XDG_DATA_HOME"); !data.empty()) return fs::path{data} / "smscrm/local";
  if (const auto home = variable("HOME"); !home.empty()) return fs::path{home} / ".local/share/smscrm/local";
  throw Error(Errc::usage, "no place for a local database: HOME is not set")
      .with_hint("set SMSCRM_LOCAL_DIR");
}

void write_local(const fs::path& directory, const Local& local) {
  const auto path = directory / "local.json";
  std::ofstream file{path};
  file << nlohmann::json{{"database_url", local.database_url},
                         {"redis_url", local.redis_url},
                         {"key_file", local.key_file.string()}}
              .dump(2)
       << '\n';
  file.close();
  if (!file) throw Error(Errc::unavailable, "cannot write {}", path.string());
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

std::optional<Local> read_local(const fs::path& directory) {
  std::ifstream file{directory / "local.json"};
  if (!file) return std::nullopt;
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return Local{json.value("database_url", ""), json.value("redis_url", ""), json.value("key_file", "")};
}

bool is_local_running(const fs::path& directory) {
  std::ifstream file{directory / "pg/postmaster.pid"};
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 0) return false;
  std::ifstream comm{"/proc/" + std::to_string(pid) + "/comm"};
  std::string name;
  std::getline(comm, name);
  return name == "postgres";  // else it crashed, and the number may have gone to another process
}

std::optional<Local> find_local() {
  if (std::getenv("HOME") == nullptr && std::getenv("SMSCRM_LOCAL_DIR") == nullptr && ::geteuid() != 0)
    return std::nullopt;
  const auto directory = local_directory();
  auto local = read_local(directory);
  return local && is_local_running(directory) ? local : std::nullopt;
}

bool use_local(Config& config) {
  if (!config.database.url.empty()) return false;
  const auto local = find_local();
  if (!local) return false;
  config.database.url = local->database_url;
  if (config.redis.url.empty()) config.redis.url = local->redis_url;
  if (config.secrets.key_file.empty()) config.secrets.key_file = local->key_file.string();
  return true;
}

}  // namespace smscrm
