// Longer than most, for a vendor is one file: its requests, its answers, its statuses and errors.
#include "core/provider/twilio.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/form.hpp"
#include "core/base/text.hpp"
#include "core/provider/twilio_error.hpp"

namespace smscrm {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr int max_parts = 1'000;  // far more than 1,600 characters need

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

// What may be a message's sid, in whatever form they come one day: twilio.com/docs/glossary/what-is-a-sid.
bool begins_as_sid(std::string_view sid) {
  return sid.size() > 2 && (sid.starts_with("SM") || sid.starts_with("MM"));
}

// The code by which an answer is Twilio's: {"code": 21211, "message": …}, of five or six digits. What other
// gateways call a code is often the HTTP status. Source: twilio.com/docs/usage/twilios-response.
std::optional<int> find_code(const json& body) {
  if (!body.is_object()) return std::nullopt;
  const auto code = body.find("code");
  if (code == body.end() || !code->is_number_integer()) return std::nullopt;
  const auto number = code->get<std::int64_t>();
  return 10'000 <= number && number < 1'000'000 ? std::optional{static_cast<int>(number)} : std::nullopt;
}

std::string describe_stranger(const HttpResult& result) {
  auto type = result.content_type.substr(0, 80);
  std::replace_if(
      type.begin(), type.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return fmt::format("an answer that is not Twilio's: HTTP status {}{}", result.status,
                     type.empty() ? "" : ", " + type);
}

SendOutcome parse_accepted(const HttpResult& result, const json& message) {
  SendOutcome outcome;
  if (message.is_object()) outcome.provider_id = text_of(message, "sid");
  if (!begins_as_sid(outcome.provider_id)) {
    outcome.provider_id.clear();
    outcome.trouble = Trouble::not_the_vendor;
    outcome.reason = result.status == 201 ? "the reply names no message" : describe_stranger(result);
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

// Whether a request that was answered so may have been processed: by a gateway that passed it on and then
// lost patience, or one that shows its outcome elsewhere. Other 3xx and 4xx say that it was not fulfilled.
// Rule: RFC 9110, 15.4 to 15.6; 499 and 460 are load balancers' own, 520 and above are 5xx anyhow.
bool may_be_processed(int status) {
  constexpr std::array statuses{300, 303, 304, 408, 409, 460, 499};
  return status < 300 || status >= 500 || std::count(statuses.begin(), statuses.end(), status) > 0;
}

// Without Twilio's code: what stands on the way there said it.
SendOutcome parse_stranger(const HttpResult& result) {
  SendOutcome outcome;
  outcome.reason = describe_stranger(result);
  outcome.trouble = result.status == 429   ? Trouble::busy
                    : result.status >= 500 ? Trouble::failing
                                           : Trouble::not_the_vendor;
  if (may_be_processed(result.status)) return outcome;
  outcome.kind = SendOutcome::Kind::retry_later;
  outcome.error_class = ErrorClass::retryable;
  if (result.retry_after) outcome.retry_after = *result.retry_after;
  return outcome;
}

SendOutcome parse_refused(const HttpResult& result, const json& body) {
  const auto code = find_code(body);
  if (!code) return parse_stranger(result);
  SendOutcome outcome;
  outcome.error_code = code;
  outcome.reason = text_of(body, "message");
  if (outcome.reason.empty()) outcome.reason = fmt::format("HTTP status {}", result.status);
  outcome.error_class = classify_twilio_error(*code, result.status);
  switch (outcome.error_class) {
    case ErrorClass::retryable:
      outcome.kind = SendOutcome::Kind::retry_later;
      if (result.status == 429 || code == 20429) outcome.trouble = Trouble::busy;
      if (result.retry_after) outcome.retry_after = *result.retry_after;
      if (code == 21611) outcome.retry_after = 60s;  // the queue holds hours; a minute is little
      break;
    case ErrorClass::ambiguous:
      outcome.kind = SendOutcome::Kind::ambiguous;
      outcome.trouble = Trouble::failing;
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
    message.retry = find_twilio_retry(*message.error_code);
  }
  message.error = text_of(item, "error_message");
  message.parts = parts_of(item);
  message.price = price_of(item);
  message.currency = text_of(item, "price_unit");
  // Without a date it cannot be ruled out, so it counts as new.
  message.created_at = created.value_or(Timestamp::max());
  return message;
}

// Why an answer is none to a question.
std::string explain(const HttpResult& result, const json& body) {
  if (result.failure != HttpFailure::none) return result.error;
  if (!find_code(body)) return describe_stranger(result);
  const auto words = text_of(body, "message");
  return words.empty() ? fmt::format("HTTP status {}", result.status) : words;
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
      outcome.trouble = Trouble::failing;
      if (result.failure == HttpFailure::not_sent) {
        outcome.kind = SendOutcome::Kind::retry_later;
        outcome.error_class = ErrorClass::retryable;
        outcome.trouble = Trouble::out_of_reach;
      }
      return outcome;
    }
    const auto body = json::parse(result.body, nullptr, false);
    if (result.status < 200 || result.status >= 300) return parse_refused(result, body);
    return parse_accepted(result, body);
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
      page.reason = explain(result, body);
      return page;
    }
    page.ok = true;
    page.next = text_of(body, "next_page_uri");
    for (const auto& item : body["messages"]) page.messages.push_back(parse_message(item));
    return page;
  }

  // Without a filter by date also what waits at Twilio and has none.
  HttpCall list_all_call(const ProviderAccess& access, const std::string& next) const override {
    return call_to(access, next.empty() ? messages_url(access) + "?PageSize=500" : access.api_url + next);
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

  // 204; before the message has ended 20009. Source: twilio.com/docs/messaging/api/message-resource.
  HttpCall delete_call(const ProviderAccess& access, const std::string& provider_id) const override {
    auto call = fetch_call(access, provider_id);
    call.method = HttpMethod::delete_;
    call.may_repeat = true;
    return call;
  }

  DeleteAnswer parse_delete(const HttpResult& result) const override {
    constexpr int unknown = 20404, under_way = 20009, busy = 20429;
    if (result.failure == HttpFailure::none && result.status == 204) return {DeleteAnswer::Kind::gone, {}};
    const auto body = json::parse(result.body, nullptr, false);
    const auto code = result.failure == HttpFailure::none ? find_code(body) : std::nullopt;
    if (code == unknown) return {DeleteAnswer::Kind::gone, {}};
    const bool is_verdict = code && code != under_way && code != busy && result.status < 500;
    return {is_verdict ? DeleteAnswer::Kind::refused : DeleteAnswer::Kind::later, explain(result, body)};
  }

  ListedPage parse_fetch(const HttpResult& result) const override {
    ListedPage page;
    const auto body = json::parse(result.body, nullptr, false);
    if (result.failure == HttpFailure::none && result.status == 404 && find_code(body) == 20404) {
      page.ok = true;
      return page;
    }
    if (result.failure != HttpFailure::none || result.status != 200 || !body.is_object() ||
        !begins_as_sid(text_of(body, "sid"))) {
      page.reason = explain(result, body);
      return page;
    }
    page.ok = true;
    page.messages.push_back(parse_message(body));
    return page;
  }

  HttpCall check_call(const ProviderAccess& access) const override {
    return call_to(access, messages_url(access) + "?PageSize=1");
  }

  CheckAnswer parse_check(const HttpResult& result) const override {
    using Kind = CheckAnswer::Kind;
    const auto body = json::parse(result.body, nullptr, false);
    if (parse_list(result).ok) return {Kind::good, 0, {}};
    const auto code = result.failure == HttpFailure::none ? find_code(body) : std::nullopt;
    const auto reason = explain(result, body);
    if (!code) return {Kind::unanswered, 0, reason};
    const bool later = result.status == 429 || result.status >= 500;
    return {later ? Kind::unanswered : Kind::refused, *code, reason};
  }

  ErrorClass classify_receipt(int error_code) const override { return classify_twilio_error(error_code, 0); }

  std::optional<ReceiptRetry> retry_of_receipt(int error_code) const override {
    return find_twilio_retry(error_code);
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

}  // namespace smscrm
