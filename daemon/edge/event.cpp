#include "daemon/edge/event.hpp"

namespace smscrm {

bool is_hit(const Event& event) {
  return std::holds_alternative<ClickEvent>(event) || std::holds_alternative<MoreEvent>(event);
}

std::uint64_t hits_of(const Event& event) {
  const auto* more = std::get_if<MoreEvent>(&event);
  return more ? static_cast<std::uint64_t>(more->hits) : std::holds_alternative<ClickEvent>(event) ? 1 : 0;
}

TenantId tenant_of(const Event& event) {
  if (const auto* status = std::get_if<StatusEvent>(&event)) return status->tenant->tenant.id;
  if (const auto* inbound = std::get_if<InboundEvent>(&event)) return inbound->tenant->tenant.id;
  if (const auto* more = std::get_if<MoreEvent>(&event)) return more->tenant;
  return std::get<ClickEvent>(event).tenant;
}

EventBatch::EventBatch(std::vector<Event>& all) : events(all) {
  for (auto& event : events) {
    if (auto* s = std::get_if<StatusEvent>(&event)) statuses[s->tenant->tenant.id].push_back(s);
    if (auto* i = std::get_if<InboundEvent>(&event)) inbound[i->tenant->tenant.id].push_back(i);
    if (auto* c = std::get_if<ClickEvent>(&event)) clicks[c->tenant].push_back(c->click);
    if (auto* m = std::get_if<MoreEvent>(&event)) more[m->tenant].push_back(*m);
  }
}

void EventBatch::record(Tx& tx, CounterSlot slot) {
  const auto at = now();
  outcomes.clear();
  receipts = {};
  for (const auto& [tenant, events_of_tenant] : statuses) {
    std::vector<Receipt> batch;
    for (const auto* event : events_of_tenant) batch.push_back(event->receipt);
    const auto summary = record_receipts(tx, tenant, slot, batch, ReceiptSource::receipt, at);
    receipts.raised += summary.raised;
    receipts.repeated += summary.repeated;
    receipts.stray += summary.stray;
    receipts.foreign += summary.foreign;
  }
  for (const auto& [tenant, events_of_tenant] : inbound) {
    std::vector<NewInbound> batch;
    for (const auto* event : events_of_tenant) batch.push_back(event->inbound);
    auto found = record_inbound(tx, events_of_tenant.front()->tenant->tenant, slot, batch, at);
    for (std::size_t i = 0; i < found.size(); ++i)
      outcomes.emplace_back(events_of_tenant[i], std::move(found[i]));
  }
  for (const auto& [tenant, hits] : clicks) record_clicks(tx, tenant, slot, hits);
  for (const auto& [tenant, hits] : more) record_more_clicks(tx, tenant, slot, hits);
}

HttpResponse twiml_response(std::string_view reply) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response";
  if (reply.empty()) {
    xml += "/>";
  } else {
    xml += "><Message>";
    for (const char c : reply) {
      if (c == '&') {
        xml += "&amp;";
      } else if (c == '<') {
        xml += "&lt;";
      } else if (c == '>') {
        xml += "&gt;";
      } else {
        xml += c;
      }
    }
    xml += "</Message></Response>";
  }
  return {200, "text/xml", std::move(xml), {}};
}

}  // namespace smscrm
