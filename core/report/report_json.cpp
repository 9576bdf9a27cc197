#include "core/report/report_json.hpp"

#include "core/campaign/campaign_json.hpp"
#include "core/provider/error_text.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {

Json to_json(const Campaign& campaign, const CampaignReport& report, const Standing& standing,
             const std::vector<Hold>& holds) {
  Json held = Json::array();
  for (const auto& hold : holds) held.push_back(to_json(hold));
  Json outcomes = Json::object();
  for (const auto status : message_outcomes)
    outcomes[std::string{to_string(status)}] = report.outcomes.at(status);
  return {{"campaign", campaign.slug},
          {"status", to_string(campaign.status)},
          {"stage", to_string(standing.stage)},
          {"audience", report.audience},
          {"skipped", Json(report.skipped)},
          {"waiting", report.waiting},
          {"in_flight", report.in_flight},
          {"unknown", report.unknown},
          {"outcomes", outcomes},
          {"retries_waiting", standing.to_come.retries},
          {"receipts_outstanding", report.receipts_outstanding()},
          {"parts", report.parts},
          {"cost",
           {{"amount", report.cost}, {"currency", report.currency}, {"estimated", report.cost_estimated}}},
          {"clicks", report.clicks},
          {"unique_clicks", report.unique_clicks},
          {"replies", report.replies},
          {"opt_outs", report.opt_outs},
          {"holds", held},
          {"launched_at", or_null(campaign.launched_at)},
          {"links_expire_at", or_null(campaign.links_expire_at)},
          {"started_at", or_null(campaign.started_at)},
          {"finished_at", or_null(campaign.finished_at)}};
}

Json to_json(const Campaign& campaign, const Launch& launch, const CampaignReport* report,
             const Standing& standing) {
  auto record = to_json(campaign, launch, report != nullptr ? campaign.status : launch.status);
  if (report == nullptr) return record;
  record["stage"] = to_string(standing.stage);
  record["recipients"] = report->recipients();
  record["done"] = report->done();
  record["waiting"] = report->waiting;
  record["in_flight"] = report->in_flight;
  record["unknown"] = report->unknown;
  record["retries_waiting"] = standing.to_come.retries;
  record["receipts_outstanding"] = report->receipts_outstanding();
  return record;
}

Json to_json(const Failures& failures) {
  const auto known = failures.error_code ? explain_error(*failures.error_code) : ErrorText{};
  return {{"status", to_string(failures.status)},
          {"error_code", or_null(failures.error_code)},
          {"error_meaning", known.meaning},
          {"error_remedy", known.remedy},
          {"messages", failures.messages},
          {"campaigns", failures.campaigns},
          {"last_at", format_rfc3339(failures.last_at)},
          {"message", failures.example.value}};
}

Json to_json(const VerifyCheck& check) {
  return {
      {"check", check.name}, {"expected", check.expected}, {"found", check.found}, {"holds", check.holds()}};
}

}  // namespace smscrm
