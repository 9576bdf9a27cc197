#include "daemon/sandbox/sandbox.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "daemon/sandbox/state.hpp"
#include "daemon/sandbox/webhook.hpp"

namespace smscrm {
namespace {

SandboxOptions with_defaults(SandboxOptions options) {
  if (options.accounts.empty()) options.accounts.push_back({demo_account_sid, demo_account_token, false});
  for (const auto& account : options.accounts)
    if (!is_sid(account.sid, "AC") || account.token.empty())
      throw Error(Errc::usage,
                  "\"{}\" is not an account: give AC and 32 hexadecimal digits, \":\" and a token",
                  account.sid);
  return options;
}

HttpOptions http_options(const SandboxOptions& options) {
  HttpOptions http;
  http.listen = options.listen;
  http.threads = options.threads;
  http.answer_timeout = std::chrono::hours{1};  // a hang is the client's to end
  return http;
}

constexpr std::chrono::milliseconds longest_wait{1000};
// Webhooks under way at once. What is due beyond them waits: a campaign makes some hundred thousand within a
// minute, and each under way is a connection on both sides.
constexpr std::size_t most_in_flight = 256;

// The thread "sandbox".
class Clockwork {
 public:
  explicit Clockwork(SandboxState& state) : state_(state) {}

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto wait = tick();
      for (auto& finished : state_.webhook_client.wait(wait)) finish(finished.id, finished.result);
      launch_waiting();
    }
    for (auto& [id, flight] : flights_)
      if (flight.inbound) flight.inbound->reply.close();
    for (auto& flight : waiting_)
      if (flight.inbound) flight.inbound->reply.close();
  }

 private:
  struct Flight {
    Notice notice;
    WebhookPolicy policy;
    int tries = 0;
    std::optional<InboundJob> inbound;
  };

  // Does all that is due; how long until there is more.
  std::chrono::milliseconds tick() {
    std::vector<Notice> notices;
    std::vector<InboundJob> inbound;
    std::vector<std::pair<HttpReply, HttpResponse>> replies;
    std::optional<Timestamp> next;
    const auto at = now();
    {
      const std::lock_guard lock{state_.mutex};
      state_.world.advance(at);
      notices = state_.world.take_notices();
      inbound.swap(state_.inbound);
      auto& late = state_.late_replies;
      while (!late.empty() && late.begin()->first <= at) {
        auto& [reply, response, creates] = late.begin()->second;
        if (creates) --state_.creating;
        replies.emplace_back(std::move(reply), std::move(response));
        late.erase(late.begin());
      }
      next = state_.world.next_due();
      if (!late.empty()) next = std::min(next.value_or(late.begin()->first), late.begin()->first);
      state_.webhooks.sent += notices.size() + inbound.size();
      generation_ = state_.world.generation();
    }
    HttpReply::send_all(std::move(replies));
    for (auto& notice : notices) waiting_.push_back({std::move(notice), {}, 0, std::nullopt});
    for (auto& job : inbound) {
      auto notice = *job.received.webhook;
      waiting_.push_front({std::move(notice), {}, 0, std::move(job)});  // somebody waits for its answer
    }
    launch_waiting();
    if (!next) return longest_wait;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now());
    return std::clamp(left, std::chrono::milliseconds{0}, longest_wait);
  }

  void launch_waiting() {
    while (!waiting_.empty() && flights_.size() < most_in_flight) {
      auto flight = std::move(waiting_.front());
      waiting_.pop_front();
      // What a reset has forgotten is told to nobody.
      if (flight.inbound || flight.notice.generation == generation_) launch(std::move(flight));
    }
  }

  void launch(Flight flight) {
    flight.policy = parse_webhook_policy(flight.notice.url);
    const auto id = ++last_id_;
    start(id, flights_.emplace(id, std::move(flight)).first->second);
  }

  void start(std::uint64_t id, Flight& flight) {
    const auto* account = state_.find_account(flight.notice.account);
    ++flight.tries;
    state_.webhook_client.start(
        id, webhook_call(flight.notice.url, flight.notice.fields, account->token, flight.notice.event));
  }

  void finish(std::uint64_t id, const HttpResult& result) {
    const auto found = flights_.find(id);
    auto& flight = found->second;
    const bool again = should_retry(flight.policy, result) && flight.tries <= flight.policy.retries;
    const auto response = record(flight, result, again);
    if (again && !response) return start(id, flight);
    if (flight.inbound) flight.inbound->reply.send(*response);
    flights_.erase(found);
  }

  // What whoever waits for the flight is told, if it has ended.
  std::optional<HttpResponse> record(const Flight& flight, const HttpResult& result, bool again) {
    const std::lock_guard lock{state_.mutex};
    // A reset has forgotten the message: neither the counts nor the ledger of now have to do with it.
    if (flight.notice.generation != state_.world.generation()) return forgotten_inbound();
    auto& counts = state_.webhooks;
    if (again) {
      ++counts.retried;
      return std::nullopt;
    }
    ++(result.failure != HttpFailure::none ? counts.unanswered
       : result.status / 100 == 2          ? counts.answered
                                           : counts.refused);
    if (!flight.inbound) return HttpResponse{};
    return finish_inbound(state_.world, *state_.find_account(flight.notice.account), flight.inbound->received,
                          &result, now());
  }

  SandboxState& state_;
  std::unordered_map<std::uint64_t, Flight> flights_;
  std::deque<Flight> waiting_;
  unsigned generation_ = 0;  // of the world, as of the last tick
  std::uint64_t last_id_ = 0;
};

}  // namespace

