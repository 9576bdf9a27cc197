// Short links: where they lead, and who followed them.
//
// The code in a URL is never stored (core/link/code.hpp): it decodes to a link and a message, and holds when
// the link exists and was issued for that message. Targets are fixed at creation, so no link is an open
// redirect.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/db/listing.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/link/code.hpp"

namespace smscrm {

struct Link {
  LinkId id;
  std::optional<CampaignId> campaign;  // nullopt: made by hand; its one code has message id 0
  int ordinal = 0;                     // which {{link:…}} of the campaign's body, from 0
  std::string name;
  std::string target_url;
  MessageId first_message, last_message;  // whom it was issued for, both included
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> disabled_at;  // ended by hand
};

// The key of this installation's codes, made at first use and kept sealed in the database.
// Throws Error{usage} when it was sealed with another key file.
LinkKey get_link_key(Tx& tx, const SecretKey& secret);

// The links of a launch, one a target in the order of the body; returns their ids in that order. Without
// `expires_at` they lead on for ever.
std::vector<LinkId> add_campaign_links(Tx& tx, TenantId tenant, CampaignId campaign,
                                       const std::vector<std::string>& targets, MessageId first_message,
                                       MessageId last_message,
                                       std::optional<Timestamp> expires_at = std::nullopt);

// A link made by hand. Its target is kept as to_ascii_url (core/net/url.hpp) writes it. Throws as that does.
Link add_link(Tx& tx, TenantId tenant, const std::string& name, const std::string& target_url,
              std::optional<Timestamp> expires_at);

// The link made by hand that has this name, leads there and has not ended; made when there is none. Throws as
// add_link does.
LinkId get_or_add_link(Tx& tx, TenantId tenant, const std::string& name, const std::string& target_url);

struct LinkClicks : Link {
  std::string campaign_slug;  // empty: made by hand
  std::int64_t clicks = 0;    // by persons
  std::int64_t unique_clicks = 0;
};

struct LinkFilter {
  std::optional<CampaignId> campaign;  // nullopt: all
  std::optional<LinkId> before;        // only older ones: the page after this link
};

// Newest first.
Listing<LinkClicks> list_links(TenantId tenant, const LinkFilter& filter);
// Throws Error{not_found}.
LinkClicks get_link(Tx& tx, TenantId tenant, LinkId id);

// Ends the link by hand, or has it lead on again: all daemons hear of it. Nothing happens when it is so
// already. Throws Error{not_found}.
LinkClicks set_link_enabled(Tx& tx, TenantId tenant, LinkId id, bool enabled, Timestamp at);

// All hits of a link, robots' too, by the names of their classes.
std::map<std::string, std::int64_t> count_hits(Tx& tx, TenantId tenant, LinkId id);

// What stands in for a short link where there is none yet, as long as one is.
std::string placeholder_short_url(const std::string& link_url);

// `link_url` is what link_url_of (core/tenant/tenant.hpp) says.
std::string format_short_url(const std::string& link_url, const LinkKey& key, LinkId link, MessageId message);

// What a hit on a link looks like, as far as its class depends on it.
enum class ClickClass { person, preview, prefetch, scanner, bot, head };
std::string_view to_string(ClickClass click_class);

struct ClickReading {
  ClickClass click_class = ClickClass::person;
  std::string_view reason;  // static; empty: a person's
};

// HEAD is nobody's reading. Purpose, Sec-Purpose or X-Moz that says prefetch or preview is a browser's guess
// (WHATWG Fetch 2.2.7). Agents that name themselves are believed: what messengers and networks show beside a
// link is a preview, what guards against bad links a scanner, any other robot, and who names no agent, a bot.
ClickReading classify_click(std::string_view method, std::string_view user_agent, std::string_view purpose);

struct Click {
  LinkId link;
  MessageId message;  // 0: a link made by hand
  std::optional<CampaignId> campaign;
  Timestamp clicked_at;
  std::string method;
  std::string user_agent;
  std::string purpose;  // Sec-Purpose, Purpose or X-Moz
  ClickReading reading;
};

// Whether a hit is stored: to be asked when a commit is in doubt.
bool has_click(Tx& tx, TenantId tenant, const Click& click);

// Stores every hit and counts those of persons, in sets.
void record_clicks(Tx& tx, TenantId tenant, CounterSlot slot, const std::vector<Click>& clicks);

}  // namespace smscrm
