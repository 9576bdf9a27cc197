#include "core/gate/frequency.hpp"

#include <algorithm>

#include "core/db/joins.hpp"

namespace smscrm {

std::vector<OpenHours::CapByLaw> list_frequency_caps(const Moment& moment, const Whereabouts& who) {
  std::vector<OpenHours::CapByLaw> caps;
  const auto& tenant = moment.tenant;
  if (tenant.law_hours)
    if (const auto* hours = moment.hours(who)) caps = hours->caps;
  if (tenant.frequency_cap) caps.emplace_back("tenant", *tenant.frequency_cap);
  if (tenant.min_gap) caps.emplace_back("tenant", FrequencyCap{1, *tenant.min_gap});
  return caps;
}

std::chrono::seconds longest_frequency_cap(const NewTenant& tenant, const HoursBook& book) {
  auto longest = tenant.min_gap.value_or(std::chrono::seconds{0});
  if (tenant.frequency_cap) longest = std::max(longest, tenant.frequency_cap->within);
  if (tenant.law_hours)
    for (const auto& cap : book.law().caps)
      if (cap.certainty >= *tenant.law_hours) longest = std::max(longest, cap.cap.within);
  return longest;
}

void SentLately::read(Tx& tx, TenantId tenant, const std::vector<Person>& people, Timestamp since) {
  std::vector<std::string> numbers;
  std::vector<std::optional<ContactId>> contacts;
  for (const auto& person : people) {
    if (!times_.try_emplace(person.msisdn).second) continue;
    numbers.push_back(person.msisdn);
    contacts.push_back(person.contact);
  }
  if (numbers.empty()) return;
  // The contact's, and those whose contact is gone.
  for (const auto& row :
       exec(tx,
            "SELECT u.msisdn, m.claimed_at FROM unnest($2::text[], $3::bigint[]) AS u(msisdn, contact)"
            " CROSS JOIN LATERAL ((SELECT * FROM message WHERE tenant_id = $1 AND " +
                all_with("contact_id", "u.contact") +
                ") UNION ALL (SELECT * FROM message WHERE tenant_id = $1 AND contact_id IS NULL AND " +
                all_with("msisdn", "u.msisdn") + ")) m WHERE m.msisdn = u.msisdn AND m.claimed_at > $4 AND " +
                counts_as_sent +
                "   AND (SELECT k.kind FROM campaign k WHERE k.tenant_id = $1 AND k.id = m.campaign_id)"
                "       = 'marketing'"
                " ORDER BY m.claimed_at",
            tenant, numbers, contacts, since))
    times_[row["msisdn"].as<std::string>()].push_back(row["claimed_at"].as<Timestamp>());
}

std::optional<SentLately::Capped> SentLately::find(std::string_view msisdn,
                                                   const std::vector<OpenHours::CapByLaw>& caps,
                                                   Timestamp at) const {
  const auto known = times_.find(msisdn);
  return known == times_.end() ? std::nullopt : find_capped(known->second, caps, at);
}

std::optional<SentLately::Capped> find_capped(const std::vector<Timestamp>& times,
                                              const std::vector<OpenHours::CapByLaw>& caps, Timestamp at) {
  std::optional<SentLately::Capped> capped;
  for (const auto& [by, cap] : caps) {
    const auto most = static_cast<std::size_t>(cap.messages);
    if (times.size() < most) continue;
    // There is room again once the first of the last so many is as long ago.
    const auto until = times[times.size() - most] + cap.within;
    if (until > at && (!capped || until > capped->until))
      capped = {until, fmt::format("{} ({})", format_frequency_cap(cap), by)};
  }
  return capped;
}

}  // namespace smscrm
