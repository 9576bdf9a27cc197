#include "core/sending/explain.hpp"

#include "core/base/text.hpp"
#include "core/campaign/template.hpp"
#include "core/gate/frequency.hpp"
#include "core/gate/gate.hpp"
#include "core/gate/recipients.hpp"
#include "core/lane/backlog.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/link/code.hpp"
#include "core/segment/rule_error.hpp"
#include "core/tenant/tenant.hpp"
#include "core/text/encoding.hpp"
#include "core/text/merge_field.hpp"

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

// What is to be added about a message that may not leave now.
std::string describe(const Verdict& gate) {
  switch (gate.kind) {
    case Verdict::Kind::pass:
      break;
    case Verdict::Kind::hold:
      return fmt::format(", and is held until {}: {}", format_rfc3339(*gate.until), gate.reason);
    case Verdict::Kind::skip:
      return fmt::format(", and will be skipped with the reason {}", gate.reason);
    case Verdict::Kind::expire:
      return ", but its time is over";
  }
  return {};
}

// What has to end first; empty: nothing.
std::string describe(const std::vector<Hold>& waits) {
  std::vector<std::string> reasons;
  for (const auto& wait : waits) reasons.push_back(wait.message);
  return join(reasons, "; ");
}

std::string describe(const Campaign& campaign, const Explanation& explanation) {
  const auto waits = describe(explanation.waits);
  const bool holds = explanation.gate && explanation.gate->kind == Verdict::Kind::hold;
  const auto gate = holds && !waits.empty() ? ", and would wait: " + waits
                    : explanation.gate      ? describe(*explanation.gate)
                                            : std::string{};
  if (explanation.message && !waits.empty() &&
      (!explanation.gate || holds || explanation.gate->kind == Verdict::Kind::pass))
    return "not texted yet: the message waits: " + waits;
  if (explanation.message) return describe(*explanation.message) + gate;
  if (campaign.is_launched())
    return fmt::format("not texted: not in the audience {} when it was launched at {}",
                       format_audience(campaign.audience), format_rfc3339(*campaign.launched_at));
  if (campaign.status == CampaignStatus::canceled) return "not to be texted: the campaign was canceled";
  if (!explanation.audience_now)
    return fmt::format("will not be texted: not in the audience {}", format_audience(campaign.audience));
  if (explanation.audience_now->empty()) return "will be texted when the campaign is launched" + gate;
  return fmt::format("will be skipped with the reason {}", *explanation.audience_now);
}

// What the gate says at `at` of the campaign's text for a number, whose contact whoever wrote the message
// knew as `contact`; `hours` is what it says of these. `again`: it was sent already, and is tried again.
Verdict ask_gate(Tx& tx, const Tenant& tenant, const Campaign& campaign, const std::string& msisdn,
                 std::optional<ContactId> contact, bool again, const std::string& public_url, Timestamp at,
                 std::optional<HoursAnswer>& hours) {
  const auto body =
      parse_template(campaign.is_launched()
                         ? campaign.body
                         : get_template(tx, tenant.id, fmt::format("{}", campaign.body_template.value)).body);
  std::vector<Param> params{to_param(tenant.id), msisdn, to_param(contact), to_param(campaign.senders)};
  const auto questions = put_questions({.msisdn = "p.msisdn", .contact = "p.contact_id", .senders = "$4"});
  const auto columns = merge_columns(body, params);
  const auto row =
      exec_with(tx,
                "SELECT coalesce(c.timezone, '') AS timezone, coalesce(c.region, '') AS region, " +
                    questions.answers +
                    " AS answers,"
                    " ARRAY(SELECT o.scope FROM consent_scope o WHERE o.tenant_id = $1 AND o.msisdn = $2"
                    "          AND o.state = 'opted_out') AS opted_out_of" +
                    columns +
                    "  FROM (SELECT $2::text AS msisdn, $3::bigint AS contact_id) p"
                    "  LEFT JOIN contact c ON c.tenant_id = $1 AND c.id = p.contact_id" +
                    questions.joins,
                params)
          .at(0);
  const auto link = link_url_of(tenant, public_url) + "/r/" + std::string(link_code_size, 'x');
  const auto text =
      render(body, MergeValues{body, row}, [&](std::size_t) -> const std::string& { return link; });
  const auto senders = list_senders(tx, tenant.id);
  const auto caps = read_cap_room(tx, tenant, senders, at);
  const auto book = read_hours_book(tx);
  const Moment moment{tenant, at, book};
  const auto zone = row["timezone"].as<std::string>(), region = row["region"].as<std::string>();
  const Whereabouts who{msisdn, zone, region};
  const bool marketing = campaign.kind == CampaignKind::marketing;
  if (marketing && tenant.keeps_hours()) hours = ask_hours(*book, hours_policy_of(tenant), who, at);
  std::optional<SentLately::Capped> capped;
  if (const auto longest = longest_frequency_cap(tenant, *book); marketing && !again && longest.count() > 0) {
    SentLately lately;
    lately.read(tx, tenant.id, {{msisdn, contact}}, at - longest);
    capped = lately.find(msisdn, list_frequency_caps(moment, who), at);
  }
  return judge({.moment = moment,
                .marketing = marketing,
                .who = who,
                .expires_at = campaign.expires_at,
                .parts = count_parts(text.text),
                .cap_room = cap_room_of(caps, senders, campaign.senders, read_array(row["opted_out_of"])),
                .day_end = caps.day_end,
                .backlog = shortest_backlog(read_backlogs(tx, tenant.id, at), senders, campaign.senders),
                .capped_until = capped ? std::optional{capped->until} : std::nullopt,
                .answers = row["answers"].as<std::uint32_t>()});
}

}  // namespace

