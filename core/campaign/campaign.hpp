// Campaigns: one template sent to one audience, once.
//
// draft -> running <-> paused -> finished; draft, running and paused -> canceled. A finished one runs again
// while an undelivered message of it is to be tried again (core/sending/receipt.hpp). What a launched
// campaign sends is fixed at its launch (core/campaign/launch.hpp); messages change through
// core/sending/single.hpp alone, but for cancel.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/segment/audience.hpp"

namespace smscrm {

enum class CampaignStatus { draft, running, paused, finished, canceled };
enum class CampaignKind { marketing, transactional };

std::string_view to_string(CampaignStatus status);
std::string_view to_string(CampaignKind kind);
// Both throw Error{invalid}.
CampaignStatus parse_campaign_status(std::string_view word);
CampaignKind parse_campaign_kind(std::string_view word);

struct NewCampaign {
  std::string slug;
  CampaignKind kind = CampaignKind::marketing;
  TemplateId body_template;
  Audience audience;
  std::vector<SenderId> senders;                      // empty: all senders of the tenant
  std::optional<double> rate;                         // parts per second; nullopt: what the senders allow
  std::optional<std::chrono::seconds> expires_after;  // from the launch; nullopt: never
  std::optional<std::chrono::seconds> links_expire_after;  // its short links; likewise
};

struct Campaign : NewCampaign {
  CampaignId id;
  CampaignStatus status = CampaignStatus::draft;
  std::string template_slug;
  std::vector<std::string> sender_addresses;  // in the order of `senders`
  Timestamp created_at;
  std::optional<Timestamp> scheduled_at;  // of a draft that launches itself (core/campaign/schedule.hpp)
  // From the launch on:
  std::string body;           // as it was launched
  std::string audience_rule;  // of its segment or its own, as it was then; empty: another audience
  std::string launch_key;     // empty: launched without one
  std::string launch_id;      // a UUID; empty until launched
  std::string plan_hash;      // of the launch
  std::int64_t size = 0;      // messages that the launch wrote, skipped ones too
  MessageId first_message;    // their ids are one block, recipients before skipped ones
  MessageId last_message;
  std::optional<Timestamp> launched_at, expires_at, links_expire_at;
  std::optional<Timestamp> started_at;  // first claim
  std::optional<Timestamp> finished_at;

  bool is_launched() const { return !launch_id.empty(); }
};

// Throws Error{invalid} for a bad slug or rate, Error{conflict} when the slug is taken, Error{not_found} when
// the audience's list or segment does not exist, RuleError for its rule.
Campaign add_campaign(Tx& tx, TenantId tenant, const NewCampaign& added);

// By slug, or by id when `name` is all digits.
std::optional<Campaign> find_campaign(Tx& tx, TenantId tenant, std::string_view name);
// The same; throws Error{not_found} naming the nearest slug.
Campaign get_campaign(Tx& tx, TenantId tenant, std::string_view name);

// Locks the campaign against launch, changes and cancel until the transaction ends, and reads it.
Campaign lock_campaign(Tx& tx, TenantId tenant, CampaignId id);

// Newest first; of one status when given.
std::vector<Campaign> list_campaigns(Tx& tx, TenantId tenant, std::optional<CampaignStatus> status);

// Writes what NewCampaign holds. Throws as add_campaign, and Error{conflict} once it is no draft.
void update_campaign(Tx& tx, TenantId tenant, const Campaign& changed, Timestamp at);

// Throws Error{conflict} once it is launched: its messages are the record of what was sent.
void delete_campaign(Tx& tx, TenantId tenant, CampaignId id);

// Claims stop with the next batch; what is in flight finishes. Nothing happens to a paused one.
// Throws Error{conflict} unless it is running or paused.
void pause_campaign(Tx& tx, TenantId tenant, CampaignId id, Timestamp at);
// The reverse.
void resume_campaign(Tx& tx, TenantId tenant, CampaignId id, Timestamp at);

// Waiting messages become canceled, those that were to be tried again undelivered as before; what is in
// flight or unknown is still resolved. Returns how many there were. Nothing happens to a canceled one. Throws
// Error{conflict} when it is finished.
std::int64_t cancel_campaign(Tx& tx, TenantId tenant, CampaignId id, Timestamp at);

// Running campaigns of all tenants with nothing left to send or to learn become finished. Returns how many.
int finish_campaigns(Tx& tx, Timestamp at);

}  // namespace smscrm
