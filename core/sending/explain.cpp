#include "core/sending/explain.hpp"

namespace smscrm {
namespace {

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
