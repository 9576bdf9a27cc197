// What webhooks and redirects bring, and a transaction's worth of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "core/inbox/inbound.hpp"
#include "core/link/link.hpp"
#include "core/link/more_clicks.hpp"
#include "core/sending/receipt.hpp"
#include "daemon/edge/directory.hpp"
#include "daemon/http/server.hpp"

namespace smscrm {

struct StatusEvent {
  std::shared_ptr<const WebhookTenant> tenant;
  Receipt receipt;
  HttpReply reply;
};

struct InboundEvent {
  std::shared_ptr<const WebhookTenant> tenant;
  NewInbound inbound;
  HttpReply reply;
  std::chrono::steady_clock::time_point arrived = std::chrono::steady_clock::now();
};

// A redirect is answered from memory before this is stored. While the database is away hits wait for it,
// 50,000 at most; each is stored once, whatever becomes of the connection. A clean stop loses none unless the
// database stays away for 10 seconds; a crash loses those that are not committed: what came within
// webhook.commit_interval and the time of a commit, and what waits for the database.
struct ClickEvent {
  TenantId tenant;
  Click click;
};

// Hits that are counted alone. They are lost with a transaction of which nobody knows whether it was
// committed.
using MoreEvent = MoreClicks;

using Event = std::variant<StatusEvent, InboundEvent, ClickEvent, MoreEvent>;

bool is_hit(const Event& event);
std::uint64_t hits_of(const Event& event);
TenantId tenant_of(const Event& event);

// Events of one transaction, by kind and tenant.
struct EventBatch {
  std::vector<Event>& events;
  std::map<TenantId, std::vector<StatusEvent*>> statuses;
  std::map<TenantId, std::vector<InboundEvent*>> inbound;
  std::map<TenantId, std::vector<Click>> clicks;
  std::map<TenantId, std::vector<MoreClicks>> more;
  // What the transaction found, to be counted and answered after its commit.
  std::vector<std::pair<InboundEvent*, InboundOutcome>> outcomes;
  ReceiptSummary receipts;

  explicit EventBatch(std::vector<Event>& all);

  void record(Tx& tx, CounterSlot slot);
};

// <Response/> or <Response><Message>text</Message></Response>, as text/xml: Twilio texts whatever else is
// answered with 200 to the customer (TwiML for Messaging).
HttpResponse twiml_response(std::string_view reply);

}  // namespace smscrm
