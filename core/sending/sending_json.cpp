#include "core/sending/sending_json.hpp"

#include "core/hours/hours_json.hpp"
#include "core/provider/error_text.hpp"

namespace smscrm {

Json to_json(const Message& message) {
  const auto known = explain_error(message.error_code.value_or(0));
  return {{"id", message.id.value},
          {"kind", message.kind},
          {"campaign", message.campaign_slug},
          {"contact", or_null(message.contact)},
          {"phone", message.msisdn},
          {"sender", message.sender},
          {"status", to_string(message.status)},
          {"skip_reason", message.skip_reason},
          {"parts", message.parts},
          {"attempt", message.attempt},
          {"provider_sid", message.provider_sid},
          {"cost", {{"amount", message.price}, {"currency", message.currency}}},
          {"error_code", or_null(message.error_code)},
          {"error", message.error},
          {"error_meaning", known.meaning},
          {"error_remedy", known.remedy},
          {"body", message.body},
          {"created_at", format_rfc3339(message.created_at)},
          {"claimed_at", or_null(message.claimed_at)},
          {"status_at", format_rfc3339(message.status_at)}};
}

Json to_json(const MessageEvent& event) {
  return {{"recorded_at", format_rfc3339(event.recorded_at)},
          {"status", to_string(event.status)},
          {"source", event.source},
          {"provider_sid", event.provider_sid},
          {"error_code", or_null(event.error_code)},
          {"detail", event.detail}};
}

Json to_json(const MessageAttempt& attempt) {
  return {{"attempt", attempt.attempt},
          {"status", to_string(attempt.status)},
          {"provider_sid", attempt.provider_sid},
          {"parts", attempt.parts},
          {"error_code", or_null(attempt.error_code)},
          {"detail", attempt.detail},
          {"claimed_at", or_null(attempt.claimed_at)},
          {"ended_at", format_rfc3339(attempt.ended_at)}};
}

Json to_json(const Message& message, const std::vector<MessageEvent>& events,
             const std::vector<MessageAttempt>& attempts) {
  auto record = to_json(message);
  record["events"] = Json::array();
  for (const auto& event : events) record["events"].push_back(to_json(event));
  record["attempts"] = Json::array();
  for (const auto& attempt : attempts) record["attempts"].push_back(to_json(attempt));
  return record;
}

Json to_json(const Hold& hold) {
  return {
      {"code", hold.code}, {"message", hold.message}, {"hint", hold.hint}, {"until", or_null(hold.until)}};
}

Json to_json(const Sample& sample, const TextSize& size) {
  return {{"text", sample.text},
          {"encoding", to_string(size.encoding)},
          {"units", size.units},
          {"parts", size.parts},
          {"missing_fields", sample.missing}};
}

Json verdict_to_json(const std::optional<Verdict>& verdict) {
  if (!verdict) return nullptr;
  return {
      {"verdict", to_string(verdict->kind)}, {"reason", verdict->reason}, {"until", or_null(verdict->until)}};
}

Json to_json(const Explanation& explanation, const std::string& campaign, const std::string& msisdn) {
  Json events = Json::array();
  for (const auto& event : explanation.events) events.push_back(to_json(event));
  Json waits = Json::array();
  for (const auto& hold : explanation.waits) waits.push_back(to_json(hold));
  return {{"campaign", campaign},
          {"phone", msisdn},
          {"verdict", explanation.verdict},
          {"audience_now", or_null(explanation.audience_now)},
          {"in_audience_now", explanation.audience_now.has_value()},
          {"gate_now", verdict_to_json(explanation.gate)},
          {"waits_for", waits},
          {"zone", explanation.clocks.zone},
          {"zone_of", to_string(explanation.clocks.of)},
          {"hours", explanation.hours ? to_json(*explanation.hours) : Json()},
          {"was_held_by", explanation.was_held_by.empty() ? Json() : Json::parse(explanation.was_held_by)},
          {"consent_now", to_string(explanation.consent.state)},
          {"consent", explain(explanation.consent)},
          {"message", explanation.message ? to_json(*explanation.message) : Json()},
          {"events", events}};
}

Json queued_to_json(MessageId message, const std::string& msisdn) {
  return {{"message", message.value}, {"phone", msisdn}};
}

Json to_json(const QueuedMessage& queued, const std::string& msisdn) {
  auto json = queued_to_json(queued.id, msisdn);
  json["replayed"] = queued.replayed;
  return json;
}

Json resolved_to_json(std::int64_t resolved, const std::string& verdict, std::int64_t asked) {
  return {{"resolved", resolved}, {"as", verdict}, {"asked", asked}};
}

Json to_json(const Reconciled& totals, bool dry_run) {
  return {{"overdue", totals.overdue}, {"raised", totals.raised},     {"unchanged", totals.unchanged},
          {"priced", totals.priced},   {"missing", totals.missing},   {"unanswered", totals.unanswered},
          {"unknown", totals.unknown}, {"requests", totals.requests}, {"dry_run", dry_run}};
}

Json to_json(const DaemonLoad& daemon) {
  return {{"host", daemon.host},
          {"started_at", format_rfc3339(daemon.started_at)},
          {"seen_at", format_rfc3339(daemon.seen_at)}};
}

Json to_json(const LaneLoad& lane) {
  return {{"tenant", lane.tenant},        {"host", lane.host},
          {"state", lane.state},          {"reason", lane.reason},
          {"since", or_null(lane.since)}, {"due", lane.due},
          {"in_flight", lane.in_flight},  {"claimed_in_last_minute", lane.claimed_in_last_minute}};
}

Json to_json(const CampaignLoad& campaign) {
  return {{"tenant", campaign.tenant},     {"campaign", campaign.campaign},   {"status", campaign.status},
          {"waiting", campaign.waiting},   {"in_flight", campaign.in_flight}, {"unknown", campaign.unknown},
          {"accepted", campaign.accepted}, {"settled", campaign.settled}};
}

}  // namespace smscrm
