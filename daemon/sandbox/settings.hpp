// What can be set while the sandbox runs: how messages fare, and what goes wrong. Both are flat JSON objects
// (the addresses: sandbox.hpp) whose keys are the names of the members below.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace smscrm {

// A number whose messages always fare the same.
struct Destiny {
  int refuse = 0;      // the POST is refused with this error, 21614 say; 0: it is accepted
  std::string status;  // "delivered", "undelivered", "failed" or "sent"; empty: as for the others
  int error_code = 0;  // of failed and undelivered
  bool operator==(const Destiny&) const = default;
};

struct SandboxSettings {
  // Times in milliseconds, each stretched or shortened by up to `spread` of itself.
  std::int64_t send_ms = 50;      // queued until sending, beside the wait for the sender's rate
  std::int64_t sent_ms = 50;      // sending until sent
  std::int64_t receipt_ms = 400;  // sent until delivered or undelivered
  double spread = 0.5;

  // Shares of all messages; the rest is delivered.
  double failed = 0;       // never leaves
  double undelivered = 0;  // negative receipt
  double no_receipt = 0;   // stays sent
  std::vector<int> failed_codes{30008};
  std::vector<int> undelivered_codes{30003, 30005, 30006, 30007};
  std::map<std::string, Destiny> numbers;  // by E.164

  // Parts a second of each sender that is not in `sender_rates`; 0: no limit.
  double rate = 0;
  std::map<std::string, double> sender_rates;
  double queue_hours = 10;  // how much of its rate a sender's queue holds

  // Where empty, every well-formed From, and every MG…, is taken.
  std::vector<std::string> senders;
  std::map<std::string, std::vector<std::string>> services;  // MG… to its senders
  std::vector<std::string> blocked_prefixes;                 // "+7": answered 21408

  std::string inbound_url;                          // for all numbers; empty: inbound messages go nowhere
  std::map<std::string, std::string> inbound_urls;  // by number
  bool default_replies = true;                      // to STOP, START and HELP

  bool operator==(const SandboxSettings&) const = default;
};

// Each probability is of 0…1. One request suffers one of them at most, so those of a request add up to 1 at
// most.
struct SandboxFaults {
  // To creating a message, before it is accepted.
  double too_many = 0;               // 429
  int max_concurrent = 0;            // 429 at once for more than so many under way; 0: no limit
  std::optional<int> retry_after_s;  // its Retry-After; null: no such header
  double server_error = 0;           // server_error_status
  int server_error_status = 503;
  double hang = 0;          // no reply ever
  double reset = 0;         // RST
  double close_reused = 0;  // an orderly close, only on a connection that has served before
  // The same after it was accepted: the caller cannot know.
  double server_error_after = 0;
  double hang_after = 0;
  double reset_after = 0;
  double close_reused_after = 0;
  double truncate_after = 0;  // half of the reply's body
  // To every reply of the API: a fixed part and an exponential one on top, capped.
  std::int64_t latency_ms = 0;
  std::int64_t latency_mean_ms = 0;
  std::int64_t latency_max_ms = 60'000;
  // Only the first so many requests for a recipient suffer; 0: all.
  int attempts = 0;
  bool all_requests = false;  // lists and fetches suffer what happens before acceptance, too
  // To status callbacks.
  double callback_drop = 0;
  double callback_double = 0;
  double callback_delay = 0;  // share that comes late, by up to callback_delay_ms: so they are shuffled
  std::int64_t callback_delay_ms = 1000;

  bool operator==(const SandboxFaults&) const = default;
};

nlohmann::json to_json(const SandboxSettings& settings);
nlohmann::json to_json(const SandboxFaults& faults);

// Sets the members that `changes` names. Throws Error{invalid} naming an unknown key, a value of the wrong
// type or out of its range; nothing is changed then.
void apply_json(SandboxSettings& settings, const nlohmann::json& changes);
void apply_json(SandboxFaults& faults, const nlohmann::json& changes);

// A file in TOML (JSON when its name ends in ".json") with the tables "faults" and "settings", each optional.
// Throws Error{usage} naming the file.
void read_sandbox_file(const std::string& path, SandboxSettings& settings, SandboxFaults& faults);

}  // namespace smscrm
