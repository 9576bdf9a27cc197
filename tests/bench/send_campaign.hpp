// The campaign that benchmarks send: with a merge field and a short link, to people who all consented.
#pragma once

#include "tests/support/campaign.hpp"
#include "tests/support/edge.hpp"

namespace smscrm {

// An account of `connections` requests at once, whose rate is out of the way, a sender, people and the
// campaign; not launched.
CampaignId prepare_campaign(Edge& edge, int connections, std::int64_t items);

// By the counters that a report shows.
std::int64_t count_messages(Edge& edge, CampaignId campaign, MessageStatus status);

}  // namespace smscrm
