// What webhooks hear of: events, written in the transaction that changes what they tell, one row for each of
// the tenant's endpoints that wants them. A tenant without such endpoints costs one indexed look a call,
// whatever the number of events; nothing is locked. smscrm-webhook(1) has the shape of each event.
//
// Events of one contact are delivered in the order in which they were written, as are those of one campaign
// and of one import.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// Whether an endpoint hears of events of that family: "message", "opt_out" …
bool wants_events(Tx& tx, TenantId tenant, std::string_view family);

// message.STATUS, of messages as they are now. Statuses that are ours alone (waiting, in_flight, unknown,
// canceled) are no events.
void record_message_events(Tx& tx, TenantId tenant, const std::vector<MessageId>& messages, Timestamp at);

// inbound, of stored texts.
void record_inbound_events(Tx& tx, TenantId tenant, const std::vector<InboundId>& inbound, Timestamp at);

struct OptOutEvents {
  std::vector<std::string> msisdns, methods, sources;
  std::vector<std::string> scopes;  // core/consent/opt_out_scope.hpp; empty: the tenant
  std::vector<Timestamp> times;     // when the person acted
};
// opt_out, dated by the database as the ledger is.
void record_opt_out_events(Tx& tx, TenantId tenant, const OptOutEvents& opt_outs);

struct ClickEvents {
  std::vector<LinkId> links;
  std::vector<MessageId> messages;
  std::vector<Timestamp> times;
  std::vector<std::string> agents;
};
// click, dated by the database, too.
void record_click_events(Tx& tx, TenantId tenant, const ClickEvents& clicks);

enum class CampaignEvent { launched, paused, resumed, canceled, finished };
void record_campaign_event(Tx& tx, TenantId tenant, CampaignId campaign, CampaignEvent event, Timestamp at);

enum class ImportEvent { finished, failed };
void record_import_event(Tx& tx, TenantId tenant, ImportId import, ImportEvent event, Timestamp at);

}  // namespace smscrm