Explanation explain_number(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn,
                           const std::string& public_url, Timestamp at) {
  Explanation explanation;
  const auto owner = get_tenant(tx, fmt::format("{}", tenant.value));
  std::optional<ContactId> contact;
  try {
    auto recipients = compile_recipients(tx, owner, campaign.audience, campaign.senders, at);
    auto& query = recipients.query;
    query.params.push_back(msisdn);
    query.where += fmt::format(" AND c.msisdn = ${}", query.params.size());
    const auto rows = exec_with(tx, query.sql(), query.params);
    if (!rows.empty()) {
      explanation.audience_now = recipients.skip_reason(rows.front()["answers"].as<std::uint32_t>());
      contact = rows.front()["contact_id"].as<ContactId>();
    }
  } catch (const Error& error) {
    const bool is_gone = error.code() == Errc::not_found || dynamic_cast<const RuleError*>(&error) != nullptr;
    if (!is_gone || !campaign.is_launched()) throw;
    explanation.audience_gone = true;
  }
  if (campaign.is_launched()) {
    explanation.message = find_campaign_message(tx, tenant, campaign, msisdn);
    if (explanation.message) {
      explanation.events = list_message_events(tx, tenant, explanation.message->id);
      contact = explanation.message->contact;
    }
  }
  const bool waits = explanation.message ? explanation.message->status == MessageStatus::waiting
                                         : campaign.status == CampaignStatus::draft && contact;
  explanation.clocks = find_clocks(tx, owner, contact, msisdn);
  if (explanation.message) explanation.was_held_by = find_held_by(tx, tenant, explanation.message->id);
  if (waits) {
    const auto attempts = explanation.message ? list_message_attempts(tx, tenant, explanation.message->id)
                                              : std::vector<MessageAttempt>{};
    const bool again = std::ranges::any_of(
        attempts, [](const MessageAttempt& one) { return one.status != MessageStatus::unknown; });
    explanation.gate =
        ask_gate(tx, owner, campaign, msisdn, contact, again, public_url, at, explanation.hours);
    explanation.waits = list_waits(tx, owner, campaign, explanation.message ? &*explanation.message : nullptr,
                                   *explanation.gate, explanation.hours, explanation.clocks, at);
  }
  if (explanation.message && explanation.message->claimed_at)
    explanation.left_local = format_local(*explanation.message->claimed_at, explanation.clocks);
  explanation.consent = get_consent_status(tx, tenant, msisdn);
  explanation.verdict = describe(campaign, explanation);
  return explanation;
}

}  // namespace smscrm
