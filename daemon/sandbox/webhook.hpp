// Requests that the sandbox makes of an application, as Twilio does.
// Rules: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (fragment),
// webhooks-security.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/form.hpp"
#include "core/net/curl.hpp"

namespace smscrm {

// What the fragment of a webhook's URL says: "#rc=3&rp=all&ct=2000".
struct WebhookPolicy {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds read_timeout{15'000};
  std::chrono::milliseconds total_timeout{15'000};
  int retries = 1;
  bool on_connect = true;  // retried after: no connection,
  bool on_read = false;    // no reply in time,
  bool on_4xx = false;     // these statuses
  bool on_5xx = false;
};
// Values out of their range, and names that nobody knows, are ignored.
WebhookPolicy parse_webhook_policy(std::string_view url);
bool should_retry(const WebhookPolicy& policy, const HttpResult& result);

std::string_view without_fragment(std::string_view url);

// A POST of `fields`, signed with `token`. `idempotency` is the same for all tries of one event.
HttpCall webhook_call(const std::string& url, const Form& fields, std::string_view token,
                      const std::string& idempotency);

}  // namespace smscrm
