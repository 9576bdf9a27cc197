// core/config and core/import_preset: every file is taken whole or refused with its mistakes.
#include "core/config.hpp"

#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/import/preset.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

// A file in memory, for what reads by name.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    promise(fd_ >= 0 && ::write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "there is memory for a file");
  }
  MemoryFile(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void check_preset(std::string_view input) {
  const MemoryFile file{input};
  try {
    const auto preset = load_import_preset(file.path());
    const MemoryFile written{format_import_preset(preset)};
    const auto again = load_import_preset(written.path());
    promise(again.region == preset.region && again.delimiter == preset.delimiter && again.map == preset.map &&
                again.ignore == preset.ignore,
            "a preset that was written is read as the same");
  } catch (const Error& error) {
    promise(error.code() == Errc::usage, "a preset that is none is the user's mistake");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  const MemoryFile file{input};
  ConfigSources sources;
  sources.required_file = file.path();
  try {
    const auto loaded = load_config(sources);
    promise(loaded.settings.size() == list_config_keys().size() + 1,
            "every key has its setting, and the tenant");
  } catch (const Error& error) {
    promise(error.code() == Errc::usage && std::string_view{error.what()}.size() > 0, "mistakes are named");
  }
  // As a value in the environment, of keys of each kind.
  const std::string value{input.substr(0, input.find('\0'))};
  for (const char* name : {"SMSCRM_DATABASE_URL", "SMSCRM_HTTP_LISTEN", "SMSCRM_TWILIO_TIMEOUT",
                           "SMSCRM_SENDER_BATCH", "SMSCRM_SENDER_ENABLED", "SMSCRM_LOG_LEVEL"}) {
    ConfigSources environment;
    environment.environment[name] = value;
    try {
      load_config(environment);
    } catch (const Error& error) {
      promise(error.code() == Errc::usage, "mistakes are the user's");
    }
  }
  mask_url_password(value);
  check_preset(input);
}

}  // namespace smscrm::fuzz
