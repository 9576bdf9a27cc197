#include "daemon/sandbox/webhook.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/provider/twilio_signature.hpp"

namespace smscrm {
namespace {

void read_milliseconds(std::string_view text, std::int64_t least, std::int64_t most,
                       std::chrono::milliseconds& into) {
  const auto value = parse_integer(text);
  if (value && *value >= least && *value <= most) into = std::chrono::milliseconds{*value};
}

}  // namespace

std::string_view without_fragment(std::string_view url) { return url.substr(0, url.find('#')); }

WebhookPolicy parse_webhook_policy(std::string_view url) {
  WebhookPolicy policy;
  const auto hash = url.find('#');
  if (hash == std::string_view::npos) return policy;
  const auto fragment = url.substr(hash + 1);
  for (const auto& [name, value] : parse_form(fragment, fragment.size())) {
    if (name == "ct") read_milliseconds(value, 100, 10'000, policy.connect_timeout);
    if (name == "rt") read_milliseconds(value, 100, 15'000, policy.read_timeout);
    if (name == "tt") read_milliseconds(value, 100, 15'000, policy.total_timeout);
    if (name == "rc") {
      const auto count = parse_integer(value);
      if (count && *count >= 0 && *count <= 5) policy.retries = static_cast<int>(*count);
    }
    if (name == "rp") {
      const auto causes = split(value, ',');
      const auto has = [&](std::string_view cause) {
        return std::any_of(causes.begin(), causes.end(),
                           [&](const auto& c) { return c == cause || c == "all"; });
      };
      policy.on_connect = has("ct");
      policy.on_read = has("rt");
      policy.on_4xx = has("4xx");
      policy.on_5xx = has("5xx");
    }
  }
  return policy;
}

bool should_retry(const WebhookPolicy& policy, const HttpResult& result) {
  switch (result.failure) {
    case HttpFailure::not_sent:
      return policy.on_connect;
    case HttpFailure::ambiguous:
      return policy.on_read;
    case HttpFailure::none:
      return (policy.on_4xx && result.status / 100 == 4) || (policy.on_5xx && result.status / 100 == 5);
  }
  return false;
}

HttpCall webhook_call(const std::string& url, const Form& fields, std::string_view token,
                      const std::string& idempotency) {
  const auto policy = parse_webhook_policy(url);
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = without_fragment(url);
  call.headers = {"X-Twilio-Signature: " + twilio_signature(token, call.url, fields),
                  "I-Twilio-Idempotency-Token: " + idempotency, "User-Agent: TwilioProxy/1.1", "Accept: */*"};
  call.body = format_form(fields);
  call.connect_timeout = policy.connect_timeout;
  call.timeout = std::min(policy.total_timeout, policy.connect_timeout + policy.read_timeout);
  return call;
}

}  // namespace smscrm
