#include "core/provider/twilio.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/form.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr int max_parts = 1'000;  // far more than 1,600 characters need

struct KnownError {
  int first, last;  // a range of codes
  ErrorClass error_class;
};

// Sorted by code. The classes are ours; what the codes mean is at twilio.com/docs/api/errors/CODE.
constexpr std::array known_errors{
    KnownError{20003, 20003, ErrorClass::configuration},  // wrong credentials, or a suspended account
    KnownError{20005, 20006, ErrorClass::configuration},  // account inactive, no right
    KnownError{20008, 20008, ErrorClass::configuration},  // test credentials on another resource
    KnownError{20010, 20010, ErrorClass::configuration},
    KnownError{20403, 20404, ErrorClass::configuration},
    KnownError{20429, 20429, ErrorClass::retryable},  // too many requests at once: not processed
    KnownError{20500, 20503, ErrorClass::ambiguous},
    KnownError{21211, 21211, ErrorClass::permanent},      // To is not a number
    KnownError{21212, 21212, ErrorClass::configuration},  // From is malformed or not allowed
    KnownError{21408, 21408, ErrorClass::configuration},  // country not enabled in Geo Permissions
    KnownError{21602, 21606, ErrorClass::configuration},
    KnownError{21608, 21609, ErrorClass::configuration},  // trial account; bad StatusCallback
    KnownError{21610, 21610, ErrorClass::opt_out},
    KnownError{21611, 21611, ErrorClass::retryable},  // this sender's queue is full
    KnownError{21612, 21612, ErrorClass::permanent},  // not reachable by SMS
    KnownError{21614, 21614, ErrorClass::permanent},  // not a mobile number
    KnownError{21616, 21616, ErrorClass::configuration},
    KnownError{21617, 21618, ErrorClass::permanent},  // too long; filtered on all routes
    KnownError{21619, 21619, ErrorClass::configuration},
    KnownError{21620, 21620, ErrorClass::permanent},
    KnownError{21621, 21621, ErrorClass::configuration},
    KnownError{21623, 21623, ErrorClass::permanent},
    KnownError{21624, 21624, ErrorClass::configuration},
    KnownError{21654, 21658, ErrorClass::configuration},
    KnownError{21703, 21705, ErrorClass::configuration},  // the service has no fitting sender
    KnownError{30001, 30001, ErrorClass::retryable},      // queue overflow
    KnownError{30002, 30002, ErrorClass::configuration},  // account suspended
    KnownError{30003, 30003, ErrorClass::retryable},      // handset off or out of coverage
    KnownError{30004, 30007, ErrorClass::permanent},
    KnownError{30008, 30008, ErrorClass::retryable},  // unknown
    KnownError{30010, 30011, ErrorClass::permanent},
    KnownError{30017, 30017, ErrorClass::retryable},  // carrier congestion
    KnownError{30018, 30018, ErrorClass::configuration},
    KnownError{30019, 30019, ErrorClass::permanent},
    KnownError{30022, 30023, ErrorClass::retryable},  // 10DLC rate or daily cap
    KnownError{30024, 30024, ErrorClass::configuration},
    KnownError{30027, 30027, ErrorClass::retryable},      // T-Mobile daily cap
    KnownError{30032, 30035, ErrorClass::configuration},  // toll-free or 10DLC registration
    KnownError{30036, 30036, ErrorClass::retryable},      // validity period ran out
    KnownError{30410, 30410, ErrorClass::ambiguous},      // provider timed out
    KnownError{30450, 30450, ErrorClass::retryable},      // SMS-pumping block, lifts in half an hour
    KnownError{30500, 30500, ErrorClass::retryable},
    KnownError{30610, 30610, ErrorClass::permanent},      // Compliance Toolkit: quiet hours
    KnownError{30640, 30640, ErrorClass::permanent},      // known litigator
    KnownError{35111, 35126, ErrorClass::configuration},  // scheduling
};

struct KnownRetry {
  int code;
  ReceiptRetry retry;
};

