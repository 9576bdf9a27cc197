// smscrm backup as an operator has it: places of its own for backups and for test restores.
#pragma once

#include <filesystem>
#include <fstream>

#include "tests/support/tenant_cli.hpp"

namespace smscrm::test {

struct BackupCli {
  TenantCli cli;
  TempDir dir;  // of the dumps
  TempDir scratch;
  std::map<std::string, std::string> environment{{"SMSCRM_BACKUP_DIRECTORY", dir.path()},
                                                 {"SMSCRM_BACKUP_SCRATCH", scratch.path()}};

  BackupCli() { let_servers_pass(scratch.path()); }

  CommandResult operator()(std::vector<std::string> words, const std::string& input = "") const {
    return cli(std::move(words), input, environment);
  }

  // Started as root, servers run as another user.
  static void let_servers_pass(const std::string& path) {
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0711));
  }
};

inline void spoil(const std::filesystem::path& file) {
  const auto size = std::filesystem::file_size(file);
  std::fstream bytes{file, std::ios::binary | std::ios::in | std::ios::out};
  bytes.seekg(static_cast<std::streamoff>(size / 2));
  char old[2];
  bytes.read(old, 2);
  bytes.seekp(static_cast<std::streamoff>(size / 2));
  for (char& byte : old) byte = static_cast<char>(byte ^ 0x55);
  bytes.write(old, 2);
}

inline std::vector<std::string> files_in(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{path})
    names.push_back(entry.path().filename());
  return names;
}

}  // namespace smscrm::test
