// The pretended Twilio, without HTTP and without a clock of its own: accounts' messages, senders' queues and
// opt-outs, and what becomes of each message with time. Not safe from several threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "daemon/sandbox/chance.hpp"
#include "daemon/sandbox/fault.hpp"
#include "daemon/sandbox/ledger.hpp"
#include "daemon/sandbox/opt_out.hpp"
#include "daemon/sandbox/settings.hpp"
#include "daemon/sandbox/twiml.hpp"
#include "daemon/sandbox/validation.hpp"

namespace smscrm {

struct TwilioAccount {
  std::string sid;  // AC…
  std::string token;
  bool test = false;  // test credentials: messages go nowhere
};

// A webhook to be sent.
struct Notice {
  std::string account;
  std::string url;  // fragment and all
  Form fields;
  std::string event;  // the same for all copies of one event
  unsigned generation = 0;
};

struct WorldCounts {
  std::uint64_t requests = 0;                   // to create a message
  std::map<int, std::uint64_t> refused;         // by error code
  std::map<std::string, std::uint64_t> faults;  // by key of SandboxFaults
  std::uint64_t callbacks = 0;                  // that were due
  std::uint64_t callbacks_dropped = 0, callbacks_doubled = 0, callbacks_delayed = 0;
  std::uint64_t inbound = 0;
};

class SandboxWorld {
 public:
  SandboxWorld(std::uint64_t seed, SandboxSettings settings, SandboxFaults faults);

  // Settings and faults take effect on what happens from now on.
  SandboxSettings settings;
  SandboxFaults faults;

  const SandboxLedger& ledger() const { return ledger_; }
  const WorldCounts& counts() const { return counts_; }
  const OptOutList& opt_outs() const { return opt_outs_; }

  // The fate of one more request to create a message to that number, which may be anything.
  struct Ordeal {
    Fault fault;
    std::chrono::milliseconds latency;
  };
  // `under_way`: requests to create that have no reply yet.
  Ordeal next_ordeal(const std::string& to, bool is_create, bool reused, int under_way = 0);

  std::variant<MessageIndex, ApiError> create(const TwilioAccount& account, const NewTwilioMessage& message,
                                              Timestamp now);
  void count_refusal(int code) { ++counts_.refused[code]; }

  // Redacts or cancels as `form` says, or deletes; nullopt when done.
  std::optional<ApiError> update(MessageIndex index, const Form& form, Timestamp now);
  std::optional<ApiError> remove(MessageIndex index, Timestamp now);

  // A text from somebody's handset. The webhook, if a URL is set, is to be sent by the caller, who gives the
  // answer to `reply`.
  struct Received {
    MessageIndex message;
    std::optional<MessageIndex> auto_reply;
    std::optional<Notice> webhook;
  };
  Received receive(const TwilioAccount& account, const std::string& from, const std::string& to,
                   const std::string& body, Timestamp now);
  // Sends one message of the answer; an error when Twilio would not.
  std::variant<MessageIndex, ApiError> reply(const TwilioAccount& account, MessageIndex inbound,
                                             const TwimlMessage& message, Timestamp now);

  // Lets everything happen that is due.
  void advance(Timestamp now);
  std::optional<Timestamp> next_due() const;
  std::vector<Notice> take_notices();

  // Forgets messages, opt-outs, queues and counts; settings and faults stay. The sids to come differ from
  // those before. What is left of an earlier generation, a webhook under way, must not be told to this one:
  // its indexes mean other messages now.
  void reset();
  unsigned generation() const { return generation_; }

 private:
  struct Event {
    Timestamp due;
    std::uint64_t order;  // of equal times the earlier made comes first
    MessageIndex message;
    TwilioStatus status;  // a step is void when the message has left it; a notice tells it
    int error_code;
    bool is_notice;
    bool operator>(const Event& other) const {
      return due != other.due ? due > other.due : order > other.order;
    }
  };
  struct Sender {
    Timestamp free_at{};  // when its queue is empty
    std::string service;  // the last that chose it
  };

  void plan(Timestamp due, MessageIndex message, int error_code = 0, bool is_notice = false);
  void step(MessageIndex index, Timestamp now);
  void enqueue(MessageIndex index, Timestamp now);
  void enter(MessageIndex index, TwilioStatus status, Timestamp now, int error_code = 0);
  void tell(MessageIndex index, Timestamp now);
  Notice status_notice(const SandboxMessage& message, TwilioStatus status, int error_code,
                       Timestamp at) const;
  MessageIndex add(SandboxMessage message, Timestamp now);
  Timestamp stretched(Timestamp from, std::int64_t milliseconds, const SandboxMessage& message,
                      const char* what) const;
  double rate_of(const std::string& sender) const;
  bool is_full(const std::string& sender, int parts, Timestamp now);
  std::variant<std::string, ApiError> choose_sender(const NewTwilioMessage& message);
  std::pair<TwilioStatus, int> fate(const SandboxMessage& message) const;
  std::vector<std::string> scopes_of(const std::string& number) const;

  Chance chance_;
  unsigned generation_ = 0;
  SandboxLedger ledger_;
  OptOutList opt_outs_;
  WorldCounts counts_;
  std::unordered_map<std::string, Sender> senders_;
  std::unordered_map<std::string, std::uint64_t> requests_to_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t last_order_ = 0;
  std::vector<Notice> notices_;
};

}  // namespace smscrm