// Of retryable receipts; the hours and counts are ours, after what Twilio says at
// twilio.com/docs/api/errors/CODE.
constexpr std::array known_retries{
    KnownRetry{30001, {1h, 3}},   // queue overflow
    KnownRetry{30003, {4h, 3}},   // handset off or out of coverage: few, hours apart
    KnownRetry{30008, {4h, 2}},   // unknown: a retry or two
    KnownRetry{30017, {1h, 3}},   // carrier congestion
    KnownRetry{30022, {1h, 3}},   // 10DLC rate
    KnownRetry{30023, {12h, 2}},  // daily caps, which end at midnight in California: the second is past it
    KnownRetry{30036, {0s, 1, true}},  // its validity ran out: when it may leave again, once
    KnownRetry{30027, {12h, 2}},      KnownRetry{30450, {1h, 2}},  // a block that lifts in half an hour
    KnownRetry{30500, {1h, 1}},                                    // Twilio's own error: once
};

std::optional<ReceiptRetry> find_retry(int error_code) {
  for (const auto& known : known_retries)
    if (known.code == error_code) return known.retry;
  return std::nullopt;
}

HttpCall call_to(const ProviderAccess& access, std::string url) {
  HttpCall call;
  call.url = std::move(url);
  call.user = access.user;
  call.password = access.password;
  call.connect_timeout = access.connect_timeout;
  call.timeout = access.timeout;
  return call;
}

std::string messages_url(const ProviderAccess& access) {
  return access.api_url + "/2010-04-01/Accounts/" + access.account_sid + "/Messages.json";
}

// Nearly every field of Twilio's may be null, and numbers come as text.
std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::optional<int> number_of(const json& object, const char* key) {
  const auto number = parse_integer(text_of(object, key));
  return number && std::in_range<int>(*number) ? std::optional{static_cast<int>(*number)} : std::nullopt;
}

// "0": not known yet, as with a messaging service.
std::optional<int> parts_of(const json& message) {
  const auto parts = number_of(message, "num_segments");
  return parts && *parts > 0 && *parts <= max_parts ? parts : std::nullopt;
}

bool is_decimal(std::string_view text) {
  const auto point = std::min(text.find('.'), text.size());
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && digits.size() <= 8 &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return '0' <= c && c <= '9'; });
  };
  return is_number(text.substr(0, point)) && (point == text.size() || is_number(text.substr(point + 1)));
}

// Twilio's are negative: a charge. What is no price counts as not said yet: it is no reason to lose the rest.
std::optional<std::string> price_of(const json& message) {
  auto price = text_of(message, "price");
  if (price.empty()) return std::nullopt;
  if (price.front() == '-') price.erase(0, 1);
  return is_decimal(price) ? std::optional{price} : std::nullopt;
}

// "Thu, 24 Aug 2023 05:01:45 +0000" (RFC 2822, always GMT); nullopt when it is something else.
std::optional<Timestamp> parse_rfc2822(const std::string& text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto comma = text.find(", ");
  const auto words = split(comma == std::string::npos ? text : text.substr(comma + 2), ' ');
  if (words.size() < 4 || words[1].size() != 3) return std::nullopt;
  const auto month = months.find(words[1]);
  const auto day = parse_integer(words[0]), year = parse_integer(words[2]);
  if (!day || !year || month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  try {
    return parse_rfc3339(fmt::format("{:04}-{:02}-{:02}T{}Z", *year, month / 3 + 1, *day, words[3]));
  } catch (const Error&) {
    return std::nullopt;
  }
}

SendOutcome parse_accepted(const json& message) {
  SendOutcome outcome;
  outcome.provider_id = text_of(message, "sid");
  if (outcome.provider_id.empty()) {
    outcome.reason = "the reply names no message";
    return outcome;
  }
  outcome.kind = SendOutcome::Kind::accepted;
  outcome.status = parse_twilio_status(text_of(message, "status")).value_or(MessageStatus::queued);
  outcome.parts = parts_of(message);
  outcome.price = price_of(message);
  outcome.currency = text_of(message, "price_unit");
  outcome.error_code = number_of(message, "error_code");
  outcome.reason = text_of(message, "error_message");
  return outcome;
}

SendOutcome parse_refused(const HttpResult& result, const json& body) {
  SendOutcome outcome;
  if (body.is_object()) {
    outcome.error_code = number_of(body, "code");
    outcome.reason = text_of(body, "message");
  }
  if (outcome.reason.empty()) outcome.reason = fmt::format("HTTP status {}", result.status);
  outcome.error_class = classify_twilio_error(outcome.error_code.value_or(0), result.status);
  outcome.overloaded = result.status == 429;
  switch (outcome.error_class) {
    case ErrorClass::retryable:
      outcome.kind = SendOutcome::Kind::retry_later;
      if (result.retry_after) outcome.retry_after = *result.retry_after;
      if (outcome.error_code == 21611)
        outcome.retry_after = 60s;  // the queue holds hours; a minute is little
      break;
    case ErrorClass::ambiguous:
      outcome.kind = SendOutcome::Kind::ambiguous;
      break;
    case ErrorClass::permanent:
    case ErrorClass::opt_out:
    case ErrorClass::configuration:
      outcome.kind = SendOutcome::Kind::rejected;
      break;
  }
  return outcome;
}

std::string whole_seconds(Timestamp at) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
}

