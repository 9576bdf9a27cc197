#include "core/webhook/call.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t reply_shown = 512;
constexpr std::array<std::chrono::seconds, 9> schedule{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};

std::int64_t seconds_of(Timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

// PostgreSQL and terminals take text, whatever an endpoint answers.
std::string printable(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto begin = at;
    const auto point = next_code_point(bytes, at);
    const bool control = point < ' ' || (point >= 0x7f && point < 0xa0);
    if (control)
      text += point == '\n' || point == '\t' || point == '\r' ? ' ' : '?';
    else
      text += bytes.substr(begin, at - begin);
  }
  return text;
}

}  // namespace

std::string format_webhook(const WebhookMessage& message) {
  const auto quote = [](const std::string& text) { return nlohmann::json(text).dump(); };
  return fmt::format(R"({{"id":{},"type":{},"timestamp":{},"tenant":{},"data":{}}})", quote(message.id),
                     quote(message.type), quote(format_rfc3339(message.at)), quote(message.tenant),
                     message.data);
}

std::string sign_webhook(std::string_view secret, std::string_view id, Timestamp at, std::string_view body) {
  std::optional<std::string> key;
  if (secret.starts_with(secret_prefix)) key = base64_decode(secret.substr(secret_prefix.size()));
  if (!key) throw Error(Errc::internal, "a webhook's secret is not of the form whsec_BASE64");
  return "v1," + base64_encode(hmac_sha256(*key, fmt::format("{}.{}.{}", id, seconds_of(at), body)));
}

HttpCall webhook_call(const std::string& url, const std::string& secret, const WebhookMessage& message,
                      const Config::Webhook& settings, std::shared_ptr<const AddressGuard> guard,
                      Timestamp at) {
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = url;
  call.body = format_webhook(message);
  call.headers = {"Content-Type: application/json", "webhook-id: " + message.id,
                  fmt::format("webhook-timestamp: {}", seconds_of(at)),
                  "webhook-signature: " + sign_webhook(secret, message.id, at, call.body)};
  call.timeout = settings.timeout;
  call.connect_timeout = std::min(call.connect_timeout, call.timeout);
  call.guard = std::move(guard);
  call.reply_start = reply_shown;
  call.may_repeat = true;
  return call;
}

WebhookAnswer judge_webhook(const HttpResult& result) {
  WebhookAnswer answer;
  answer.reply = printable(result.body);
  if (result.failure != HttpFailure::none) {
    answer.error = printable(result.error);
  } else if (result.status >= 200 && result.status < 300) {
    answer.delivered = true;
  } else {
    const bool redirect = result.status >= 300 && result.status < 400;
    answer.gone = result.status == 410;
    answer.error =
        fmt::format("HTTP status {}{}", result.status, redirect ? "; redirects are not followed" : "");
  }
  return answer;
}

std::optional<std::chrono::milliseconds> webhook_backoff(int failures, double chance,
                                                         std::optional<std::chrono::seconds> asked) {
  const auto index = static_cast<std::size_t>(std::max(failures, 1) - 1);
  if (index >= schedule.size()) return std::nullopt;
  const auto spread = std::chrono::duration<double, std::milli>(schedule[index]) * (0.9 + 0.2 * chance);
  auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(spread);
  if (asked) delay = std::max(delay, std::chrono::milliseconds(std::min<std::chrono::seconds>(*asked, 24h)));
  return delay;
}

}  // namespace smscrm
