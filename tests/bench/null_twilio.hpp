// A provider that does next to nothing: a process of its own, so that processor time is the sender's.
#pragma once

#include <string>

#include <sys/types.h>

namespace smscrm {

// Answers every POST at once as Twilio does, each with a sid of its own. Ends with this object or with us. To
// be made while there is one thread, because the child of a process with more may not even allocate.
class NullTwilio {
 public:
  // `token` signs the callbacks, for URLs below `public_url`.
  NullTwilio(const std::string& token, const std::string& public_url);
  NullTwilio(const NullTwilio&) = delete;
  ~NullTwilio();

  const std::string& url() const { return url_; }

  // From now on every message is followed by two signed callbacks, sent and delivered, to the server at
  // "127.0.0.1:PORT", over as many connections.
  void call_back(const std::string& address, int connections);

 private:
  pid_t child_;
  int orders_;
  std::string url_;
};

}  // namespace smscrm