ListedMessage parse_message(const json& item) {
  const auto status = parse_twilio_status(text_of(item, "status"));
  const auto created = parse_rfc2822(text_of(item, "date_created"));
  ListedMessage message;
  message.provider_id = text_of(item, "sid");
  message.to = text_of(item, "to");
  message.from = text_of(item, "from");
  message.service = text_of(item, "messaging_service_sid");
  message.body = text_of(item, "body");
  message.outbound = text_of(item, "direction") == "outbound-api";
  message.status = status.value_or(MessageStatus::queued);
  message.error_code = number_of(item, "error_code");
  if (message.error_code) {
    message.error_class = classify_twilio_error(*message.error_code, 0);
    message.retry = find_retry(*message.error_code);
  }
  message.error = text_of(item, "error_message");
  message.parts = parts_of(item);
  message.price = price_of(item);
  message.currency = text_of(item, "price_unit");
  // Without a date it cannot be ruled out, so it counts as new.
  message.created_at = created.value_or(Timestamp::max());
  return message;
}

class Twilio : public Provider {
 public:
  HttpCall send_call(const ProviderAccess& access, const SendRequest& request) const override {
    auto call = call_to(access, messages_url(access));
    call.method = HttpMethod::post;
    Form form{{"To", request.to}};
    if (!request.from.empty()) form.emplace_back("From", request.from);
    if (!request.service.empty()) form.emplace_back("MessagingServiceSid", request.service);
    form.emplace_back("Body", request.body);
    if (!request.status_callback.empty()) form.emplace_back("StatusCallback", request.status_callback);
    if (request.validity) {
      const auto seconds = std::clamp<std::int64_t>(request.validity->count(), 1, 36'000);
      form.emplace_back("ValidityPeriod", std::to_string(seconds));
    }
    call.body = format_form(form);
    return call;
  }

  SendOutcome parse_send(const HttpResult& result) const override {
    SendOutcome outcome;
    if (result.failure != HttpFailure::none) {
      outcome.reason = result.error;
      if (result.failure == HttpFailure::not_sent) {
        outcome.kind = SendOutcome::Kind::retry_later;
        outcome.error_class = ErrorClass::retryable;
      }
      return outcome;
    }
    const auto body = json::parse(result.body, nullptr, false);
    if (result.status < 200 || result.status >= 300) return parse_refused(result, body);
    if (body.is_object()) return parse_accepted(body);
    outcome.reason = "the reply is not JSON";
    return outcome;
  }

  // Filtered by number alone: a message has no DateSent before it has left Twilio.
  HttpCall list_call(const ProviderAccess& access, std::string_view to,
                     const std::string& next) const override {
    return call_to(access, next.empty() ? messages_url(access) + "?To=" + url_encode(to) + "&PageSize=50"
                                        : access.api_url + next);
  }

  ListedPage parse_list(const HttpResult& result) const override {
    ListedPage page;
    const auto body = json::parse(result.body, nullptr, false);
    if (result.failure != HttpFailure::none || result.status != 200 || !body.is_object() ||
        !body.contains("messages") || !body["messages"].is_array()) {
      page.reason = result.error.empty() ? fmt::format("HTTP status {}", result.status) : result.error;
      return page;
    }
    page.ok = true;
    page.next = text_of(body, "next_page_uri");
    for (const auto& item : body["messages"]) page.messages.push_back(parse_message(item));
    return page;
  }

  // Newest first, and the pages of one window follow one another: their tokens are the vendor's.
  HttpCall list_sent_call(const ProviderAccess& access, Timestamp from, Timestamp until,
                          const std::string& next) const override {
    if (!next.empty()) return call_to(access, access.api_url + next);
    return call_to(access, messages_url(access) + "?DateSent%3E=" + url_encode(whole_seconds(from)) +
                               "&DateSent%3C=" + url_encode(whole_seconds(until)) + "&PageSize=500");
  }

  HttpCall fetch_call(const ProviderAccess& access, const std::string& provider_id) const override {
    return call_to(access, access.api_url + "/2010-04-01/Accounts/" + access.account_sid + "/Messages/" +
                               url_encode(provider_id) + ".json");
  }

  ListedPage parse_fetch(const HttpResult& result) const override {
    ListedPage page;
    if (result.failure == HttpFailure::none && result.status == 404) {
      page.ok = true;
      return page;
    }
    const auto body = json::parse(result.body, nullptr, false);
    if (result.failure != HttpFailure::none || result.status != 200 || !body.is_object()) {
      page.reason = result.error.empty() ? fmt::format("HTTP status {}", result.status) : result.error;
      return page;
    }
    page.ok = true;
    page.messages.push_back(parse_message(body));
    return page;
  }

  HttpCall check_call(const ProviderAccess& access) const override {
    return call_to(access, messages_url(access) + "?PageSize=1");
  }

  std::optional<std::string> parse_check(const HttpResult& result) const override {
    if (result.failure != HttpFailure::none) return result.error;
    if (result.status == 200) return std::nullopt;
    return parse_refused(result, json::parse(result.body, nullptr, false)).reason;
  }

  ErrorClass classify_receipt(int error_code) const override { return classify_twilio_error(error_code, 0); }

  std::optional<ReceiptRetry> retry_of_receipt(int error_code) const override {
    return find_retry(error_code);
  }
};

}  // namespace

