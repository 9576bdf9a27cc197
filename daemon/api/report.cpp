// /reports: what came of campaigns and of all that was sent, and why messages did not arrive.
#include "core/report/breakdown.hpp"
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

std::optional<Campaign> campaign_in_query(ApiCall& call, const char* name = "campaign") {
  const auto campaign = call.in_query(name);
  if (campaign.empty()) return std::nullopt;
  return get_campaign(call.tx, call.tenant.id, campaign);
}

std::optional<CampaignId> id_of(const std::optional<Campaign>& campaign) {
  return campaign ? std::optional{campaign->id} : std::nullopt;
}

Period read_period(ApiCall& call, const std::optional<Campaign>& campaign) {
  auto period = usual_period(call.tx, call.tenant.id, id_of(campaign), call.at, call.tenant.timezone);
  if (const auto from = call.in_query("from"); !from.empty()) {
    period.from = parse_rfc3339(from);
    if (call.in_query("to").empty()) period.to = std::max(period.to, call.at);
  }
  if (const auto to = call.in_query("to"); !to.empty()) period.to = parse_rfc3339(to);
  if (period.from >= period.to) throw Error(Errc::invalid, "\"to\" is not after \"from\"");
  return period;
}

FiguresOf read_all(ApiCall& call, const Period& period, std::optional<CampaignId> campaign) {
  FiguresOf all;
  all.figures = read_figures(call.tx, call.tenant.id, period, campaign);
  all.cost = read_cost(call.tx, call.tenant.id, all.figures);
  return all;
}

template <class Rows>
ApiAnswer data_of(const Rows& rows) {
  Json data = Json::array();
  for (const auto& row : rows) data.push_back(to_json(row));
  return {{{"data", data}}};
}

ApiAnswer failures(ApiCall& call) {
  FailureFilter filter;
  filter.campaign = campaign_in_query(call);
  if (const auto since = call.in_query("since"); !since.empty()) filter.since = parse_rfc3339(since);
  if (const auto until = call.in_query("until"); !until.empty()) filter.until = parse_rfc3339(until);
  return data_of(count_failures(call.tx, call.tenant.id, filter));
}

ApiAnswer account(ApiCall& call) {
  const auto period = read_period(call, std::nullopt);
  return {to_json(period, read_all(call, period, std::nullopt))};
}

ApiAnswer compare(ApiCall& call) {
  FiguresOf figures[2];
  const char* names[] = {"first", "second"};
  for (int i = 0; i < 2; ++i) {
    const auto campaign = campaign_in_query(call, names[i]);
    if (!campaign) throw Error(Errc::invalid, "\"{}\" names no campaign", names[i]);
    figures[i] =
        read_all(call, usual_period(call.tx, call.tenant.id, campaign->id, call.at, call.tenant.timezone),
                 campaign->id);
  }
  return data_of(compare_figures(figures[0], figures[1]));
}

ApiAnswer rows_of(ApiCall& call, Grouping grouping, Topic topic) {
  const auto campaign = campaign_in_query(call);
  const auto period = read_period(call, campaign);
  if (const auto step = call.in_query("step"); !step.empty())
    grouping.step = parse_step(step);
  else if (grouping.word.empty())
    grouping.step = choose_step(period);
  Json data = Json::array();
  for (const auto& row : list_figures(call.tx, call.tenant.id, period, id_of(campaign), grouping, topic))
    data.push_back(to_json(row, grouping.key(), topic));
  return {{{"data", data}}};
}

ApiAnswer timeline(ApiCall& call) { return rows_of(call, {"", FiguresBy::time}, Topic::sending); }

ApiAnswer senders(ApiCall& call) { return rows_of(call, parse_grouping("sender"), Topic::all); }

ApiAnswer cost(ApiCall& call) {
  const auto by = call.in_query("by");
  return rows_of(call, parse_grouping(by.empty() ? "country" : by), Topic::cost);
}

