// smscrm campaign verify explain: what became of a campaign, and the proof.
#include <algorithm>
#include <cmath>

#include "cli/campaign.hpp"
#include "cli/campaign_follow.hpp"
#include "cli/chart.hpp"
#include "cli/screen.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/phone/address.hpp"
#include "core/report/report_json.hpp"
#include "core/sending/explain.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

void verify(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  const auto checks = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return verify_campaign(tx, tenant.id, get_campaign(tx, tenant.id, name));
  });
  print_checks(context, checks);
}

void explain_one(Context& context, const std::string& name, const std::string& to) {
  const auto& tenant = context.tenant();
  const auto msisdn = get_address_key(to, tenant.country);
  const auto explanation = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return explain_number(tx, tenant.id, get_campaign(tx, tenant.id, name), msisdn,
                          context.config().http.public_url, now());
  });
  const auto consent = explain(explanation.consent);
  std::string audience = explanation.audience_gone ? "none: its list was deleted" : "not in it";
  if (explanation.audience_now)
    audience =
        explanation.audience_now->empty() ? "in it" : "in it, to be skipped: " + *explanation.audience_now;
  if (context.out().format() != Format::table)
    return context.out().print_record(to_json(explanation, name, msisdn));
  std::string text = fmt::format("{} was {}\n", msisdn, explanation.verdict);
  if (!explanation.message) text = fmt::format("{}: {}\n", msisdn, explanation.verdict);
  for (const auto& event : explanation.events)
    text += fmt::format("  {}  {:<11}  {}{}{}\n", format_rfc3339(event.recorded_at), to_string(event.status),
                        event.source, event.error_code ? fmt::format(", error {}", *event.error_code) : "",
                        event.detail.empty() ? "" : ": " + event.detail);
  if (!explanation.left_local.empty())
    text += fmt::format("left: {} ({})\n", explanation.left_local,
                        explanation.clocks.of == Clocks::Of::contact  ? "the contact's zone"
                        : explanation.clocks.of == Clocks::Of::number ? "the zone of the number's area"
                                                                      : "the tenant's zone");
  for (const auto& wait : explanation.waits)
    text += fmt::format("waits: {}{}{}\n", wait.message, wait.hint.empty() ? "" : "; ", wait.hint);
  text += fmt::format("consent now: {}\naudience now: {}\n", consent, audience);
  if (explanation.message)
    text += fmt::format("message: smscrm message show {}\n", explanation.message->id.value);
  context.out().print_text(text);
}

}  // namespace

void print_checks(Context& context, const std::vector<VerifyCheck>& checks) {
  std::vector<Json> rows;
  std::size_t broken = 0;
  for (const auto& check : checks) {
    rows.push_back(to_json(check));
    if (!check.holds()) ++broken;
  }
  context.out().print_list({"check", "expected", "found", "holds"}, rows);
  if (broken > 0) {
    context.out().warn(fmt::format("{} of {} checks do not hold", broken, checks.size()));
    context.set_status(ExitStatus::failed);
  } else {
    context.out().note(fmt::format("all {} checks hold", checks.size()));
  }
}

std::string format_hold(const Hold& hold) {
  return fmt::format("held: {}{}{}", hold.message, hold.until ? ", until " + format_rfc3339(*hold.until) : "",
                     hold.hint.empty() ? "" : "; " + hold.hint);
}

std::string format_report(const Campaign& campaign, const CampaignReport& report, const Standing& standing,
                          const std::vector<Hold>& holds, bool color) {
  const auto* dot = shows_unicode() ? "·" : "-";
  std::string text = fmt::format("{} {} {}", campaign.slug, dot, to_string(campaign.status));
  if (campaign.launched_at)
    text += fmt::format(" {} launched {}", dot, format_rfc3339(*campaign.launched_at));
  if (campaign.finished_at) text += fmt::format(" {} ended {}", dot, format_rfc3339(*campaign.finished_at));
  text += "\n";
  const auto to_come = describe(standing.to_come);
  if (standing.stage >= Stage::sent && !to_come.empty()) text += to_come + "\n";
  text += fmt::format("\n{:<22} {:>9}\n", "audience", grouped(report.audience));
  const auto line = [&](std::string_view word, std::int64_t count, std::int64_t all) {
    text += bar_line(word, count, all, color);
  };
  for (const auto& [reason, messages] : report.skipped)
    line("  " + words_for(reason), messages, report.audience);
  text += fmt::format("{:<22} {:>9}\n", "recipients", grouped(report.recipients()));
  line("  waiting", report.waiting, report.recipients());
  line("  in flight", report.in_flight, report.recipients());
  line("  unknown", report.unknown, report.recipients());
  for (const auto status : message_outcomes)
    line(fmt::format("  {}", to_string(status)), report.outcomes.at(status), report.recipients());
  text += fmt::format("\n{:<22} {:>9}\n", "parts", grouped(report.parts));
  text += fmt::format("{:<22} {:>9}{}\n", "cost", format_money(report.cost, report.currency),
                      report.cost_estimated ? ", estimated" : "");
  text += fmt::format("{:<22} {:>9}  by {} people\n", "clicks", grouped(report.clicks),
                      grouped(report.unique_clicks));
  if (campaign.links_expire_at)
    text += fmt::format("{:<22} {}\n", "links until", format_rfc3339(*campaign.links_expire_at));
  text += fmt::format("{:<22} {:>9}\n{:<22} {:>9}\n", "replies", grouped(report.replies), "opt-outs",
                      grouped(report.opt_outs));
  for (const auto& hold : holds) text += "\n" + printable(format_hold(hold)) + "\n";
  return text;
}

void add_campaign_proof(CLI::App& noun, Context& context) {
  auto verified = std::make_shared<std::string>();
  auto& verify_verb = add_verb(noun, "verify", "Count every message again; 1 when anything does not add up.",
                               [=, &context] { verify(context, *verified); });
  add_positional(verify_verb, "campaign", *verified, "CAMPAIGN", "Slug or id.");

  auto explained = std::make_shared<std::pair<std::string, std::string>>();
  auto& explain_verb = add_verb(noun, "explain", "Say why a number was or was not texted.",
                                [=, &context] { explain_one(context, explained->first, explained->second); });
  add_positional(explain_verb, "campaign", explained->first, "CAMPAIGN", "Slug or id.");
  add_flag(explain_verb, "--to", explained->second, "NUMBER", "The number in question.")->required();
}

}  // namespace smscrm
