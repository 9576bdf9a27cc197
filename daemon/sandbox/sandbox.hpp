// `smscrmd sandbox`: an imitation of Twilio's Messages API, for demos, staging and tests, whose ledger of all
// that it accepted is their oracle. Only JSON, only messages; what it does not know answers 20404.
//
//   /2010-04-01/Accounts/{AC…}/Messages.json         POST create, GET list
//   /2010-04-01/Accounts/{AC…}/Messages/{SM…}.json   GET fetch, POST redact or cancel, DELETE
// and for whoever runs the test or the demo, without authentication:
//   /sandbox/ledger     GET, one JSON object a line; filters to, from, status, direction, account, after
//   /sandbox/counts     GET, what was asked, accepted, refused and spoiled; duplicates
//   /sandbox/inbound    POST {"from", "to", "body"}: a text from a handset; answers once the webhook has
//   /sandbox/faults     GET; PUT (replaces all: {} ends them), PATCH (changes the keys given)
//   /sandbox/settings   GET; PUT (replaces all but where inbound texts go), PATCH
//   /sandbox/reset      POST, forgets messages, opt-outs, queues and counts
//
// Threads: those of HttpServer, which answer; "sandbox", which lets time pass and sends webhooks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sandbox/settings.hpp"
#include "daemon/sandbox/world.hpp"

namespace smscrm {

inline constexpr const char* demo_account_sid = "AC00000000000000000000000000000001";
inline constexpr const char* demo_account_token = "sandbox-token";

struct SandboxOptions {
  std::vector<std::string> listen{"127.0.0.1:0"};
  int threads = 1;
  std::uint64_t seed = 1;
  std::vector<TwilioAccount> accounts;                        // empty: the demo account
  std::vector<std::pair<std::string, std::string>> api_keys;  // SK… and secret, good for every account
  SandboxSettings settings;
  SandboxFaults faults;
};

struct SandboxState;

class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);  // binds; throws as HttpServer
  ~Sandbox();                                // stops

  void start();
  void stop();

  std::string address() const;  // of the first listener, "127.0.0.1:43210"
  std::string url() const;      // "http://127.0.0.1:43210"

  // From any thread.
  std::vector<SandboxMessage> messages() const;  // a copy of the ledger
  SandboxLedger::Counts counts() const;
  void set_faults(const SandboxFaults& faults);
  void set_settings(const SandboxSettings& settings);

 private:
  std::unique_ptr<SandboxState> state_;
};

}  // namespace smscrm
