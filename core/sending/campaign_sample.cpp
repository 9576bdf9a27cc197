#include "core/sending/campaign_sample.hpp"

#include <algorithm>

#include "core/campaign/plan.hpp"
#include "core/campaign/template.hpp"
#include "core/lane/sender.hpp"
#include "core/sending/single.hpp"
#include "core/text/merge_field.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

std::string stand_in(std::string_view field, const std::string& msisdn) {
  if (field == "first_name") return "Alex";
  if (field == "last_name") return "Miller";
  if (field == "name") return "Alex Miller";
  if ((field == "phone" || field == "msisdn") && !msisdn.empty()) return msisdn;
  return fmt::format("[{}]", field);
}

// The tense is that of the message: what is over, what is going on, what will be.
std::string describe(const Message& message) {
  const auto at = format_rfc3339(message.status_at);
  const auto why = message.error_code ? fmt::format(" (error {}{}{})", *message.error_code,
                                                    message.error.empty() ? "" : ": ", message.error)
                                      : std::string{};
  switch (message.status) {
    case MessageStatus::skipped:
      return fmt::format("not texted: skipped with the reason {} at {}", message.skip_reason, at);
    case MessageStatus::waiting:
      return message.attempt == 0 ? "not texted yet: the message waits for its turn"
                                  : fmt::format("not texted yet: the message waits to be tried again{}", why);
    case MessageStatus::in_flight:
      return fmt::format("being texted: the request left at {}", at);
    case MessageStatus::unknown:
      return fmt::format("perhaps texted: the provider's answer was lost at {} and is being looked for", at);
    case MessageStatus::queued:
    case MessageStatus::sending:
      return fmt::format("texted: the provider has the message since {}", at);
    case MessageStatus::sent:
      return fmt::format("texted: the carrier has the message since {}; no receipt yet", at);
    case MessageStatus::delivered:
      return fmt::format("texted: delivered at {}", at);
    case MessageStatus::undelivered:
      return fmt::format("texted, but not delivered: {}{}", at, why);
    case MessageStatus::failed:
      return fmt::format("not texted: the provider refused or failed at {}{}", at, why);
    case MessageStatus::canceled:
      return fmt::format("not texted: canceled at {}", at);
    case MessageStatus::expired:
      return fmt::format("not texted: its time was over at {}", at);
  }
  return {};
}

std::string verdict(const Campaign& campaign, const Explanation& explanation) {
  if (explanation.message) return describe(*explanation.message);
  if (campaign.is_launched())
    return fmt::format("not texted: not in the audience {} when it was launched at {}",
                       format_audience(campaign.audience), format_rfc3339(*campaign.launched_at));
  if (campaign.status == CampaignStatus::canceled) return "not to be texted: the campaign was canceled";
  if (!explanation.audience_now)
    return fmt::format("will not be texted: not in the audience {}", format_audience(campaign.audience));
  if (explanation.audience_now->empty()) return "will be texted when the campaign is launched";
  return fmt::format("will be skipped with the reason {}", *explanation.audience_now);
}

}  // namespace

Sample render_sample(Tx& tx, TenantId tenant, const std::string& body, const std::string& msisdn,
                     const std::map<std::string, std::string>& values) {
  const auto parsed = parse_template(body);
  std::vector<Param> params{to_param(tenant), msisdn};
  const auto rows =
      exec_with(tx,
                fmt::format("SELECT c.id{} FROM contact c WHERE c.tenant_id = $1 AND c.msisdn = $2",
                            merge_columns(parsed, params)),
                params);
  std::vector<std::string> found(parsed.fields.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& field = parsed.fields[i];
    if (const auto given = values.find(field); given != values.end()) {
      found[i] = given->second;
    } else if (rows.empty()) {
      found[i] = stand_in(field, msisdn);
    } else if (const auto row = rows.front(); const auto value = MergeValues{parsed, row}(field)) {
      found[i] = *value;
    }
  }
  const auto rendered = render(
      parsed,
      [&](std::string_view field) -> std::optional<std::string_view> {
        return found[static_cast<std::size_t>(std::ranges::find(parsed.fields, field) -
                                              parsed.fields.begin())];
      },
      [&](std::size_t link) -> const std::string& { return parsed.links[link]; });
  Sample sample{rendered.text, {}, std::nullopt};
  for (const auto field : rendered.missing)
    if (std::ranges::find(sample.missing, parsed.fields[field]) == sample.missing.end())
      sample.missing.push_back(parsed.fields[field]);
  if (!rows.empty()) sample.contact = rows.front()["id"].as<ContactId>();
  return sample;
}

MessageId queue_test(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn,
                     Timestamp at) {
  check_can_send(tx, tenant, campaign);
  const auto consent = get_consent_status(tx, tenant, msisdn);
  std::optional<SenderId> chosen;
  bool covered = refusal(consent) == "opted_out";
  for (const auto& sender : list_senders(tx, tenant)) {
    if (std::ranges::find(campaign.senders, sender.id) == campaign.senders.end()) continue;
    if (is_opted_out(consent, sender.address, sender.pool)) {
      covered = true;
    } else if (!chosen) {
      chosen = sender.id;
    }
  }
  if (consent.dnc_reason || (covered && !chosen))
    throw Error(Errc::refused, "{} is not texted, not even as a test: {}", msisdn, explain(consent));
  const auto body = campaign.is_launched()
                        ? campaign.body
                        : get_template(tx, tenant, fmt::format("{}", campaign.body_template.value)).body;
  const auto sample = render_sample(tx, tenant, body, msisdn);
  NewSingle test;
  test.kind = SingleKind::test;
  test.msisdn = msisdn;
  test.body = sample.text;
  test.contact = sample.contact;
  test.sender = chosen;
  return queue_single(tx, tenant, test, at);
}

Explanation explain_number(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn) {
  Explanation explanation;
  try {
    auto query = compile_audience(tx, tenant, campaign.audience, campaign.senders);
    query.params.push_back(msisdn);
    const auto rows =
        exec_with(tx, fmt::format("{} AND c.msisdn = ${}", query.sql(), query.params.size()), query.params);
    if (!rows.empty()) explanation.audience_now = rows.front()["skip_reason"].as<std::string>();
  } catch (const Error& error) {
    if (error.code() != Errc::not_found || !campaign.is_launched()) throw;
    explanation.audience_gone = true;
  }
  if (campaign.is_launched()) {
    MessageFilter filter;
    filter.campaign = campaign;
    filter.msisdn = msisdn;
    auto messages = list_messages(tx, tenant, filter);
    if (!messages.empty()) {
      explanation.events = list_message_events(tx, tenant, messages.front().id);
      explanation.message = std::move(messages.front());
    }
  }
  explanation.consent = get_consent_status(tx, tenant, msisdn);
  explanation.verdict = verdict(campaign, explanation);
  return explanation;
}

}  // namespace smscrm
