#include "daemon/sandbox/world.hpp"

#include <algorithm>
#include <functional>

#include <fmt/chrono.h>

#include "core/text/encoding.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::seconds settle_time{60};  // before a message without a receipt may be deleted

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

Timestamp after_seconds(Timestamp from, double seconds) {
  return from + std::chrono::microseconds{static_cast<std::int64_t>(seconds * 1e6)};
}

int pick(const std::vector<int>& codes, double draw) {
  return codes[static_cast<std::size_t>(draw * static_cast<double>(codes.size()))];
}

// The name of what a message is to all draws before it has a sid.
std::string nth(const std::string& what, std::uint64_t n) { return what + ' ' + std::to_string(n); }

}  // namespace

SandboxWorld::SandboxWorld(std::uint64_t seed, SandboxSettings settings_, SandboxFaults faults_)
    : settings(std::move(settings_)), faults(std::move(faults_)), chance_(seed) {}

void SandboxWorld::reset() {
  ++generation_;
  ledger_ = {};
  opt_outs_ = {};
  counts_ = {};
  senders_.clear();
  requests_to_.clear();
  events_ = {};
  notices_.clear();
}

SandboxWorld::Ordeal SandboxWorld::next_ordeal(const std::string& to, bool is_create, bool reused,
                                               int under_way) {
  if (is_create) ++counts_.requests;
  const auto n = ++requests_to_[to];
  Ordeal ordeal{Fault::none, {}};
  if (faults == SandboxFaults{}) return ordeal;
  const auto of = nth(to, n);
  ordeal.latency = choose_latency(faults, chance_.draw("latency", of));
  const bool spared = (faults.attempts > 0 && n > static_cast<std::uint64_t>(faults.attempts)) ||
                      (!is_create && !faults.all_requests);
  if (!spared) ordeal.fault = choose_fault(faults, chance_.draw("fault", of), reused);
  // Refused at the door, whatever else would have come.
  if (is_create && faults.max_concurrent > 0 && under_way >= faults.max_concurrent)
    ordeal = {Fault::too_many, {}};
  if (!is_create && strikes_after(ordeal.fault)) ordeal.fault = Fault::none;
  if (ordeal.fault != Fault::none) ++counts_.faults[std::string{to_string(ordeal.fault)}];
  return ordeal;
}

std::variant<std::string, ApiError> SandboxWorld::choose_sender(const NewTwilioMessage& message) {
  if (message.service.empty()) {
    if (!settings.senders.empty() && !contains(settings.senders, message.from))
      return api_error(21606, message.from);
    return message.from;
  }
  if (settings.services.empty()) return message.from.empty() ? "+15005550006" : message.from;
  const auto service = settings.services.find(message.service);
  if (service == settings.services.end()) return api_error(21705, message.service);
  const auto& pool = service->second;
  if (pool.empty()) return api_error(21704);
  if (message.from.empty()) return pool[std::hash<std::string>{}(message.to) % pool.size()];  // sticky
  if (!contains(pool, message.from)) return api_error(21606, message.from);
  return message.from;
}

std::variant<MessageIndex, ApiError> SandboxWorld::create(const TwilioAccount& account,
                                                          const NewTwilioMessage& request, Timestamp now) {
  if (const auto number = settings.numbers.find(request.to); number != settings.numbers.end())
    if (const int code = number->second.refuse) return api_error(code, request.to);
  for (const auto& prefix : settings.blocked_prefixes)
    if (request.to.starts_with(prefix)) return api_error(21408, request.to);
  auto chosen = choose_sender(request);
  if (auto* error = std::get_if<ApiError>(&chosen)) return *error;
  auto& from = std::get<std::string>(chosen);
  if (opt_outs_.has(account.sid, request.service.empty() ? from : request.service, request.to))
    return api_error(21610);
  if (request.service.empty() && is_full(from, request.parts, now)) return api_error(21611, from);

  SandboxMessage message;
  message.account = account.sid;
  message.to = request.to;
  message.from = std::move(from);
  message.service = request.service;
  message.body = request.body;
  message.callback = account.test ? std::string{} : request.callback;
  message.parts = request.parts;
  message.media = request.media;
  message.validity = request.validity;
  message.send_at = request.send_at;
  message.status = request.send_at           ? TwilioStatus::scheduled
                   : request.service.empty() ? TwilioStatus::queued
                                             : TwilioStatus::accepted;
  if (!message.service.empty()) senders_[message.from].service = message.service;
  const auto index = add(std::move(message), now);
  if (account.test) return index;
  const auto& kept = ledger_.at(index);
  switch (kept.status) {
    case TwilioStatus::scheduled:
      plan(*kept.send_at, index);
      break;
    case TwilioStatus::accepted:
      plan(stretched(now, settings.send_ms, kept, "accept"), index);
      break;
    default:
      enqueue(index, now);
  }
  return index;
}

