// Runs a program as a shell would: the built binaries, above all.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace smscrm {

struct CommandResult {
  int status;  // 128 + signal when a signal ended it
  std::string out;
  std::string err;

  nlohmann::ordered_json json() const;  // of `out`
};

// argv[0] "smscrm" or "smscrmd" means the one just built. The child sees this process's environment without
// every SMSCRM_ variable, with HOME and configuration directories that are empty, and with `environment`.
CommandResult run_command(const std::vector<std::string>& argv, const std::string& stdin_text = "",
                          const std::map<std::string, std::string>& environment = {});

// The variables that a child sees, as NAME=VALUE.
std::vector<std::string> child_environment(const std::map<std::string, std::string>& extra);

// The full path of a built program.
std::string built_program(const std::string& name);

// A directory of its own, removed at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file in it and returns its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

}  // namespace smscrm
