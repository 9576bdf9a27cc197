// Which programs run on this machine, by the words of their command lines.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <sys/types.h>

namespace smscrm::test {

struct RunningProcess {
  pid_t pid = 0, parent = 0;
  std::string words;  // with NUL between them
};

// The first whose command line has both texts in it.
inline std::optional<RunningProcess> find_process(const std::string& program, const std::string& word) {
  const auto read = [](const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto words = read(entry.path() / "cmdline");
    if (words.substr(0, words.find('\0')).find(program) == std::string::npos ||
        words.find(word) == std::string::npos)
      continue;
    const auto stat = read(entry.path() / "stat");  // "PID (NAME) STATE PARENT …"
    const auto behind = stat.rfind(") ");
    if (behind == std::string::npos) continue;
    return RunningProcess{std::stoi(name), std::stoi(stat.substr(behind + 4)), words};
  }
  return std::nullopt;
}

}  // namespace smscrm::test
