// What became of a campaign: from its counters, and again from its rows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/ledger/message_status.hpp"

namespace smscrm {

// audience = all skipped + waiting + in_flight + unknown + all outcomes, at any time.
struct CampaignReport {
  std::int64_t audience = 0;                    // 0 until launched
  std::map<std::string, std::int64_t> skipped;  // by reason
  std::int64_t waiting = 0, in_flight = 0, unknown = 0;
  std::map<MessageStatus, std::int64_t> outcomes;  // every one of message_outcomes
  std::int64_t parts = 0;                          // of every attempt that was accepted
  std::string cost = "0";       // decimal: what the provider billed, or else parts at the account's price
  std::string currency;         // of the cost; empty: no account
  bool cost_estimated = false;  // the provider has not said a price yet
  std::int64_t clicks = 0, unique_clicks = 0, replies = 0, opt_outs = 0;

  std::int64_t count_skipped() const;
  std::int64_t recipients() const { return audience - count_skipped(); }
  // Recipients about whom nothing more is to be done here: handed to the provider, or ended.
  std::int64_t done() const;
  // Messages that the provider has and whose last word is not known: queued, sending and sent. Some carriers
  // give no receipt, and "sent" is all that is ever known.
  std::int64_t receipts_outstanding() const;
  bool is_conserved() const;
};

CampaignReport read_report(Tx& tx, TenantId tenant, const Campaign& campaign);

// One thing that must hold of a launched campaign.
struct VerifyCheck {
  std::string name;  // "messages of the launch", "counter status:delivered"
  std::string expected, found;
  bool holds() const { return expected == found; }
};

// Counts the rows again and compares them with the counters and the launch; looks for anyone texted twice and
// for messages that no work stands for. Right beside running senders only in a transaction that began with
// use_one_snapshot. Throws Error{conflict} when the campaign was never launched.
std::vector<VerifyCheck> verify_campaign(Tx& tx, TenantId tenant, const Campaign& campaign);

}  // namespace smscrm