SandboxState::SandboxState(SandboxOptions given)
    : options(with_defaults(std::move(given))),
      world(options.seed, options.settings, options.faults),
      server(http_options(options),
             [this](HttpRequest request, HttpReply reply) { handle(std::move(request), std::move(reply)); }) {
}

const TwilioAccount* SandboxState::find_account(std::string_view sid) const {
  for (const auto& account : options.accounts)
    if (account.sid == sid) return &account;
  return nullptr;
}

Sandbox::Sandbox(SandboxOptions options) : state_(std::make_unique<SandboxState>(std::move(options))) {}

Sandbox::~Sandbox() { stop(); }

void Sandbox::start() {
  state_->thread =
      std::jthread{[state = state_.get()](const std::stop_token& stop) { Clockwork{*state}.run(stop); }};
  state_->server.start();
}

void Sandbox::stop() {
  auto& state = *state_;
  // Time stops first, so that nothing falls due in what is going away; then all who wait for it are told,
  // and the server has nothing left to wait for.
  {
    const std::lock_guard lock{state.mutex};
    state.stopping = true;
  }
  if (state.thread.joinable()) {
    state.thread.request_stop();
    state.webhook_client.wake();
    state.thread.join();
  }
  {
    const std::lock_guard lock{state.mutex};
    for (auto& reply : state.hanging) reply.close();
    for (auto& job : state.inbound) job.reply.close();
    for (auto& [due, late] : state.late_replies) late.reply.send(std::move(late.response));
    state.hanging.clear();
    state.inbound.clear();
    state.late_replies.clear();
  }
  state.server.drain(std::chrono::milliseconds{200});
}

std::string Sandbox::address() const { return state_->server.addresses().front(); }
std::string Sandbox::url() const { return "http://" + address(); }

std::vector<SandboxMessage> Sandbox::messages() const {
  const std::lock_guard lock{state_->mutex};
  const auto& ledger = state_->world.ledger();
  std::vector<SandboxMessage> messages;
  for (MessageIndex i = 0; i < ledger.size(); ++i) messages.push_back(ledger.at(i));
  return messages;
}

SandboxLedger::Counts Sandbox::counts() const {
  const std::lock_guard lock{state_->mutex};
  return state_->world.ledger().counts();
}

void Sandbox::set_faults(const SandboxFaults& faults) {
  const std::lock_guard lock{state_->mutex};
  state_->world.faults = faults;
}

void Sandbox::set_settings(const SandboxSettings& settings) {
  const std::lock_guard lock{state_->mutex};
  state_->world.settings = settings;
}

}  // namespace smscrm
