// Providers that have a bad hour, each a process of its own: the sandbox, and one that shares no code with
// it, so that what is measured does not hang on how one of them understands a fault.
#pragma once

#include <string>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace smscrm {

// To be made while there is one thread, because the child of a process with more may not even allocate.
class HardTwilio {
 public:
  enum class Kind { sandbox, plain };
  explicit HardTwilio(Kind kind, const std::string& account, const std::string& token);
  HardTwilio(const HardTwilio&) = delete;
  ~HardTwilio();

  const std::string& url() const { return url_; }
  const char* name() const { return kind_ == Kind::sandbox ? "sandbox" : "second peer"; }

  // Replaces all faults, soon; keys as of the sandbox (daemon/sandbox/settings.hpp): latency_ms,
  // max_concurrent, too_many, server_error, hang, reset, reset_after.
  void set_faults(const nlohmann::json& faults) const;

  struct Counts {
    std::int64_t requests = 0, accepted = 0, refused = 0;  // refused: by 429
    std::int64_t recipients = 0;
  };
  Counts counts() const;

 private:
  const Kind kind_;
  pid_t child_;
  int orders_;
  std::string url_;
};

}  // namespace smscrm
