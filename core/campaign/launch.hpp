// Preflight and launch: what a campaign would send, and the one moment at which it becomes fixed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/text/encoding.hpp"

namespace smscrm {

struct PlanWarning {
  std::string code;     // "no_account", "no_senders", "no_public_url", "no_quiet_hours", "no_opt_out_text",
                        // "not_gsm7", "too_long", "missing_field", "never_finishes", "expires_first",
                        // "links_expire_first", "no_recipients", "sending_paused" (core/lane/lane.hpp),
                        // "unknown_zone", "no_hours", "in_review", "link_glued"
  std::string message;  // a sentence for people
  std::optional<ContactId> contact;   // the first that it is about
  std::string msisdn;                 // of that contact
  std::optional<std::size_t> offset;  // of `character` in the body as that contact gets it, in bytes
  std::string character;              // UTF-8
};

// A text of the campaign as it will be sent.
struct PlanSample {
  std::string msisdn;  // to whom
  std::string text;
  TextSize size;
};

struct Plan {
  std::int64_t audience = 0;
  std::map<std::string, std::int64_t> skipped;  // by reason
  std::int64_t recipients = 0;
  std::map<std::string, std::int64_t> held;  // of these, who would have to wait at first, by reason; "no_hours": who
                                             // would be skipped
  std::int64_t parts = 0;
  std::string cost;      // decimal: parts times the account's price of one; empty without an account
  std::string currency;  // empty without an account
  std::int64_t gsm7 = 0, ucs2 = 0;
  std::optional<PlanSample> longest;     // of the most parts, then characters; then of the least number
  std::optional<PlanSample> first_ucs2;  // of the least number; nullopt: none
  std::vector<PlanWarning> warnings;
  std::map<std::string, std::int64_t> missing_fields;  // recipients whose text lacks the field
  // Launched at `at`, with the lane to itself: by rates, daily caps, quiet hours and its expiry
  // (core/campaign/forecast.hpp). nullopt: nothing to send by, or never.
  std::optional<Timestamp> finishes_at;
  std::string plan_hash;  // of body, kind, and every number with its skip reason

  // Whether none of the warnings is of what a launch refuses.
  bool can_launch() const;
};

// Renders every recipient's body without writing anything. Links count as `public_url`, or the tenant's own,
// /r/ and a code. `progress` is told now and then how many of the audience were looked at.
// Throws Error{conflict} when the campaign is launched already or canceled, Error{not_found} when its list is
// gone.
Plan plan_campaign(Tx& tx, TenantId tenant, const Campaign& campaign, const std::string& public_url,
                   Timestamp at, const std::function<void(std::int64_t)>& progress = {});

struct LaunchOptions {
  std::string key;                       // the same key again gives the first answer; empty: none
  std::optional<Timestamp> not_after;    // a later launch is refused
  std::optional<std::string> plan_hash;  // launch only what this preflight saw
  bool has_public_url = true;            // short links have somewhere to point, a tenant's own domain aside
};

struct Launch {
  std::string id;         // a UUID
  bool replayed = false;  // it was launched before, with this key
  CampaignStatus status = CampaignStatus::running;
  std::int64_t audience = 0;
};

// Writes one message a contact of the audience, those that may not be texted as skipped; the work, counters
// and links; and the body. Wake the senders after the commit.
// Throws Error{conflict} when it was launched without this key, was canceled, or the key is another
// campaign's; Error{refused} when it is late, the plan is another, there is no account or sender, or nobody
// is left to text.
Launch launch_campaign(Tx& tx, TenantId tenant, CampaignId id, const LaunchOptions& options, Timestamp at);

}  // namespace smscrm
