// Twilio's webhooks: POST /webhooks/twilio/{tenant}/status/{message} and …/inbound.
//
// A request counts only when it is signed with a token of that tenant's account and speaks for that account
// (403 otherwise), and is in the exact form of Twilio's (400 otherwise, core/provider/twilio_webhook.hpp). It
// is answered 2xx after its commit, 503 when the database is away.
//
// A signature that does not match may be of a token that is newer than what is in memory, so it is checked
// again after a reload of the directory. A flood of them neither reloads without end nor fills the memory
// (Directory::reload_in_doubt) nor the log.
//
// Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security and messaging/guides/webhook-request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/log_limit.hpp"
#include "core/provider/provider.hpp"
#include "daemon/edge/event_writer.hpp"
#include "daemon/edge/rate_limit.hpp"

namespace smscrm {

class TwilioWebhook {
 public:
  // `public_url` is what Twilio was told and signs.
  TwilioWebhook(std::string public_url, Directory& directory, EventWriter& writer, EventWriter& receipts);

  std::vector<HttpRoute> routes();

  std::uint64_t rejected() const { return rejected_; }  // 403s, from any thread
  const MetricSet& metrics() const { return metrics_; }

 private:
  void handle(HttpRequest request, HttpReply reply, bool may_reload);
  void retry_fresh(const std::string& tenant, HttpRequest request, HttpReply reply);
  void refuse(const std::string& tenant, const std::string& remote, HttpReply reply);

  const std::string public_url_;
  Directory& directory_;
  EventWriter& writer_;  // of texts
  EventWriter& receipts_;
  const Provider& twilio_;
  MetricSet metrics_;
  Counter rejected_{metrics_, "smscrm_webhooks_rejected_total",
                    "Webhooks refused: not signed for the tenant."};
  // A tenant knows its own token, and could keep the writer of texts busy with what it signs itself.
  RateLimit<std::int64_t> texts_{1'000, 10'000};
  LogLimit refusals_{std::chrono::seconds{1}}, faults_{std::chrono::seconds{1}};
};

}  // namespace smscrm
