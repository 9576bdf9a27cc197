#include "core/link/more_clicks.hpp"

namespace smscrm {

void record_more_clicks(Tx& tx, TenantId tenant, CounterSlot slot, const std::vector<MoreClicks>& clicks) {
  if (clicks.empty()) return;
  std::vector<LinkId> links, person_links;
  std::vector<MessageId> messages, person_messages;
  std::vector<std::string> classes;
  std::vector<Timestamp> minutes, person_minutes;
  std::vector<std::int64_t> hits;
  std::map<std::pair<LinkId, MessageId>, std::optional<CampaignId>> campaigns;
  CounterChanges counters;
  for (const auto& click : clicks) {
    links.push_back(click.link);
    messages.push_back(click.message);
    classes.emplace_back(to_string(click.click_class));
    minutes.push_back(click.minute);
    hits.push_back(click.hits);
    if (click.click_class != ClickClass::person) continue;
    person_links.push_back(click.link);
    person_messages.push_back(click.message);
    person_minutes.push_back(click.minute);
    counters.add_clicks(click.campaign, click.link, click.hits);
    campaigns.insert_or_assign({click.link, click.message}, click.campaign);
  }
  exec(tx,
       "INSERT INTO click_more AS c (tenant_id, link_id, message_id, class, minute, hits)"
       " SELECT $1, u.link_id, u.message_id, u.class, u.minute, sum(u.hits)"
       "   FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::bigint[])"
       "     AS u(link_id, message_id, class, minute, hits)"
       "  GROUP BY u.link_id, u.message_id, u.class, u.minute"
       "  ORDER BY u.link_id, u.message_id, u.class, u.minute"
       " ON CONFLICT (tenant_id, link_id, message_id, class, minute) DO UPDATE SET hits = c.hits + "
       "excluded.hits",
       tenant, links, messages, classes, minutes, hits);
  if (!person_links.empty())
    for (const auto& row :
         exec(tx,
              "INSERT INTO click_first (tenant_id, link_id, message_id, clicked_at)"
              " SELECT $1, u.link_id, u.message_id, min(u.at)"
              "   FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) AS u(link_id, message_id, at)"
              "  GROUP BY u.link_id, u.message_id ORDER BY u.link_id, u.message_id"
              " ON CONFLICT DO NOTHING RETURNING link_id, message_id",
              tenant, person_links, person_messages, person_minutes))
      if (const auto at = campaigns.find({row["link_id"].as<LinkId>(), row["message_id"].as<MessageId>()});
          at != campaigns.end())
        counters.add_unique_clicks(at->second, at->first.first, 1);
  apply_counters(tx, tenant, slot, counters, now());
}

}  // namespace smscrm
