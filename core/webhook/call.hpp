// The request that carries an event to an endpoint, what its answer means, and when to try again.
// Rule: Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "core/config.hpp"
#include "core/net/curl.hpp"

namespace smscrm {

struct WebhookMessage {
  std::string id;    // the same at every attempt: what a receiver knows a repetition by
  std::string type;  // "message.delivered"
  Timestamp at;      // of the event
  std::string tenant;
  std::string data;  // JSON
};

// {"id","type","timestamp","tenant","data"}; the same bytes at every attempt.
std::string format_webhook(const WebhookMessage& message);

// "v1," and the base64 of the HMAC-SHA256 of "ID.SECONDS.BODY" with the bytes behind whsec_ as its key.
// Throws Error{internal} when `secret` is no such secret.
std::string sign_webhook(std::string_view secret, std::string_view id, Timestamp at, std::string_view body);

// The request: signed as of `at`, no redirect, no proxy, to nothing that `guard` does not permit, and of the
// answer no more read than people may want to see.
HttpCall webhook_call(const std::string& url, const std::string& secret, const WebhookMessage& message,
                      const Config::Webhook& settings, std::shared_ptr<const AddressGuard> guard,
                      Timestamp at);

struct WebhookAnswer {
  bool delivered = false;
  bool gone = false;  // 410: the endpoint wants nothing more
  std::string error;  // for people; empty when delivered
  std::string reply;  // how the body began, in UTF-8
};
WebhookAnswer judge_webhook(const HttpResult& result);

// How long until the next attempt after so many have failed; nullopt: that was the last. `chance`, in [0, 1),
// spreads it by a tenth; `asked` is the answer's Retry-After, obeyed up to a day.
// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: ten attempts in three days and some hours.
std::optional<std::chrono::milliseconds> webhook_backoff(int failures, double chance,
                                                         std::optional<std::chrono::seconds> asked);

}  // namespace smscrm