ApiAnswer latency(ApiCall& call) {
  const auto by = call.in_query("by");
  return rows_of(call, parse_grouping(by.empty() ? "sender" : by), Topic::latency);
}

ApiAnswer counted(const std::vector<Json>& rows) { return {{{"data", rows}}}; }

ApiAnswer replies(ApiCall& call) {
  const auto by = call.in_query("by");
  if (!by.empty() && by != "keyword") return rows_of(call, parse_grouping(by), Topic::answers);
  const auto campaign = campaign_in_query(call);
  const auto period = read_period(call, campaign);
  return counted(
      to_rows(read_figures(call.tx, call.tenant.id, period, id_of(campaign)).received, "keyword", "texts"));
}

ApiAnswer opt_outs(ApiCall& call) {
  const auto by = call.in_query("by");
  if (!by.empty() && by != "way") return rows_of(call, parse_grouping(by), Topic::answers);
  const auto period = read_period(call, std::nullopt);
  return counted(
      to_rows(read_figures(call.tx, call.tenant.id, period, std::nullopt).opt_out_ways, "way", "opt_outs"));
}

ApiAnswer links(ApiCall& call) {
  const auto campaign = campaign_in_query(call);
  return data_of(list_link_figures(call.tx, call.tenant.id, read_period(call, campaign), id_of(campaign)));
}

ApiField of_campaign() { return text("campaign", "Only of this campaign.").up_to(100); }

std::vector<ApiField> with_period(std::vector<ApiField> fields) {
  fields.push_back(
      text("from",
           "RFC 3339: from then on, to the quarter of an hour; if not given, the campaign's time or"
           " the last 30 days.")
          .up_to(40));
  fields.push_back(text("to", "RFC 3339: until then.").up_to(40));
  return fields;
}

ApiField told_apart(std::vector<std::string> words) {
  return text("by", "By what it is told apart.").one_of(std::move(words));
}

ApiRoute report(const std::string& name, const std::string& about, std::vector<ApiField> query,
                ApiAnswer (*handler)(ApiCall&)) {
  return {"GET", "/reports/" + name, "reports:read", about, with_period(std::move(query)), {}, handler};
}

}  // namespace

std::vector<ApiRoute> report_routes() {
  return {
      {"GET", "/reports/campaigns/{campaign}", "reports:read", "What came of a campaign.", {}, {}, campaign},
      {"GET",
       "/reports/compare",
       "reports:read",
       "Two campaigns side by side.",
       {text("first", "A campaign.").required().up_to(100),
        text("second", "Another one.").required().up_to(100)},
       {},
       compare},
      {"GET",
       "/reports/failures",
       "reports:read",
       "Why messages did not arrive, by error, most first.",
       {of_campaign(), text("since", "RFC 3339: only those that ended so since.").up_to(40),
        text("until", "RFC 3339: only those until then.").up_to(40)},
       {},
       failures},
      report("account", "All that was sent and received in a time.", {}, account),
      report("timeline", "What was sent and received, step by step.",
             {of_campaign(), text("step", "How long a step is; a quarter is one of an hour.")
                                 .one_of({"quarter", "hour", "day", "week", "month"})},
             timeline),
      report("senders", "Senders side by side.", {of_campaign()}, senders),
      report("cost", "What it cost.",
             {of_campaign(), told_apart({"country", "campaign", "sender", "day", "month"})}, cost),
      report("latency", "How long it took until a text was delivered.",
             {of_campaign(), told_apart({"sender", "campaign", "day", "month"})}, latency),
      report("links", "Who followed which link.", {of_campaign()}, links),
      report("replies", "What people wrote back.",
             {of_campaign(), told_apart({"keyword", "campaign", "day", "month"})}, replies),
      report("opt-outs", "Who said no, and how.", {told_apart({"way", "campaign", "day", "month"})},
             opt_outs)};
}

}  // namespace smscrm
