#include "core/campaign/campaign_json.hpp"

#include "core/base/local_time.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {

Json to_json(const StoredTemplate& stored) {
  const auto parsed = parse_template(stored.body);
  return {{"id", stored.id.value},
          {"slug", stored.slug},
          {"body", stored.body},
          {"fields", parsed.fields},
          {"links", parsed.links},
          {"created_at", format_rfc3339(stored.created_at)},
          {"updated_at", format_rfc3339(stored.updated_at)}};
}

Json to_json(const Campaign& campaign) {
  return {{"id", campaign.id.value},
          {"slug", campaign.slug},
          {"kind", to_string(campaign.kind)},
          {"status", to_string(campaign.status)},
          {"template", campaign.template_slug},
          {"audience", format_audience(campaign.audience)},
          {"audience_rule", campaign.audience_rule},
          {"senders", campaign.sender_addresses},
          {"rate", or_null(campaign.rate)},
          {"expires_after_seconds", or_null(campaign.expires_after)},
          {"links_expire_after_seconds", or_null(campaign.links_expire_after)},
          {"messages", campaign.size},
          {"launch", campaign.launch_id},
          {"launch_key", campaign.launch_key},
          {"plan_hash", campaign.plan_hash},
          {"created_at", format_rfc3339(campaign.created_at)},
          {"scheduled_at", or_null(campaign.scheduled_at)},
          {"launched_at", or_null(campaign.launched_at)},
          {"expires_at", or_null(campaign.expires_at)},
          {"links_expire_at", or_null(campaign.links_expire_at)},
          {"started_at", or_null(campaign.started_at)},
          {"finished_at", or_null(campaign.finished_at)}};
}

namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Json to_json(const Schedule& schedule) {
  const auto& last = schedule.last;
  return {{"id", schedule.id.value},
          {"campaign", schedule.campaign_slug},
          {"status", to_string(schedule.status)},
          {"due_at", format_rfc3339(schedule.due_at)},
          {"not_after", format_rfc3339(schedule.not_after)},
          {"reason", schedule.reason},
          {"created_at", format_rfc3339(schedule.created_at)},
          {"ended_at", or_null(schedule.ended_at)},
          {"cron", text_or_null(schedule.cron)},
          {"zone", text_or_null(schedule.zone)},
          {"until", or_null(schedule.until)},
          {"run", text_or_null(schedule.run)},
          {"last_due_at", or_null(last ? std::optional{last->due_at} : std::nullopt)},
          {"last_status", last ? Json(to_string(last->status)) : Json()},
          {"last_reason", last ? Json(last->reason) : Json()},
          {"last_run", text_or_null(last ? last->campaign : "")}};
}

Json next_run_to_json(const std::string& campaign, Timestamp due, const std::string& zone,
                      std::chrono::seconds grace) {
  return {{"campaign", text_or_null(campaign)},
          {"due_at", format_rfc3339(due)},
          {"local", format_local(due, zone) + " " + zone_abbreviation(due, zone)},
          {"zone", zone},
          {"not_after", format_rfc3339(due + grace)}};
}

namespace {

Json to_json(const std::optional<PlanSample>& sample) {
  if (!sample) return nullptr;
  return {{"phone", sample->msisdn},
          {"text", sample->text},
          {"parts", sample->size.parts},
          {"encoding", to_string(sample->size.encoding)}};
}

}  // namespace

Json to_json(const Campaign& campaign, const Plan& plan) {
  Json warnings = Json::array();
  for (const auto& warning : plan.warnings)
    warnings.push_back({{"code", warning.code},
                        {"message", warning.message},
                        {"contact", or_null(warning.contact)},
                        {"phone", warning.msisdn.empty() ? Json() : Json(warning.msisdn)},
                        {"offset", or_null(warning.offset)},
                        {"character", warning.character.empty() ? Json() : Json(warning.character)}});
  return {{"campaign", campaign.slug},
          {"status", to_string(campaign.status)},
          {"audience", plan.audience},
          {"skipped", Json(plan.skipped)},
          {"recipients", plan.recipients},
          {"held", Json(plan.held)},
          {"parts", plan.parts},
          {"cost", {{"amount", plan.cost}, {"currency", plan.currency}}},
          {"encoding", {{"gsm7", plan.gsm7}, {"ucs2", plan.ucs2}}},
          {"samples", {{"longest", to_json(plan.longest)}, {"ucs2", to_json(plan.first_ucs2)}}},
          {"warnings", warnings},
          {"missing_fields", Json(plan.missing_fields)},
          {"finishes_at", or_null(plan.finishes_at)},
          {"plan_hash", plan.plan_hash}};
}

Json to_json(const Campaign& campaign, const Launch& launch, CampaignStatus status) {
  return {{"campaign", campaign.slug},
          {"launch", launch.id},
          {"replayed", launch.replayed},
          {"status", to_string(status)},
          {"audience", launch.audience}};
}

Json status_to_json(const Campaign& campaign) {
  return {{"campaign", campaign.slug}, {"status", to_string(campaign.status)}};
}

}  // namespace smscrm
