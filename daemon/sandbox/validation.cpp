#include "daemon/sandbox/validation.hpp"

#include <algorithm>
#include <cctype>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/phone/phone.hpp"
#include "core/text/encoding.hpp"

namespace smscrm {
namespace {

constexpr std::size_t max_body_units = 1600;  // UTF-16, as non-GSM characters may count more than once
constexpr std::size_t max_callback = 4000;
constexpr std::size_t max_media = 10;
constexpr std::chrono::seconds min_ahead{300};
constexpr std::chrono::seconds max_ahead{35 * 24 * 3600};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id: up to 11 letters, digits, blanks and a
// few signs.
bool is_alphanumeric(std::string_view address) {
  constexpr std::string_view signs = " +-_&.";
  return address.size() <= 11 && std::any_of(address.begin(), address.end(), is_letter) &&
         std::all_of(address.begin(), address.end(), [&](char c) {
           return is_letter(c) || is_digit(c) || signs.find(c) != std::string_view::npos;
         });
}

// An absolute http or https URL with a host, which has no underscore. Private names and addresses pass,
// unlike at Twilio: the sandbox lives on them.
bool is_web_url(std::string_view url) {
  const auto scheme = to_lower(url.substr(0, url.find("://")));
  if (scheme != "http" && scheme != "https") return false;
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == 0x7F; })) return false;
  auto host = url.substr(scheme.size() + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host = host.substr(at + 1);
  if (host.starts_with('[')) return host.find(']') != std::string_view::npos;
  host = host.substr(0, host.find(':'));
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
  });
}

std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) units += next_code_point(text, at) >= 0x10000 ? 2 : 1;
  return units;
}

int magic_to(std::string_view to) {
  if (to == "+15005550001") return 21211;
  if (to == "+15005550002") return 21612;
  if (to == "+15005550003") return 21408;
  if (to == "+15005550004") return 21610;
  if (to == "+15005550009") return 21614;
  return 0;
}

int magic_from(std::string_view from, bool test_account) {
  if (from == "+15005550001") return 21212;
  if (from == "+15005550007") return 21606;
  if (from == "+15005550008") return 21611;
  if (test_account && from != "+15005550006") return 21606;
  return 0;
}

std::string_view text_of(const Form& form, std::string_view name) {
  return find_field(form, name).value_or(std::string_view{});
}

std::optional<ApiError> check_addresses(const NewTwilioMessage& message, bool test_account) {
  if (!is_e164(message.to) && !is_channel_address(message.to)) return api_error(21211, message.to);
  if (!message.service.empty() && (test_account || !is_sid(message.service, "MG")))
    return api_error(21705, message.service);
  if (!message.from.empty()) {
    if (!is_sender_address(message.from)) return api_error(21212, message.from);
    if (message.from == message.to) return api_error(21211, message.to);
    if (const int code = magic_from(message.from, test_account)) return api_error(code, message.from);
  }
  if (const int code = magic_to(message.to)) return api_error(code, message.to);
  return std::nullopt;
}

std::optional<ApiError> read_content(const Form& form, NewTwilioMessage& message) {
  message.body = text_of(form, "Body");
  std::size_t media = 0;
  for (const auto& [name, value] : form) {
    if (name != "MediaUrl" || value.empty()) continue;
    ++media;
    if (!is_web_url(value)) return api_error(21620, value);
  }
  if (message.body.empty() && media == 0 && text_of(form, "ContentSid").empty()) return api_error(21602);
  if (media > max_media) return api_error(21623);
  message.media = static_cast<int>(media);
  if (!is_valid_utf8(message.body)) return api_error(21619);
  if (message.body.size() > max_body_units && utf16_units(message.body) > max_body_units)
    return api_error(21617);
  message.parts = count_parts(message.body);
  return std::nullopt;
}

std::optional<ApiError> read_options(const Form& form, Timestamp now, NewTwilioMessage& message) {
  message.callback = text_of(form, "StatusCallback");
  if (!message.callback.empty() && (message.callback.size() > max_callback || !is_web_url(message.callback)))
    return api_error(21609, message.callback);
  if (const auto text = text_of(form, "ValidityPeriod"); !text.empty()) {
    const auto seconds = parse_integer(text);
    if (!seconds || *seconds < 1 || *seconds > 36'000) return api_error(21624, text);
    message.validity = std::chrono::seconds{*seconds};
  }
  const auto schedule = text_of(form, "ScheduleType");
  if (schedule.empty()) return std::nullopt;
  if (schedule != "fixed") return api_error(35126, schedule);
  if (message.service.empty()) return api_error(35118);
  const auto send_at = text_of(form, "SendAt");
  if (send_at.empty()) return api_error(35111);
  try {
    message.send_at = parse_rfc3339(send_at);
  } catch (const Error&) {
    return api_error(35114, send_at);
  }
  if (*message.send_at < now + min_ahead || *message.send_at > now + max_ahead)
    return api_error(35114, send_at);
  return std::nullopt;
}

}  // namespace

bool is_channel_address(std::string_view address) {
  const auto colon = address.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < address.size() &&
         std::all_of(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(colon), is_letter);
}

bool is_short_code(std::string_view address) {
  return address.size() >= 3 && address.size() <= 6 && all_digits(address);
}

bool is_sender_address(std::string_view address) {
  return is_e164(address) || is_short_code(address) || is_channel_address(address) ||
         is_alphanumeric(address);
}

bool is_sid(std::string_view text, std::string_view prefix) {
  return text.size() == 34 && text.starts_with(prefix) &&
         std::all_of(text.begin() + 2, text.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); });
}

std::variant<NewTwilioMessage, ApiError> validate_message(const Form& form, bool test_account,
                                                          Timestamp now) {
  NewTwilioMessage message;
  message.to = text_of(form, "To");
  message.from = text_of(form, "From");
  message.service = text_of(form, "MessagingServiceSid");
  if (message.to.empty()) return api_error(21604);
  if (message.from.empty() && message.service.empty()) return api_error(21603);
  if (auto error = read_content(form, message)) return *std::move(error);
  if (auto error = check_addresses(message, test_account)) return *std::move(error);
  if (auto error = read_options(form, now, message)) return *std::move(error);
  return message;
}

}  // namespace smscrm
