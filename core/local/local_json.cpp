#include "core/local/local_json.hpp"

#include "core/base/secret.hpp"

namespace smscrm {

Json to_json(const Local& local, const std::filesystem::path& directory, bool running, bool redis_running) {
  return {{"running", running},
          {"directory", directory.string()},
          {"database_url", local.database_url},
          {"redis_url", mask_url(local.redis_url)},
          {"redis_running", redis_running},
          {"key_file", local.key_file.string()},
          {"password_file", (directory / "password").string()}};
}

}  // namespace smscrm
