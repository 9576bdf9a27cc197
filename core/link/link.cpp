#include "core/link/link.hpp"

#include <algorithm>
#include <array>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/event/event.hpp"
#include "core/net/url.hpp"

namespace smscrm {
namespace {

constexpr const char* link_secret = "link";

// $1 is the tenant.
constexpr const char* select_links =
    "SELECT l.id, l.campaign_id, l.ordinal, l.name, l.target_url, l.first_message, l.last_message, "
    "l.created_at,"
    " l.expires_at, l.disabled_at, coalesce(c.slug, '') AS campaign_slug, k.clicks + m.clicks AS clicks,"
    " f.unique_clicks"
    " FROM link l LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = l.campaign_id"
    " CROSS JOIN LATERAL (SELECT count(*) AS clicks FROM click"
    "                      WHERE tenant_id = $1 AND link_id = l.id AND class = 'person') k"
    " CROSS JOIN LATERAL (SELECT coalesce(sum(hits), 0)::bigint AS clicks FROM click_more"
    "                      WHERE tenant_id = $1 AND link_id = l.id AND class = 'person') m"
    " CROSS JOIN LATERAL (SELECT count(*) AS unique_clicks FROM click_first"
    "                      WHERE tenant_id = $1 AND link_id = l.id) f"
    " WHERE l.tenant_id = $1 ";

LinkClicks read(const Row& row) {
  LinkClicks link;
  link.id = row["id"].as<LinkId>();
  link.campaign = as_optional<CampaignId>(row["campaign_id"]);
  link.ordinal = row["ordinal"].as<int>();
  link.name = row["name"].as<std::string>();
  link.target_url = row["target_url"].as<std::string>();
  link.first_message = row["first_message"].as<MessageId>();
  link.last_message = row["last_message"].as<MessageId>();
  link.created_at = row["created_at"].as<Timestamp>();
  link.expires_at = as_optional<Timestamp>(row["expires_at"]);
  link.disabled_at = as_optional<Timestamp>(row["disabled_at"]);
  link.campaign_slug = row["campaign_slug"].as<std::string>();
  link.clicks = row["clicks"].as<std::int64_t>();
  link.unique_clicks = row["unique_clicks"].as<std::int64_t>();
  return link;
}

bool contains_any(std::string_view text, const auto& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

LinkKey get_link_key(Tx& tx, const SecretKey& secret) {
  const auto get = [&](const Param& made) { return exec_with(tx, "SELECT link_secret($1)", {made}); };
  auto rows = get(std::nullopt);
  if (rows.front()[0].is_null()) rows = get(bytea_param(seal(secret, new_secret_key().bytes(), link_secret)));
  const auto opened = open_sealed(secret, as_bytes(rows.front()[0]), link_secret);
  if (!opened)
    throw Error(Errc::usage, "this database was set up with another secret key")
        .with_hint("point secrets.key_file at the key file that it was set up with");
  return LinkKey{SecretKey{*opened}};
}

std::vector<LinkId> add_campaign_links(Tx& tx, TenantId tenant, CampaignId campaign,
                                       const std::vector<std::string>& targets, MessageId first_message,
                                       MessageId last_message, std::optional<Timestamp> expires_at) {
  std::vector<LinkId> ids(targets.size());
  if (targets.empty()) return ids;
  for (const auto& row :
       exec(tx,
            "INSERT INTO link (tenant_id, campaign_id, ordinal, target_url, first_message, last_message,"
            " expires_at) SELECT $1, $2, u.n - 1, u.url, $4, $5, $6::timestamptz"
            "   FROM unnest($3::text[]) WITH ORDINALITY AS u(url, n) ORDER BY u.n"
            " RETURNING ordinal, id",
            tenant, campaign, targets, first_message, last_message, expires_at))
    ids.at(row["ordinal"].as<std::size_t>()) = row["id"].as<LinkId>();
  return ids;
}

Link add_link(Tx& tx, TenantId tenant, const std::string& name, const std::string& target_url,
              std::optional<Timestamp> expires_at) {
  check_length(name, longest_name, "a link's name");
  const auto target = to_ascii_url(target_url);
  check_length(target, longest_address, "a link's target");
  check_room(exec(tx, "SELECT count(*) FROM link WHERE tenant_id = $1 AND campaign_id IS NULL", tenant)
                 .front()[0]
                 .as<std::int64_t>(),
             most_manual_links, "links made by hand");
  const auto id =
      exec(tx,
           "INSERT INTO link (tenant_id, name, target_url, expires_at) VALUES ($1, $2, $3, $4) RETURNING id",
           tenant, name, target, expires_at)
          .front()[0]
          .as<LinkId>();
  return get_link(tx, tenant, id);
}

LinkId get_or_add_link(Tx& tx, TenantId tenant, const std::string& name, const std::string& target_url) {
  const auto rows = exec(tx,
                         "SELECT id FROM link WHERE tenant_id = $1 AND campaign_id IS NULL AND name = $2"
                         "   AND target_url = $3 AND expires_at IS NULL AND disabled_at IS NULL"
                         " ORDER BY id LIMIT 1",
                         tenant, name, to_ascii_url(target_url));
  return rows.empty() ? add_link(tx, tenant, name, target_url, std::nullopt).id
                      : rows.front()[0].as<LinkId>();
}

Listing<LinkClicks> list_links(TenantId tenant, const LinkFilter& filter) {
  return {std::string{select_links} +
              "AND ($2::bigint IS NULL OR l.campaign_id = $2) AND ($3::bigint IS NULL OR l.id < $3)",
          "l.id DESC",
          {to_param(tenant), to_param(filter.campaign), to_param(filter.before)},
          read};
}

LinkClicks get_link(Tx& tx, TenantId tenant, LinkId id) {
  const auto rows = exec(tx, std::string{select_links} + "AND l.id = $2", tenant, id);
  if (rows.empty())
    throw Error(Errc::not_found, "there is no link {}", id.value)
        .with_hint("\"smscrm link list\" shows them all");
  return read(rows.front());
}

LinkClicks set_link_enabled(Tx& tx, TenantId tenant, LinkId id, bool enabled, Timestamp at) {
  exec(tx,
       "UPDATE link SET disabled_at = CASE WHEN $3 THEN NULL ELSE $4::timestamptz END"
       " WHERE tenant_id = $1 AND id = $2 AND $3 = (disabled_at IS NOT NULL)",
       tenant, id, enabled, at);
  return get_link(tx, tenant, id);
}

std::map<std::string, std::int64_t> count_hits(Tx& tx, TenantId tenant, LinkId id) {
  std::map<std::string, std::int64_t> hits;
  for (const auto& row : exec(
           tx,
           "SELECT class, sum(hits)::bigint AS hits FROM ("
           "   SELECT class, count(*) AS hits FROM click WHERE tenant_id = $1 AND link_id = $2 GROUP BY class"
           "   UNION ALL SELECT class, hits FROM click_more WHERE tenant_id = $1 AND link_id = $2) c GROUP "
           "BY class",
           tenant, id))
    hits[row["class"].as<std::string>()] = row["hits"].as<std::int64_t>();
  return hits;
}

std::string placeholder_short_url(const std::string& link_url) {
  return link_url + "/r/" + std::string(link_code_size, 'x');
}

std::string format_short_url(const std::string& link_url, const LinkKey& key, LinkId link,
                             MessageId message) {
  return fmt::format("{}{}r/{}", link_url, link_url.ends_with('/') ? "" : "/",
                     encode_link_code(key, link, message));
}

std::string_view to_string(ClickClass click_class) {
  switch (click_class) {
    case ClickClass::person:
      return "person";
    case ClickClass::preview:
      return "preview";
    case ClickClass::prefetch:
      return "prefetch";
    case ClickClass::scanner:
      return "scanner";
    case ClickClass::bot:
      return "bot";
    case ClickClass::head:
      return "head";
  }
  return "bot";
}

ClickReading classify_click(std::string_view method, std::string_view user_agent, std::string_view purpose) {
  static constexpr std::array<std::string_view, 2> guesses{"prefetch", "preview"};
  static constexpr std::array<std::string_view, 12> previews{
      "preview",  "facebookexternalhit", "facebot",    "whatsapp",    "telegrambot", "twitterbot",
      "slackbot", "slack-imgproxy",      "discordbot", "linkedinbot", "viber",       "pinterestbot"};
  static constexpr std::array<std::string_view, 9> scanners{"scan",     "proofpoint", "barracuda",
                                                            "mimecast", "safelinks",  "zscaler",
                                                            "netcraft", "virustotal", "phish"};
  static constexpr std::array<std::string_view, 8> robots{"bot",   "crawl", "spider", "slurp",
                                                          "curl/", "wget/", "python", "headless"};
  if (method == "HEAD") return {ClickClass::head, "HEAD request"};
  if (contains_any(to_lower(purpose), guesses)) return {ClickClass::prefetch, "says that it is a prefetch"};
  if (user_agent.empty()) return {ClickClass::bot, "names no agent"};
  const auto agent = to_lower(user_agent);
  if (contains_any(agent, previews)) return {ClickClass::preview, "agent names a preview"};
  if (contains_any(agent, scanners)) return {ClickClass::scanner, "agent names a scanner"};
  if (contains_any(agent, robots)) return {ClickClass::bot, "agent names a robot"};
  return {};
}

bool has_click(Tx& tx, TenantId tenant, const Click& click) {
  return exec(tx,
              "SELECT EXISTS (SELECT FROM click WHERE tenant_id = $1 AND link_id = $2 AND message_id = $3"
              "                  AND clicked_at = $4 AND method = $5 AND user_agent = $6)",
              tenant, click.link, click.message, click.clicked_at, click.method, click.user_agent)
      .front()[0]
      .as<bool>();
}

void record_clicks(Tx& tx, TenantId tenant, CounterSlot slot, const std::vector<Click>& clicks) {
  std::vector<LinkId> links, person_links;
  std::vector<MessageId> messages, person_messages;
  std::vector<Timestamp> times, person_times;
  std::vector<std::string> methods, agents, classes, purposes, reasons, person_agents;
  std::map<std::pair<LinkId, MessageId>, std::optional<CampaignId>> campaigns;
  CounterChanges counters;
  for (const auto& click : clicks) {
    links.push_back(click.link);
    messages.push_back(click.message);
    times.push_back(click.clicked_at);
    methods.push_back(click.method);
    agents.push_back(click.user_agent);
    classes.emplace_back(to_string(click.reading.click_class));
    purposes.push_back(click.purpose);
    reasons.emplace_back(click.reading.reason);
    if (click.reading.click_class != ClickClass::person) continue;
    person_links.push_back(click.link);
    person_messages.push_back(click.message);
    person_times.push_back(click.clicked_at);
    person_agents.push_back(click.user_agent);
    counters.add_clicks(click.campaign, click.link, 1);
    campaigns.insert_or_assign({click.link, click.message}, click.campaign);
  }
  exec(tx,
       "INSERT INTO click (tenant_id, link_id, message_id, clicked_at, method, user_agent, class, purpose, "
       "reason, contact_id)"
       " SELECT $1, u.*, (SELECT m.contact_id FROM message m WHERE m.tenant_id = $1 AND m.id = u.message_id"
       "                     AND m.campaign_id IS NOT NULL)"
       "   FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],"
       "               $8::text[], $9::text[])"
       "     AS u(link_id, message_id, clicked_at, method, user_agent, class, purpose, reason)",
       tenant, links, messages, times, methods, agents, classes, purposes, reasons);
  if (!person_links.empty()) {
    const auto first =
        exec(tx,
             "INSERT INTO click_first (tenant_id, link_id, message_id, clicked_at)"
             " SELECT $1, u.link_id, u.message_id, min(u.at)"
             "   FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) AS u(link_id, message_id, at)"
             "  GROUP BY u.link_id, u.message_id ORDER BY u.link_id, u.message_id"
             " ON CONFLICT DO NOTHING RETURNING link_id, message_id",
             tenant, person_links, person_messages, person_times);
    for (const auto& row : first)
      if (const auto at = campaigns.find({row["link_id"].as<LinkId>(), row["message_id"].as<MessageId>()});
          at != campaigns.end())
        counters.add_unique_clicks(at->second, at->first.first, 1);
    record_click_events(tx, tenant, {person_links, person_messages, person_times, person_agents});
  }
  apply_counters(tx, tenant, slot, counters, now());
}

}  // namespace smscrm
