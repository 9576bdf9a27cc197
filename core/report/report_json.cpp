#include "core/report/report_json.hpp"

#include <algorithm>
#include <cmath>

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
          {"message", or_null(failures.example)}};
}

namespace {

Json costs_of(const FiguresOf& of) {
  Json costs = Json::array();
  for (const auto& [amount, currency, estimated] : of.cost)
    costs.push_back({{"amount", amount}, {"currency", currency}, {"estimated", estimated}});
  return costs;
}

Json latency_of(const Figures& figures, bool median) {
  const auto latency = measure_latency(figures.latencies);
  return latency ? Json((median ? latency->p50 : latency->p95).count()) : Json();
}

// To the hundredth.
Json rounded(const std::optional<double>& number) {
  return number ? Json(std::round(*number * 100) / 100) : Json();
}

}  // namespace

Json to_json(const FiguresOf& row, const std::string& key, Topic topic) {
  const auto& figures = row.figures;
  const auto left = figures.left(), delivered = figures.count(MessageStatus::delivered);
  const Json name = row.name.empty() ? Json() : Json(row.name);
  Json json{{key, key == "at" ? Json(format_rfc3339(row.at)) : name}};
  if (topic == Topic::all || topic == Topic::sending) {
    std::optional<double> percent;
    if (left > 0) percent = 100.0 * static_cast<double>(delivered) / static_cast<double>(left);
    json["made"] = figures.made;
    json["skipped"] = figures.count_skipped();
    json["sent"] = left;
    json["delivered"] = delivered;
    json["delivered_percent"] = rounded(percent);
    json["undelivered"] = figures.count(MessageStatus::undelivered);
    json["failed"] = figures.count(MessageStatus::failed);
    json["unknown"] = figures.count(MessageStatus::unknown);
    json["clicks"] = figures.clicks;
    json["unique_clicks"] = figures.unique_clicks;
  }
  if (topic != Topic::latency && topic != Topic::answers) {
    json["parts"] = figures.parts;
    json["cost"] = row.cost.empty() ? Json() : Json(row.cost.front().amount);
    json["currency"] = row.cost.empty() ? Json() : Json(row.cost.front().currency);
    json["costs"] = costs_of(row);
  }
  if (topic == Topic::latency || topic == Topic::answers) json["delivered"] = delivered;
  if (topic != Topic::latency && topic != Topic::cost) {
    json["replies"] = figures.replies;
    json["opt_outs"] = figures.opt_outs;
    json["opt_outs_per_1000"] = opt_outs_per_1000(figures);
  }
  if (topic == Topic::all || topic == Topic::latency) {
    json["p50_ms"] = latency_of(figures, true);
    json["p95_ms"] = latency_of(figures, false);
  }
  return json;
}

Json to_json(const Period& period, const FiguresOf& all) {
  const auto& figures = all.figures;
  Json outcomes = Json::object();
  for (const auto status : message_outcomes) outcomes[std::string{to_string(status)}] = figures.count(status);
  const auto latency = measure_latency(figures.latencies);
  return {{"from", format_rfc3339(period.from)},
          {"to", format_rfc3339(period.to)},
          {"zone", period.zone},
          {"made", figures.made},
          {"skipped", Json(figures.skipped)},
          {"waiting", figures.count(MessageStatus::waiting)},
          {"in_flight", figures.count(MessageStatus::in_flight)},
          {"unknown", figures.count(MessageStatus::unknown)},
          {"outcomes", outcomes},
          {"adds_up", figures.is_conserved()},
          {"sent", figures.left()},
          {"parts", figures.parts},
          {"costs", costs_of(all)},
          {"clicks", figures.clicks},
          {"unique_clicks", figures.unique_clicks},
          {"received", Json(figures.received)},
          {"opt_outs", Json(figures.opt_out_ways)},
          {"latency", latency ? Json{{"messages", latency->messages},
                                     {"p50_ms", latency->p50.count()},
                                     {"p95_ms", latency->p95.count()}}
                              : Json()}};
}

Json to_json(const LinkFigures& link) {
  return {{"link", link.link.value},       {"campaign", link.campaign}, {"name", link.name},
          {"target_url", link.target_url}, {"clicks", link.clicks},     {"unique_clicks", link.people}};
}

std::vector<Json> to_rows(const std::map<std::string, std::int64_t>& counts, const std::string& name_key,
                          const std::string& count_key) {
  std::vector<std::pair<std::int64_t, std::string>> sorted;
  for (const auto& [name, count] : counts)
    if (count != 0) sorted.emplace_back(-count, name);
  std::ranges::sort(sorted);
  std::vector<Json> rows;
  for (const auto& [count, name] : sorted) rows.push_back({{name_key, name}, {count_key, -count}});
  return rows;
}

Json opt_outs_per_1000(const Figures& figures) {
  const auto delivered = figures.count(MessageStatus::delivered);
  if (delivered <= 0) return {};
  return rounded(1000.0 * static_cast<double>(figures.opt_outs) / static_cast<double>(delivered));
}

Json to_json(const Comparison& comparison) {
  std::optional<double> change;
  if (comparison.first && comparison.second && *comparison.first != 0)
    change = 100 * (*comparison.second - *comparison.first) / *comparison.first;
  return {{"figure", comparison.figure},
          {"first", rounded(comparison.first)},
          {"second", rounded(comparison.second)},
          {"change_percent", rounded(change)}};
}

Json to_json(const VerifyCheck& check) {
  return {
      {"check", check.name}, {"expected", check.expected}, {"found", check.found}, {"holds", check.holds()}};
}

}  // namespace smscrm
