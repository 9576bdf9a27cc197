// What was counted in a time, read from the rollup (core/ledger/campaign_counter.hpp): of all a tenant sends
// or of one campaign, as a whole or by sender, country, campaign or time. No row of a message is looked at.
//
// Each change of a message's status counts where it happened: it takes one from the status that the message
// leaves and adds one to that which it reaches. So the statuses of any time add up to the messages made in
// it, and waiting is negative where more were sent than made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/db/db.hpp"
#include "core/ledger/latency.hpp"
#include "core/ledger/message_status.hpp"

namespace smscrm {

// From the quarter of an hour in which `from` lies to that before `to`.
struct Period {
  Timestamp from, to;
  std::string zone;  // IANA: whose days these are
};

enum class Step { quarter, hour, day, week, month };

std::string_view to_string(Step step);
// Throws Error{invalid}.
Step parse_step(std::string_view word);
// So that a chart of the period has some ten to a hundred points.
Step choose_step(const Period& period);
// From midnight to midnight of the zone's days; the whole period before, of the same length, for a
// comparison.
Period period_before(const Period& period);

struct Money {
  std::string amount;  // decimal
  std::string currency;
  bool is_estimated = false;  // no price is known yet: parts at the account's price
};

struct Figures {
  std::int64_t made = 0;
  std::map<std::string, std::int64_t> skipped;                   // by reason
  std::map<MessageStatus, std::int64_t> statuses;                // without skipped
  std::map<std::pair<MessageStatus, int>, std::int64_t> errors;  // of undelivered and failed; code 0: none
  std::int64_t parts = 0;
  std::map<std::string, std::string> cost;  // decimal, by currency
  std::map<int, std::int64_t> latencies;    // by class
  std::int64_t clicks = 0, unique_clicks = 0, replies = 0,
               opt_outs = 0;                         // of campaigns; clicks also of other links
  std::map<std::string, std::int64_t> received;      // texts by keyword; "other"
  std::map<std::string, std::int64_t> opt_out_ways;  // entries in the ledger of consent, by method

  std::int64_t count(MessageStatus status) const;
  std::int64_t count_skipped() const;
  std::int64_t left() const;    // were handed to the provider, or perhaps
  std::int64_t failed() const;  // undelivered and failed
  // Everything made is accounted for.
  bool is_conserved() const;
};

enum class FiguresBy { nothing, sender, country, campaign, time };

// What of it is read; the rest stays 0.
enum class Topic {
  all,
  sending,  // without latencies and errors
  cost,     // parts and cost
  latency,  // latencies and what was delivered
  answers,  // replies, opt-outs and what was delivered
};

// By the group: a sender's, campaign's id ("0": none), a country ("": not known), or the begin of a step as
// RFC 3339;
// "" by nothing. `by` sender and country: without clicks, replies and opt-outs. `campaign`: of it alone.
// `step` of time.
std::map<std::string, Figures> read_figures(Tx& tx, TenantId tenant, const Period& period,
                                            std::optional<CampaignId> campaign, FiguresBy by,
                                            Step step = Step::day, Topic topic = Topic::all);

// Of all of it; none made where there is nothing.
Figures read_figures(Tx& tx, TenantId tenant, const Period& period, std::optional<CampaignId> campaign);

// What was paid: by currency, most first; where the provider has named no price, parts at that of the
// account.
std::vector<Money> read_cost(Tx& tx, TenantId tenant, const Figures& figures);

// What is reported where nobody names a time: all that was counted of the campaign, or today and the 29 days
// before. A zone that nobody knows is UTC.
Period usual_period(Tx& tx, TenantId tenant, std::optional<CampaignId> campaign, Timestamp at,
                    const std::string& zone);

}  // namespace smscrm
