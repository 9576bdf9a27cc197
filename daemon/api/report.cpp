// /reports: what came of campaigns, and why messages did not arrive.
#include "core/report/failures.hpp"
#include "core/report/report_json.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

ApiAnswer campaign(ApiCall& call) {
  const auto campaign = get_campaign(call.tx, call.tenant.id, call.parts.at(0));
  const auto report = read_report(call.tx, call.tenant.id, campaign);
  return {to_json(
      campaign, report,
      read_standing(call.tx, call.tenant.id, campaign, report, call.environment.receipt_overdue, call.at),
      list_holds(call.tx, call.tenant.id, campaign, call.at))};
}

ApiAnswer failures(ApiCall& call) {
  FailureFilter filter;
  if (const auto name = call.in_query("campaign"); !name.empty())
    filter.campaign = get_campaign(call.tx, call.tenant.id, name);
  if (const auto since = call.in_query("since"); !since.empty()) filter.since = parse_rfc3339(since);
  Json data = Json::array();
  for (const auto& one : count_failures(call.tx, call.tenant.id, filter)) data.push_back(to_json(one));
  return {{{"data", data}}};
}

}  // namespace

std::vector<ApiRoute> report_routes() {
  return {
      {"GET", "/reports/campaigns/{campaign}", "reports:read", "What came of a campaign.", {}, {}, campaign},
      {"GET",
       "/reports/failures",
       "reports:read",
       "Why messages did not arrive, by error, most first.",
       {text("campaign", "Only of this campaign.").up_to(100),
        text("since", "RFC 3339: only those that ended so since.").up_to(40)},
       {},
       failures}};
}

}  // namespace smscrm