const Provider& twilio_provider() {
  static const Twilio twilio;
  return twilio;
}

const Provider& get_provider(std::string_view name) {
  if (name == "twilio") return twilio_provider();
  throw Error(Errc::internal, "there is no provider \"{}\"", name);
}

std::optional<MessageStatus> parse_twilio_status(std::string_view word) {
  constexpr std::pair<std::string_view, MessageStatus> statuses[] = {
      {"accepted", MessageStatus::queued},   {"scheduled", MessageStatus::queued},
      {"queued", MessageStatus::queued},     {"sending", MessageStatus::sending},
      {"sent", MessageStatus::sent},         {"delivered", MessageStatus::delivered},
      {"read", MessageStatus::delivered},    {"partially_delivered", MessageStatus::delivered},
      {"failed", MessageStatus::failed},     {"undelivered", MessageStatus::undelivered},
      {"canceled", MessageStatus::canceled},
  };
  for (const auto& [name, status] : statuses)
    if (name == word) return status;
  return std::nullopt;
}

ErrorClass classify_twilio_error(int code, int http_status) {
  const auto known = std::find_if(known_errors.begin(), known_errors.end(),
                                  [&](const KnownError& k) { return k.first <= code && code <= k.last; });
  if (known != known_errors.end()) return known->error_class;
  if (http_status == 429) return ErrorClass::retryable;
  if (http_status >= 500) return ErrorClass::ambiguous;
  if (http_status == 401 || http_status == 403) return ErrorClass::configuration;
  return ErrorClass::permanent;
}

}  // namespace smscrm
