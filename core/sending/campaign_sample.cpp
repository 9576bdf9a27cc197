#include "core/sending/campaign_sample.hpp"

#include <algorithm>

#include "core/campaign/plan.hpp"
#include "core/campaign/template.hpp"
#include "core/consent/consent.hpp"
#include "core/lane/sender.hpp"
#include "core/link/link.hpp"
#include "core/sending/single.hpp"
#include "core/text/merge_field.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

bool is_number(std::string_view field) { return field == "phone" || field == "msisdn"; }

std::string stand_in(std::string_view field, const std::string& msisdn) {
  if (field == "first_name") return "Alex";
  if (field == "last_name") return "Miller";
  if (field == "name") return "Alex Miller";
  if (is_number(field) && !msisdn.empty()) return msisdn;
  return fmt::format("[{}]", field);
}

}  // namespace

Sample render_sample(Tx& tx, TenantId tenant, const std::string& body, const std::string& msisdn,
                     const SampleOptions& options) {
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
    if (const auto given = options.values.find(field); given != options.values.end()) {
      found[i] = given->second;
    } else if (rows.empty()) {
      found[i] = options.stand_ins ? stand_in(field, msisdn) : is_number(field) ? msisdn : "";
    } else if (const auto row = rows.front(); const auto value = MergeValues{parsed, row}(field)) {
      found[i] = *value;
    }
  }
  auto links = parsed.links;
  if (options.shorten)
    for (auto& link : links) link = options.shorten(link);
  const auto rendered = render(
      parsed,
      [&](std::string_view field) -> std::optional<std::string_view> {
        return found[static_cast<std::size_t>(std::ranges::find(parsed.fields, field) -
                                              parsed.fields.begin())];
      },
      [&](std::size_t link) -> const std::string& { return links[link]; });
  Sample sample{rendered.text, {}, std::nullopt};
  for (const auto field : rendered.missing)
    if (std::ranges::find(sample.missing, parsed.fields[field]) == sample.missing.end())
      sample.missing.push_back(parsed.fields[field]);
  if (!rows.empty()) sample.contact = rows.front()["id"].as<ContactId>();
  return sample;
}

std::string shorten_by_hand(Tx& tx, TenantId tenant, const std::string& name, const std::string& link_url,
                            const LinkKey& key, const std::string& target_url) {
  return format_short_url(link_url, key, get_or_add_link(tx, tenant, name, target_url), MessageId{0});
}

MessageId queue_test(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& msisdn,
                     const Shorten& shorten, Timestamp at) {
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
  const auto sample = render_sample(tx, tenant, body, msisdn, {.shorten = shorten});
  NewSingle test;
  test.kind = SingleKind::test;
  test.msisdn = msisdn;
  test.body = sample.text;
  test.contact = sample.contact;
  test.sender = chosen;
  return queue_single(tx, tenant, test, at);
}

}  // namespace smscrm