MessageIndex SandboxWorld::add(SandboxMessage message, Timestamp now) {
  const auto* earlier = ledger_.list_to(message.to);
  const auto of =
      fmt::format("{} {} {} {}", generation_, message.account, message.to, earlier ? earlier->size() : 0);
  message.sid = chance_.sid(message.media > 0 ? "MM" : "SM", of);
  message.created_at = message.updated_at = now;
  message.history.push_back({message.status, now});
  return ledger_.add(std::move(message));
}

double SandboxWorld::rate_of(const std::string& sender) const {
  const auto own = settings.sender_rates.find(sender);
  return own == settings.sender_rates.end() ? settings.rate : own->second;
}

bool SandboxWorld::is_full(const std::string& sender, int parts, Timestamp now) {
  const double rate = rate_of(sender);
  if (rate <= 0) return false;
  const auto ahead = std::max(senders_[sender].free_at - now, std::chrono::microseconds{0});
  const double waiting = std::chrono::duration<double>(ahead).count();
  return waiting + parts / rate > settings.queue_hours * 3600;
}

// Gives the message its place in the queue of its sender.
void SandboxWorld::enqueue(MessageIndex index, Timestamp now) {
  const auto& message = ledger_.at(index);
  auto leaves = now;
  if (const double rate = rate_of(message.from); rate > 0) {
    auto& sender = senders_[message.from];
    leaves = std::max(now, sender.free_at);
    sender.free_at = after_seconds(leaves, message.parts / rate);
  }
  const auto expires = message.send_at.value_or(message.created_at) + message.validity;
  if (leaves >= expires) return plan(expires, index, 30036);
  plan(stretched(leaves, settings.send_ms, message, "send"), index);
}

Timestamp SandboxWorld::stretched(Timestamp from, std::int64_t milliseconds, const SandboxMessage& message,
                                  const char* what) const {
  const double factor = 1 + settings.spread * (2 * chance_.draw(what, message.sid) - 1);
  return after_seconds(from, static_cast<double>(milliseconds) * factor / 1000);
}

std::pair<TwilioStatus, int> SandboxWorld::fate(const SandboxMessage& message) const {
  const double code = chance_.draw("code", message.sid);
  if (const auto number = settings.numbers.find(message.to); number != settings.numbers.end()) {
    const auto& destiny = number->second;
    const auto code_or = [&](const std::vector<int>& codes) {
      return destiny.error_code ? destiny.error_code : pick(codes, code);
    };
    if (destiny.status == "delivered") return {TwilioStatus::delivered, 0};
    if (destiny.status == "sent") return {TwilioStatus::sent, 0};
    if (destiny.status == "failed") return {TwilioStatus::failed, code_or(settings.failed_codes)};
    if (destiny.status == "undelivered")
      return {TwilioStatus::undelivered, code_or(settings.undelivered_codes)};
  }
  double draw = chance_.draw("fate", message.sid);
  if (draw < settings.failed) return {TwilioStatus::failed, pick(settings.failed_codes, code)};
  draw -= settings.failed;
  if (draw < settings.undelivered) return {TwilioStatus::undelivered, pick(settings.undelivered_codes, code)};
  draw -= settings.undelivered;
  if (draw < settings.no_receipt) return {TwilioStatus::sent, 0};
  return {TwilioStatus::delivered, 0};
}

void SandboxWorld::plan(Timestamp due, MessageIndex message, int error_code, bool is_notice) {
  events_.push({due, ++last_order_, message, ledger_.at(message).status, error_code, is_notice});
}

std::optional<Timestamp> SandboxWorld::next_due() const {
  if (!notices_.empty()) return Timestamp{};
  if (events_.empty()) return std::nullopt;
  return events_.top().due;
}

std::vector<Notice> SandboxWorld::take_notices() { return std::exchange(notices_, {}); }

void SandboxWorld::advance(Timestamp now) {
  while (!events_.empty() && events_.top().due <= now) {
    const auto event = events_.top();
    events_.pop();
    const auto& message = ledger_.at(event.message);
    if (event.is_notice)
      notices_.push_back(status_notice(message, event.status, event.error_code, event.due));
    else if (message.status != event.status)
      continue;  // canceled meanwhile
    else if (event.error_code != 0)
      enter(event.message, TwilioStatus::failed, event.due, event.error_code);
    else
      step(event.message, event.due);
  }
}

