#include "tests/support/own_servers.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace smscrm {

OwnServers::OwnServers() {
  if (const char* shared = std::getenv("SMSCRM_TEST_DIR")) shared_ = shared;
  // The servers' user must be able to enter it.
  std::filesystem::permissions(dir_.path(),
                               std::filesystem::perms::others_exec | std::filesystem::perms::group_exec,
                               std::filesystem::perm_options::add);
  run({"start", dir_.path() + "/s", "--durable"});
  ::setenv("SMSCRM_TEST_DIR", (dir_.path() + "/s").c_str(), 1);
}

OwnServers::~OwnServers() {
  ::setenv("SMSCRM_TEST_DIR", shared_.c_str(), 1);
  try {
    run({"stop", dir_.path() + "/s"});
  } catch (const std::exception&) {
    // They end with their directory.
  }
}

void OwnServers::run(std::vector<std::string> words) const {
  const char* source = std::getenv("SMSCRM_TEST_SOURCE");  // set by ctest
  words.insert(words.begin(), std::string{source != nullptr ? source : "."} + "/tests/support/servers");
  const auto result = run_command(words);
  if (result.status != 0) throw std::runtime_error("servers " + words[1] + ": " + result.err);
}

}  // namespace smscrm