// Moves a message on to its next status.
void SandboxWorld::step(MessageIndex index, Timestamp now) {
  const auto& message = ledger_.at(index);
  switch (message.status) {
    case TwilioStatus::accepted:
    case TwilioStatus::scheduled:
      if (is_full(message.from, message.parts, now)) return enter(index, TwilioStatus::failed, now, 30001);
      enter(index, TwilioStatus::queued, now);
      return enqueue(index, now);
    case TwilioStatus::queued:
      if (const auto [end, code] = fate(message); end == TwilioStatus::failed)
        return enter(index, end, now, code);
      enter(index, TwilioStatus::sending, now);
      return plan(stretched(now, settings.sent_ms, message, "sent"), index);
    case TwilioStatus::sending:
      enter(index, TwilioStatus::sent, now);
      if (fate(message).first != TwilioStatus::sent)
        plan(stretched(now, settings.receipt_ms, message, "receipt"), index);
      return;
    case TwilioStatus::sent: {
      const auto [end, code] = fate(message);
      return enter(index, end, now, code);
    }
    default:
      return;
  }
}

void SandboxWorld::enter(MessageIndex index, TwilioStatus status, Timestamp now, int error_code) {
  ledger_.change_status(index, status, error_code, now);
  // Twilio lists no callback for "sending":
  // https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
  if (!ledger_.at(index).callback.empty() && status != TwilioStatus::sending) tell(index, now);
}

void SandboxWorld::tell(MessageIndex index, Timestamp now) {
  const auto& message = ledger_.at(index);
  ++counts_.callbacks;
  const auto of = message.sid + std::string{to_string(message.status)};
  if (faults.callback_drop > 0 && chance_.draw("drop", of) < faults.callback_drop) {
    ++counts_.callbacks_dropped;
    return;
  }
  int copies = 1;
  if (faults.callback_double > 0 && chance_.draw("double", of) < faults.callback_double) {
    ++counts_.callbacks_doubled;
    ++copies;
  }
  for (int copy = 0; copy < copies; ++copy) {
    const auto which = nth(of, static_cast<std::uint64_t>(copy));
    if (faults.callback_delay > 0 && chance_.draw("delay", which) < faults.callback_delay) {
      ++counts_.callbacks_delayed;
      const double late = chance_.draw("late", which) * static_cast<double>(faults.callback_delay_ms) / 1000;
      plan(after_seconds(now, late), index, message.error_code, true);
    } else {
      notices_.push_back(status_notice(message, message.status, message.error_code, now));
    }
  }
}

Notice SandboxWorld::status_notice(const SandboxMessage& message, TwilioStatus status, int error_code,
                                   Timestamp at) const {
  const std::string word{to_string(status)};
  Notice notice{message.account, message.callback, {}, message.sid + '-' + word, generation_};
  auto& fields = notice.fields;
  fields = {{"ApiVersion", "2010-04-01"}, {"MessageStatus", word},
            {"SmsSid", message.sid},      {"SmsStatus", word},
            {"To", message.to},           {"From", message.from},
            {"MessageSid", message.sid},  {"AccountSid", message.account}};
  if (!message.service.empty()) fields.emplace_back("MessagingServiceSid", message.service);
  if (error_code) fields.emplace_back("ErrorCode", std::to_string(error_code));
  if (status == TwilioStatus::delivered || status == TwilioStatus::undelivered)
    fields.emplace_back("RawDlrDoneDate",
                        fmt::format("{:%y%m%d%H%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(at))));
  return notice;
}

std::optional<ApiError> SandboxWorld::update(MessageIndex index, const Form& form, Timestamp now) {
  auto& message = ledger_.at(index);
  const auto body = find_field(form, "Body");
  const auto status = find_field(form, "Status");
  if (body && status) return api_error(30400, "Body and Status are given together");
  if (body) {
    if (!body->empty()) return api_error(30400, "Body can only be emptied");
    message.body.clear();
    message.updated_at = now;
    return std::nullopt;
  }
  if (!status || *status != "canceled") return api_error(30400, "Status can only become canceled");
  const auto at = message.status;
  if (at != TwilioStatus::accepted && at != TwilioStatus::scheduled && at != TwilioStatus::queued)
    return api_error(30409, to_string(at));
  enter(index, TwilioStatus::canceled, now);
  return std::nullopt;
}

std::optional<ApiError> SandboxWorld::remove(MessageIndex index, Timestamp now) {
  auto& message = ledger_.at(index);
  const bool settled = message.status == TwilioStatus::sent && message.updated_at + settle_time <= now;
  if (!is_final(message.status) && !settled) return api_error(20009);
  message.deleted = true;
  return std::nullopt;
}

}  // namespace smscrm
